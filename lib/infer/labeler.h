/*
 * labeler.h - texts to probabilities of labels, whatever it is that knows
 *
 *     struct labeler *l = classifier_open(&opt, &e);      or head_open(), ...
 *     labeler_run(l, &work, text, n, prob, info);         prob [n, l->n]
 *     best = labeler_best(l, prob);                       l->name[best]
 *     labeler_close(l);
 *
 * What the kinds have in common: a model pools each piece of a text to a vector, the
 * kind says how well each label fits that vector, and the probabilities are
 * softmax(score / T). A text of several chunks gets the mean of its chunks'
 * log-probabilities, weighted by their tokens and normalized again, which is the same
 * as softmax of the mean score / T.
 *
 * A kind that needs no model does all of it by itself (wordhead.h).
 *
 * A new kind is a struct that begins with struct labeler, its open function and its
 * ops.
 *
 * Threads: constant after open; one embedder_work per thread, as with an embedder.
 */
#ifndef INFER_LABELER_H
#define INFER_LABELER_H

#include "infer/embedder.h"
#include "tensor/ops.h"

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
    void (*run)(const struct labeler *l, struct embedder_work *work,
                const struct str *text, size_t n, float *prob,
                struct embedder_info *info);
};

struct labeler {
    const struct labeler_ops *ops;
    struct embedder *embedder; /* NULL: it needs no model */
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
void labeler_run(const struct labeler *l, struct embedder_work *w,
                 const struct str *text, size_t n, float *prob,
                 struct embedder_info *info);

/* What labeler_run() would say in info; nothing is computed. */
void labeler_count(const struct labeler *l, struct embedder_work *w,
                   const struct str *text, size_t n, struct embedder_info *info);

/* The label of the highest probability in prob [l->n]; of equal ones the first. */
size_t labeler_best(const struct labeler *l, const float *prob);

#endif
