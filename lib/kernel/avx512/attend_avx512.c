/* attend_avx512.c - attend_body.h at this level: tiles of 16 rows */
#include "kernel/avx512/vec_avx512.h"

#define MR           16
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

/* Of the rows i, i + 4, i + 8, i + 12 four floats each */
INLINE __m512
quads(const float *const row[16], size_t i, size_t l)
{
    __m512 x = _mm512_castps128_ps512(_mm_loadu_ps(row[i] + l));

    x = _mm512_mask_broadcast_f32x4(x, 0x00f0, _mm_loadu_ps(row[i + 4] + l));
    x = _mm512_mask_broadcast_f32x4(x, 0x0f00, _mm_loadu_ps(row[i + 8] + l));
    return _mm512_mask_broadcast_f32x4(x, 0xf000, _mm_loadu_ps(row[i + 12] + l));
}

/* y[4, 16] = the floats [l, l + 4) of 16 rows: a 4 x 4 transposition in each quarter */
INLINE void
transpose_quads(const float *const row[16], size_t l, float *y)
{
    __m512 x0 = quads(row, 0, l), x1 = quads(row, 1, l);
    __m512 x2 = quads(row, 2, l), x3 = quads(row, 3, l);
    __m512 lo01 = _mm512_unpacklo_ps(x0, x1), hi01 = _mm512_unpackhi_ps(x0, x1);
    __m512 lo23 = _mm512_unpacklo_ps(x2, x3), hi23 = _mm512_unpackhi_ps(x2, x3);

    _mm512_storeu_ps(y, _mm512_shuffle_ps(lo01, lo23, 0x44));
    _mm512_storeu_ps(y + 16, _mm512_shuffle_ps(lo01, lo23, 0xee));
    _mm512_storeu_ps(y + 32, _mm512_shuffle_ps(hi01, hi23, 0x44));
    _mm512_storeu_ps(y + 48, _mm512_shuffle_ps(hi01, hi23, 0xee));
}

#include "kernel/attend_body.h"

void
attend_avx512_fill(struct kernels *k)
{
    k->attend = attend;
}
