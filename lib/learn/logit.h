/*
 * logit.h - multinomial logistic regression
 *
 * Scores z = W x + b of the labels; their probabilities are softmax(z). The fit is the
 * minimum of
 *
 *     C * sum over rows of weight * -log(probability of the row's label)
 *         + sum of W^2 / 2            (with two labels: sum of W^2)
 *
 * which is what scikit-learn's LogisticRegression(C=C) minimizes; with two labels that
 * fits one vector, the difference of ours, which doubles the penalty of ours. b is not
 * penalized. Where a label has no row its b goes far down, and stops there.
 *
 * Products of full rows are OpenBLAS's, on one thread: logit_init() says so, once,
 * before any fit.
 * Its sums depend on the processor in the last bits; a fit that ends with a gradient of
 * 1e-10 depends on it by about as much. Those of sparse rows are ours, in order.
 *
 * Threads: any number of fits at the same time.
 */
#ifndef LEARN_LOGIT_H
#define LEARN_LOGIT_H

#include <stddef.h>
#include <stdint.h>

#include "learn/lbfgs.h"

/* A row of which most numbers are 0 */
struct logit_sparse {
    const int32_t *column; /* [n]: 0 to d - 1, each once */
    const double *value;   /* [n] */
    size_t n;
};

struct logit_rows {
    const double *x;      /* [n, d]; not looked at where there is sparse */
    const int32_t *label; /* [n]: 0 to n_label - 1 */
    const double *weight; /* [n_label]: of the rows of each label; NULL: all 1 */
    size_t n, d, n_label;
    const struct logit_sparse *sparse; /* [n], or NULL */
};

/* What makes fits on full rows like these, with one C, quick; constant, shared by
 * threads */
struct logit_shape;

struct logit_opt {
    double c;                        /* more: less penalty */
    const struct logit_shape *shape; /* of this C; NULL: none, the fit is slower */
    double tolerance;                /* of the gradient, see lbfgs.h */
};

void logit_init(void);

/* gram [d, d]: x^T x of full rows whose columns have mean 0; `share` of them are
 * fitted. */
void logit_gram(const struct logit_rows *r, double *gram);
struct logit_shape *logit_shape_new(const double *gram, size_t d, size_t n_label,
                                    double c, double share);
void logit_shape_free(struct logit_shape *s); /* NULL is fine */

/* Numbers of a fit: W [n_label, d], then b [n_label]. */
static inline size_t
logit_size(const struct logit_rows *r)
{
    return r->n_label * (r->d + 1);
}

/* w [logit_size]: where to begin, then the fit. */
struct lbfgs_end logit_fit(const struct logit_rows *r, const struct logit_opt *opt,
                           double *w);

/* z [n, n_label]; labels and weights are not looked at. */
void logit_scores(const struct logit_rows *r, const double *w, double *z);

#endif
