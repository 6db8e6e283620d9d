/*
 * sample.h - the next token, out of the numbers that a model gave all of them
 *
 *     struct sample_opt opt = SAMPLE_OPT_INIT;               greedy
 *     struct sample_work w = { 0 };                          one per thread
 *     struct sample_row row = { .logits = logits, .n = n_vocab,
 *                               .key = sample_key(seed, prompt, n_prompt), .draw = i };
 *     if (sample_next(&opt, &w, &row, &pick, &e)) ...        pick.id, pick.logprob
 *     sample_work_release(&w);
 *
 * In this order: what is not allowed leaves; the penalty; then, unless greedy, the
 * temperature, top-k, top-p, min-p, each over what the one before it left, and a draw.
 *  - penalty r: the logit of a token that was seen is divided by r if above 0, else
 *    multiplied (Keskar et al., "CTRL", 2019);
 *  - top-k: the k largest, and those that equal the k-th;
 *  - top-p: the fewest of the likeliest that have that share together (Holtzman et al.,
 *    2019); of equal ones, the lower ids first;
 *  - min-p: those at least that share as likely as the likeliest (Nguyen et al., 2024).
 * Greedy: the largest, of equal ones the lowest id.
 *
 * A pick depends on this row, the options, the key and the number of the draw alone,
 * so that no neighbour, batch or thread can change it; and on no libm, so no CPU can.
 *
 * Limits:  a NaN or +infinity among the allowed logits is ERR_NAN; -infinity is a token
 *          that is never picked, and nothing else is ERR_RANGE.
 * Threads: pure functions; a sample_work has one owner at a time.
 */
#ifndef INFER_SAMPLE_H
#define INFER_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct sample_old;

struct sample_opt {
    double temperature; /* 0: greedy, whatever top_k, top_p, min_p are; to 10,000 */
    int top_k;          /* 0: all */
    double top_p;       /* in (0, 1]; 1: all */
    double min_p;       /* in [0, 1]; 0: all */
    double penalty;     /* in [0.01, 100]; 1: none */
    int logprob;        /* fill in sample_pick.logprob */
};
#define SAMPLE_OPT_INIT                                                                \
    {                                                                                  \
        .top_p = 1, .penalty = 1                                                       \
    }

/* ERR_USAGE: a value out of its bounds, by the name of its option. */
int sample_check(const struct sample_opt *o, struct err *e);

/* One row of the batch. */
struct sample_row {
    float *logits; /* [n]; changed, and put back before the return */
    size_t n;
    /* What may be picked; both NULL: everything. */
    const uint64_t *allowed;   /* [(n + 63) / 64] bits, token i is bit i % 64; or */
    const int32_t *allowed_id; /* [n_allowed] in rising order, below n */
    size_t n_allowed;
    const int32_t *seen; /* [n_seen] for the penalty: prompt and answer so far; twice is
                            once, ids out of range are passed over */
    size_t n_seen;
    uint64_t key;  /* sample_key() */
    uint64_t draw; /* 0, 1, ...: which token of the answer */
};

struct sample_pick {
    int32_t id;
    float logprob; /* of all tokens at temperature 1, before mask and penalty */
};

/* One thread's memory. A zeroed struct is ready. After sample_filter(): what is left to
 * draw from. */
struct sample_work {
    int32_t *id;  /* [n], rising */
    float *p;     /* [n]: how likely, the likeliest being 1 */
    double total; /* the sum of p, by blocks */
    size_t n;

    size_t cap; /* below: private */
    double *mass;
    uint64_t *seen;
    size_t n_seen;
    struct sample_old *old;
    size_t n_old, cap_old;
};
void sample_work_release(struct sample_work *w);

/* Where a record's random numbers come from: --seed and the ids of its whole prompt. */
uint64_t sample_key(uint64_t seed, const int32_t *prompt, size_t n);

/* The number in [0, 1) of a draw */
double sample_uniform(uint64_t key, uint64_t draw);

/* ERR_NAN; ERR_RANGE: nothing is allowed. */
int sample_next(const struct sample_opt *o, struct sample_work *w,
                const struct sample_row *row, struct sample_pick *pick, struct err *e);

/* All but the draw, for o->temperature > 0; w says what is left. */
int sample_filter(const struct sample_opt *o, struct sample_work *w,
                  const struct sample_row *row, struct err *e);

#endif
