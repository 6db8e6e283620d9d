/*
 * ops.h - small things done to rows of activations
 *
 * Threads: pure functions.
 */
#ifndef TENSOR_OPS_H
#define TENSOR_OPS_H

#include <stddef.h>

#include "kernel/kernel.h"

/* out [n] = mean of the m > 0 rows of x [m, n], added in order */
void ops_mean(const struct kernels *k, const float *x, size_t ldx, size_t m, size_t n,
              float *out);

/* x [n] divided by its Euclidean length, or by 1e-12 where that is more */
void ops_normalize(const struct kernels *k, float *x, size_t n);

#endif
