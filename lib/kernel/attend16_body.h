/*
 * attend16_body.h - attention of one head in 16 bits, written once for the levels with
 * vectors
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

    int32_t *rows;    /* [16, wide]: queries, */
    int32_t *queries; /* [wide, 16]: transposed */
    int32_t *scores;  /* [n + 1, 16], then weights: [n / 2 rounded up, 16] */
    float *factor;    /* [16]: what outputs are multiplied by */
};

/* ---- products ---- */

/* a[m, k] * b[k, 16]: lane pair (r, l) of a is at a[r * row + l * step]. */
struct product16 {
    const int32_t *a, *b;
    size_t row, step, ldb, k;
};

/* Where outputs go: y[m, n], n <= 16 */
struct outputs16 {
    float *y;
    size_t ldy, n;
    const float *factor; /* [m], or NULL: more is to come */
    int more;            /* add to what is there */
};

INLINE void
store16(const struct outputs16 *to, size_t r, struct v16i sum)
{
    float *y = to->y + r * to->ldy;
    struct v16 v = vi_float(sum);

    if (to->more)
        v = v_add(v_load_n(y, to->n, 0.0f), v);
    v_store_n(y, to->factor ? v_mul(v, v_set1(to->factor[r])) : v, to->n);
}

/* To scores[m, 16], and the largest of each column to max, or, where that is NULL, to
 * outputs. m is a constant, so each caller's copy holds the code of its rows alone. */
