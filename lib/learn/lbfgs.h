/*
 * lbfgs.h - the minimum of a smooth convex function of many variables
 *
 *     double x[N] = { 0 };
 *     struct lbfgs_end end = lbfgs(N, x, value, &data, &(struct lbfgs_opt){ 0 });
 *
 * Limited-memory BFGS. Steps obey the Wolfe conditions; where differences of values
 * drown in rounding, near the end, those of Hager and Zhang, which look at slopes
 * alone. So gradients can be brought as near to zero as they can be computed, and the
 * result depends little on how the function rounds.
 *
 * Source:  Nocedal, Wright, "Numerical Optimization", 2nd ed., algorithms 7.4 and 7.5;
 *          Hager, Zhang, "A new conjugate gradient method", 2005, section 4.
 * Threads: no shared state.
 */
#ifndef LEARN_LBFGS_H
#define LEARN_LBFGS_H

#include <stddef.h>

/* The function's value at x [n]; its gradient to g [n]. */
typedef double lbfgs_value(void *arg, const double *x, double *g);

/* p [n] multiplied by something near the inverse of the second derivatives. */
typedef void lbfgs_scale(void *arg, double *p);

struct lbfgs_opt {
    lbfgs_scale *scale; /* NULL: steps are scaled by what the last one has shown */
    double tolerance;   /* of the largest component of the gradient; 0: 1e-8 */
    int max_steps;      /* 0: 2000 */
};

struct lbfgs_end {
    int steps, values; /* how often the function was asked */
    int converged;     /* 0: no step leads down any more, or max_steps */
    double gradient;   /* the largest component */
};

/* x [n] is where to begin, then where it ended. */
struct lbfgs_end lbfgs(size_t n, double *x, lbfgs_value *value, void *arg,
                       const struct lbfgs_opt *opt);

#endif
