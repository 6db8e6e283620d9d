/*
 * q8_amx.c - the matrix product in 8 bits by tiles: 32 x 32 sums, 64 inputs at a time
 *
 * Tiles 0 to 3 are the sums, 4 and 5 rows of a, 6 and 7 columns of the panel, which is
 * laid out as for VNNI. After each block the sums go through memory and become floats
 * there. What does not fill tiles is left to the level below, which gives the same.
 */
#include <stddef.h>

#include "kernel/amx/tile_amx.h"
#include "kernel/inline.h"
#include "kernel/kernel_fill.h"

#define NR    64
#define ROWS  32 /* of a pair of tiles, as many columns */
#define DEPTH 64 /* inputs of one instruction */

static void (*lower)(const struct kernel_q8 *a, const struct kernel_q8_panel *w,
                     size_t k, const float *bias, float *c, size_t ldc, size_t m,
                     size_t n);

struct sums {
    int32_t s[ROWS][ROWS];
};

/* The sums of a block: rows of a from q on, columns of the panel from w on */
INLINE void
multiply(const uint8_t *q, size_t ld, const int8_t *w, size_t n, struct sums *to)
{
    const size_t out = sizeof to->s[0];

    TILE_ZERO(0);
    TILE_ZERO(1);
    TILE_ZERO(2);
    TILE_ZERO(3);
    for (size_t l = 0; l < n; l += DEPTH, q += DEPTH, w += (size_t)DEPTH * NR) {
        TILE_LOAD(6, w, (size_t)4 * NR);
        TILE_LOAD(4, q, ld);
        TILE_DOT(0, 4, 6);
        TILE_LOAD(5, q + 16 * ld, ld);
        TILE_DOT(2, 5, 6);
        TILE_LOAD(7, w + 64, (size_t)4 * NR);
        TILE_DOT(1, 4, 7);
        TILE_DOT(3, 5, 7);
    }
    TILE_STORE(0, to->s[0], out);
    TILE_STORE(1, to->s[0] + 16, out);
    TILE_STORE(2, to->s[16], out);
    TILE_STORE(3, to->s[16] + 16, out);
}

/* 16 columns of a row: sums to floats, added to what is at `from` */
INLINE void
finish(const int32_t *dot, const float *scale, __m512 w_step, __m512 w_sum,
       const float *from, float *c)
{
    __m512 sum = _mm512_loadu_ps(from);
    __m512 step = _mm512_mul_ps(_mm512_set1_ps(scale[0]), w_step);

    sum = _mm512_fmadd_ps(_mm512_set1_ps(scale[1]), w_sum, sum);
    sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_loadu_si512(dot)), step, sum);
    _mm512_storeu_ps(c, sum);
}

/* ROWS rows from `row` on, ROWS columns from j on, block by block */
static void
tile(const struct kernel_q8 *a, const struct kernel_q8_panel *w, size_t k,
     const float *bias, size_t row, size_t j, float *c, size_t ldc)
{
    struct sums sums[2]; /* in turns, so that a block does not wait for the last one */

    for (size_t b = 0, l = 0; l < k; b++, l += a->block) {
        size_t n = k - l < a->block ? k - l : a->block;
        const float *scale = a->scale + row * a->ld_scale + 2 * b;
        struct sums *s = &sums[b % 2];

        multiply(a->q + row * a->ld + l, a->ld, w->q + l * NR + 4 * j, n, s);
        for (size_t i = 0; i < ROWS; i += 16) {
            __m512 w_step = _mm512_loadu_ps(w->step + b * NR + j + i);
            __m512 w_sum = _mm512_loadu_ps(w->sum + b * NR + j + i);

            for (size_t r = 0; r < ROWS; r++)
                finish(s->s[r] + i, scale + r * a->ld_scale, w_step, w_sum,
                       b > 0 ? c + r * ldc + i : bias + j + i, c + r * ldc + i);
        }
    }
}

/* All tiles have 16 rows of 64 bytes. */
static const struct tile_config config = {
    .palette = 1,
    .row_bytes = { 64, 64, 64, 64, 64, 64, 64, 64 },
    .rows = { 16, 16, 16, 16, 16, 16, 16, 16 },
};

static void
gemm(const struct kernel_q8 *a, const struct kernel_q8_panel *w, size_t k,
     const float *bias, float *c, size_t ldc, size_t m, size_t n)
{
    static const float zeros[NR];
    struct kernel_q8 rest = *a;
    size_t row = 0;

    if (n == NR && m >= ROWS && k % DEPTH == 0 && a->block % DEPTH == 0) {
        TILE_CONFIGURE(&config);
        for (; m - row >= ROWS; row += ROWS)
            for (size_t j = 0; j < NR; j += ROWS)
                tile(a, w, k, bias ? bias : zeros, row, j, c + row * ldc + j, ldc);
        TILE_RELEASE();
    }
    rest.q += row * a->ld;
    rest.scale += row * a->ld_scale;
    lower(&rest, w, k, bias, c + row * ldc, ldc, m - row, n);
}

void
q8_amx_fill(struct kernels *k)
{
    lower = k->gemm_q8;
    k->q8_mr = ROWS;
    k->gemm_q8 = gemm;
}
