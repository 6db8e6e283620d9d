/*
 * q8_tiles.h - products in 8 bits: how rows are shared out to tiles, at every level
 *
 * Included by q8_LEVEL.c, which has tiles of some height over whole panels. Without the
 * inlining 2 to 7 % of the loop's speed in L1 are lost.
 */
#ifndef KERNEL_Q8_TILES_H
#define KERNEL_Q8_TILES_H

#include <string.h>

#include "kernel/inline.h"
#include "kernel/kernel.h"

#define Q8_MAX_MR 6

struct q8_product {
    const struct kernel_q8 *a;
    const struct kernel_q8_panel *w;
    size_t k;
    const float *bias; /* [nr]: what the sums begin with */
};

/* Four inputs of a row, to be broadcast */
INLINE int32_t
q8_four(const uint8_t *p)
{
    int32_t four;

    memcpy(&four, p, sizeof four);
    return four;
}

/* Inputs of the block that begins at l, in fours */
INLINE size_t
q8_fours(const struct q8_product *p, size_t l)
{
    size_t n = p->k - l < p->a->block ? p->k - l : p->a->block;

    return (n + 3) / 4;
}

/* c [m, nr] for the rows [row, row + m) */
typedef void q8_tile(size_t m, const struct q8_product *p, size_t row, float *c,
                     size_t ldc);

/* gemm_q8 by tiles of at most mr rows over nr columns, constants, and nearly equal
 * height: 7 rows are 4 + 3, not 6 + 1. Of a narrow panel only n columns are kept. */
INLINE void
q8_gemm(q8_tile *tile, size_t mr, size_t nr, const struct kernel_q8 *a,
        const struct kernel_q8_panel *w, size_t k, const float *bias, float *c,
        size_t ldc, size_t m, size_t n)
{
    float start[KERNEL_MAX_Q8_NR], whole[Q8_MAX_MR * KERNEL_MAX_Q8_NR];
    struct q8_product p = { a, w, k, start };
    struct kernel_ahead ahead = w->ahead;
    size_t row = 0;

    memset(start, 0, nr * sizeof *start);
    if (bias)
        memcpy(start, bias, n * sizeof *start);
    for (size_t tiles = (m + mr - 1) / mr; tiles > 0; tiles--) {
        size_t now = (m - row + tiles - 1) / tiles;

        ahead_ask(&ahead, tiles);
        if (n == nr) {
            tile(now, &p, row, c + row * ldc, ldc);
        } else {
            tile(now, &p, row, whole, nr);
            for (size_t r = 0; r < now; r++)
                memcpy(c + (row + r) * ldc, whole + r * nr, n * sizeof *c);
        }
        row += now;
    }
}

#endif
