/*
 * q8_avx2.c - the matrix product in 8 bits, in tiles of 4 x 16
 *
 * vpmaddubsw multiplies unsigned by signed bytes and adds by two in 16 bits, where
 * panels that are arranged (q8_arrange.h) never saturate. Three instructions for 32
 * products where no weight is negated, four where one is: two of them need the ports
 * for products.
 *
 * 8 sums, 2 registers of the panel and their masks, ones, and 2 at work.
 */
#include "kernel/avx2/q8_ymm.h"
#include "kernel/kernel_fill.h"
#include "kernel/q8_arrange.h"

#define MR 4

#define EACH_ROW(X)    X(0) X(1) X(2) X(3)
#define EACH_HEIGHT(X) X(1) X(2) X(3) X(4)

INLINE __m256i
load(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

/* sum + the four products of each lane, of 255 - x where flip says so, if flips */
INLINE __m256i
dot4(__m256i sum, __m256i x, __m256i w, int flips, __m256i flip, __m256i ones)
{
    __m256i by_two = _mm256_maddubs_epi16(flips ? _mm256_xor_si256(x, flip) : x, w);

    return _mm256_add_epi32(sum, _mm256_madd_epi16(by_two, ones));
}

/* Rows [row, row + m) of block b, which begins at l; m is a constant, so that each
 * height is code of its own. *w and *order are those of the block, then of the next. */
INLINE void
block(size_t m, const struct q8_product *p, size_t row, size_t b, size_t l,
      const int8_t **w_at, const uint16_t **order_at, float *c, size_t ldc)
{
    const struct kernel_q8 *a = p->a;
    const uint8_t *q = a->q + row * a->ld + l;
    const int8_t *w = *w_at;
    const uint16_t *order = *order_at, *count = p->w->count + b * Q8_KINDS;
    const int32_t *start = p->w->start + b * NR;
    const float *step = p->w->step + b * NR, *sum = p->w->sum + b * NR;
    const float *scale = a->scale + row * a->ld_scale + 2 * b;
    const float *from = b > 0 ? c : p->bias;
    size_t ld_from = b > 0 ? ldc : 0;
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i lo = load(start), hi = load(start + 8);

#define START(r) __m256i lo##r = lo, hi##r = hi;
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m256i x = _mm256_set1_epi32(q8_four(x_at + r * a->ld));                      \
        lo##r = dot4(lo##r, x, w0, FLIP0, flip0, ones);                                \
        hi##r = dot4(hi##r, x, w1, FLIP1, flip1, ones);                                \
    }
#define STEPS(first, second)                                                           \
    for (size_t n = count[first + 2 * second]; n > 0; n--) {                           \
        enum { FLIP0 = first, FLIP1 = second };                                        \
        const uint8_t *x_at = q + 4 * (size_t)*order++;                                \
        const int8_t *w_hi = w + 32 + 32 * FLIP0;                                      \
        __m256i w0 = load(w), flip0 = FLIP0 ? load(w + 32) : ones;                     \
        __m256i w1 = load(w_hi), flip1 = FLIP1 ? load(w_hi + 32) : ones;               \
        w = w_hi + 32 + 32 * FLIP1;                                                    \
        EACH_ROW(STEP)                                                                 \
    }
#define FINISH(r)                                                                      \
    if (m > r) {                                                                       \
        const float *s = scale + r * a->ld_scale, *f = from + r * ld_from;             \
        ymm_finish(lo##r, s, step, sum, f, c + r * ldc);                               \
        ymm_finish(hi##r, s, step + 8, sum + 8, f + 8, c + r * ldc + 8);               \
    }
    EACH_ROW(START)
    STEPS(0, 0)
    STEPS(1, 0)
    STEPS(0, 1)
    STEPS(1, 1)
    EACH_ROW(FINISH)
#undef START
#undef STEP
#undef STEPS
#undef FINISH
    *w_at = w;
    *order_at = order;
}

static void
tile(size_t m, const struct q8_product *p, size_t row, float *c, size_t ldc)
{
    const int8_t *w = p->w->q;
    const uint16_t *order = p->w->order;

    for (size_t b = 0, l = 0; l < p->k; b++, l += p->a->block)
        switch (m) {
#define HEIGHT(h)                                                                      \
    case h: block(h, p, row, b, l, &w, &order, c, ldc); break;
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
q8_avx2_fill(struct kernels *k)
{
    k->q8_nr = NR;
    k->q8_mr = MR;
    k->q8_arranged = 1;
    k->gemm_q8 = gemm;
}
