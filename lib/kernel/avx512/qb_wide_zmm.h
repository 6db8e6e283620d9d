/*
 * qb_wide_zmm.h - weights in blocks by activations of 16 bits, in tiles of 6 x 64
 *
 * A group's products with the high bytes come first; their sums move up by eight bits,
 * and the products with the low bytes are added to them. So a group ends once: what 16
 * bits cost is the second half of the products, not two ends.
 */
#ifndef KERNEL_AVX512_QB_WIDE_ZMM_H
#define KERNEL_AVX512_QB_WIDE_ZMM_H

#include "kernel/avx512/dot_zmm.h"
#include "kernel/avx512/qb_zmm.h"

#define WIDE_MR 6

#define WIDE_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5)

/* What a group has besides its products; constants */
enum wide_form { WIDE_ZERO = 1, WIDE_MINS = 2 };

/* 16 columns of a row: what the group adds to what is at c */
INLINE void
wide_finish(enum wide_form form, __m512i dot, float row_sum, __m512 d, __m512 m,
            float *c)
{
    __m512 t = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), d, _mm512_load_ps(c));

    if (form & WIDE_MINS)
        t = _mm512_fmadd_ps(_mm512_set1_ps(row_sum), m, t);
    _mm512_store_ps(c, t);
}

/* Group g of the chunk, of so many steps from u on; m and form are constants. */
INLINE void
wide_group(size_t m, enum wide_form form, size_t steps, const struct kernel_qb *a,
           const int8_t *q, size_t g, const uint8_t *u, const struct qb_chunk *w,
           float *c)
{
    const __m512i zero = _mm512_setzero_si512();
    const int32_t *start = a->start + g;
    const float *sum = a->sum + g, *d = w->d + g * NR, *min = w->m + g * NR;
    const uint8_t *again = u;

#define START(r) __m512i s##r##0 = zero, s##r##1 = zero, s##r##2 = zero, s##r##3 = zero;
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m512i x = zmm_four(q + 2 * r * a->ld);                                       \
        s##r##0 = zmm_dot4(s##r##0, w0, x);                                            \
        s##r##1 = zmm_dot4(s##r##1, w1, x);                                            \
        s##r##2 = zmm_dot4(s##r##2, w2, x);                                            \
        s##r##3 = zmm_dot4(s##r##3, w3, x);                                            \
    }
#define UP(r)                                                                          \
    if (m > r) {                                                                       \
        const int32_t *from = form & WIDE_ZERO ? start + r * a->ld_group : NULL;       \
        s##r##0 = zmm_up(s##r##0, from);                                               \
        s##r##1 = zmm_up(s##r##1, from);                                               \
        s##r##2 = zmm_up(s##r##2, from);                                               \
        s##r##3 = zmm_up(s##r##3, from);                                               \
    }
#define FINISH(r, i)                                                                   \
    if (m > r)                                                                         \
        wide_finish(form, s##r##i, form &WIDE_MINS ? sum[r * a->ld_group] : 0, w_d,    \
                    w_m, c + r * NR + 16 * i);
#define FINISH_COLUMN(i)                                                               \
    {                                                                                  \
        __m512 w_d = _mm512_load_ps(d + 16 * i);                                       \
        __m512 w_m = form & WIDE_MINS ? _mm512_load_ps(min + 16 * i) : w_d;            \
        FINISH(0, i) FINISH(1, i) FINISH(2, i) FINISH(3, i) FINISH(4, i) FINISH(5, i)  \
    }
    WIDE_ROWS(START)
    for (size_t i = steps; i > 0; i--, q += 4, u += 4 * NR) {
        __m512i w0 = _mm512_loadu_si512(u), w1 = _mm512_loadu_si512(u + 64);
        __m512i w2 = _mm512_loadu_si512(u + 128), w3 = _mm512_loadu_si512(u + 192);
        WIDE_ROWS(STEP)
    }
    WIDE_ROWS(UP)
    q += a->ld - 4 * steps;
    for (size_t i = steps; i > 0; i--, q += 4, again += 4 * NR) {
        __m512i w0 = _mm512_loadu_si512(again), w1 = _mm512_loadu_si512(again + 64);
        __m512i w2 = _mm512_loadu_si512(again + 128);
        __m512i w3 = _mm512_loadu_si512(again + 192);
        WIDE_ROWS(STEP)
    }
    FINISH_COLUMN(0)
    FINISH_COLUMN(1)
    FINISH_COLUMN(2)
    FINISH_COLUMN(3)
#undef START
#undef STEP
#undef UP
#undef FINISH
#undef FINISH_COLUMN
}

/* c [m, NR] += step of each row * sum [m, NR] */
INLINE void
wide_end(size_t m, const struct kernel_qb *a, const float *sum, float *c)
{
    for (size_t r = 0; r < m; r++) {
        const __m512 step = _mm512_set1_ps(a->step[r * a->ld_step]);

        for (size_t i = r * NR; i < (r + 1) * NR; i += 16)
            _mm512_store_ps(c + i, _mm512_fmadd_ps(step, _mm512_load_ps(sum + i),
                                                   _mm512_load_ps(c + i)));
    }
}

/* A chunk has one step for each row. */
INLINE void
wide_groups(size_t m, enum wide_form form, const struct qsplit_form *f,
            const struct kernel_qb *a, const struct qb_chunk *w, float *c)
{
    float sum[WIDE_MR * NR] __attribute__((aligned(64)));
    const size_t of = f->group, per = QB_BLOCK / of;
    size_t g = 0;

    memset(sum, 0, m * NR * sizeof *sum);
    for (size_t b = 0; b < w->blocks; b++)
        for (size_t i = 0; i < per; i++, g++) {
            wide_group(m, form, of / 4, a, a->q + g * of, g,
                       w->u + b * w->stride + i * of * NR, w, sum);
            /* gcc would copy sums to other places for the time of the loop. */
            __asm__ volatile("" ::: "memory");
        }
    wide_end(m, a, sum, c);
}

#endif
