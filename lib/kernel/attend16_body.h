/*
 * attend16_body.h - attention of one head in 10 to 14 bits, written once for the levels
 * with vectors
 *
 * The shape is that of attend_body.h: sixteen queries are the lanes of the scores, and
 * outputs have their columns in the lanes. A lane of 32 bits holds two neighbours of
 * what a product runs along: two numbers of a query or key, or a weight or value of two
 * keys. Sums of integers are exact, so their order is free.
 */
#ifndef KERNEL_ATTEND16_BODY_H
#define KERNEL_ATTEND16_BODY_H

#include <string.h>

#include "kernel/attend16.h"
#include "kernel/attend_body.h"

/* One head, in whole numbers */
struct head16 {
    size_t n, dim;
    size_t wide;     /* lanes of a query or key, a multiple of 16 */
    size_t columns;  /* of a value, a multiple of 16 */
    int32_t *keys;   /* [n, wide] */
    int32_t *values; /* [n / 2 rounded up, columns] */

    int32_t *rows;     /* [16, wide]: queries, */
    int32_t *queries;  /* [wide, 16]: transposed */
    int32_t *scores;   /* [n + 1, 16], then weights: [n / 2 rounded up, 16] */
    float *factor;     /* [16]: what outputs are multiplied by */
    float *up_value;   /* [columns]: what values are multiplied by */
    float *step_value; /* [columns]: 1 / up_value, or 0 */
};

/* ---- largest numbers ---- */

/* Of n <= 16 numbers of m rows, a constant, and of most, to most; as bits, so that NaN
 * and infinite ones are above all others */
INLINE void
largest_some(size_t m, const float *x, size_t ldx, size_t n, float *most)
{
    struct v16i max = vi_of_bits(v_load_n(most, n, 0.0f));

    UNROLL(4)
    for (size_t j = 0; j < m; j++)
        max = vi_max(vi_abs_bits(v_load_n(x + j * ldx, n, 0.0f)), max);
    v_store_n(most, vi_to_bits(max), n);
}

INLINE void
largest_of_rows(size_t m, const float *x, size_t ldx, size_t n, float *most)
{
    size_t c = 0;

    for (; c + LANES <= n; c += LANES)
        largest_some(m, x + c, ldx, LANES, most + c);
    if (c < n)
        largest_some(m, x + c, ldx, n - c, most + c);
}

INLINE void
largest_of_columns(const float *x, size_t ldx, size_t m, size_t n, float *most)
{
    memset(most, 0, n * sizeof *most);
    for (; m >= 4; m -= 4, x += 4 * ldx)
        largest_of_rows(4, x, ldx, n, most);
    for (; m > 0; m--, x += ldx)
        largest_of_rows(1, x, ldx, n, most);
}

/* ---- products ---- */

/* The loops of both tiles. m is a constant, so each caller's copy holds the code of its
 * rows alone. */
#define BASE(base, r)    const int32_t *base = a + (m > r ? r * row : 0);
#define ADVANCE(base, r) base += step;

/* Scores of m keys from j on, as floats whose order is that of their bits; the largest
 * of each column to max. wide may be a constant. */
