/*
 * qb_tiles.h - products with weights in blocks: what is common to all levels
 *
 * Some rows at a time go through a panel chunk by chunk: the chunk is taken apart to
 * bytes and floats in L1, and tiles of rows multiply by that. Their sums stay in a
 * buffer until the last chunk, in L1, however far apart the rows of the result are.
 *
 * A level brings unpack() and tile(), and has the driver as code of its own: with calls
 * that are not inlined 5 % are lost.
 */
#ifndef KERNEL_QB_TILES_H
#define KERNEL_QB_TILES_H

#include "kernel/qb.h"

#define QB_ROWS 96

/* A chunk as tiles read it. u: [32 / 4][nr][4] for each block, which begin `stride`
 * apart; d and m: [groups][nr]. */
struct qb_chunk {
    const uint8_t *u;
    size_t stride;
    size_t blocks;
    float d[QB_CHUNK / 16 * KERNEL_MAX_Q8_NR] __attribute__((aligned(64)));
    float m[QB_CHUNK / 16 * KERNEL_MAX_Q8_NR] __attribute__((aligned(64)));
    uint8_t room[QB_CHUNK * KERNEL_MAX_Q8_NR] __attribute__((aligned(64)));
};

/* to->blocks blocks of the chunk at p */
typedef void qb_unpack(const struct qsplit_form *f, const unsigned char *p,
                       struct qb_chunk *to);

/* sum [m, nr] += the first m rows of a times the chunk, m <= mr */
typedef void qb_tile(size_t m, const struct qsplit_form *f, const struct kernel_qb *a,
                     const struct qb_chunk *w, float *sum);

/* Rows of the result that will be written: they come while there is work to do, not all
 * at once when there is none. */
INLINE void
qb_expect(size_t nr, const float *c, size_t ldc, size_t m)
{
    for (size_t r = 0; r < m; r++)
        for (size_t j = 0; j < nr; j += 16)
            __builtin_prefetch(c + r * ldc + j, 1);
}

/* All chunks, for the m <= QB_ROWS rows of a, which will be rows of c; tiles are of
 * nearly equal height: 7 rows are 4 + 3, not 6 + 1. */
INLINE void
qb_rows(qb_unpack *unpack, qb_tile *tile, size_t nr, size_t mr,
        const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k,
        float *sum, const float *c, size_t ldc, size_t m)
{
    const unsigned char *p = w->p;
    struct qb_chunk chunk;

    for (size_t l = 0; l < k; l += QB_CHUNK) {
        size_t left = (k - l) / QB_BLOCK, most = QB_CHUNK / QB_BLOCK, row = 0;

        chunk.blocks = left < most ? left : most;
        unpack(w->form, p, &chunk);
        p += qb_chunk_bytes(w->form, nr);
        for (size_t tiles = (m + mr - 1) / mr; tiles > 0; tiles--) {
            size_t now = (m - row + tiles - 1) / tiles;
            struct kernel_qb at = qb_at(a, row, l);

            if (l == 0)
                qb_expect(nr, c + row * ldc, ldc, now);
            tile(now, w->form, &at, &chunk, sum + row * nr);
            row += now;
        }
    }
}

/* sum [m, nr] = bias [n], and 0 for the other columns */
INLINE void
qb_begin(float *sum, size_t nr, const float *bias, size_t m, size_t n)
{
    memset(sum, 0, m * nr * sizeof *sum);
    for (size_t r = 0; bias && r < m; r++)
        memcpy(sum + r * nr, bias, n * sizeof *sum);
}

/* c [m, n] = the columns of sum that count */
INLINE void
qb_end(const float *sum, size_t nr, float *c, size_t ldc, size_t m, size_t n)
{
    for (size_t r = 0; r < m; r++)
        memcpy(c + r * ldc, sum + r * nr, n * sizeof *c);
}

INLINE void
qb_gemm(qb_unpack *unpack, qb_tile *tile, size_t nr, size_t mr,
        const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k,
        const float *bias, float *c, size_t ldc, size_t m, size_t n)
{
    float sum[QB_ROWS * KERNEL_MAX_Q8_NR] __attribute__((aligned(64)));

    for (size_t row = 0; row < m; row += QB_ROWS) {
        size_t now = m - row < QB_ROWS ? m - row : QB_ROWS;
        struct kernel_qb at = qb_at(a, row, 0);

        qb_begin(sum, nr, bias, now, n);
        qb_rows(unpack, tile, nr, mr, &at, w, k, sum, c + row * ldc, ldc, now);
        qb_end(sum, nr, c + row * ldc, ldc, now, n);
    }
}

#endif
