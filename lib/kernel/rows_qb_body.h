/*
 * rows_qb_body.h - activations for weights in blocks: to 8 bits, and to 16
 *
 * A part of rows_body.h, with the rules that stand there.
 */
#ifndef KERNEL_ROWS_QB_BODY_H
#define KERNEL_ROWS_QB_BODY_H

#include <math.h>

#include "kernel/kernel.h"
#include "kernel/q8_load_body.h"

/* The middle of 32 numbers, or 0 where it is next to nothing */
INLINE float
qb_mid(const struct v16 v[2])
{
    float low = v_hmin(v_min(v[0], v[1])), high = v_hmax(v_max(v[0], v[1]));
    float mid = low * 0.5f + high * 0.5f;

    return fabsf(mid) < 0x1p-100f ? 0.0f : mid;
}

/* Of the one or two groups of 32 integers: exact in any order */
INLINE void
qb_sums(size_t group, const struct v16 q[2], int bad, float *sum)
{
    sum[0] = bad ? 0.0f : v_sum(group == 32 ? v_add(q[0], q[1]) : q[0]);
    if (group == 16)
        sum[1] = bad ? 0.0f : v_sum(q[1]);
}

/* A block of a row: its 32 numbers, its step and its middle, and the sums of its one or
 * two groups */
INLINE void
qb_put(size_t group, struct v16 v[2], int8_t *q, float *step, float *mid, float *sum)
{
    struct v16 b[2], a0, a1, up;
    float max;
    int bad;

    *mid = qb_mid(v);
    v[0] = v_sub(v[0], v_set1(*mid));
    v[1] = v_sub(v[1], v_set1(*mid));
    a0 = v_abs(v[0]);
    a1 = v_abs(v[1]);
    max = v_hmax(v_max(a0, a1));
    bad = v_any_nan(v_add(a0, a1)) || !(max < INFINITY);
    *step = bad ? NAN : max >= 0x1p-100f ? max * (1.0f / 127.0f) : 0.0f;
    *mid = bad ? 0.0f : *mid;
    up = v_set1(max >= 0x1p-100f ? 127.0f / max : 0.0f);
    v[0] = q8_round(v[0], up);
    v[1] = q8_round(v[1], up);
    b[0] = v_add(v[0], v_set1(127.0f));
    b[1] = v_add(v[1], v_set1(127.0f));
    v_store_u8((uint8_t *)q, b, 2, 127, 32);
    qb_sums(group, v, bad, sum);
}

/* group is a constant. */
INLINE void
qb_rows(size_t group, const float *x, size_t ldx, size_t m, size_t k,
        const struct kernel_q8_first *first, const struct kernel_qb *to)
{
    struct v16 v[KERNEL_MAX_BLOCK / 16];

    for (size_t r = 0; r < m; r++, x += ldx)
        for (size_t l = 0; l < k; l += 32) {
            struct kernel_q8_first at = *first;
            size_t b = r * to->ld_step + l / 32, g = r * to->ld_group + l / group;

            if (at.factor)
                at.factor += l;
            q8_load(x + l, &at, 32, 2, 1, v);
            qb_put(group, v, to->q + r * to->ld + l, to->step + b, to->mid + b,
                   to->sum + g);
            for (size_t i = g; i < g + 32 / group; i++)
                to->start[i] = -to->zero * (int32_t)to->sum[i];
        }
}

/* ---- of 16 bits ---- */

#define WIDE_MOST 32512.0f /* 127 * 256: the high byte of it and of no less is 127 */

/* 32 integers to their high bytes and their low ones, both from -127 to 127: where the
 * low byte would be -128, q becomes one more. */
INLINE void
wide_put(struct v16 q[2], int8_t *high, int8_t *low)
{
    const struct v16 middle = v_set1(128.0f);
    struct v16 h[2], l[2];

    for (size_t i = 0; i < 2; i++) {
        /* 128 is 256 - 128: a little more than q keeps it from going down. */
        struct v16 more = v_fma(q[i], v_set1(0x1p-8f), v_set1(0x1p-10f));

        h[i] = q8_round(more, v_set1(1.0f));
        l[i] = v_fma(v_set1(-256.0f), h[i], q[i]);
        l[i] = v_max(l[i], v_set1(-127.0f));
        q[i] = v_fma(v_set1(256.0f), h[i], l[i]);
        h[i] = v_add(h[i], middle);
        l[i] = v_add(l[i], middle);
    }
    v_store_u8((uint8_t *)high, h, 2, 128, 32);
    v_store_u8((uint8_t *)low, l, 2, 128, 32);
}

/* The largest |v| of n vectors, two at a time; NaN where one is not finite */
INLINE float
wide_max(const struct v16 *v, size_t n)
{
    struct v16 max = v_set1(0.0f), sum = v_set1(0.0f);
    float most;

    for (size_t i = 0; i < n; i++) {
        struct v16 a = v_abs(v[i]);
        max = v_max(a, max);
        sum = v_add(sum, a);
    }
    most = v_hmax(max);
    return v_any_nan(sum) || !(most < INFINITY) ? NAN : most;
}

/* n inputs from l on, a block of the row at x */
INLINE void
wide_block(size_t group, const float *x, size_t n, const struct kernel_q8_first *first,
           const struct kernel_qb *to, size_t row, size_t l)
{
    struct v16 v[KERNEL_WIDE_STEP / 16], of[KERNEL_MAX_BLOCK / 16], up;
    int8_t *q = to->q + 2 * row * to->ld + l;
    size_t g = row * to->ld_group + l / group;
    float max;

    for (size_t i = 0; i < n; i += 32) {
        struct kernel_q8_first at = *first;
        if (at.factor)
            at.factor += l + i;
        q8_load(x + l + i, &at, 32, 2, 1, of);
        v[i / 16] = of[0];
        v[i / 16 + 1] = of[1];
    }
    max = wide_max(v, n / 16);
    to->step[row * to->ld_step + l / KERNEL_WIDE_STEP] =
        max < 0x1p-100f ? 0.0f : max * (1.0f / WIDE_MOST);
    up = v_set1(max >= 0x1p-100f ? WIDE_MOST / max : 0.0f);
    for (size_t i = 0; i < n; i += 32, g += 32 / group) {
        of[0] = q8_round(v[i / 16], up);
        of[1] = q8_round(v[i / 16 + 1], up);
        wide_put(of, q + i, q + to->ld + i);
        qb_sums(group, of, max != max, to->sum + g);
        for (size_t j = g; j < g + 32 / group; j++)
            to->start[j] = -to->zero * (int32_t)to->sum[j];
    }
}

/* group is a constant. */
INLINE void
wide_rows(size_t group, const float *x, size_t ldx, size_t m, size_t k,
          const struct kernel_q8_first *first, const struct kernel_qb *to)
{
    const size_t most = KERNEL_WIDE_STEP;

    for (size_t r = 0; r < m; r++, x += ldx)
        for (size_t l = 0; l < k; l += most)
            wide_block(group, x, k - l < most ? k - l : most, first, to, r, l);
}

#endif
