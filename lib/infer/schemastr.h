/*
 * schemastr.h - the inside of a JSON string, byte by byte
 *
 * Well-formed UTF-8 and the escapes of JSON; \u never stands for a surrogate, since
 * half of a pair is no character and whole ones can be written as they are.
 *
 *     enum schemastr at = SCHEMASTR_PLAIN;
 *     at = schemastr_step(at, byte);           ... SCHEMASTR_QUOTE ends it
 *
 * A character begins with a byte that is taken in SCHEMASTR_PLAIN.
 *
 * Threads: pure functions.  Source: RFC 8259; Unicode 15.0 table 3-7.
 */
#ifndef INFER_SCHEMASTR_H
#define INFER_SCHEMASTR_H

enum schemastr {
    SCHEMASTR_PLAIN, /* between two characters */
    SCHEMASTR_ESCAPE,
    SCHEMASTR_HEX4, /* so many digits to come */
    SCHEMASTR_HEX3,
    SCHEMASTR_HEX_D, /* three to come, of which the first is below 8 */
    SCHEMASTR_HEX2,
    SCHEMASTR_HEX1,
    SCHEMASTR_TAIL1, /* so many bytes of the character to come */
    SCHEMASTR_TAIL2,
    SCHEMASTR_TAIL3,
    SCHEMASTR_TAIL_E0, /* the same, but the next one is not any */
    SCHEMASTR_TAIL_ED,
    SCHEMASTR_TAIL_F0,
    SCHEMASTR_TAIL_F4,
    SCHEMASTR_QUOTE, /* behind the closing quote */
    SCHEMASTR_NONE   /* not in a string */
};

enum schemastr schemastr_step(enum schemastr at, unsigned char c);

/* A byte that brings an unfinished character nearer to its end. */
unsigned char schemastr_close(enum schemastr at);

#endif
