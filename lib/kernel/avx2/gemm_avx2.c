/*
 * gemm_avx2.c - the matrix product in tiles of 6 x 16
 *
 * 12 sums, 2 registers of the panel and 1 of a: 15 of the 16 that there are. Rows that
 * are left over get tiles of their own height, so that no lane works for nothing.
 */
#include <immintrin.h>
#include <string.h>

#include "kernel/avx2/transpose_avx2.h"
#include "kernel/inline.h"
#include "kernel/kernel_fill.h"

#define MR 6
#define NR 16

#define EACH_ROW(X)                                                                    \
    X(0, a0, 0) X(1, a0, 1) X(2, a0, 2) X(3, a3, 0) X(4, a3, 1) X(5, a3, 2)

/* The cache line at the same place in the m rows behind these; maybe there are none,
 * which a prefetch does not mind. */
INLINE void
prefetch_next(size_t m, const float *a, size_t lda)
{
    for (size_t r = m; r < 2 * m; r++)
        __builtin_prefetch((const void *)((uintptr_t)a + r * lda * sizeof *a));
}

/* c[m, 16] (+)= a[m, k] * panel[k, 16]; m is a constant, so each caller's copy holds
 * the code of its rows alone. */
INLINE void
tile(size_t m, const float *a, size_t lda, const float *panel, size_t k, float *c,
     size_t ldc, int more)
{
    const float *a0 = a, *a3 = m > 3 ? a + 3 * lda : a;

#define START(r, base, step)                                                           \
    __m256 lo##r = _mm256_setzero_ps(), hi##r = lo##r;                                 \
    if (m > r && more) {                                                               \
        lo##r = _mm256_loadu_ps(c + r * ldc);                                          \
        hi##r = _mm256_loadu_ps(c + r * ldc + 8);                                      \
    }
#define STEP(r, base, step)                                                            \
    if (m > r) {                                                                       \
        __m256 x = _mm256_broadcast_ss(base + step * lda);                             \
        lo##r = _mm256_fmadd_ps(x, lo, lo##r);                                         \
        hi##r = _mm256_fmadd_ps(x, hi, hi##r);                                         \
    }
#define FINISH(r, base, step)                                                          \
    if (m > r) {                                                                       \
        _mm256_storeu_ps(c + r * ldc, lo##r);                                          \
        _mm256_storeu_ps(c + r * ldc + 8, hi##r);                                      \
    }
    EACH_ROW(START)
    for (size_t left = k, now; left > 0; left -= now) {
        now = left < 16 ? left : 16;

        prefetch_next(m, a0, lda);
        for (size_t l = 0; l < now; l++, a0++, a3++, panel += NR) {
            __m256 lo = _mm256_loadu_ps(panel), hi = _mm256_loadu_ps(panel + 8);
            EACH_ROW(STEP)
        }
    }
    EACH_ROW(FINISH)
#undef START
#undef STEP
#undef FINISH
}

static void
rows(size_t m, const float *a, size_t lda, const float *panel, size_t k, float *c,
     size_t ldc, int more)
{
    switch (m) {
    case 1: tile(1, a, lda, panel, k, c, ldc, more); break;
    case 2: tile(2, a, lda, panel, k, c, ldc, more); break;
    case 3: tile(3, a, lda, panel, k, c, ldc, more); break;
    case 4: tile(4, a, lda, panel, k, c, ldc, more); break;
    case 5: tile(5, a, lda, panel, k, c, ldc, more); break;
    case 6: tile(6, a, lda, panel, k, c, ldc, more); break;
    }
}

/* A panel of fewer columns: through a tile of full width, since c has no room. */
static void
narrow_rows(size_t m, const float *a, size_t lda, const float *panel, size_t k,
            float *c, size_t ldc, size_t n, int more)
{
    float full[MR * NR] = { 0 };

    for (size_t r = 0; more && r < m; r++)
        memcpy(full + r * NR, c + r * ldc, n * sizeof *c);
    rows(m, a, lda, panel, k, full, NR, more);
    for (size_t r = 0; r < m; r++)
        memcpy(c + r * ldc, full + r * NR, n * sizeof *c);
}

static void
gemm(const float *a, size_t lda, const float *panel, size_t k, float *c, size_t ldc,
     size_t m, size_t n, int more)
{
    /* Tiles of nearly equal height: 7 rows are 4 + 3, not 6 + 1. */
    for (size_t tiles = (m + MR - 1) / MR; tiles > 0; tiles--) {
        size_t now = (m + tiles - 1) / tiles;

        if (n == NR)
            rows(now, a, lda, panel, k, c, ldc, more);
        else
            narrow_rows(now, a, lda, panel, k, c, ldc, n, more);
        a += now * lda;
        c += now * ldc;
        m -= now;
    }
}

static void
pack(const float *w, size_t ldw, size_t n, size_t k, float *panel)
{
    transpose_rows(w, ldw, n < 8 ? n : 8, k, panel, NR);
    transpose_rows(n > 8 ? w + 8 * ldw : w, ldw, n > 8 ? n - 8 : 0, k, panel + 8, NR);
}

void
gemm_avx2_fill(struct kernels *k)
{
    k->gemm_nr = NR;
    k->gemm_mr = MR;
    k->gemm_f32 = gemm;
    k->pack_f32 = pack;
}
