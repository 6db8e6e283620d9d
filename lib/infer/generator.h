/*
 * generator.h - prompts in, texts out: many sequences of one model at once
 *
 *     struct generator_opt opt = { .lm = lm, .slots = 32, .max_tokens = 128 };
 *     struct generator *g = generator_open(&opt, &e);
 *     struct generator_work w = { 0 };                       one per thread
 *     generator_run(g, &w, prompt, n, answer);               answer [n]
 *     generator_work_release(&w);
 *     generator_close(g);
 *
 * Continuous batching: a slot holds one sequence; one that ends makes room for the next
 * prompt at once. A pass takes one token of each slot that writes, and as many tokens
 * of prompts as make a good product. What all prompts begin with is computed once, when
 * the first of them comes.
 *
 * An answer depends on its prompt and the options alone: not on slots, neighbours,
 * threads, the common prefix, or the CPU.
 *
 * Threads: constant after open, but for that, under a lock; one generator_work per
 *          thread. One call works on one thread.
 */
#ifndef INFER_GENERATOR_H
#define INFER_GENERATOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "infer/labeltrie.h"
#include "infer/lm.h"
#include "infer/lmprefix.h"
#include "infer/masks.h"
#include "infer/sample.h"
#include "infer/stopper.h"

struct generator_opt {
    const struct lm *lm;
    size_t slots;      /* sequences at once, at most; 0: GENERATOR_SLOTS */
    size_t mem;        /* so many that the process stays below it, see slots.h */
    size_t workers;    /* that will run at the same time; 0: 1 */
    size_t max_tokens; /* of an answer */
    struct sample_opt sample;
    int own_penalty; /* sample.penalty is of the answer's tokens, not of the prompt's */
    uint64_t seed;
    const struct stopper *stop; /* texts that end an answer and are not in it; not NULL
                                   where free text is written */
    struct masks *masks;        /* answers are values of its schema; NULL: free text */
    const struct labeltrie *labels; /* nothing is written: the answer is how likely each
                                       of them is; NULL: text */
    const int32_t *prefix;          /* [n_prefix]: what most prompts begin with */
    size_t n_prefix;
    const char *prefix_file; /* where the prefix is kept for other processes, see
                                prefiximage.h; NULL: nowhere */
};

#define GENERATOR_SLOTS 32

struct generator_prompt {
    const int32_t *id; /* [n], n > 0, less than the model's n_ctx */
    size_t n;
};

enum generator_finish {
    GENERATOR_END,    /* the model ended it, or the schema */
    GENERATOR_STOP,   /* a stop text came */
    GENERATOR_LENGTH, /* max_tokens, or n_ctx */
};

struct generator_answer {
    struct err e;    /* ERR_NAN: the model gives no numbers; ERR_RANGE: no value of the
                        schema fits. There is no answer then. */
    struct str text; /* UTF-8 */
    size_t tokens;   /* of the answer, the end not counted */
    enum generator_finish finish;
    const int32_t *id;    /* [tokens] */
    const float *logprob; /* [tokens], if asked for; NAN: the token was forced */
    const float *fit;     /* [labels], as labeltrie_fit() has it; no text then, and */
    const float *prob;    /* [labels], its softmax */
};

struct generator_slot;

/* One thread's memory. A zeroed struct is ready. Fields are private. */
struct generator_work {
    struct generator_slot *slot; /* [n_slot] */
    size_t n_slot;
    float *x, *logits;
    uint64_t *allowed;
    struct buf piece;

    struct arena answers;
    struct decoder_work decoder;
    struct sample_work sample;
};
void generator_work_release(struct generator_work *w);

struct generator;

/* ERR_USAGE: a value out of its bounds, less mem than is needed, a file that is not for
 * a prefix; ERR_NOMEM. */
struct generator *generator_open(const struct generator_opt *opt, struct err *e);
void generator_close(struct generator *g); /* NULL is fine */

size_t generator_slots(const struct generator *g);
size_t generator_tokens(const struct generator *g); /* slots_tokens() */
const struct lmprefix *generator_prefix(const struct generator *g);

/* answer [n], valid until the next call with w. */
void generator_run(const struct generator *g, struct generator_work *w,
                   const struct generator_prompt *prompt, size_t n,
                   struct generator_answer *answer);

#endif
