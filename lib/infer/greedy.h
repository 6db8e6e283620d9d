/*
 * greedy.h - translations word by word, always the likeliest next one
 *
 * Many sources at once; those that end make room, so that a step has only work that
 * counts. A source's words are the same bits whatever is beside it.
 *
 *     struct greedy g = { .m = m, .lex = lex, .eos = 0, .unk = 1, .factor = 2.0 };
 *     greedy_init(&g);
 *     greedy_run(&g, &w, source, n, out);
 *     greedy_release(&g);
 *
 * With a shortlist a source may become the common words, which stand first in the
 * vocabulary, and those that its own list allows. The list alone costs 0.3 BLEU of 41
 * (en-pt, 3,000 package summaries), all words give no more than these; and the common
 * ones are one product for all rows.
 *
 * Threads: a struct greedy is constant after init; one greedy_work per thread.
 */
#ifndef INFER_GREEDY_H
#define INFER_GREEDY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "format/shortlist.h"
#include "model/marian.h"

#define GREEDY_SHARE 16 /* the common words are the vocabulary divided by this */

struct greedy {
    const struct marian *m;
    const struct shortlist *lex; /* NULL: all words are allowed */
    int32_t eos, unk;            /* unk is never chosen */
    double factor;               /* words at most, for each token of the source */
    int score;                   /* say how probable the words are */

    size_t n_common;             /* below: by greedy_init() */
    struct marian_words *common; /* NULL: all words */
    struct arena mem;
};

void greedy_init(struct greedy *g);
void greedy_release(struct greedy *g);

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
