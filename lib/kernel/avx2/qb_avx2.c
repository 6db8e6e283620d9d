/*
 * qb_avx2.c - the matrix product with weights in blocks, in tiles of 4 x 16
 *
 * vpmaddubsw multiplies bytes without a sign by bytes with one and adds pairs in 16
 * bits. A weight of four bits by an activation is at most 15 * 127: all 16 products of
 * a lane in a block fit, and are widened once. Of six bits four products fit. Of eight
 * bits no two do: they get their sign back, and |w| is multiplied by the activation
 * with the sign of w, 128 * 127 at the most.
 */
#include "kernel/avx2/qb_ymm.h"
#include "kernel/kernel_fill.h"

#define MR 4

#define EACH_ROW(X) X(0) X(1) X(2) X(3)

#define FINISH_ALL                                                                     \
    EACH_ROW(GROUP_FINISH)                                                             \
    GROUP_FINISH_WIDE(0, 1)                                                            \
    GROUP_FINISH_WIDE(2, 3)

/* Weights of four bits */
INLINE void
multiply_4(size_t m, int mins, const struct ymm_group *t, float *c)
{
    const size_t ld = t->a->ld;
    const __m256i ones = _mm256_set1_epi16(1);
    const int8_t *q = t->q;
    const uint8_t *u = t->u;

#define START(r) __m256i lo##r = _mm256_setzero_si256(), hi##r = lo##r;
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m256i x = ymm_four(q + r * ld);                                              \
        lo##r = _mm256_add_epi16(lo##r, _mm256_maddubs_epi16(w0, x));                  \
        hi##r = _mm256_add_epi16(hi##r, _mm256_maddubs_epi16(w1, x));                  \
    }
#define WIDEN(r)                                                                       \
    if (m > r) {                                                                       \
        __m256i start = group_start(t, r);                                             \
        lo##r = _mm256_add_epi32(start, _mm256_madd_epi16(lo##r, ones));               \
        hi##r = _mm256_add_epi32(start, _mm256_madd_epi16(hi##r, ones));               \
    }
    EACH_ROW(START)
    for (size_t i = t->steps; i > 0; i--, q += 4, u += 4 * NR) {
        __m256i w0 = ymm_load(u), w1 = ymm_load(u + 32);
        EACH_ROW(STEP)
    }
    EACH_ROW(WIDEN)
    FINISH_ALL
#undef START
#undef STEP
#undef WIDEN
}

/* sum + the products of two steps for each lane, weights of six bits */
INLINE __m256i
dot8(__m256i sum, __m256i w0, __m256i w1, const int8_t *q)
{
    __m256i a = _mm256_maddubs_epi16(w0, ymm_four(q));
    __m256i b = _mm256_maddubs_epi16(w1, ymm_four(q + 4));

    a = _mm256_madd_epi16(_mm256_add_epi16(a, b), _mm256_set1_epi16(1));
    return _mm256_add_epi32(sum, a);
}

/* Weights of five or six bits */
INLINE void
multiply_6(size_t m, int mins, const struct ymm_group *t, float *c)
{
    const size_t ld = t->a->ld;
    const int8_t *q = t->q;
    const uint8_t *u = t->u;

#define START(r)                                                                       \
    __m256i lo##r = m > r ? group_start(t, r) : _mm256_setzero_si256(), hi##r = lo##r;
#define LOW(r)                                                                         \
    if (m > r)                                                                         \
        lo##r = dot8(lo##r, w0, w1, q + r * ld);
#define HIGH(r)                                                                        \
    if (m > r)                                                                         \
        hi##r = dot8(hi##r, w0, w1, q + r * ld);
    EACH_ROW(START)
    for (size_t i = t->steps / 2; i > 0; i--, q += 8, u += 8 * NR) {
        __m256i w0 = ymm_load(u), w1 = ymm_load(u + 4 * NR);
        EACH_ROW(LOW)
        w0 = ymm_load(u + 32);
        w1 = ymm_load(u + 4 * NR + 32);
        EACH_ROW(HIGH)
    }
    FINISH_ALL
#undef START
#undef LOW
#undef HIGH
}

