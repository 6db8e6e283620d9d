/* attend_avx2.c - attend_body.h at this level: tiles of 6 rows, as in gemm_avx2.c */
#include "kernel/avx2/vec_avx2.h"

#define MR           6
#define EACH_BASE(X) X(a0, 0) X(a3, 3)
#define EACH_ROW(X)                                                                    \
    X(0, a0, 0) X(1, a0, 1) X(2, a0, 2) X(3, a3, 0) X(4, a3, 1) X(5, a3, 2)

/* Of the rows i and i + 4 four floats each */
INLINE __m256
quads(const float *const *row, size_t i, size_t l)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row[i] + l)),
                                _mm_loadu_ps(row[i + 4] + l), 1);
}

/* The same of 8 rows, y[4, 8] with 16 floats from row to row */
INLINE void
transpose_half(const float *const *row, size_t l, float *y)
{
    __m256 x0 = quads(row, 0, l), x1 = quads(row, 1, l);
    __m256 x2 = quads(row, 2, l), x3 = quads(row, 3, l);
    __m256 lo01 = _mm256_unpacklo_ps(x0, x1), hi01 = _mm256_unpackhi_ps(x0, x1);
    __m256 lo23 = _mm256_unpacklo_ps(x2, x3), hi23 = _mm256_unpackhi_ps(x2, x3);

    _mm256_storeu_ps(y, _mm256_shuffle_ps(lo01, lo23, 0x44));
    _mm256_storeu_ps(y + 16, _mm256_shuffle_ps(lo01, lo23, 0xee));
    _mm256_storeu_ps(y + 32, _mm256_shuffle_ps(hi01, hi23, 0x44));
    _mm256_storeu_ps(y + 48, _mm256_shuffle_ps(hi01, hi23, 0xee));
}

/* y[4, 16] = the floats [l, l + 4) of 16 rows: a 4 x 4 transposition in each quarter */
INLINE void
transpose_quads(const float *const row[16], size_t l, float *y)
{
    transpose_half(row, l, y);
    transpose_half(row + 8, l, y + 8);
}

#include "kernel/attend_body.h"

void
attend_avx2_fill(struct kernels *k)
{
    k->attend = attend;
}
