/*
 * logits.h - questions about a row of logits
 *
 * A row has 50,000 to 260,000 numbers: these run through it once, at the speed of
 * memory. Sums are made in one order whatever the CPU.
 *
 * Threads: pure functions.
 */
#ifndef TENSOR_LOGITS_H
#define TENSOR_LOGITS_H

#include <stddef.h>

#include "kernel/kernel.h"

/* The index of the largest, the first of equal ones. n > 0. A NaN anywhere, or nothing
 * above -infinity: n; then there is no largest. */
size_t logits_best(const struct kernels *k, const float *x, size_t n);

/* out [n] = exp(scale * (x - max)), 0 where that is below 2^-126; returns the sum. max:
 * no x is above it. out may be x. sums: NULL, or [(n + LOGITS_BLOCK - 1) / LOGITS_BLOCK]
 * of the sums of each block, which are added in order. */
#define LOGITS_BLOCK 512
double logits_exp(const struct kernels *k, const float *x, size_t n, float max,
                  float scale, float *out, double *sums);

/* log(sum of exp(x)), for finite max, the largest x */
double logits_log_sum(const struct kernels *k, const float *x, size_t n, float max);

#endif
