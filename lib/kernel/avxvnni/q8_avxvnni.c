/*
 * q8_avxvnni.c - the matrix product in 8 bits by AVX-VNNI, in tiles of 6 x 16
 *
 * 12 sums, 2 registers of the panel and 1 of a.
 */
#include "kernel/avx2/q8_ymm.h"
#include "kernel/avxvnni/dot_ymm.h"
#include "kernel/kernel_fill.h"

#define MR 6

#define EACH_ROW(X)    X(0) X(1) X(2) X(3) X(4) X(5)
#define EACH_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6)

/* Rows [row, row + m) of block b, which begins at l; m is a constant, so that each
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

#define START(r) __m256i lo##r = _mm256_setzero_si256(), hi##r = lo##r;
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m256i x = _mm256_set1_epi32(q8_four(q + r * a->ld));                         \
        lo##r = dot4(lo##r, x, w0);                                                    \
        hi##r = dot4(hi##r, x, w1);                                                    \
    }
#define FINISH(r)                                                                      \
    if (m > r) {                                                                       \
        const float *s = scale + r * a->ld_scale, *f = from + r * ld_from;             \
        ymm_finish(lo##r, s, step, sum, f, c + r * ldc);                               \
        ymm_finish(hi##r, s, step + 8, sum + 8, f + 8, c + r * ldc + 8);               \
    }
    EACH_ROW(START)
    for (size_t fours = q8_fours(p, l); fours > 0; fours--, q += 4, w += 4 * NR) {
        __m256i w0 = _mm256_loadu_si256((const __m256i *)(const void *)w);
        __m256i w1 = _mm256_loadu_si256((const __m256i *)(const void *)(w + 32));
        EACH_ROW(STEP)
    }
    EACH_ROW(FINISH)
#undef START
#undef STEP
#undef FINISH
}

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
q8_avxvnni_fill(struct kernels *k)
{
    k->q8_nr = NR;
    k->q8_mr = MR;
    k->q8_arranged = 0;
    k->gemm_q8 = gemm;
}
