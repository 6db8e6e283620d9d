/*
 * attend_body.h - attention of one head, written once for the levels with vectors
 *
 * Included by attend_LEVEL.c after its vec_LEVEL.h. Sixteen queries at a time are the
 * lanes of
 *
 *     scores[n, 16] = keys[n, dim] * queries^T[dim, 16]
 *
 * so that the softmax runs down the keys and no lane waits for another; and then
 *
 *     out[16, dim] = weights^T[16, n] * values[n, dim]
 *
 * has its columns in the lanes. Only the queries are transposed.
 */
#ifndef KERNEL_ATTEND_BODY_H
#define KERNEL_ATTEND_BODY_H

#include "kernel/kernel_fill.h"
#include "kernel/math_body.h"
#include "kernel/ref/vec_ref.h" /* where no other came first */

#define LANES 16

/* The rows of a tile: X(row, pointer, rows from there). Six pointers reach them all by
 * the addressing modes of the machine. */
#define EACH_BASE(X) X(a0, 0) X(a3, 3) X(a6, 6) X(a9, 9) X(a12, 12) X(a15, 15)
#define EACH_ROW(X)                                                                    \
    X(0, a0, 0)                                                                        \
    X(1, a0, 1)                                                                        \
    X(2, a0, 2)                                                                        \
    X(3, a3, 0)                                                                        \
    X(4, a3, 1)                                                                        \
    X(5, a3, 2)                                                                        \
    X(6, a6, 0)                                                                        \
    X(7, a6, 1)                                                                        \
    X(8, a6, 2)                                                                        \
    X(9, a9, 0)                                                                        \
    X(10, a9, 1)                                                                       \
    X(11, a9, 2) X(12, a12, 0) X(13, a12, 1) X(14, a12, 2) X(15, a15, 0)

/* The caller's TILE(m) with a constant; m <= mr, which is one: no code for more */
#define HEIGHT(r, base, times)                                                         \
    case r + 1:                                                                        \
        if (r < mr)                                                                    \
            TILE(r + 1);                                                               \
        break;
#define BY_HEIGHT(m)                                                                   \
    switch (m) {                                                                       \
        EACH_ROW(HEIGHT)                                                               \
    }

/* One head and its scratch */
struct head {
    const float *keys, *values; /* [n, dim], ld floats from one row to the next; */
    size_t n, dim, ld;          /* of values there are whole vectors */
    float scale;
    float *queries; /* [dim, 16] */
    float *scores;  /* [n, 16], then weights */
    float *factor;  /* [16]: 1 / the sum of each query's weights */
};

/* ---- products ---- */

/* a[m, k] * b[k, 16]: element (r, l) of a is at a[r * row + l * step]. */
struct product {
    const float *a, *b;
    size_t row, step, ldb, k;
};

/* y[m, n] = product * factor[m], where there is one; n <= 16. The largest of each
 * column goes to max, where there is one. m is a constant, so each caller's copy holds
 * the code of its rows alone. */
