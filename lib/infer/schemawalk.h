/*
 * schemawalk.h - how far a value of a schema is written, byte by byte
 *
 *     struct schemawalk at;
 *     schemawalk_begin(s, &at);
 *     while (schemawalk_step(s, &at, *p)) p++;
 *     whole = schemawalk_may_end(s, &at);
 *
 * What schemawalk_step() has taken can always be completed, and schemawalk_close() says
 * by which bytes; whatever is complete is valid JSON and valid for the schema.
 *
 * A walk is a stack of frames, one for each value that is open: the schema's own
 * nesting bounds it.
 *
 * Owns:    nothing: a value, copied by schemawalk_copy(), which leaves out what is not
 *          in use.
 * Threads: a walk has one owner.
 */
#ifndef INFER_SCHEMAWALK_H
#define INFER_SCHEMAWALK_H

#include "base/buf.h"
#include "infer/schema.h"
#include "infer/schemastr.h"

/* Fields are private. */
struct schemawalk_frame {
    uint32_t node;
    uint8_t phase, in;       /* in: of a string */
    uint32_t at;             /* object: the next member; array: items begun; string:
                                characters that must follow; literals: the first one */
    uint32_t to;             /* object: the member whose name is written; string:
                                characters that may follow; literals: behind the last */
    uint32_t used;           /* bytes of the name or literal */
    struct schemanum_at num; /* number */
};

struct schemawalk {
    uint32_t depth; /* frames in use; 0: the value is complete, nothing can follow */
    struct schemawalk_frame frame[SCHEMA_DEPTH];
};

void schemawalk_begin(const struct schema *s, struct schemawalk *w);
void schemawalk_copy(struct schemawalk *to, const struct schemawalk *from);

/* The next byte: 1; or 0 where no valid text goes on so: w is of no use then. */
int schemawalk_step(const struct schema *s, struct schemawalk *w, unsigned char c);

/* Is what is written a whole value? Only a number at the top may be, and go on. */
int schemawalk_may_end(const struct schema *s, const struct schemawalk *w);

/* Append bytes that make it whole, about as few as will do. w is complete then. */
void schemawalk_close(const struct schema *s, struct schemawalk *w, struct buf *out);

/* Is the text at a place between two characters of a string that need not be of an
 * enum? Then all texts without a quote or backslash are alike: *room is how many
 * characters may follow. */
int schemawalk_in_string(const struct schema *s, const struct schemawalk *w,
                         size_t *room);

/* Append bytes that two walks have in common exactly if the same texts of at most `n`
 * bytes can follow. */
void schemawalk_key(const struct schema *s, const struct schemawalk *w, size_t n,
                    struct buf *out);

#endif
