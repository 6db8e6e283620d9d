/*
 * rows_body.h - the kernels over rows and vectors, written once for all levels
 *
 * Included by rows_LEVEL.c after its vec_LEVEL.h. What makes the bits the same: 16
 * lanes everywhere, lanes beyond the end are given a value that changes nothing, and
 * the lanes are combined by one tree.
 */
#ifndef KERNEL_ROWS_BODY_H
#define KERNEL_ROWS_BODY_H

#include <math.h>

#include "kernel/kernel.h"
#include "kernel/math_body.h"
#include "kernel/ref/vec_ref.h" /* where no other came first */

static void
rows_bias(float *y, size_t ldy, size_t m, size_t n, const float *b)
{
    for (size_t r = 0; r < m; r++, y += ldy)
        for (size_t i = 0; i < n; i += 16) {
            struct v16 v = v_load_n(y + i, n - i, 0.0f);
            v_store_n(y + i, v_add(v, v_load_n(b + i, n - i, 0.0f)), n - i);
        }
}

static void
rows_bias_gelu(float *y, size_t ldy, size_t m, size_t n, const float *b)
{
    for (size_t r = 0; r < m; r++, y += ldy)
        for (size_t i = 0; i < n; i += 16) {
            struct v16 v = v_load_n(y + i, n - i, 0.0f);
            v = v_add(v, v_load_n(b + i, n - i, 0.0f));
            v_store_n(y + i, gelu16(v), n - i);
        }
}

/* y = (y + bias) + residual; returns the sum. */
static inline float
norm_add(float *y, size_t n, const float *bias, const float *residual)
{
    struct v16 sum = v_set1(0.0f);

    for (size_t i = 0; i < n; i += 16) {
        struct v16 v = v_load_n(y + i, n - i, 0.0f);
        if (bias)
            v = v_add(v, v_load_n(bias + i, n - i, 0.0f));
        if (residual)
            v = v_add(v, v_load_n(residual + i, n - i, 0.0f));
        v_store_n(y + i, v, n - i);
        sum = v_add(sum, v);
    }
    return v_sum(sum);
}

/* The sum of (y - mean)^2 */
static inline float
norm_spread(const float *y, size_t n, float mean)
{
    struct v16 sum = v_set1(0.0f);

    for (size_t i = 0; i < n; i += 16) {
        struct v16 d = v_sub(v_load_n(y + i, n - i, mean), v_set1(mean));
        d = v_keep(d, n - i); /* mean - mean is NaN for an infinite mean */
        sum = v_fma(d, d, sum);
    }
    return v_sum(sum);
}

static void
rows_add_norm(float *y, size_t ldy, size_t m, size_t n, const struct kernel_norm *p)
{
    for (size_t r = 0; r < m; r++, y += ldy) {
        const float *residual = p->residual ? p->residual + r * p->ld_residual : NULL;
        float mean = norm_add(y, n, p->bias, residual) / (float)n;
        float inv = 1.0f / sqrtf(norm_spread(y, n, mean) / (float)n + p->eps);

        for (size_t i = 0; i < n; i += 16) {
            struct v16 v = v_sub(v_load_n(y + i, n - i, 0.0f), v_set1(mean));
            v = v_fma(v_mul(v, v_set1(inv)), v_load_n(p->gamma + i, n - i, 0.0f),
                      v_load_n(p->beta + i, n - i, 0.0f));
            v_store_n(y + i, v, n - i);
        }
    }
}

/* The largest of y * scale; NaN are passed over, they show up in the sum. */
static inline float
softmax_max(const float *y, size_t n, float scale)
{
    struct v16 max = v_set1(-INFINITY);

    for (size_t i = 0; i < n; i += 16) {
        struct v16 v = v_mul(v_load_n(y + i, n - i, y[0]), v_set1(scale));
        max = v_max(v, max);
    }
    return v_hmax(max);
}

/* y = exp(y * scale - max); returns the sum. */
static inline float
softmax_exp(float *y, size_t n, float scale, float max)
{
    struct v16 sum = v_set1(0.0f);

    for (size_t i = 0; i < n; i += 16) {
        struct v16 v = v_mul(v_load_n(y + i, n - i, 0.0f), v_set1(scale));
        v = exp16(v_sub(v, v_set1(max)));
        v_store_n(y + i, v, n - i);
        sum = v_add(sum, v_keep(v, n - i));
    }
    return v_sum(sum);
}

static void
rows_scale(float *y, float a, size_t n)
{
    for (size_t i = 0; i < n; i += 16)
        v_store_n(y + i, v_mul(v_load_n(y + i, n - i, 0.0f), v_set1(a)), n - i);
}

static void
rows_softmax(float *y, size_t ldy, size_t m, size_t n, float scale)
{
    for (size_t r = 0; n > 0 && r < m; r++, y += ldy) {
        float max = softmax_max(y, n, scale);
        rows_scale(y, 1.0f / softmax_exp(y, n, scale, max), n);
    }
}

/* 16 numbers from i on, n - i of which count, after what comes first; those that do not
 * count are anything. */
