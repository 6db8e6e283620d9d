/* arith_f32.c - weights and sums in f32: panel[n_in][gemm_nr] floats */
#include <stdint.h>

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
    const unsigned char *w =
        src->w + j * p->k->gemm_nr * src->row_bytes + quant_bytes(src->type, l);
    size_t width = arith_width(p, j);
    float *panel = panel_at(p, j) + l * p->k->gemm_nr;
    float rows[KERNEL_MAX_NR * CHUNK];

    if (src->type == QUANT_F32 && (uintptr_t)w % sizeof(float) == 0) {
        p->k->pack_f32((const float *)(const void *)w, p->n_in, width, n, panel);
        return;
    }
    for (size_t r = 0; r < width; r++)
        quant_to_f32(src->type, w + r * src->row_bytes, rows + r * CHUNK, n);
    p->k->pack_f32(rows, CHUNK, width, n, panel);
}

static void
pack(struct pack *p, const struct arith_source *src, size_t j)
{
    for (size_t l = 0; l < p->n_in; l += CHUNK)
        pack_chunk(p, src, j, l, p->n_in - l < CHUNK ? p->n_in - l : CHUNK);
}

/* As they are */
static struct arith_rows
rows(const struct pack *p, const float *x, size_t ldx, size_t m, struct arena *work)
{
    (void)p;
    (void)m;
    (void)work;
    return (struct arith_rows){ x, ldx };
}

static void
multiply(const struct pack *p, size_t j, struct arith_rows x, size_t m, float *y,
         size_t ldy)
{
    panel_multiply(p->k, x.p, x.ld, panel_at(p, j), p->n_in, y, ldy, m,
                   arith_width(p, j));
}

const struct arith_ops arith_f32 = { "f32", panel_bytes, pack, rows, multiply };
