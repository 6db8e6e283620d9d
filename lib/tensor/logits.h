/*
 * logits.h - questions about a row of logits
 *
 * A row has 50,000 to 260,000 numbers: these run through it once, at about the speed of
 * memory. Sums are made in one order, whatever the CPU.
 *
 * Threads: pure functions.
 */
#ifndef TENSOR_LOGITS_H
#define TENSOR_LOGITS_H

#include <stddef.h>

#include "kernel/kernel.h"

#define LOGITS_BLOCK 512

/* The index of the largest, the first of equal ones; n where there is none: one is NaN,
 * or all are -infinity. */
size_t logits_best(const struct kernels *k, const float *x, size_t n);

/* The largest of them, NaN if one is, -infinity of none */
float logits_max(const struct kernels *k, const float *x, size_t n);

/* The sum of exp(scale * (x - max)), terms below 2^-126 being 0; no x is above max,
 * which is finite. out [n], if not NULL, has the terms, and sum [blocks of
 * LOGITS_BLOCK] the sum of each block: the result is these added in order. out may be
 * x. */
double logits_exp(const struct kernels *k, const float *x, size_t n, float max,
                  float scale, float *out, double *sum);

/* log(sum of exp(x)): what is subtracted from a logit is the log of a probability. NaN
 * where there is no finite largest one. */
double logits_log_sum(const struct kernels *k, const float *x, size_t n);

#endif
