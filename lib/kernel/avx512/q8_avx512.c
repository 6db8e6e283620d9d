/*
 * q8_avx512.c - the matrix product in 8 bits by VNNI, in tiles of 6 x 64
 *
 * 24 integer sums, 4 registers of the panel and 1 of a. The sums in floats stay in
 * memory: they are touched once a block.
 */
#include <immintrin.h>

#include "kernel/avx512/dot_zmm.h"
#include "kernel/kernel_fill.h"
#include "kernel/q8_tiles.h"

#define MR 6
#define NR 64

#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5)

/* The sums of a block to floats: 16 columns of a row, added to what is at `from`. */
INLINE void
finish(__m512i dot, const float *scale, __m512 w_step, __m512 w_sum, const float *from,
       float *c)
{
    __m512 sum = _mm512_loadu_ps(from);
    __m512 step = _mm512_mul_ps(_mm512_set1_ps(scale[0]), w_step);

    sum = _mm512_fmadd_ps(_mm512_set1_ps(scale[1]), w_sum, sum);
    _mm512_storeu_ps(c, _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), step, sum));
}

/* Rows [row, row + m) of the block of b that begins at l; m is a constant, so that each
 * height is code of its own. */
INLINE void
block(size_t m, const struct q8_product *p, size_t row, size_t b, size_t l, float *c,
      size_t ldc)
{
    const struct kernel_q8 *a = p->a;
    const uint8_t *q = a->q + row * a->ld + l;
    const int8_t *w = p->w->q + l * NR;
    const float *step = p->w->step + b * NR, *sum = p->w->sum + b * NR;
    const float *scale = a->scale + row * a->ld_scale + 2 * b;
    const float *from = b > 0 ? c : p->bias;
    size_t ld_from = b > 0 ? ldc : 0;

#define START(r)                                                                       \
    __m512i s##r##0 = _mm512_setzero_si512(), s##r##1 = s##r##0, s##r##2 = s##r##0,    \
            s##r##3 = s##r##0;
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m512i x = _mm512_set1_epi32(q8_four(q + r * a->ld));                         \
        s##r##0 = zmm_dot4(s##r##0, x, w0);                                            \
        s##r##1 = zmm_dot4(s##r##1, x, w1);                                            \
        s##r##2 = zmm_dot4(s##r##2, x, w2);                                            \
        s##r##3 = zmm_dot4(s##r##3, x, w3);                                            \
    }
#define FINISH(r, i)                                                                   \
    if (m > r)                                                                         \
        finish(s##r##i, scale + r * a->ld_scale, w_step, w_sum,                        \
               from + r * ld_from + 16 * i, c + r * ldc + 16 * i);
#define FINISH_COLUMN(i)                                                               \
    {                                                                                  \
        __m512 w_step = _mm512_loadu_ps(step + 16 * i);                                \
        __m512 w_sum = _mm512_loadu_ps(sum + 16 * i);                                  \
        FINISH(0, i) FINISH(1, i) FINISH(2, i) FINISH(3, i) FINISH(4, i) FINISH(5, i)  \
    }
    EACH_ROW(START)
    for (size_t fours = q8_fours(p, l); fours > 0; fours--, q += 4, w += 4 * NR) {
        __m512i w0 = _mm512_loadu_si512(w), w1 = _mm512_loadu_si512(w + 64);
        __m512i w2 = _mm512_loadu_si512(w + 128), w3 = _mm512_loadu_si512(w + 192);
        EACH_ROW(STEP)
    }
    FINISH_COLUMN(0)
    FINISH_COLUMN(1)
    FINISH_COLUMN(2)
    FINISH_COLUMN(3)
#undef START
#undef STEP
#undef FINISH
#undef FINISH_COLUMN
}

#define EACH_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6)

static void
tile(size_t m, const struct q8_product *p, size_t row, float *c, size_t ldc)
{
    for (size_t b = 0, l = 0; l < p->k; b++, l += p->a->block)
        switch (m) {
#define HEIGHT(h)                                                                      \
    case h: block(h, p, row, b, l, c, ldc); break;
            EACH_HEIGHT(HEIGHT)
#undef HEIGHT
        }
}

static void
gemm(const struct kernel_q8 *a, const struct kernel_q8_panel *w, size_t k,
     const float *bias, float *c, size_t ldc, size_t m, size_t n)
{
    q8_gemm(tile, MR, NR, a, w, k, bias, c, ldc, m, n);
}

void
q8_avx512_fill(struct kernels *k)
{
    k->q8_nr = NR;
    k->q8_mr = MR;
    k->q8_arranged = 0;
    k->gemm_q8 = gemm;
}
