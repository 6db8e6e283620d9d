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

/* x [m, n] = layer norm of (x + bias) + residual, row by row; see kernel.h */
void ops_add_norm(const struct kernels *k, float *x, size_t ldx, size_t m, size_t n,
                  const struct kernel_norm *norm);

/* x [n] = a * x */
void ops_scale(const struct kernels *k, float *x, float a, size_t n);

/* y [n] = y + a * x */
void ops_add_scaled(const struct kernels *k, float *y, float a, const float *x,
                    size_t n);

/* y [n] = tanh(y + b), gelu(y + b), the one with erf, or max(y + b, 0) */
void ops_bias_tanh(const struct kernels *k, float *y, const float *b, size_t n);
void ops_bias_gelu(const struct kernels *k, float *y, const float *b, size_t n);
void ops_bias_relu(const struct kernels *k, float *y, const float *b, size_t n);

/* y [n] = 1 / (1 + exp(-y)) */
void ops_sigmoid(const struct kernels *k, float *y, size_t n);

/* y [n] = y / (1 + exp(-y)) */
void ops_swish(const struct kernels *k, float *y, size_t n);

float ops_dot(const struct kernels *k, const float *x, const float *y, size_t n);

/* x [n] = softmax of scale * x */
void ops_softmax(const struct kernels *k, float *x, size_t n, float scale);

/* y [n] = x, but not below low and not above high; a NaN stays. y may be x. With a low
 * of 0 it is a ReLU. */
void ops_clip(float *y, const float *x, size_t n, float low, float high);

#endif
