/*
 * charkind.h - what a character is to the end of a sentence
 *
 * Not general categories: just as much as sents.h needs, in a few ranges. Letters count
 * as LOWER where their script has two cases (Latin, Greek, Cyrillic, Armenian); those
 * beyond the Latin Extended-A block and its like are OTHER, which never joins two
 * sentences by mistake.
 *
 * Source: Unicode 15.0, Sentence_Break and General_Category.  Threads: pure functions.
 */
#ifndef TEXT_CHARKIND_H
#define TEXT_CHARKIND_H

#include <stdint.h>

enum charkind {
    CHARKIND_OTHER,
    CHARKIND_SPACE, /* on one line */
    CHARKIND_LINE,  /* ends a line (CR of CR LF: see sents.c) or a paragraph */
    CHARKIND_DOT,   /* full stop */
    CHARKIND_DOTS,  /* ellipsis */
    CHARKIND_STOP,  /* ! and ? and what is made of them: a space follows */
    CHARKIND_WIDE,  /* ends a sentence with no space behind it */
    CHARKIND_CLOSE, /* bracket or quote that can stand behind a stop */
    CHARKIND_OPEN,  /* bracket, quote, inverted mark before a sentence */
    CHARKIND_DASH,
    CHARKIND_COMMA, /* and colons: a sentence does not begin with one */
    CHARKIND_DIGIT, /* 0 to 9 */
    CHARKIND_UPPER,
    CHARKIND_LOWER,
    CHARKIND_THAI, /* Thai and Lao: no stops */
};

enum charkind charkind_of(uint32_t cp);

/* The small letter of a capital of the same length in UTF-8; else cp itself. */
uint32_t charkind_fold(uint32_t cp);

#endif
