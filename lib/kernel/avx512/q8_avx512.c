/*
 * q8_avx512.c - the matrix product in 8 bits by VNNI, in tiles of 6 x 64
 *
 * 24 integer sums, 4 registers of the panel and 1 of a. The sums in floats stay in
 * memory: they are touched once a block.
 */
#include <immintrin.h>
#include <string.h>

#include "kernel/kernel_fill.h"

#define MR     6
#define NR     64
#define INLINE static inline __attribute__((always_inline))

#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5)

/* sum + the four products of each lane. gcc 12 copies and spills the sums of
 * _mm512_dpbusd_epi32() in a loop: half the speed. */
INLINE __m512i
dot4(__m512i sum, __m512i x, __m512i w)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
    return sum;
}

INLINE __m512i
broadcast4(const uint8_t *p)
{
    int32_t four;

    memcpy(&four, p, sizeof four);
    return _mm512_set1_epi32(four);
}

/* What the sums of one block become: 16 columns of one row. */
struct finish {
    const float *step, *sum; /* of the weights, [16] */
    __mmask16 n;
    int more;
};

INLINE void
finish(const struct finish *f, __m512i dot, const float *scale, float *c)
{
    __m512 sum = f->more ? _mm512_maskz_loadu_ps(f->n, c) : _mm512_setzero_ps();
    __m512 step = _mm512_mul_ps(_mm512_set1_ps(scale[0]), _mm512_loadu_ps(f->step));

    sum = _mm512_fmadd_ps(_mm512_set1_ps(scale[1]), _mm512_loadu_ps(f->sum), sum);
    sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), step, sum);
    _mm512_mask_storeu_ps(c, f->n, sum);
}

/* One block: m rows, `fours` times four inputs. q and w point at its first ones. */
INLINE void
block(size_t m, const uint8_t *q, size_t ld, const int8_t *w, size_t fours,
      const struct finish f[4], const float *scale, size_t ld_scale, float *c,
      size_t ldc)
{
#define START(r) __m512i s##r##0 = _mm512_setzero_si512(), s##r##1 = s##r##0,          \
                         s##r##2 = s##r##0, s##r##3 = s##r##0;
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m512i x = broadcast4(q + r * ld);                                            \
        s##r##0 = dot4(s##r##0, x, w0);                                                \
        s##r##1 = dot4(s##r##1, x, w1);                                                \
        s##r##2 = dot4(s##r##2, x, w2);                                                \
        s##r##3 = dot4(s##r##3, x, w3);                                                \
    }
#define FINISH(r)                                                                      \
    if (m > r) {                                                                       \
        finish(&f[0], s##r##0, scale + r * ld_scale, c + r * ldc);                     \
        finish(&f[1], s##r##1, scale + r * ld_scale, c + r * ldc + 16);                \
        finish(&f[2], s##r##2, scale + r * ld_scale, c + r * ldc + 32);                \
        finish(&f[3], s##r##3, scale + r * ld_scale, c + r * ldc + 48);                \
    }
    EACH_ROW(START)
    for (; fours > 0; fours--, q += 4, w += 4 * NR) {
        __m512i w0 = _mm512_loadu_si512(w), w1 = _mm512_loadu_si512(w + 64);
        __m512i w2 = _mm512_loadu_si512(w + 128), w3 = _mm512_loadu_si512(w + 192);
        EACH_ROW(STEP)
    }
    EACH_ROW(FINISH)
#undef START
#undef STEP
#undef FINISH
}

struct tile {
    const struct kernel_q8 *a;
    const struct kernel_q8_panel *w;
    size_t k, from, to;
    __mmask16 n[4];
};

/* Rows [row, row + m) over all blocks; m is a constant, so that each height is code of
 * its own. */
INLINE void
tile(size_t m, const struct tile *t, size_t row, float *c, size_t ldc)
{
    const struct kernel_q8 *a = t->a;

    for (size_t b = t->from; b < t->to; b++) {
        size_t l = b * a->block, left = t->k - l;
        struct finish f[4];

        for (size_t i = 0; i < 4; i++)
            f[i] = (struct finish){ t->w->step + b * NR + 16 * i,
                                    t->w->sum + b * NR + 16 * i, t->n[i], b > 0 };
        block(m, a->q + row * a->ld + l, a->ld, t->w->q + l * NR,
              ((left < a->block ? left : a->block) + 3) / 4, f,
              a->scale + row * a->ld_scale + 2 * b, a->ld_scale, c, ldc);
    }
}

#define EACH_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6)

static void
rows(size_t m, const struct tile *t, size_t row, float *c, size_t ldc)
{
    switch (m) {
#define HEIGHT(h)                                                                      \
    case h: tile(h, t, row, c, ldc); break;
        EACH_HEIGHT(HEIGHT)
#undef HEIGHT
    }
}

static void
gemm(const struct kernel_q8 *a, const struct kernel_q8_panel *w, size_t k, size_t from,
     size_t to, float *c, size_t ldc, size_t m, size_t n)
{
    struct tile t = { .a = a, .w = w, .k = k, .from = from, .to = to };
    size_t row = 0;

    for (size_t i = 0; i < 4; i++)
        t.n[i] = (__mmask16)(n >= 16 * i + 16 ? 0xffff
                             : n > 16 * i     ? (1u << (n - 16 * i)) - 1
                                              : 0);
    /* Tiles of nearly equal height: 7 rows are 4 + 3, not 6 + 1. */
    for (size_t tiles = (m + MR - 1) / MR; tiles > 0; tiles--) {
        size_t now = (m - row + tiles - 1) / tiles;

        rows(now, &t, row, c + row * ldc, ldc);
        row += now;
    }
}

void
q8_avx512_fill(struct kernels *k)
{
    k->q8_nr = NR;
    k->q8_mr = MR;
    k->q8_zero = 0;
    k->gemm_q8 = gemm;
}