INLINE void
tile(size_t m, const struct product *p, struct v16 *max, const float *factor, float *y,
     size_t ldy, size_t n)
{
    const float *b = p->b;
    size_t row = p->row;
    struct v16 most = max ? *max : v_set1(0.0f); /* a register: y might alias it */

#define BASE(base, r)         const float *base = p->a + (m > r ? r * row : 0);
#define ADVANCE(base, r)      base += p->step;
#define START(r, base, times) struct v16 sum##r = v_set1(0.0f);
#define STEP(r, base, times)                                                           \
    if (m > r)                                                                         \
        sum##r = v_fma(v_set1(base[times * row]), x, sum##r);
#define FINISH(r, base, times)                                                         \
    if (m > r) {                                                                       \
        most = v_max(sum##r, most);                                                    \
        v_store_n(y + r * ldy, factor ? v_mul(sum##r, v_set1(factor[r])) : sum##r, n); \
    }
    EACH_BASE(BASE)
    EACH_ROW(START)
    for (size_t l = 0; l < p->k; l++, b += p->ldb) {
        struct v16 x = v_load_n(b, LANES, 0.0f);
        EACH_ROW(STEP)
        EACH_BASE(ADVANCE)
    }
    EACH_ROW(FINISH)
    if (max)
        *max = most;
#undef BASE
#undef ADVANCE
#undef START
#undef STEP
#undef FINISH
}

/* Keys [j, j + m); m <= mr, a constant: no code for more */
INLINE void
score_tile(size_t m, size_t mr, const struct head *h, size_t j, struct v16 *max)
{
    struct product p = { h->keys + j * h->ld, h->queries, h->ld, 1, LANES, h->dim };
    float *y = h->scores + j * LANES;

#define TILE(rows) tile(rows, &p, max, NULL, y, LANES, LANES)
    BY_HEIGHT(m)
#undef TILE
}

/* Queries [i, i + m) of the 16, columns from c on, at most 16 */
INLINE void
out_tile(size_t m, size_t mr, const struct head *h, size_t i, size_t c, float *y,
         size_t ldy)
{
    struct product p = { h->scores + i, h->values + c, 1, LANES, h->ld, h->n };

#define TILE(rows) tile(rows, &p, NULL, h->factor + i, y, ldy, h->dim - c)
    BY_HEIGHT(m)
#undef TILE
}

/* The height of the next tile where some rows are left: 17 rows are 9 + 8. */
INLINE size_t
height(size_t rows, size_t mr)
{
    size_t tiles = (rows + mr - 1) / mr;

    return (rows + tiles - 1) / tiles;
}

/* ---- softmax ---- */

/* Scores to weights in place; returns their sum. */
INLINE struct v16
weigh_some(float *scores, size_t n, struct v16 scale, struct v16 max)
{
    struct v16 sum = v_set1(0.0f);

    for (size_t j = 0; j < n; j++) {
        struct v16 w = v_load_n(scores + j * LANES, LANES, 0.0f);
        w = exp_weight16(v_mul(v_sub(w, max), scale));
        v_store_n(scores + j * LANES, w, LANES);
        sum = v_add(sum, w);
    }
    return sum;
}

INLINE void
weigh(const struct head *h, struct v16 max)
{
    struct v16 sum = v_set1(0.0f), scale = v_set1(h->scale);

    for (size_t j = 0; j < h->n; j += KERNEL_ATTEND_SUM) {
        size_t some = h->n - j < KERNEL_ATTEND_SUM ? h->n - j : KERNEL_ATTEND_SUM;
        sum = v_add(sum, weigh_some(h->scores + j * LANES, some, scale, max));
    }
    v_store_n(h->factor, v_div(v_set1(1.0f), sum), LANES);
}

/* Scores of n queries get their scale and what the distance to the first one, given
 * where its own is 0, and to those behind it adds; returns the largest. */
INLINE struct v16
add_relative(const struct head *h, const float *relative, size_t n)
{
    struct v16 scale = v_set1(h->scale), max = v_set1(-INFINITY);

    for (size_t j = 0; j < h->n; j++) {
        struct v16 x = v_load_n(relative - j, n, 0.0f);
        float *s = h->scores + j * LANES;

        x = v_fma(v_load_n(s, LANES, 0.0f), scale, x);
        v_store_n(s, x, LANES);
        max = v_max(x, max);
    }
    return max;
}

/* ---- memory ---- */

/* queries[dim, 16] of n <= 16 rows; lanes without one repeat the last, for nobody. */
INLINE void
transpose(const float *q, size_t ld, size_t n, size_t dim, float *queries)
{
    const float *row[LANES];
    size_t l = 0;

    for (size_t i = 0; i < LANES; i++)
        row[i] = q + (i < n ? i : n - 1) * ld;
    for (; l + 4 <= dim; l += 4)
        v_transpose_quads(row, l, queries + l * LANES);
    for (; l < dim; l++)
        for (size_t i = 0; i < LANES; i++)
            queries[l * LANES + i] = row[i][l];
}

/* Rows [n, dim] as [n, wide], with zeros behind each */
INLINE const float *
copy_rows(const float *x, size_t ld, size_t n, size_t dim, float *y, size_t wide)
{
    for (size_t j = 0; j < n; j++)
        for (size_t c = 0; c < wide; c += LANES)
            v_store_n(y + j * wide + c, v_load_n(x + j * ld + c, dim - c, 0.0f), LANES);
    return y;
}

/* Keys and values are used where they stand, but for rows that are not whole vectors,
 * or that fall on each other in L1: at multiples of 2 KB. */
INLINE struct head
prepare(const struct kernel_attend *a)
{
    struct head h = { a->key,   a->value,          a->n, a->dim, a->ld,
                      a->scale, .queries = a->work };
    size_t wide = (a->dim + LANES - 1) / LANES * LANES;

    h.factor = h.queries + a->dim * LANES;
    h.scores = h.factor + LANES;
    if (a->dim % LANES != 0 || a->ld % 512 == 0) {
        float *copy = h.scores + a->n * LANES;
        h.keys = copy_rows(a->key, a->ld, a->n, a->dim, copy, wide);
        h.values = copy_rows(a->value, a->ld, a->n, a->dim, copy + a->n * wide, wide);
        h.ld = wide;
    }
    return h;
}

/* mr: how many rows a tile has at the most, up to 16; a constant */
INLINE void
attend_head(const struct kernel_attend *a, size_t mr)
{
    struct head h = prepare(a);

    for (size_t i = 0; i < a->n; i += LANES) {
        size_t some = a->n - i < LANES ? a->n - i : LANES;
        struct v16 max = v_set1(-INFINITY);

        transpose(a->q + i * a->ld, a->ld, some, a->dim, h.queries);
        for (size_t j = 0, m; j < a->n; j += m) {
            m = height(a->n - j, mr);
            score_tile(m, mr, &h, j, &max);
        }
        if (a->relative) {
            h.scale = a->scale;
            max = add_relative(&h, a->relative + i, some);
            h.scale = 1.0f;
        }
        weigh(&h, max);
        for (size_t r = 0, m; r < some; r += m) {
            float *out = a->out + (i + r) * a->ld_out;
            m = height(some - r, mr);
            for (size_t c = 0; c < a->dim; c += LANES)
                out_tile(m, mr, &h, r, c, out + c, a->ld_out);
        }
    }
}

#endif