INLINE void
score_rows16(size_t m, size_t wide, const struct head16 *h, size_t j, struct v16i *max)
{
    const int32_t *a = h->keys + j * wide, *b = h->queries;
    int32_t *scores = h->scores + j * LANES;
    const size_t row = wide, step = 1;
    const struct v16i zero = vi_of_bits(v_set1(ROUNDER));
    struct v16i most = *max; /* a register, as in attend_body.h */

#define START(r, base, times) struct v16i sum##r = zero;
#define STEP(r, base, times)                                                           \
    if (m > r)                                                                         \
        sum##r = vi_dot_at(sum##r, base + times * row, x);
#define FINISH(r, base, times)                                                         \
    if (m > r) {                                                                       \
        most = vi_max(sum##r, most);                                                   \
        vi_store(scores + r * LANES, sum##r);                                          \
    }
    EACH_BASE(BASE)
    EACH_ROW(START)
    UNROLL(8)
    for (size_t l = 0; l < wide; l++, b += LANES) {
        struct v16i x = vi_load(b);
        EACH_ROW(STEP)
        EACH_BASE(ADVANCE)
    }
    EACH_ROW(FINISH)
    *max = most;
#undef START
#undef STEP
#undef FINISH
}

INLINE void
score_tile16(size_t m, size_t mr, size_t wide, const struct head16 *h, size_t j,
             struct v16i *max)
{
#define TILE(rows) score_rows16(rows, wide, h, j, max)
    BY_HEIGHT(m)
#undef TILE
}

/* m lanes of weights [n / 2 rounded up, 16] times as many values of 16 columns */
struct product16 {
    const int32_t *weights, *values;
    size_t columns, n;
};

/* Where outputs go: y[m, n], n <= 16 */
struct outputs16 {
    float *y;
    size_t ldy, n;
    const float *factor; /* [m], or NULL: more is to come */
    const float *step;   /* [n], which goes with it */
    int more;            /* add to what is there */
};

INLINE void
store16(const struct outputs16 *to, size_t r, struct v16i sum)
{
    float *y = to->y + r * to->ldy;
    struct v16 v = vi_float(sum);

    if (to->more)
        v = v_add(v_load_n(y, to->n, 0.0f), v);
    if (to->factor)
        v = v_mul(v_mul(v, v_set1(to->factor[r])), v_load_n(to->step, LANES, 0.0f));
    v_store_n(y, v, to->n);
}

INLINE void
out_rows16(size_t m, const struct product16 *p, const struct outputs16 *to)
{
    const int32_t *a = p->weights, *b = p->values;
    const size_t row = 1, step = LANES;

#define START(r, base, times) struct v16i sum##r = vi_set1(0);
#define STEP(r, base, times)                                                           \
    if (m > r)                                                                         \
        sum##r = vi_dot_at(sum##r, base + times * row, x);
#define FINISH(r, base, times)                                                         \
    if (m > r)                                                                         \
        store16(to, r, sum##r);
    EACH_BASE(BASE)
    EACH_ROW(START)
    for (size_t l = 0; l < p->n; l++, b += p->columns) {
        struct v16i x = vi_load(b);
        EACH_ROW(STEP)
        EACH_BASE(ADVANCE)
    }
    EACH_ROW(FINISH)
#undef START
#undef STEP
#undef FINISH
}
#undef BASE
#undef ADVANCE

/* Of m queries from i of the 16 on: columns from c on, keys of group g */
INLINE void
out_tile16(size_t m, size_t mr, const struct head16 *h, size_t i, size_t c, size_t g,
           float *y, size_t ldy)
{
    size_t from = g * KERNEL_ATTEND16_KEYS / 2, pairs = (h->n + 1) / 2 - from;
    int last = pairs <= KERNEL_ATTEND16_KEYS / 2;
    struct product16 p = { h->scores + from * LANES + i,
                           h->values + from * h->columns + c, h->columns,
                           last ? pairs : KERNEL_ATTEND16_KEYS / 2 };
    struct outputs16 to = {
        y, ldy, h->dim - c, last ? h->factor + i : NULL, h->step_value + c, g > 0
    };

#define TILE(rows) out_rows16(rows, &p, &to)
    BY_HEIGHT(m)
#undef TILE
}

/* ---- softmax ---- */

/* How a score becomes x of attend16.h */
struct steps16 {
    struct v16 base, minus;
};

INLINE struct v16
steps16(const int32_t *score, const struct steps16 *s)
{
    struct v16 x = v_load_n((const float *)(const void *)score, LANES, 0.0f);

    return v_min(v_fma(x, s->minus, s->base), v_set1(ATTEND16_END));
}

/* Scores of two keys to their weights, in pairs */
INLINE struct v16i
weigh16(const int32_t *score, const struct steps16 *s)
{
    struct v16 x0 = steps16(score, s), x1 = steps16(score + LANES, s);
    struct v16i x = vi_pair(vi_of_bits(x0), vi_of_bits(x1));
    struct v16i f = vi_left_words(x, 16 - ATTEND16_BITS);
    struct v16i w = vi_high_words(f, vi_set_words(WEIGHT_3));

    w = vi_high_words(f, vi_sub_words(vi_set_words(WEIGHT_2), w));
    w = vi_high_words(f, vi_sub_words(vi_set_words(WEIGHT_1), w));
    w = vi_sub_words(vi_set_words(WEIGHT_0), w);
    return vi_half_words(vi_shift_words(w, vi_right_words(x, ATTEND16_BITS)));
}

/* The weights of keys [j, end); returns their sum. */
INLINE struct v16
weigh_group16(const struct head16 *h, size_t j, size_t end, const struct steps16 *s)
{
    const struct v16i ones = vi_set_words(1);
    struct v16i sum = vi_set1(0);
    const int32_t *score = h->scores + j * LANES;
    int32_t *weights = h->scores + j / 2 * LANES;

    for (size_t pairs = (end - j + 1) / 2; pairs > 0; pairs--) {
        struct v16i w = weigh16(score, s);
        vi_store(weights, w);
        sum = vi_dot(sum, w, ones);
        score += 2 * LANES;
        weights += LANES;
    }
    return vi_float(sum);
}

INLINE void
weigh_all16(const struct head16 *h, struct v16i max, const struct attend16_scales *s)
{
    struct v16 sum = v_set1(0.0f), scale = v_set1(s->scale);
    struct steps16 steps = { v_fma(vi_to_bits(max), scale, v_set1(ATTEND16_BASE)),
                             v_set1(-s->scale) };

    if (h->n % 2) /* what stands in for a key is so far off that it has no weight */
        v_store_n((float *)(void *)(h->scores + h->n * LANES), v_set1(-INFINITY),
                  LANES);
    for (size_t j = 0; j < h->n; j += KERNEL_ATTEND16_KEYS) {
        size_t end = h->n - j < KERNEL_ATTEND16_KEYS ? h->n : j + KERNEL_ATTEND16_KEYS;
        sum = v_add(sum, weigh_group16(h, j, end, &steps));
    }
    v_store_n(h->factor, v_div(v_set1(1.0f), sum), LANES);
}

/* ---- floats to whole numbers ---- */

/* To up and step of the values of a head */
INLINE void
value_scales16(const struct kernel_attend *a, size_t dim, const struct head16 *h)
{
    const struct v16 least = v_set1(ATTEND16_LEAST), zero = v_set1(0.0f);
    const struct v16 limit = v_set1(KERNEL_ATTEND16_VALUE);

    for (size_t c = 0; c < dim; c += LANES) {
        struct v16 most = v_load_n(a->most_value + c, dim - c, 0.0f);

        v_store_n(h->up_value + c, v_if_le(least, most, v_div(limit, most), zero),
                  LANES);
        v_store_n(h->step_value + c, v_if_le(least, most, v_div(most, limit), zero),
                  LANES);
    }
}

INLINE float
largest_of(const float *most, size_t dim)
{
    struct v16i max = vi_set1(0);
    int32_t bits;
    float x;

    for (size_t c = 0; c < dim; c += LANES)
        max = vi_max(vi_of_bits(v_load_n(most + c, dim - c, 0.0f)), max);
    bits = vi_hmax(max);
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The scales of a head; 0: some number is not finite, or too large. */
INLINE int
scales16(const struct kernel_attend *a, size_t dim, struct attend16_scales *s,
         const struct head16 *h)
{
    if (!(largest_of(a->most_value, dim) < INFINITY) ||
        !attend16_scales(a, largest_of(a->most_q, dim), largest_of(a->most_key, dim),
                         s))
        return 0;
    value_scales16(a, dim, h);
    return 1;
}

/* Numbers from c on of a row of dim, whole */
INLINE struct v16i
whole16(const float *x, size_t c, size_t dim, struct v16 up)
{
    return c < dim ? vi_round(v_mul(v_load_n(x + c, dim - c, 0.0f), up)) : vi_set1(0);
}

INLINE size_t
wide16(size_t dim)
{
    return (dim + 2 * LANES - 1) / (2 * LANES) * LANES;
}

/* Rows [n, dim] to [n, wide16(dim)] pairs of neighbours, in some order */
INLINE void
pair_numbers(const float *x, size_t ld, size_t n, size_t dim, float up, int32_t *y)
{
    const struct v16 times = v_set1(up);
    size_t wide = wide16(dim);

    for (size_t j = 0; j < n; j++, x += ld, y += wide)
        for (size_t c = 0; c < wide; c += LANES)
            vi_store(y + c, vi_any_pairs(whole16(x, 2 * c, dim, times),
                                         whole16(x, 2 * c + LANES, dim, times)));
}

/* Rows [n, dim] to [n / 2 rounded up, columns] pairs of rows */
INLINE void
pair_rows(const float *x, size_t ld, size_t n, size_t dim, const float *up, int32_t *y)
{
    size_t columns = (dim + LANES - 1) / LANES * LANES;

    for (size_t j = 0; j < n; j += 2, x += 2 * ld, y += columns)
        for (size_t c = 0; c < columns; c += LANES) {
            const struct v16 times = v_load_n(up + c, LANES, 0.0f);
            struct v16i next = j + 1 < n ? whole16(x + ld, c, dim, times) : vi_set1(0);
            vi_store(y + c, vi_pair(whole16(x, c, dim, times), next));
        }
}

/* ---- a head ---- */

INLINE struct head16
share_out16(const struct kernel_attend *a)
{
    struct head16 h = { .n = a->n, .dim = a->dim };

    h.wide = wide16(a->dim);
    h.columns = (a->dim + LANES - 1) / LANES * LANES;
    h.keys = (int32_t *)(void *)a->work;
    h.values = h.keys + h.n * h.wide;
    h.rows = h.values + (h.n + 1) / 2 * h.columns;
    h.queries = h.rows + LANES * h.wide;
    h.scores = h.queries + LANES * h.wide;
    h.factor = (float *)(void *)(h.scores + (h.n + 1) * LANES);
    h.up_value = h.factor + LANES;
    h.step_value = h.up_value + h.columns;
    return h;
}

/* Keys and values as whole numbers; dim may be a constant. -1: some are not finite. */
INLINE int
prepare16(const struct kernel_attend *a, size_t dim, struct attend16_scales *s,
          const struct head16 *h)
{
    if (!scales16(a, dim, s, h))
        return -1;
    pair_numbers(a->key, a->ld, a->n, dim, s->up_key, h->keys);
    pair_rows(a->value, a->ld, a->n, dim, h->up_value, h->values);
    return 0;
}

/* The same with queries [i, i + some), transposed */
INLINE void
prepare_queries16(const struct kernel_attend *a, size_t dim,
                  const struct attend16_scales *s, const struct head16 *h, size_t i,
                  size_t some)
{
    size_t wide = wide16(dim);

    pair_numbers(a->q + i * a->ld, a->ld, some, dim, s->up_q, h->rows);
    transpose((const float *)(const void *)h->rows, wide, some, wide,
              (float *)(void *)h->queries);
}

/* The scores of the queries at hand; returns the largest of each. */
INLINE struct v16i
score_all16(const struct head16 *h, size_t wide, size_t mr)
{
    struct v16i max = vi_set1(0);

    for (size_t j = 0, m; j < h->n; j += m) {
        m = height(h->n - j, mr);
        score_tile16(m, mr, wide, h, j, &max);
    }
    return max;
}

#define USUAL 32 /* numbers of a head: the loops that are short have code for it */

/* Queries [i, i + some) */
INLINE void
attend_some16(const struct kernel_attend *a, const struct head16 *h, size_t mr,
              const struct attend16_scales *s, size_t i, size_t some)
{
    struct v16i max;

    if (a->dim == USUAL) {
        prepare_queries16(a, USUAL, s, h, i, some);
        max = score_all16(h, wide16(USUAL), mr);
    } else {
        prepare_queries16(a, a->dim, s, h, i, some);
        max = score_all16(h, h->wide, mr);
    }
    weigh_all16(h, max, s);
    for (size_t r = 0, m; r < some; r += m) {
        m = height(some - r, mr);
        for (size_t c = 0; c < a->dim; c += LANES)
            for (size_t g = 0; g * KERNEL_ATTEND16_KEYS < a->n; g++)
                out_tile16(m, mr, h, r, c, g, a->out + (i + r) * a->ld_out + c,
                           a->ld_out);
    }
}

/* mr: how many rows a tile has at the most, up to 16; a constant */
INLINE void
attend_head16(const struct kernel_attend *a, size_t mr)
{
    struct head16 h = share_out16(a);
    struct attend16_scales s;
    int bad =
        a->dim == USUAL ? prepare16(a, USUAL, &s, &h) : prepare16(a, a->dim, &s, &h);

    for (size_t i = 0; bad && i < a->n; i++)
        for (size_t c = 0; c < a->dim; c++)
            a->out[i * a->ld_out + c] = NAN;
    for (size_t i = 0; !bad && i < a->n; i += LANES)
        attend_some16(a, &h, mr, &s, i, a->n - i < LANES ? a->n - i : LANES);
}

#endif