INLINE void
tile16(size_t m, const struct product16 *p, struct v16i *max, int32_t *scores,
       const struct outputs16 *to)
{
    const int32_t *b = p->b;
    size_t row = p->row;
    struct v16i most = max ? *max : vi_set1(0); /* a register, as in attend_body.h */

#define BASE(base, r)         const int32_t *base = p->a + (m > r ? r * row : 0);
#define ADVANCE(base, r)      base += p->step;
#define START(r, base, times) struct v16i sum##r = vi_set1(0);
#define STEP(r, base, times)                                                           \
    if (m > r)                                                                         \
        sum##r = vi_dot_at(sum##r, base + times * row, x);
#define FINISH(r, base, times)                                                         \
    if (m > r && max) {                                                                \
        most = vi_max(sum##r, most);                                                   \
        vi_store(scores + r * LANES, sum##r);                                          \
    } else if (m > r) {                                                                \
        store16(to, r, sum##r);                                                        \
    }
    EACH_BASE(BASE)
    EACH_ROW(START)
    for (size_t l = 0; l < p->k; l++, b += p->ldb) {
        struct v16i x = vi_load(b);
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

/* Of m keys from j on; m <= mr, a constant: no code for more */
INLINE void
score_tile16(size_t m, size_t mr, const struct head16 *h, size_t j, struct v16i *max)
{
    struct product16 p = {
        h->keys + j * h->wide, h->queries, h->wide, 1, LANES, h->wide
    };
    int32_t *scores = h->scores + j * LANES;

    switch (m) {
#define HEIGHT(r, base, times)                                                         \
    case r + 1:                                                                        \
        if (r < mr)                                                                    \
            tile16(r + 1, &p, max, scores, NULL);                                      \
        break;
        EACH_ROW(HEIGHT)
#undef HEIGHT
    }
}

/* Of m queries from i of the 16 on: columns from c on, keys of group g */
INLINE void
out_tile16(size_t m, size_t mr, const struct head16 *h, size_t i, size_t c, size_t g,
           float *y, size_t ldy)
{
    size_t from = g * KERNEL_ATTEND16_KEYS / 2, pairs = (h->n + 1) / 2 - from;
    int last = pairs <= KERNEL_ATTEND16_KEYS / 2;
    struct product16 p = { h->scores + from * LANES + i,
                           h->values + from * h->columns + c,
                           1,
                           LANES,
                           h->columns,
                           last ? pairs : KERNEL_ATTEND16_KEYS / 2 };
    struct outputs16 to = { y, ldy, h->dim - c, last ? h->factor + i : NULL, g > 0 };

    switch (m) {
#define HEIGHT(r, base, times)                                                         \
    case r + 1:                                                                        \
        if (r < mr)                                                                    \
            tile16(r + 1, &p, NULL, NULL, &to);                                        \
        break;
        EACH_ROW(HEIGHT)
#undef HEIGHT
    }
}

/* ---- softmax ---- */

/* Scores of a key to its weights */
INLINE struct v16i
weigh16(const int32_t *score, struct v16i max, struct v16 scale)
{
    struct v16 x = vi_float(vi_sub(vi_load(score), max));

    return vi_round(exp_weight_coarse(v_mul(x, scale)));
}

/* The weights of keys [j, end), in pairs; returns their sum. */
INLINE struct v16
weigh_group16(const struct head16 *h, size_t j, size_t end, struct v16i max,
              struct v16 scale)
{
    const struct v16i ones = vi_set1(0x00010001);
    struct v16i sum = vi_set1(0);

    for (; j < end; j += 2) {
        const int32_t *score = h->scores + j * LANES;
        struct v16i w = weigh16(score, max, scale), next = vi_set1(0);

        if (j + 1 < end)
            next = weigh16(score + LANES, max, scale);
        w = vi_pair(w, next);
        vi_store(h->scores + j / 2 * LANES, w);
        sum = vi_dot(sum, w, ones);
    }
    return vi_float(sum);
}

INLINE void
weigh_all16(const struct head16 *h, struct v16i max, float scale, float step)
{
    struct v16 sum = v_set1(0.0f);

    for (size_t j = 0; j < h->n; j += KERNEL_ATTEND16_KEYS) {
        size_t end = h->n - j < KERNEL_ATTEND16_KEYS ? h->n : j + KERNEL_ATTEND16_KEYS;
        sum = v_add(sum, weigh_group16(h, j, end, max, v_set1(scale)));
    }
    v_store_n(h->factor, v_div(v_set1(step), sum), LANES);
}

/* ---- floats to whole numbers ---- */

/* To the scales of a head: the largest |x| of its queries, keys and values; NaN or
 * infinite where one is */
INLINE int
scales16(const struct kernel_attend *a, size_t dim, struct attend16_scales *s)
{
    const float *x[3] = { a->q, a->key, a->value };
    float most[3];

    for (size_t i = 0; i < 3; i++) {
        struct v16i max = vi_set1(0);
        int32_t bits;

        for (size_t j = 0; j < a->n; j++, x[i] += a->ld)
            for (size_t c = 0; c < dim; c += LANES)
                max = vi_max(vi_abs_bits(v_load_n(x[i] + c, dim - c, 0.0f)), max);
        bits = vi_hmax(max);
        memcpy(&most[i], &bits, sizeof bits);
    }
    return attend16_scales(a, most[0], most[1], most[2], s);
}

/* Numbers from c on of a row of dim, whole */
INLINE struct v16i
whole16(const float *x, size_t c, size_t dim, struct v16 up)
{
    return c < dim ? vi_round(v_mul(v_load_n(x + c, dim - c, 0.0f), up)) : vi_set1(0);
}

/* Rows [n, dim] to [n, wide] pairs of neighbours, in some order */
INLINE void
pair_numbers(const float *x, size_t ld, size_t n, size_t dim, float up, int32_t *y,
             size_t wide)
{
    const struct v16 times = v_set1(up);

    for (size_t j = 0; j < n; j++, x += ld, y += wide)
        for (size_t c = 0; c < wide; c += LANES)
            vi_store(y + c, vi_any_pairs(whole16(x, 2 * c, dim, times),
                                         whole16(x, 2 * c + LANES, dim, times)));
}

/* Rows [n, dim] to [n / 2 rounded up, columns] pairs of rows */
INLINE void
pair_rows(const float *x, size_t ld, size_t n, size_t dim, float up, int32_t *y)
{
    const struct v16 times = v_set1(up);
    size_t columns = (dim + LANES - 1) / LANES * LANES;

    for (size_t j = 0; j < n; j += 2, x += 2 * ld, y += columns)
        for (size_t c = 0; c < columns; c += LANES) {
            struct v16i next = j + 1 < n ? whole16(x + ld, c, dim, times) : vi_set1(0);
            vi_store(y + c, vi_pair(whole16(x, c, dim, times), next));
        }
}

/* ---- a head ---- */

INLINE struct head16
share_out16(const struct kernel_attend *a)
{
    struct head16 h = { .n = a->n, .dim = a->dim };

    h.wide = (a->dim + 2 * LANES - 1) / (2 * LANES) * LANES;
    h.columns = (a->dim + LANES - 1) / LANES * LANES;
    h.keys = (int32_t *)(void *)a->work;
    h.values = h.keys + h.n * h.wide;
    h.rows = h.values + (h.n + 1) / 2 * h.columns;
    h.queries = h.rows + LANES * h.wide;
    h.scores = h.queries + LANES * h.wide;
    h.factor = (float *)(void *)(h.scores + (h.n + 1) * LANES);
    return h;
}

/* Keys and values as whole numbers; dim may be a constant. -1: some are not finite. */
INLINE int
prepare16(const struct kernel_attend *a, size_t dim, struct attend16_scales *s,
          const struct head16 *h)
{
    size_t wide = (dim + 2 * LANES - 1) / (2 * LANES) * LANES;

    if (!scales16(a, dim, s))
        return -1;
    pair_numbers(a->key, a->ld, a->n, dim, s->up_key, h->keys, wide);
    pair_rows(a->value, a->ld, a->n, dim, s->up_value, h->values);
    return 0;
}

/* The same with queries [i, i + some), transposed */
INLINE void
prepare_queries16(const struct kernel_attend *a, size_t dim,
                  const struct attend16_scales *s, const struct head16 *h, size_t i,
                  size_t some)
{
    size_t wide = (dim + 2 * LANES - 1) / (2 * LANES) * LANES;

    pair_numbers(a->q + i * a->ld, a->ld, some, dim, s->up_q, h->rows, wide);
    transpose((const float *)(const void *)h->rows, wide, some, wide,
              (float *)(void *)h->queries);
}

#define USUAL 32 /* numbers of a head: the loops that are short have code for it */

/* Queries [i, i + some) */
INLINE void
attend_some16(const struct kernel_attend *a, const struct head16 *h, size_t mr,
              const struct attend16_scales *s, size_t i, size_t some)
{
    struct v16i max = vi_set1(INT32_MIN);

    if (a->dim == USUAL)
        prepare_queries16(a, USUAL, s, h, i, some);
    else
        prepare_queries16(a, a->dim, s, h, i, some);
    for (size_t j = 0, m; j < a->n; j += m) {
        m = height(a->n - j, mr);
        score_tile16(m, mr, h, j, &max);
    }
    weigh_all16(h, max, s->scale, s->step_value);
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
