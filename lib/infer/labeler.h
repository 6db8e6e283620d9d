/*
 * labeler.h - texts to probabilities of labels, whatever it is that knows
 *
 *     struct labeler *l = classifier_open(&opt, &e);      or head_open(), ...
 *     struct labeler_work w = { 0 };                      one per thread
 *     labeler_run(l, &w, text, n, prob, info);            prob [n, l->n]
 *     best = labeler_best(l, prob);                       l->name[best]
 *     labeler_work_release(&w);
 *     labeler_close(l);
 *
 * What the kinds have in common: a model pools each piece of a text to a vector, the
 * kind says how well each label fits that vector, and the probabilities are
 * softmax(score / T). A text of several chunks gets the mean of its chunks'
 * log-probabilities, weighted by their tokens and normalized again, which is the same
 * as softmax of the mean score / T.
 *
 * A kind that has no such vectors does all of it by itself (wordhead.h, lmlabels.h).
 *
 * A new kind is a struct that begins with struct labeler, its open function and its
 * ops.
 *
 * Threads: constant after open; one labeler_work per thread, as with an embedder.
 */
#ifndef INFER_LABELER_H
#define INFER_LABELER_H

#include "infer/asker.h"
#include "infer/embedder.h"
#include "tensor/ops.h"

/* One thread's memory. A zeroed struct is ready; each kind uses its part of it. */
struct labeler_work {
    struct embedder_work embedder;
    struct asker_work asker;
    struct arena mem;
};
void labeler_work_release(struct labeler_work *w);

struct labeler;

struct labeler_ops {
    /* row [n] = row + part * score of each label for vec [n_embd], the pooled vector of
     * a piece as embedder_pool() gives it, which may be changed; memory, if it takes
     * any, from work->batch. -1: scores are not finite. */
    int (*add_scores)(const struct labeler *l, struct embedder_work *work, float *vec,
                      float part, float *row);
    void (*close)(struct labeler *l); /* all but the embedder */

    /* Where there is no embedder, instead of add_scores: labeler_run() as a whole, or,
     * where prob is NULL, only info. */
    void (*run)(const struct labeler *l, struct labeler_work *work,
                const struct str *text, size_t n, float *prob,
                struct embedder_info *info);
    /* As embedder_explain(); NULL: it rejects nothing, or not without an embedder. */
    void (*explain)(const struct labeler *l, const struct embedder_info *info,
                    struct err *e);
};

struct labeler {
    const struct labeler_ops *ops;
    struct embedder *embedder; /* NULL: it has no use for vectors */
    const struct kernels *k;
    size_t n;               /* labels */
    const struct str *name; /* [n] */
    float sharpness;        /* 1 / T */
    int independent; /* labels do not exclude each other: a sigmoid of each score / T */
};

/* 1 / t, or ERR_USAGE where t is not in 0.0001 to 10000. */
int labeler_set_temperature(struct labeler *l, float t, struct err *e);

void labeler_close(struct labeler *l); /* NULL is fine */

/* prob [n, l->n]; the row of a text without a vector (embedder.h) is zero. */
void labeler_run(const struct labeler *l, struct labeler_work *w,
                 const struct str *text, size_t n, float *prob,
                 struct embedder_info *info);

/* What labeler_run() would say in info; nothing is computed. */
void labeler_count(const struct labeler *l, struct labeler_work *w,
                   const struct str *text, size_t n, struct embedder_info *info);

/* Say why info->code is what it is. */
void labeler_explain(const struct labeler *l, const struct embedder_info *info,
                     struct err *e);

/* The label of the highest probability in prob [l->n]; of equal ones the first. */
size_t labeler_best(const struct labeler *l, const float *prob);

#endif
