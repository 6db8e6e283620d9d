/*
 * q8_avx2.c - the matrix product in 8 bits, in tiles of 4 x 16
 *
 * vpmaddubsw multiplies unsigned by signed bytes and adds pairs in 16 bits: |w| * (x with
 * the sign of w) is at most 127 * 127, so no pair saturates. x is q - 127, and 127 times
 * the sum of the weights (shift) is what the sums begin with.
 *
 * 8 sums, 2 registers of the panel and their absolute values, ones, and 2 at work.
 */
#include <immintrin.h>
#include <string.h>

#include "kernel/kernel_fill.h"

#define MR     4
#define NR     16
#define INLINE static inline __attribute__((always_inline))

#define EACH_ROW(X) X(0) X(1) X(2) X(3)

/* sum + the four products of each lane */
INLINE __m256i
dot4(__m256i sum, __m256i x, __m256i w, __m256i abs_w, __m256i ones)
{
    __m256i pairs = _mm256_maddubs_epi16(abs_w, _mm256_sign_epi8(x, w));

    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
}

INLINE __m256i
broadcast4(const uint8_t *p)
{
    int32_t four;

    memcpy(&four, p, sizeof four);
    return _mm256_set1_epi32(four);
}

/* The sums of one block to floats: 8 columns of one row. */
INLINE void
finish(__m256i dot, const float *scale, const float *w_step, const float *w_sum,
       int more, float *c)
{
    __m256 sum = more ? _mm256_loadu_ps(c) : _mm256_setzero_ps();
    __m256 step = _mm256_mul_ps(_mm256_set1_ps(scale[0]), _mm256_loadu_ps(w_step));

    sum = _mm256_fmadd_ps(_mm256_set1_ps(scale[1]), _mm256_loadu_ps(w_sum), sum);
    _mm256_storeu_ps(c, _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), step, sum));
}

struct tile {
    const struct kernel_q8 *a;
    const struct kernel_q8_panel *w;
    size_t k, from, to;
};

/* Rows [row, row + m) of block b; m is a constant, so that each height is code of its
 * own. */
INLINE void
block(size_t m, const struct tile *t, size_t row, size_t b, float *c, size_t ldc)
{
    const struct kernel_q8 *a = t->a;
    size_t l = b * a->block, n = t->k - l < a->block ? t->k - l : a->block;
    const uint8_t *q = a->q + row * a->ld + l;
    const int8_t *w = t->w->q + l * NR;
    const int32_t *shift = t->w->shift + b * NR;
    const float *step = t->w->step + b * NR, *sum = t->w->sum + b * NR;
    const float *scale = a->scale + row * a->ld_scale + 2 * b;
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i lo = _mm256_loadu_si256((const __m256i *)(const void *)shift);
    __m256i hi = _mm256_loadu_si256((const __m256i *)(const void *)(shift + 8));

#define START(r) __m256i lo##r = lo, hi##r = hi;
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m256i x = broadcast4(q + r * a->ld);                                         \
        lo##r = dot4(lo##r, x, w0, abs0, ones);                                        \
        hi##r = dot4(hi##r, x, w1, abs1, ones);                                        \
    }
#define FINISH(r)                                                                      \
    if (m > r) {                                                                       \
        const float *s = scale + r * a->ld_scale;                                      \
        finish(lo##r, s, step, sum, b > 0, c + r * ldc);                               \
        finish(hi##r, s, step + 8, sum + 8, b > 0, c + r * ldc + 8);                   \
    }
    EACH_ROW(START)
    for (size_t fours = (n + 3) / 4; fours > 0; fours--, q += 4, w += 4 * NR) {
        __m256i w0 = _mm256_loadu_si256((const __m256i *)(const void *)w);
        __m256i w1 = _mm256_loadu_si256((const __m256i *)(const void *)(w + 32));
        __m256i abs0 = _mm256_abs_epi8(w0), abs1 = _mm256_abs_epi8(w1);
        EACH_ROW(STEP)
    }
    EACH_ROW(FINISH)
#undef START
#undef STEP
#undef FINISH
}

#define EACH_HEIGHT(X) X(1) X(2) X(3) X(4)

static void
rows(size_t m, const struct tile *t, size_t row, float *c, size_t ldc)
{
    for (size_t b = t->from; b < t->to; b++)
        switch (m) {
#define HEIGHT(h)                                                                      \
    case h: block(h, t, row, b, c, ldc); break;
            EACH_HEIGHT(HEIGHT)
#undef HEIGHT
        }
}

/* The same where a tile has fewer columns than a panel: by way of a whole one. */
static void
rows_narrow(size_t m, const struct tile *t, size_t row, float *c, size_t ldc, size_t n)
{
    float whole[MR * NR];

    for (size_t r = 0; t->from > 0 && r < m; r++)
        memcpy(whole + r * NR, c + r * ldc, n * sizeof *c);
    rows(m, t, row, whole, NR);
    for (size_t r = 0; r < m; r++)
        memcpy(c + r * ldc, whole + r * NR, n * sizeof *c);
}

static void
gemm(const struct kernel_q8 *a, const struct kernel_q8_panel *w, size_t k, size_t from,
     size_t to, float *c, size_t ldc, size_t m, size_t n)
{
    struct tile t = { .a = a, .w = w, .k = k, .from = from, .to = to };
    size_t row = 0;

    for (size_t tiles = (m + MR - 1) / MR; tiles > 0; tiles--) {
        size_t now = (m - row + tiles - 1) / tiles;

        if (n >= NR)
            rows(now, &t, row, c + row * ldc, ldc);
        else
            rows_narrow(now, &t, row, c + row * ldc, ldc, n);
        row += now;
    }
}

void
q8_avx2_fill(struct kernels *k)
{
    k->q8_nr = NR;
    k->q8_mr = MR;
    k->q8_zero = 127;
    k->gemm_q8 = gemm;
}