static inline struct v16
q8_load(const float *x, const struct kernel_q8_first *first, size_t i, size_t n)
{
    struct v16 v = v_load_n(x + i, n - i, 0.0f);

    if (first->bias)
        v = v_add(v, v_load_n(first->bias + i, n - i, 0.0f));
    if (first->gelu)
        v = gelu16_coarse(v);
    if (first->factor)
        v = v_mul(v, v_load_n(first->factor + i, n - i, 0.0f));
    return v;
}

/* One block of n numbers in `count` vectors, a constant, so that they stay in registers
 * where there are enough */
static inline __attribute__((always_inline)) void
q8_block(size_t count, const float *x, const struct kernel_q8_first *first, size_t n,
         uint8_t *q, uint8_t zero, float to[2])
{
    struct v16 v[KERNEL_MAX_BLOCK / 16], min, max, sum, up, low;
    float range;

#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++) {
        v[i] = q8_load(x, first, 16 * i, n);
        if (n < 16 * i + 16) /* then they are copies of one that does */
            v[i] = v_first_or(v[i], n - 16 * i, v_first(i > 0 ? v[0] : v[i]));
        min = i ? v_min(v[i], min) : v[i];
        max = i ? v_max(v[i], max) : v[i];
        sum = i ? v_add(v[i], sum) : v[i];
    }
    to[1] = v_hmin(min);
    range = v_hmax(max) - to[1];
    to[0] = range * (1.0f / 254.0f);
    if (v_any_nan(sum))
        to[1] = NAN;
    up = v_set1(range > 0.0f ? 254.0f / range : 0.0f);
    low = v_set1(to[1]);
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i++)
        v[i] = v_mul(v_sub(v[i], low), up);
    v_store_u8(q, v, count, zero, n);
}

/* All blocks of a row but what is left behind the last whole one go the short way. */
static inline __attribute__((always_inline)) void
q8_rows(size_t block, const float *x, size_t ldx, size_t m, size_t k,
        const struct kernel_q8_first *first, const struct kernel_q8 *to)
{
    for (size_t r = 0; r < m; r++, x += ldx) {
        uint8_t *q = to->q + r * to->ld;
        float *scale = to->scale + r * to->ld_scale;

        for (size_t l = 0; l < k; l += block, scale += 2) {
            struct kernel_q8_first at = *first;
            if (at.bias)
                at.bias += l;
            if (at.factor)
                at.factor += l;
            if (k - l >= block)
                q8_block(block / 16, x + l, &at, block, q + l, to->zero, scale);
            else
                q8_block((k - l + 15) / 16, x + l, &at, k - l, q + l, to->zero, scale);
        }
    }
}

static void
rows_rows_q8(const float *x, size_t ldx, size_t m, size_t k,
             const struct kernel_q8_first *first, const struct kernel_q8 *to)
{
    const struct kernel_q8_first gelu = { NULL, 1, NULL };
    const struct kernel_q8_first plain = { NULL, 0, NULL };
    const struct kernel_q8_first factor = { NULL, 0, first->factor };

    /* Those that are used most, as code of their own */
    if (to->block == 128 && !first->bias && first->gelu && !first->factor)
        q8_rows(128, x, ldx, m, k, &gelu, to);
    else if (to->block == 128 && !first->bias && !first->gelu && !first->factor)
        q8_rows(128, x, ldx, m, k, &plain, to);
    else if (to->block == 128 && !first->bias && !first->gelu)
        q8_rows(128, x, ldx, m, k, &factor, to);
    else
        q8_rows(to->block, x, ldx, m, k, first, to);
}

static void
rows_exp(float *y, size_t n)
{
    for (size_t i = 0; i < n; i += 16)
        v_store_n(y + i, exp16(v_load_n(y + i, n - i, 0.0f)), n - i);
}

static void
rows_erf(float *y, size_t n)
{
    for (size_t i = 0; i < n; i += 16)
        v_store_n(y + i, erf16(v_load_n(y + i, n - i, 0.0f)), n - i);
}

static void
rows_tanh(float *y, size_t n)
{
    for (size_t i = 0; i < n; i += 16)
        v_store_n(y + i, tanh16(v_load_n(y + i, n - i, 0.0f)), n - i);
}

static void
rows_axpy(float *y, const float *x, float a, size_t n)
{
    for (size_t i = 0; i < n; i += 16) {
        struct v16 v = v_load_n(x + i, n - i, 0.0f);
        v = v_fma(v_set1(a), v, v_load_n(y + i, n - i, 0.0f));
        v_store_n(y + i, v, n - i);
    }
}

static float
rows_dot(const float *x, const float *y, size_t n)
{
    struct v16 sum = v_set1(0.0f);

    for (size_t i = 0; i < n; i += 16)
        sum = v_fma(v_load_n(x + i, n - i, 0.0f), v_load_n(y + i, n - i, 0.0f), sum);
    return v_sum(sum);
}

static inline void
rows_fill(struct kernels *k)
{
    k->bias = rows_bias;
    k->bias_gelu = rows_bias_gelu;
    k->add_norm = rows_add_norm;
    k->softmax = rows_softmax;
    k->rows_q8 = rows_rows_q8;
    k->exp = rows_exp;
    k->erf = rows_erf;
    k->tanh = rows_tanh;
    k->axpy = rows_axpy;
    k->scale = rows_scale;
    k->dot = rows_dot;
}

#endif
