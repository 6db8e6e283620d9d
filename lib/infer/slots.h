/*
 * slots.h - how many sequences of a language model there is memory for at once
 *
 *     struct slots_opt o = { .mem = mem, .workers = threads, .most = 32, .pass = 192 };
 *     struct slots *s = slots_open(lm, &o, &e);
 *     if ((got = slots_take(s, n_tok, 0, nothing_runs)) > 0)
 *         ... a sequence grows to n_tok tokens, and is gone ...
 *     slots_give(s, got);
 *     slots_close(s);
 *
 * What the process has now is counted as it is, the tokenizer with it, then what every
 * worker and every slot have in any case. The rest is for tokens: a sequence that is
 * about to begin takes what it needs if it grows as long as it may, in blocks of
 * KV_BLOCK tokens, and waits where that is not left; short ones are many at once.
 * One that needs more than there is in all runs alone, over the bound.
 *
 * Threads: taking and giving by any; the rest at start and end.
 */
#ifndef INFER_SLOTS_H
#define INFER_SLOTS_H

#include "infer/lm.h"

struct slots_opt {
    size_t mem;     /* bytes of the whole process, about; 0: no bound */
    size_t workers; /* threads that each have slots; 0: 1 */
    size_t most;    /* slots of a worker, > 0 */
    size_t pass;    /* tokens of a call */
    size_t all;     /* bytes that all have in common and that are not taken yet */
    size_t worker;  /* bytes of each beside what the decoder needs, */
    size_t slot;    /* of each of its slots, */
    size_t token;   /* and of each token of a sequence beside keys and values */
};

struct slots;

/* ERR_USAGE: not even one short sequence fits. lm outlives it. */
struct slots *slots_open(const struct lm *m, const struct slots_opt *o, struct err *e);
void slots_close(struct slots *s); /* NULL is fine */

size_t slots_count(const struct slots *s); /* of each worker: 1 to most */

/* Is there a bound, so that what a sequence leaves must go back to the system? */
int slots_bounded(const struct slots *s);

/* Tokens, of all sequences together, that there is memory for; SIZE_MAX: no bound. */
size_t slots_tokens(const struct slots *s);

/* Memory for a sequence of n tokens that has `shared` of them in common with another.
 * wait: until there is, which is right for a worker that has nothing else to do.
 * Returns what was taken, to be given back; 0: there is none now. */
size_t slots_take(struct slots *s, size_t n, size_t shared, int wait);
void slots_give(struct slots *s, size_t taken); /* 0 is fine */

#endif
