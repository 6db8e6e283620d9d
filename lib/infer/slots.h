/*
 * slots.h - how many sequences of a language model fit into so much memory at once
 *
 *     struct slots_opt o = { .mem = mem, .workers = threads, .most = 32, .pass = 192 };
 *     if (slots_fit(lm, &o, &n, &e)) ...
 *
 * What the process has now is counted as it is, the tokenizer with it, then what all
 * sequences share, then each of them as if it grew to the model's n_ctx, so that the
 * bound holds whatever texts come.
 *
 * Threads: start only.
 */
#ifndef INFER_SLOTS_H
#define INFER_SLOTS_H

#include "infer/lm.h"

struct slots_opt {
    size_t mem;          /* bytes of the whole process, about; 0: no bound */
    size_t workers;      /* threads that each have slots; 0: 1 */
    size_t most;         /* slots of a worker, > 0 */
    size_t pass;         /* tokens of a call */
    size_t shared;       /* tokens that all sequences begin with */
    size_t all;          /* bytes that all have in common and that are not taken yet */
    size_t worker, slot; /* bytes of each beside what the decoder needs */
};

/* *n of each worker: 1 to most. ERR_USAGE: not even one. */
int slots_fit(const struct lm *m, const struct slots_opt *o, size_t *n, struct err *e);

#endif
