/*
 * marian.h - Marian's encoder-decoder: source ids in, logits out
 *
 *     struct marian_opt opt = { .arith = ARITH_I8, .pool = pool };
 *     struct marian *m = marian_open("model.bin", &opt, &e);
 *     struct marian_work work = { 0 };                   one per thread
 *     struct marian_source s = { ids, n_tok, start, n_seq };
 *     marian_encode(m, &s, &work);                       fills s.memory
 *     struct marian_row row[n] = { { .seq = 0, .prev = -1 }, ... };
 *     marian_step(m, &s, row, n, x, &work);              x [n, d]
 *     marian_logits(m, NULL, x, n, logits, ld, &work);   logits [n, n_vocab]
 *     marian_close(m);
 *
 * A row is a translation in the making; each remembers what it needs in its past, which
 * several may share, so that rows can end, move and part at any step. A row's numbers
 * are the same bits whatever rows are beside it.
 *
 * Owns:    the packed weights and the mapped file.
 * Threads: constant after open; any number may work at once, each with a work of its
 *          own. One call works on one thread.
 */
#ifndef MODEL_MARIAN_H
#define MODEL_MARIAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "tensor/pack.h"

#define MARIAN_STEPS 1024 /* tokens of a source, and words of a translation, at most */

struct marian_opt {
    enum arith arith;
    struct pool *pool; /* shares the packing; NULL: on this thread */
    int cache;         /* packed weights are kept in a file for the next start */
};

/* Sources end to end, without padding. */
struct marian_source {
    const int32_t *id; /* [n_tok], each below marian_sources() */
    size_t n_tok;
    const size_t *start; /* [n_seq + 1]: the first token of each; the last is n_tok */
    size_t n_seq;        /* each has 1 to MARIAN_STEPS tokens */
    const float *memory; /* set by marian_encode(): keys and values of all tokens for
                            each layer of the decoder, [n_layer][n_tok, 2 d] */
};

struct marian_past;

/* A translation: the next step of a source. */
struct marian_row {
    size_t seq;
    size_t step;                    /* how many words it has, below MARIAN_STEPS */
    int32_t prev;                   /* the last one, -1: none yet */
    const struct marian_past *past; /* NULL before the first step; then what the last
                                       step left, which the next one needs */
};

/* One thread's memory. A zeroed struct is ready. */
struct marian_work {
    struct arena memory; /* of the source that was encoded last */
    struct arena past[2];
    int turn; /* which of them was filled last */
    struct arena state, limited, scratch;
};
void marian_work_release(struct marian_work *w);

struct marian;

/* Marian's file, or a folder of Hugging Face. ERR_MODEL, ERR_NOMEM. */
struct marian *marian_open(const char *path, const struct marian_opt *opt,
                           struct err *e);
void marian_close(struct marian *m); /* NULL is fine */

size_t marian_vocab(const struct marian *m);   /* words that come out */
size_t marian_sources(const struct marian *m); /* words that go in */
size_t marian_width(const struct marian *m);   /* d */

/* Fills s->memory, which holds until the next call with this work. */
void marian_encode(const struct marian *m, struct marian_source *s,
                   struct marian_work *w);

/* One step of n rows, all that go on: a past may be gone when the step after its next
 * one is done, or with the next marian_encode(). Sets row[].past; x [n, d] is what the
 * logits are made of. */
void marian_step(const struct marian *m, const struct marian_source *s,
                 struct marian_row *row, size_t n, float *x, struct marian_work *w);

/* Some of the words: those that one source allows. */
struct marian_words;

/* id [n], rising; in mem. */
struct marian_words *marian_words_new(const struct marian *m, const int32_t *id,
                                      size_t n, struct arena *mem);

/* logits [n, words], ld floats from row to row; words NULL: all of the vocabulary. A
 * word's logit is the same bits whichever others are asked for. */
void marian_logits(const struct marian *m, const struct marian_words *words,
                   const float *x, size_t n, float *logits, size_t ld,
                   struct marian_work *w);

#endif
