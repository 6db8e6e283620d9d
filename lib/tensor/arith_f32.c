/* arith_f32.c - weights and sums in f32: panel[n_in][gemm_nr] floats */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/arith.h"
#include "tensor/panel.h"

#define CHUNK 256 /* inputs transposed at once; whole blocks of every quant_type */

static size_t
panel_bytes(const struct kernels *k, size_t n_in)
{
    /* gemm_nr floats are whole cache lines. */
    return mem_mul(n_in, k->gemm_nr * sizeof(float));
}

static float *
panel_at(const struct pack *p, size_t j)
{
    return (float *)(void *)(p->panels + j * p->panel_bytes);
}

/* Inputs [l, l + n) of panel j */
static void
pack_chunk(struct pack *p, const struct arith_source *src, size_t j, size_t l, size_t n)
{
    size_t row = j * p->k->gemm_nr, width = arith_width(p, j);
    float *panel = panel_at(p, j) + l * p->k->gemm_nr;
    const float *w = arith_in_place(src, row, width);
    float rows[KERNEL_MAX_NR * CHUNK];

    if (w) {
        p->k->pack_f32(w + l, p->n_in, width, n, panel);
        return;
    }
    arith_read(src, row, width, l, n, rows, CHUNK);
    p->k->pack_f32(rows, CHUNK, width, n, panel);
}

static void
pack(struct pack *p, const struct arith_source *src, size_t j)
{
    for (size_t l = 0; l < p->n_in; l += CHUNK)
        pack_chunk(p, src, j, l, p->n_in - l < CHUNK ? p->n_in - l : CHUNK);
}

/* As they are, unless the rows are so far apart that the same places of all rows fall
 * into the same few sets of L1 (a way is 4 KB): then by a copy at a better distance. */
static struct arith_rows
rows(const struct pack *p, const float *x, size_t ldx, size_t m, struct arena *work)
{
    size_t ld = p->n_in + 16;
    float *copy;

    if (m < p->k->gemm_mr || ldx % 512 != 0)
        return (struct arith_rows){ x, ldx };
    copy = arena_alloc(work, mem_mul(m, ld * sizeof *copy));
    for (size_t r = 0; r < m; r++)
        memcpy(copy + r * ld, x + r * ldx, p->n_in * sizeof *copy);
    return (struct arith_rows){ copy, ld };
}

static void
multiply(const struct pack *p, size_t j, struct arith_rows x, size_t m, float *y,
         size_t ldy)
{
    panel_multiply(p->k, x.p, x.ld, panel_at(p, j), p->n_in, y, ldy, m,
                   arith_width(p, j));
}

const struct arith_ops arith_f32 = { "f32", 1, panel_bytes, pack, rows, multiply };
