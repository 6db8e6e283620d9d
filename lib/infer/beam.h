/*
 * beam.h - translations word by word: the likeliest next one, or a beam of them
 *
 * Of each source the `width` likeliest beginnings are kept: each is continued by every
 * word, and the likeliest of all these go on. One that ends leaves, and the beam is as
 * much narrower; so `width` translations come out, in the order of the mean logarithm
 * of their words' probabilities, the end counted (length normalization with exponent
 * 1). A width of 1 is greedy decoding.
 *
 * Many sources at once; those that end make room, so that a step has only work that
 * counts. A source's words are the same bits whatever is beside it.
 *
 *     struct beam b = { .allowed = { ... }, .eos = 0, .factor = 2.0, .width = 4 };
 *     allowed_init(&b.allowed);
 *     beam_run(&b, &w, source, n, out);
 *
 * Threads: a struct beam is constant; one beam_work per thread.
 * Source:  the search of Marian (Junczys-Dowmunt et al. 2018, P18-4020) with
 *          --normalize 1.
 */
#ifndef INFER_BEAM_H
#define INFER_BEAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "infer/allowed.h"
#include "model/marian.h"

#define BEAM_MOST 64 /* the widest */

struct beam {
    struct allowed allowed; /* its m is the model */
    int32_t eos;            /* of the sources */
    double factor;          /* words at most, for each token of the source */
    size_t width;           /* 1 to BEAM_MOST */
    int score;              /* say how probable the words are, of a width of 1, too */
};

/* One thread's memory. A zeroed struct is ready. */
struct beam_work {
    struct marian_work model;
    struct arena mem;
    uint64_t *bits; /* of allowed_words() */
};
void beam_work_release(struct beam_work *w);

struct beam_source {
    const int32_t *id; /* [n], without eos, which is added */
    size_t n;          /* 0 to MARIAN_STEPS - 1 */
};

struct beam_text {
    int32_t *id; /* [n], without eos */
    size_t n;
    size_t words; /* n, and the end where it was not cut off */
    double prob;  /* the sum of its words' probabilities; 0 where nobody asked */
    double mean;  /* the mean of their logarithms, the same */
};

struct beam_out {
    struct beam_text *text; /* [n], best first; in the work's mem until the next run */
    size_t n;               /* 1 to width */
    int nan;                /* the model gave no finite numbers; n is 0 then */
};

/* out [n] */
void beam_run(const struct beam *b, struct beam_work *w,
              const struct beam_source *source, size_t n, struct beam_out *out);

#endif
