/*
 * qb_avxvnni.c - the matrix product with weights in blocks by AVX-VNNI, in tiles of
 * 6 x 16
 *
 * 12 sums, 2 registers of the chunk and 1 of a.
 */
#include "kernel/avx2/qb_ymm.h"
#include "kernel/avxvnni/dot_ymm.h"
#include "kernel/kernel_fill.h"

#define MR 6

#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5)

INLINE void
multiply(size_t m, int mins, const struct ymm_group *t, float *c)
{
    const size_t ld = t->a->ld;
    const int8_t *q = t->q;
    const uint8_t *u = t->u;

#define START(r)                                                                       \
    __m256i lo##r = m > r ? group_start(t, r) : _mm256_setzero_si256(), hi##r = lo##r;
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m256i x = ymm_four(q + r * ld);                                              \
        lo##r = dot4(lo##r, w0, x);                                                    \
        hi##r = dot4(hi##r, w1, x);                                                    \
    }
    EACH_ROW(START)
    for (size_t i = t->steps; i > 0; i--, q += 4, u += 4 * NR) {
        __m256i w0 = ymm_load(u), w1 = ymm_load(u + 32);
        EACH_ROW(STEP)
    }
    EACH_ROW(GROUP_FINISH)
    GROUP_FINISH_WIDE(0, 1)
    GROUP_FINISH_WIDE(2, 3)
    GROUP_FINISH_WIDE(4, 5)
#undef START
#undef STEP
}

static void
tile(size_t m, const struct qsplit_form *f, const struct kernel_qb *a,
     const struct qb_chunk *w, float *c)
{
    switch (YMM_TALL(m, f, a->wide)) {
        YMM_CASES(multiply, 1)
        YMM_CASES(multiply, 2)
        YMM_CASES(multiply, 3)
        YMM_CASES(multiply, 4)
        YMM_CASES(multiply, 5)
        YMM_CASES(multiply, 6)
        YMM_WIDE_CASES(multiply, 2)
        YMM_WIDE_CASES(multiply, 4)
        YMM_WIDE_CASES(multiply, 6)
    }
}

#define SIGNED 0

INLINE void
few_dot(enum ymm_kind kind, __m256i *sum, __m256i w, __m256i x)
{
    (void)kind;
    *sum = dot4(*sum, w, x);
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
qb_avxvnni_fill(struct kernels *k)
{
    k->qb_nr = NR;
    k->qb_mr = MR;
    k->gemm_qb = gemm;
}
