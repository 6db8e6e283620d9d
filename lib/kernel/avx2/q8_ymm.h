/*
 * q8_ymm.h - products in 8 bits where registers have 32 bytes: two of 8 sums a row
 */
#ifndef KERNEL_AVX2_Q8_YMM_H
#define KERNEL_AVX2_Q8_YMM_H

#include <immintrin.h>

#include "kernel/q8_tiles.h"

#define NR 16

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

#endif
