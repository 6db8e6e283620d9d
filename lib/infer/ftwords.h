/*
 * ftwords.h - a text as the sum of its words' rows, as fastText's classifiers take it
 *
 * The input side of infer/fasttext.h: words between white space, their character
 * n-grams, n-grams of words, and the rows of the input matrix that all these name.
 * Words that come again are found in the work's memory: the sum of a word is made once,
 * and always alone, so nothing depends on what was worked on before.
 *
 * Owns:    ftwords its tables (the file is the caller's); work belongs to one thread.
 * Threads: constant after init.
 */
#ifndef INFER_FTWORDS_H
#define INFER_FTWORDS_H

#include "base/buf.h"
#include "base/map.h"
#include "format/ftbin.h"
#include "infer/ftkept.h"

struct ftwords {
    const struct ftbin *f;
    size_t wide;         /* floats of a row in our memory: dim, rounded up to 16 */
    struct map *number;  /* of words, labels behind them */
    int32_t end;         /* the number of "</s>"; -1: there is none */
    struct ftkept kept;  /* where f->pruned */
    float *rows;         /* [f->input.rows, wide]; NULL: as they lie in the file */
    uint64_t reciprocal; /* of f->bucket */
};

struct ftwords_cache;

/* Zeroed, it is ready for any one model. */
struct ftwords_work {
    struct ftwords_cache *cache;
    float *sum;      /* [3, wide]: of the text, of a word, one row */
    struct buf word; /* "<word>" */
    int32_t *hash;   /* of the text's words, for n-grams of words */
    size_t cap_hash;
};

/* ERR_NOMEM, ERR_MODEL. */
int ftwords_init(struct ftwords *m, const struct ftbin *f, struct err *e);
void ftwords_release(struct ftwords *m);

/* The sum of the text's rows and their number; how many words there are. */
struct ftwords_sum {
    float *sum; /* [wide], in the work's memory; not set where there are no rows */
    size_t rows, words;
};
struct ftwords_sum ftwords_add(const struct ftwords *m, struct ftwords_work *w,
                               struct str text);

/* Words alone. */
size_t ftwords_count(struct str text);

void ftwords_work_release(struct ftwords_work *w);

#endif
