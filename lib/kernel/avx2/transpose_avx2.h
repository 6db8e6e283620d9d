/* transpose_avx2.h - pack_f32 in squares of 8 x 8, for the levels from AVX2 on */
#ifndef KERNEL_AVX2_TRANSPOSE_AVX2_H
#define KERNEL_AVX2_TRANSPOSE_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/* r[i][j] becomes r[j][i] */
static inline void
transpose_8x8(__m256 r[8])
{
    __m256 t[8], u[8];

    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            u[i + 2 * j] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0x44);
            u[i + 2 * j + 1] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0xEE);
        }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
        r[i + 4] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
    }
}

/* Columns of a panel that is nr wide: panel[k, 0..8) = transpose of w[n, k], n <= 8,
 * zero from n on. */
static inline void
transpose_rows(const float *w, size_t ldw, size_t n, size_t k, float *panel, size_t nr)
{
    static const int32_t mask[16] = { -1, -1, -1, -1, -1, -1, -1, -1 };

    for (size_t l = 0; l < k; l += 8) {
        size_t left = k - l < 8 ? k - l : 8;
        __m256i some = _mm256_loadu_si256((const void *)(mask + 8 - left));
        __m256 r[8];

        for (size_t i = 0; i < 8; i++)
            r[i] =
                i < n ? _mm256_maskload_ps(w + i * ldw + l, some) : _mm256_setzero_ps();
        transpose_8x8(r);
        for (size_t i = 0; i < left; i++)
            _mm256_storeu_ps(panel + (l + i) * nr, r[i]);
    }
}

#endif