/* sum + the four products of each lane */
INLINE __m256i
dot4(__m256i sum, __m256i w, __m256i abs_w, __m256i x, __m256i ones)
{
    __m256i pairs = _mm256_maddubs_epi16(abs_w, _mm256_sign_epi8(x, w));

    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
}

/* Weights of eight bits: the zero is 128. */
INLINE void
multiply_8(size_t m, int mins, const struct ymm_group *t, float *c)
{
    const size_t ld = t->a->ld;
    const __m256i ones = _mm256_set1_epi16(1), zero = _mm256_set1_epi8((char)128);
    const int8_t *q = t->q;
    const uint8_t *u = t->u;

#define START(r) __m256i lo##r = _mm256_setzero_si256(), hi##r = lo##r;
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m256i x = ymm_four(q + r * ld);                                              \
        lo##r = dot4(lo##r, w0, abs0, x, ones);                                        \
        hi##r = dot4(hi##r, w1, abs1, x, ones);                                        \
    }
    EACH_ROW(START)
    for (size_t i = t->steps; i > 0; i--, q += 4, u += 4 * NR) {
        __m256i w0 = _mm256_xor_si256(ymm_load(u), zero), abs0 = _mm256_abs_epi8(w0);
        __m256i w1 = _mm256_xor_si256(ymm_load(u + 32), zero);
        __m256i abs1 = _mm256_abs_epi8(w1);
        EACH_ROW(STEP)
    }
    FINISH_ALL
#undef START
#undef STEP
}

static void
tile(size_t m, const struct qsplit_form *f, const struct kernel_qb *a,
     const struct qb_chunk *w, float *c)
{
#define CASES(multiply)                                                                \
    switch (YMM_TALL(m, f, a->wide)) {                                                 \
        YMM_CASES(multiply, 1)                                                         \
        YMM_CASES(multiply, 2)                                                         \
        YMM_CASES(multiply, 3)                                                         \
        YMM_CASES(multiply, 4)                                                         \
        YMM_WIDE_CASES(multiply, 2)                                                    \
        YMM_WIDE_CASES(multiply, 4)                                                    \
    }
    if (f->bits == 8 || f->levels)
        CASES(multiply_8)
    else if (f->bits == 4)
        CASES(multiply_4)
    else
        CASES(multiply_6)
#undef CASES
}

/* Weights of eight bits are signed here; few rows do without sums in 16 bits. */
#define SIGNED 1

INLINE void
few_dot(enum ymm_kind kind, __m256i *sum, __m256i w, __m256i x)
{
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i pairs;

    if (kind == YMM_BYTES || kind == YMM_LEVELS) {
        w = _mm256_xor_si256(w, _mm256_set1_epi8((char)128));
        *sum = dot4(*sum, w, _mm256_abs_epi8(w), x, ones);
        return;
    }
    pairs = _mm256_maddubs_epi16(w, x);
    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
}

static void
few(const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k,
    const float *bias, float *c, size_t ldc, size_t m, size_t n)
{
#define FEW(kind, is_signed)                                                           \
    case kind: ymm_few(few_dot, is_signed, kind, a, w, k, bias, c, ldc, m, n); break;
    switch (ymm_kind(w->form)) {
        FEW(YMM_BYTES, SIGNED)
        FEW(YMM_FOURS, 0)
        FEW(YMM_LEVELS, SIGNED)
        FEW(YMM_FIVES, 0)
        FEW(YMM_SIXES, 0)
    }
#undef FEW
}

static void
gemm(const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k,
     const float *bias, float *c, size_t ldc, size_t m, size_t n)
{
    size_t each = a->wide ? 2 : 1;

    if (m <= YMM_FEW / each)
        few(a, w, k, bias, c, ldc, m, n);
    else
        qb_gemm(ymm_unpack, tile, NR, MR / each, a, w, k, bias, c, ldc, m, n);
}

void
qb_avx2_fill(struct kernels *k)
{
    k->qb_nr = NR;
    k->qb_mr = MR;
    k->gemm_qb = gemm;
}
