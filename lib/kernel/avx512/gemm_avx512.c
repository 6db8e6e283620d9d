/*
 * gemm_avx512.c - the matrix product in tiles of 12 x 32
 *
 * 24 sums, 2 registers of the panel and 1 of a. Rows that are left over get tiles of
 * their own height; columns beyond n are masked.
 */
#include <immintrin.h>

#include "kernel/avx2/transpose_avx2.h"
#include "kernel/inline.h"
#include "kernel/kernel_fill.h"

#define MR 12
#define NR 32

/* Row r of a is at base + step * lda: four pointers reach all rows by the addressing
 * modes of the machine. */
#define EACH_ROW(X)                                                                    \
    X(0, a0, 0)                                                                        \
    X(1, a0, 1)                                                                        \
    X(2, a0, 2)                                                                        \
    X(3, a3, 0)                                                                        \
    X(4, a3, 1)                                                                        \
    X(5, a3, 2)                                                                        \
    X(6, a6, 0) X(7, a6, 1) X(8, a6, 2) X(9, a9, 0) X(10, a9, 1) X(11, a9, 2)

/* c[m, n] (+)= a[m, k] * panel[k, n]; m is a constant, so each caller's copy holds the
 * code of its rows alone. n <= 32 as a mask of each half. */
INLINE void
tile(size_t m, const float *a, size_t lda, const float *panel, size_t k, float *c,
     size_t ldc, __mmask16 n_lo, __mmask16 n_hi, int more)
{
    const float *a0 = a, *a3 = m > 3 ? a + 3 * lda : a;
    const float *a6 = m > 6 ? a + 6 * lda : a, *a9 = m > 9 ? a + 9 * lda : a;

#define START(r, base, step)                                                           \
    __m512 lo##r = _mm512_setzero_ps(), hi##r = lo##r;                                 \
    if (m > r && more) {                                                               \
        lo##r = _mm512_maskz_loadu_ps(n_lo, c + r * ldc);                              \
        hi##r = _mm512_maskz_loadu_ps(n_hi, c + r * ldc + 16);                         \
    }
#define STEP(r, base, step)                                                            \
    if (m > r) {                                                                       \
        __m512 x = _mm512_set1_ps(base[step * lda]);                                   \
        lo##r = _mm512_fmadd_ps(x, lo, lo##r);                                         \
        hi##r = _mm512_fmadd_ps(x, hi, hi##r);                                         \
    }
#define FINISH(r, base, step)                                                          \
    if (m > r) {                                                                       \
        _mm512_mask_storeu_ps(c + r * ldc, n_lo, lo##r);                               \
        _mm512_mask_storeu_ps(c + r * ldc + 16, n_hi, hi##r);                          \
    }
    EACH_ROW(START)
    for (size_t l = 0; l < k; l++, a0++, a3++, a6++, a9++, panel += NR) {
        __m512 lo = _mm512_loadu_ps(panel), hi = _mm512_loadu_ps(panel + 16);
        EACH_ROW(STEP)
    }
    EACH_ROW(FINISH)
#undef START
#undef STEP
#undef FINISH
}

#define EACH_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)

static void
rows(size_t m, const float *a, size_t lda, const float *panel, size_t k, float *c,
     size_t ldc, __mmask16 n_lo, __mmask16 n_hi, int more)
{
    switch (m) {
#define HEIGHT(h)                                                                      \
    case h: tile(h, a, lda, panel, k, c, ldc, n_lo, n_hi, more); break;
        EACH_HEIGHT(HEIGHT)
#undef HEIGHT
    }
}

static void
gemm(const float *a, size_t lda, const float *panel, size_t k, float *c, size_t ldc,
     size_t m, size_t n, int more)
{
    __mmask32 mask = n >= 32 ? ~(__mmask32)0 : (__mmask32)((1u << n) - 1);

    /* Tiles of nearly equal height: 13 rows are 7 + 6, not 12 + 1. */
    for (size_t tiles = (m + MR - 1) / MR; tiles > 0; tiles--) {
        size_t now = (m + tiles - 1) / tiles;

        rows(now, a, lda, panel, k, c, ldc, (__mmask16)mask, (__mmask16)(mask >> 16),
             more);
        a += now * lda;
        c += now * ldc;
        m -= now;
    }
}

static void
pack(const float *w, size_t ldw, size_t n, size_t k, float *panel)
{
    for (size_t r = 0; r < NR; r += 8) {
        size_t some = n > r ? n - r : 0;
        transpose_rows(some ? w + r * ldw : w, ldw, some < 8 ? some : 8, k, panel + r,
                       NR);
    }
}

void
gemm_avx512_fill(struct kernels *k)
{
    k->gemm_nr = NR;
    k->gemm_mr = MR;
    k->gemm_f32 = gemm;
    k->pack_f32 = pack;
}
