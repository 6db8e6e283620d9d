/*
 * greedy.h - translations word by word, always the likeliest next one
 *
 * Many sources at once; those that end make room, so that a step has only work that
 * counts. A source's words are the same bits whatever is beside it.
 *
 *     struct greedy g = { .m = m, .lex = lex, .eos = 0, .unk = 1, .factor = 2.0 };
 *     greedy_run(&g, &w, source, n, out);
 *
 * Threads: a struct greedy is constant; one greedy_work per thread.
 */
#ifndef INFER_GREEDY_H
#define INFER_GREEDY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "format/shortlist.h"
#include "model/marian.h"

struct greedy {
    const struct marian *m;
    const struct shortlist *lex; /* NULL: all words are allowed */
    int32_t eos, unk;            /* unk is never chosen */
    double factor;               /* words at most, for each token of the source */
    int score;                   /* say how probable the words are */
};

/* One thread's memory. A zeroed struct is ready. */
struct greedy_work {
    struct marian_work model;
    struct arena mem;
    uint64_t *allowed; /* a bit for each word */
};
void greedy_work_release(struct greedy_work *w);

struct greedy_source {
    const int32_t *id; /* [n], without eos, which is added */
    size_t n;          /* 0 to MARIAN_STEPS - 1 */
};

struct greedy_out {
    int32_t *id; /* [n], without eos; in the work's mem until the next run */
    size_t n;
    float score; /* the sum of its words' probabilities, eos counted */
    int nan;     /* the model gave no finite numbers; n is 0 then */
};

/* out [n] */
void greedy_run(const struct greedy *g, struct greedy_work *w,
                const struct greedy_source *source, size_t n, struct greedy_out *out);

#endif
