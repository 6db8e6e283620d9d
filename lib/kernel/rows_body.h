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
#include "kernel/rows_qb_body.h"

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
rows_add_pairs(const float *x, size_t ldx, float *y, size_t ldy, size_t m, size_t n,
               const float *b)
{
    for (size_t r = 0; r < m; r++, x += 2 * ldx, y += ldy)
        for (size_t i = 0; i < n; i += 16) {
            struct v16 v = v_load_n(x + i, n - i, 0.0f);
            v = v_add(v, v_load_n(x + ldx + i, n - i, 0.0f));
            if (b)
                v = v_add(v, v_load_n(b + i, n - i, 0.0f));
            v_store_n(y + i, v, n - i);
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

/* Rows of a layer norm that are worked on at once: each is a chain of sums that waits
 * for itself. */
#define NORM_ROWS 4

/* `count` rows, a constant */
struct norm_rows {
    float *y;
    size_t ldy;
    const struct kernel_norm *p;
    const float *residual;
    float mean[NORM_ROWS], inv[NORM_ROWS];
    struct v16 sum[NORM_ROWS];
};

/* Numbers [i, i + n), n <= 16: y = (y + bias) + residual, and their sum */
INLINE void
norm_add(size_t count, struct norm_rows *t, size_t i, size_t n)
{
    UNROLL(4)
    for (size_t r = 0; r < count; r++) {
        float *y = t->y + r * t->ldy + i;
        struct v16 v = v_load_n(y, n, 0.0f);

        if (t->p->bias)
            v = v_add(v, v_load_n(t->p->bias + i, n, 0.0f));
        if (t->residual)
            v = v_add(v, v_load_n(t->residual + r * t->p->ld_residual + i, n, 0.0f));
        v_store_n(y, v, n);
        t->sum[r] = v_add(t->sum[r], v);
    }
}

/* The sum of (y - mean)^2 */
INLINE void
norm_spread(size_t count, struct norm_rows *t, size_t i, size_t n)
{
    UNROLL(4)
    for (size_t r = 0; r < count; r++) {
        struct v16 v = v_load_n(t->y + r * t->ldy + i, n, t->mean[r]);

        v = v_sub(v, v_set1(t->mean[r]));
        v = v_keep(v, n); /* mean - mean is NaN for an infinite mean */
        t->sum[r] = v_fma(v, v, t->sum[r]);
    }
}

INLINE void
norm_finish(size_t count, struct norm_rows *t, size_t i, size_t n)
{
    struct v16 gamma = v_load_n(t->p->gamma + i, n, 0.0f);
    struct v16 beta = v_load_n(t->p->beta + i, n, 0.0f);

    UNROLL(4)
    for (size_t r = 0; r < count; r++) {
        float *y = t->y + r * t->ldy + i;
        struct v16 v = v_sub(v_load_n(y, n, 0.0f), v_set1(t->mean[r]));

        v_store_n(y, v_fma(v_mul(v, v_set1(t->inv[r])), gamma, beta), n);
    }
}

/* Whole vectors, then the rest */
#define EACH_16(n, step, ...)                                                          \
    do {                                                                               \
        size_t i_ = 0, n_ = (n);                                                       \
        for (; n_ - i_ >= 16; i_ += 16)                                                \
            step(__VA_ARGS__, i_, 16);                                                 \
        if (i_ < n_)                                                                   \
            step(__VA_ARGS__, i_, n_ - i_);                                            \
    } while (0)

INLINE void
norm_rows(size_t count, float *y, size_t ldy, size_t n, const struct kernel_norm *p,
          const float *residual)
{
    struct norm_rows t = { .y = y, .ldy = ldy, .p = p, .residual = residual };

    for (size_t r = 0; r < count; r++)
        t.sum[r] = v_set1(0.0f);
    EACH_16(n, norm_add, count, &t);
    for (size_t r = 0; r < count; r++) {
        t.mean[r] = v_sum(t.sum[r]) / (float)n;
        t.sum[r] = v_set1(0.0f);
    }
    EACH_16(n, norm_spread, count, &t);
    for (size_t r = 0; r < count; r++)
        t.inv[r] = 1.0f / sqrtf(v_sum(t.sum[r]) / (float)n + p->eps);
    EACH_16(n, norm_finish, count, &t);
}

static void
rows_add_norm(float *y, size_t ldy, size_t m, size_t n, const struct kernel_norm *p)
{
    size_t r = 0;

#define RESIDUAL (p->residual ? p->residual + r * p->ld_residual : NULL)
    for (; m - r >= NORM_ROWS; r += NORM_ROWS)
        norm_rows(NORM_ROWS, y + r * ldy, ldy, n, p, RESIDUAL);
    for (; r < m; r++)
        norm_rows(1, y + r * ldy, ldy, n, p, RESIDUAL);
#undef RESIDUAL
}

static void
rows_rms_norm(float *y, size_t ldy, const float *x, size_t ldx, size_t m, size_t n,
              const float *gamma, float eps)
{
    for (size_t r = 0; r < m; r++, y += ldy, x += ldx) {
        struct v16 sum = v_set1(0.0f), inv;

        for (size_t i = 0; i < n; i += 16) {
            struct v16 v = v_load_n(x + i, n - i, 0.0f);
            sum = v_fma(v, v, sum);
        }
        inv = v_set1(1.0f / sqrtf(v_sum(sum) / (float)n + eps));
        for (size_t i = 0; i < n; i += 16) {
            struct v16 v = v_mul(v_load_n(x + i, n - i, 0.0f), inv);
            v_store_n(y + i, v_mul(v, v_load_n(gamma + i, n - i, 0.0f)), n - i);
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

/* One block of n numbers in `count` vectors, a constant, so that they stay in registers
 * where there are enough. With rest, v becomes what 8 bits leave of it. */
INLINE void
q8_put(size_t count, struct v16 v[KERNEL_MAX_BLOCK / 16], size_t n, int rest,
       uint8_t *q, float to[2])
{
    struct v16 min, max, sum, up, low, of[KERNEL_MAX_BLOCK / 16];
    float range;

    /* Two chains each, so that neither waits for itself. */
    min = max = sum = v[0];
    of[0] = of[1] = of[2] = v[count > 1];
    UNROLL(12)
    for (size_t i = 2; i < count; i += 2) {
        min = v_min(v[i], min);
        max = v_max(v[i], max);
        sum = v_add(v[i], sum);
    }
    UNROLL(12)
    for (size_t i = 3; i < count; i += 2) {
        of[0] = v_min(v[i], of[0]);
        of[1] = v_max(v[i], of[1]);
        of[2] = v_add(v[i], of[2]);
    }
    min = v_min(of[0], min);
    max = v_max(of[1], max);
    sum = v_add(of[2], sum);
    to[1] = v_hmin(min);
    range = v_hmax(max) - to[1];
    to[0] = range * (1.0f / 254.0f);
    if (v_any_nan(sum) || !(range < INFINITY))
        to[1] = NAN;
    up = v_set1(range >= 0x1p-100f ? 254.0f / range : 0.0f);
    low = v_set1(to[1]);
    UNROLL(12)
    for (size_t i = 0; i < KERNEL_MAX_BLOCK / 16; i++) {
        v[i] = v_sub(v[i], low);
        of[i] = v_mul(v[i], up);
    }
    v_store_u8(q, of, count, 0, n);
    if (!rest)
        return;
    UNROLL(12)
    for (size_t i = 0; i < count; i++)
        v[i] = v_fma(v_set1(-to[0]), q8_round(of[i], v_set1(1.0f)), v[i]);
}

/* The block at x becomes that at q, and, if pairs, a second one a row behind it. */
INLINE void
q8_block(size_t count, const float *x, const struct kernel_q8_first *first, size_t n,
         int pairs, const struct kernel_q8 *to, uint8_t *q, float *scale)
{
    struct v16 v[KERNEL_MAX_BLOCK / 16];

    q8_load(x, first, n, count, pairs, v);
    UNROLL(12)
    for (size_t i = 0; i < count; i++)
        if (n < 16 * i + 16) /* those that do not count are copies of one that does */
            v[i] = v_first_or(v[i], n - 16 * i, v_first(i > 0 ? v[0] : v[i]));
    q8_put(count, v, n, pairs, q, scale);
    if (pairs)
        q8_put(count, v, n, 0, q + to->ld, scale + to->ld_scale);
}

/* All blocks of a row but what is left behind the last whole one go the short way. */
INLINE void
q8_rows(size_t block, int pairs, const float *x, size_t ldx, size_t m, size_t k,
        const struct kernel_q8_first *first, const struct kernel_q8 *to)
{
    for (size_t r = 0; r < m; r++, x += ldx) {
        size_t row = pairs ? 2 * r : r;
        uint8_t *q = to->q + row * to->ld;
        float *scale = to->scale + row * to->ld_scale;

        for (size_t l = 0; l < k; l += block, scale += 2) {
            struct kernel_q8_first at = *first;
            if (at.factor)
                at.factor += l;
            if (k - l >= block)
                q8_block(block / 16, x + l, &at, block, pairs, to, q + l, scale);
            else
                q8_block((k - l + 15) / 16, x + l, &at, k - l, pairs, to, q + l, scale);
        }
    }
}

static void
rows_rows_q8(const float *x, size_t ldx, size_t m, size_t k,
             const struct kernel_q8_first *first, const struct kernel_q8 *to)
{
    const struct kernel_q8_first gelu = { 1, NULL };
    const struct kernel_q8_first plain = { 0, NULL };
    const struct kernel_q8_first factor = { 0, first->factor };

    /* Those that are used most, as code of their own */
    if (to->block == 128 && to->pairs && !first->gelu && !first->factor)
        q8_rows(128, 1, x, ldx, m, k, &plain, to);
    else if (to->pairs)
        q8_rows(to->block, 1, x, ldx, m, k, first, to);
    else if (to->block == 192 && first->gelu && !first->factor)
        q8_rows(192, 0, x, ldx, m, k, &gelu, to);
    else if (to->block == 192 && !first->gelu && !first->factor)
        q8_rows(192, 0, x, ldx, m, k, &plain, to);
    else if (to->block == 192 && !first->gelu)
        q8_rows(192, 0, x, ldx, m, k, &factor, to);
    else if (to->block == 32)
        q8_rows(32, 0, x, ldx, m, k, first, to);
    else
        q8_rows(to->block, 0, x, ldx, m, k, first, to);
}

static void
rows_rows_qb(const float *x, size_t ldx, size_t m, size_t k,
             const struct kernel_q8_first *first, const struct kernel_qb *to)
{
    const struct kernel_q8_first plain = { 0, NULL };

    if (to->wide && to->group == 16)
        wide_rows(16, x, ldx, m, k, first, to);
    else if (to->wide && (first->gelu || first->factor))
        wide_rows(32, x, ldx, m, k, first, to);
    else if (to->wide)
        wide_rows(32, x, ldx, m, k, &plain, to);
    else if (to->group == 16)
        qb_rows(16, x, ldx, m, k, first, to);
    else if (first->gelu || first->factor)
        qb_rows(32, x, ldx, m, k, first, to);
    else
        qb_rows(32, x, ldx, m, k, &plain, to);
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
rows_silu(float *y, const float *x, const float *up, size_t n)
{
    for (size_t i = 0; i < n; i += 16) {
        struct v16 v = silu16(v_load_n(x + i, n - i, 0.0f));
        if (up)
            v = v_mul(v, v_load_n(up + i, n - i, 0.0f));
        v_store_n(y + i, v, n - i);
    }
}

static void
rows_gelu_tanh(float *y, const float *x, const float *up, size_t n)
{
    for (size_t i = 0; i < n; i += 16) {
        struct v16 v = gelu_tanh16(v_load_n(x + i, n - i, 0.0f));
        if (up)
            v = v_mul(v, v_load_n(up + i, n - i, 0.0f));
        v_store_n(y + i, v, n - i);
    }
}

static void
rows_f16_put(uint16_t *h, const float *x, size_t n)
{
    const struct v16 most = v_set1(65504.0f), least = v_set1(-65504.0f);

    for (size_t i = 0; i < n; i += 16) {
        struct v16 v = v_load_n(x + i, n - i, 0.0f);
        v_store_f16(h + i, v_max(least, v_min(most, v)), n - i); /* NaN stays */
    }
}

static void
rows_f16_get(float *x, const uint16_t *h, size_t n)
{
    for (size_t i = 0; i < n; i += 16)
        v_store_n(x + i, v_load_f16(h + i, n - i), n - i);
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

static float
rows_max(const float *x, size_t n)
{
    struct v16 max = v_set1(-INFINITY), bad = v_set1(0.0f);

    for (size_t i = 0; i < n; i += 16) {
        struct v16 v = v_load_n(x + i, n - i, -INFINITY);
        max = v_max(v, max);
        bad = v_if_le(v, v, bad, v); /* v_max() passes a NaN over */
    }
    return v_any_nan(bad) ? NAN : v_hmax(max);
}

static inline void
rows_fill(struct kernels *k)
{
    k->bias = rows_bias;
    k->add_pairs = rows_add_pairs;
    k->bias_gelu = rows_bias_gelu;
    k->add_norm = rows_add_norm;
    k->rms_norm = rows_rms_norm;
    k->softmax = rows_softmax;
    k->rows_q8 = rows_rows_q8;
    k->rows_qb = rows_rows_qb;
    k->exp = rows_exp;
    k->erf = rows_erf;
    k->tanh = rows_tanh;
    k->silu = rows_silu;
    k->gelu_tanh = rows_gelu_tanh;
    k->f16_put = rows_f16_put;
    k->f16_get = rows_f16_get;
    k->axpy = rows_axpy;
    k->scale = rows_scale;
    k->dot = rows_dot;
    k->max = rows_max;
}

#endif
