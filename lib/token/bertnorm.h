/*
 * bertnorm.h - BertNormalizer: text to the characters that BERT tokenizers see
 *
 * Clean (control characters go, white space becomes a space), spaces around CJK
 * ideographs, decompose and strip accents, lower case: each can be switched by itself,
 * and they come in this order. Every character remembers the one of the text that it
 * was made from.
 *
 *     struct bertnorm_iter it;
 *     struct bertnorm_char c;
 *     bertnorm_begin(&it, &norm, text, from, to, cp, &scratch);
 *     while (bertnorm_next(&it, &c)) ...
 *
 * What looks odd but is the reference's: canonical decomposition puts the marks behind
 * a letter in order of their class, and it is the place that has an origin, not the
 * character: after a trade of places, origins still rise.
 *
 * Owns:    nothing; the scratch is the worker's and grows with the longest run of
 * marks. Threads: bertnorm is constant; an iterator has one owner. Source:  behaviour
 * of Hugging Face tokenizers (berttab.h); Unicode 15 chapter 3.11 (canonical ordering)
 * and 3.12 (Hangul).
 */
#ifndef TOKEN_BERTNORM_H
#define TOKEN_BERTNORM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct bertnorm {
    int clean_text, chinese_chars, strip_accents, lowercase;
};

struct bertnorm_char {
    uint32_t cp;   /* after normalization */
    uint32_t byte; /* where its origin begins in the text, in bytes, */
    uint32_t at;   /* and in code points */
};

struct bertnorm_scratch {
    struct buf queue; /* characters that wait to be fetched */
    struct buf marks; /* a run of combining marks, and */
    struct buf order; /* the same in order */
};

struct bertnorm_iter {
    const struct bertnorm *norm;
    const char *text, *p, *end;
    uint32_t at;                 /* code points before p */
    struct bertnorm_char origin; /* of the last source character */
    size_t head;                 /* next in the queue, counted in characters */
    struct bertnorm_scratch *s;
};

/* Over text[from, to), well-formed UTF-8 below 4 GiB, with `at` code points before. */
void bertnorm_begin(struct bertnorm_iter *it, const struct bertnorm *norm,
                    const char *text, size_t from, size_t to, size_t at,
                    struct bertnorm_scratch *s);

/* The next character: 1, or 0 at the end. */
int bertnorm_next(struct bertnorm_iter *it, struct bertnorm_char *c);

/* Is nothing waiting, so that what is left begins at it->p? */
static inline int
bertnorm_idle(const struct bertnorm_iter *it)
{
    return it->head * sizeof(struct bertnorm_char) == it->s->queue.n &&
           it->s->marks.n == 0;
}

void bertnorm_scratch_release(struct bertnorm_scratch *s);

#endif
