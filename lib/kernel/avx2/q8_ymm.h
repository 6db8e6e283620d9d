/*
 * q8_ymm.h - products in 8 bits, in tiles of two registers of 8 sums a row
 *
 * Written once for the levels whose registers have 32 bytes: a level has the sums of a
 * block in integers; here they become floats, and rows are shared out to its tiles.
 */
#ifndef KERNEL_AVX2_Q8_YMM_H
#define KERNEL_AVX2_Q8_YMM_H

#include <immintrin.h>
#include <string.h>

#include "kernel/inline.h"
#include "kernel/kernel.h"

#define NR         16
#define YMM_MAX_MR 6

/* Four inputs of a row, to be broadcast */
INLINE int32_t
ymm_four(const uint8_t *p)
{
    int32_t four;

    memcpy(&four, p, sizeof four);
    return four;
}

/* The sums of a block to floats: 8 columns of a row, added to what is at `from`. */
INLINE void
ymm_finish(__m256i dot, const float *scale, const float *w_step, const float *w_sum,
           const float *from, float *c)
{
    __m256 sum = _mm256_loadu_ps(from);
    __m256 step = _mm256_mul_ps(_mm256_set1_ps(scale[0]), _mm256_loadu_ps(w_step));

    sum = _mm256_fmadd_ps(_mm256_set1_ps(scale[1]), _mm256_loadu_ps(w_sum), sum);
    _mm256_storeu_ps(c, _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), step, sum));
}

struct ymm_tile {
    const struct kernel_q8 *a;
    const struct kernel_q8_panel *w;
    size_t k;
    const float *bias; /* [NR]: what the sums begin with */
};

/* Inputs of the block that begins at l, in fours */
INLINE size_t
block_fours(const struct ymm_tile *t, size_t l)
{
    size_t n = t->k - l < t->a->block ? t->k - l : t->a->block;

    return (n + 3) / 4;
}

/* c [m, NR] for the rows [row, row + m) */
typedef void ymm_rows(size_t m, const struct ymm_tile *t, size_t row, float *c,
                      size_t ldc);

/* gemm_q8 by tiles of at most mr rows, a constant, and nearly equal height: 7 rows are
 * 4 + 3, not 6 + 1. */
INLINE void
ymm_gemm(ymm_rows *rows, size_t mr, const struct kernel_q8 *a,
         const struct kernel_q8_panel *w, size_t k, const float *bias, float *c,
         size_t ldc, size_t m, size_t n)
{
    float start[NR] = { 0 }, whole[YMM_MAX_MR * NR];
    struct ymm_tile t = { a, w, k, start };
    size_t row = 0;

    if (bias)
        memcpy(start, bias, n * sizeof *start);
    for (size_t tiles = (m + mr - 1) / mr; tiles > 0; tiles--) {
        size_t now = (m - row + tiles - 1) / tiles;

        if (n == NR) {
            rows(now, &t, row, c + row * ldc, ldc);
        } else {
            rows(now, &t, row, whole, NR);
            for (size_t r = 0; r < now; r++)
                memcpy(c + (row + r) * ldc, whole + r * NR, n * sizeof *c);
        }
        row += now;
    }
}

#endif
