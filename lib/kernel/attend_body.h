/*
 * attend_body.h - attention of one head, written once for the levels with vectors
 *
 * Included by attend_LEVEL.c after its vec_LEVEL.h, with MR and EACH_ROW(X), the rows of
 * a tile, and transpose_quads() of its own. Sixteen queries at a time are the lanes of
 *
 *     scores[n, 16] = keys[n, dim] * queries^T[dim, 16]
 *
 * so that the softmax runs down the keys: no lane ever waits for another. The outputs
 * have their columns in the lanes:
 *
 *     out[16, dim] = weights^T[16, n] * values[n, dim]
 */
#ifndef KERNEL_ATTEND_BODY_H
#define KERNEL_ATTEND_BODY_H

#include "kernel/kernel_fill.h"
#include "kernel/math_body.h"

#define LANES 16

/* Element (r, l) of a is at a[r * row + l * step], row l of b at b + l * ldb. */
struct product {
    const float *a, *b;
    size_t row, step, ldb, k;
};

/* y[m, n] = (a[m, k] * b[k, 16]) * factor[m], if there is one, for n <= 16. m is a
 * constant, so each caller's copy holds the code of its rows alone. */
INLINE void
tile(size_t m, const struct product *p, struct v16 *max, const float *factor, float *y,
     size_t ldy, size_t n)
{
    const float *a0 = p->a, *b = p->b;
    size_t row = p->row;
    struct v16 most = max ? *max : v_set1(0.0f);
    const float *a3 = a0 + 3 * row, *a6 = a0 + 6 * row, *a9 = a0 + 9 * row;
    const float *a12 = a0 + 12 * row, *a15 = a0 + 15 * row;

#define START(r, base, times) struct v16 sum##r = v_set1(0.0f);
#define STEP(r, base, times)                                                           \
    if (m > r)                                                                         \
        sum##r = v_fma(v_set1(base[times * row]), x, sum##r);
#define FINISH(r, base, times)                                                         \
    if (m > r && max)                                                                  \
        most = v_max(sum##r, most);                                                    \
    if (m > r)                                                                         \
        v_store_n(y + r * ldy, factor ? v_mul(sum##r, v_set1(factor[r])) : sum##r, n);
    EACH_ROW(START)
    for (size_t l = 0; l < p->k; l++, b += p->ldb) {
        struct v16 x = v_load_n(b, 16, 0.0f);
        EACH_ROW(STEP)
        a0 += p->step;
        a3 += p->step;
        a6 += p->step;
        a9 += p->step;
        a12 += p->step;
        a15 += p->step;
    }
    EACH_ROW(FINISH)
    if (max)
        *max = most;
    (void)a3, (void)a6, (void)a9, (void)a12, (void)a15;
#undef START
#undef STEP
#undef FINISH
}

/* scores[m, 16]: of m <= MR keys with 16 queries */
static void
score_tile(size_t m, const float *key, size_t ld, const float *queries, size_t dim,
           struct v16 *max, float *scores)
{
    struct product p = { key, queries, ld, 1, LANES, dim };

    switch (m) {
#define HEIGHT(r, base, times)                                                         \
    case r + 1: tile(r + 1, &p, max, NULL, scores, LANES, LANES); break;
        EACH_ROW(HEIGHT)
#undef HEIGHT
    }
}

/* out[m, n], n <= 16: m <= MR of the 16 queries, times their factors */
static void
out_tile(size_t m, const float *weights, const float *values, size_t wide, size_t k,
         const float *factor, float *out, size_t ld, size_t n)
{
    struct product p = { weights, values, 1, LANES, wide, k };

    switch (m) {
#define HEIGHT(r, base, times)                                                         \
    case r + 1: tile(r + 1, &p, NULL, factor, out, ld, n); break;
        EACH_ROW(HEIGHT)
#undef HEIGHT
    }
}

/* Scores to weights in place; returns their sum. */
INLINE struct v16
weigh_some(float *scores, size_t n, struct v16 scale, struct v16 below)
{
    struct v16 sum = v_set1(0.0f);

    for (size_t j = 0; j < n; j++) {
        struct v16 w = v_load_n(scores + j * LANES, LANES, 0.0f);
        w = exp_weight16(v_fma(w, scale, below));
        v_store_n(scores + j * LANES, w, LANES);
        sum = v_add(sum, w);
    }
    return sum;
}

/* The same for all keys; returns 1 / the sum, which is one of sums, for precision. */
INLINE struct v16
weigh(float *scores, size_t n, float scale, struct v16 max)
{
    struct v16 sum = v_set1(0.0f), by = v_set1(scale);
    struct v16 below = v_sub(v_set1(-0.0f), v_mul(max, by));

    for (size_t j = 0; j < n; j += KERNEL_ATTEND_SUM) {
        size_t some = n - j < KERNEL_ATTEND_SUM ? n - j : KERNEL_ATTEND_SUM;
        sum = v_add(sum, weigh_some(scores + j * LANES, some, by, below));
    }
    return v_div(v_set1(1.0f), sum);
}

/* queries[dim, 16] of n <= 16 rows; lanes without one repeat the last, for nobody. */
static void
transpose(const float *q, size_t ld, size_t n, size_t dim, float *queries)
{
    const float *row[LANES];
    size_t l = 0;

    for (size_t i = 0; i < LANES; i++)
        row[i] = q + (i < n ? i : n - 1) * ld;
    for (; l + 4 <= dim; l += 4)
        transpose_quads(row, l, queries + l * LANES);
    for (; l < dim; l++)
        for (size_t i = 0; i < LANES; i++)
            queries[l * LANES + i] = row[i][l];
}

/* Rows of keys or values side by side, zeros behind them */
static const float *
copy_rows(const float *x, size_t ld, size_t n, size_t dim, float *y, size_t wide)
{
    for (size_t j = 0; j < n; j++)
        for (size_t c = 0; c < wide; c += LANES)
            v_store_n(y + j * wide + c, v_load_n(x + j * ld + c, dim - c, 0.0f), LANES);
    return y;
}

static void
attend(const struct kernel_attend *h)
{
    size_t n = h->n, wide = h->ld;
    float *factor = h->work, *queries = factor + LANES;
    float *scores = queries + h->dim * LANES;
    const float *keys = h->key, *values = h->value;

    if (h->dim % LANES || h->ld % 512 == 0) {
        float *copy = scores + n * LANES;
        wide = (h->dim + LANES - 1) / LANES * LANES;
        keys = copy_rows(h->key, h->ld, n, h->dim, copy, wide);
        values = copy_rows(h->value, h->ld, n, h->dim, copy + n * wide, wide);
    }
    for (size_t i = 0; i < n; i += LANES) {
        struct v16 max = v_set1(-INFINITY);
        size_t some = n - i < LANES ? n - i : LANES;

        transpose(h->q + i * h->ld, h->ld, some, h->dim, queries);
        for (size_t tiles = (n + MR - 1) / MR, j = 0, now; tiles > 0;
             tiles--, j += now) {
            now = (n - j + tiles - 1) / tiles;
            score_tile(now, keys + j * wide, wide, queries, h->dim, &max, scores + j * LANES);
        }
        v_store_n(factor, weigh(scores, n, h->scale, max), LANES);
        for (size_t tiles = (some + MR - 1) / MR, r = 0, now; tiles > 0;
             tiles--, r += now) {
            now = (some - r + tiles - 1) / tiles;
            for (size_t c = 0; c < h->dim; c += LANES)
                out_tile(now, scores + r, values + c, wide, n, factor + r,
                         h->out + (i + r) * h->ld_out + c, h->ld_out, h->dim - c);
        }
    }
}

#endif
