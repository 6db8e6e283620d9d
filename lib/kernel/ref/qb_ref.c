/* qb_ref.c - the matrix product with weights in blocks: the definition */
#include <math.h>

#include "kernel/kernel_fill.h"
#include "kernel/qb.h"

#define NR 16

/* A block of a panel: its first byte, and that of its chunk */
struct block {
    const unsigned char *p, *chunk;
};

static struct block
find_block(const struct kernel_qb_panel *w, size_t b)
{
    const size_t per = QB_CHUNK / QB_BLOCK;
    const unsigned char *chunk = w->p;

    chunk += b / per * qb_chunk_bytes(w->form, NR);
    return (struct block){ chunk + qb_head_bytes(w->form, NR) +
                               b % per * qb_block_bytes(w->form, NR),
                           chunk };
}

static int32_t
weight(const struct qsplit_form *f, const struct block *at, size_t j, size_t l)
{
    const unsigned char *u = at->p + qb_scales_bytes(f, NR);
    unsigned shift, x = u[qb_u_at(f, NR, j, l, &shift)];

    if (f->bits == 8)
        return (int32_t)x - f->zero;
    x = x >> shift & 15;
    for (unsigned i = 4; i < f->bits; i++) {
        size_t byte = qb_bit_at(NR, j, l, i, &shift);
        x |= (u[byte] >> shift & 1u) << i;
    }
    return (f->levels ? qsplit_level(x) : (int32_t)x) - f->zero;
}

/* d (which 0) or m (1) of column j in group g of the block */
static float
scale(const struct qsplit_form *f, const struct block *at, size_t j, size_t g,
      size_t which)
{
    const unsigned char *p =
        at->p + g * qb_group_bytes(f, NR) + (which * NR + j) * qb_scale_bytes(f);
    float x;

    if (f->scale == QSPLIT_F16)
        return half_f16(p);
    if (f->scale == QSPLIT_SUPER)
        return half_f16(at->chunk + 2 * (which * NR + j)) * (float)(int8_t)*p;
    memcpy(&x, p, sizeof x);
    return x;
}

/* What group g of the block adds to column j: the products with q, an integer */
static int32_t
products(const struct qsplit_form *f, const struct block *at, const int8_t *q, size_t j,
         size_t g)
{
    int32_t dot = 0;

    for (size_t l = g * f->group; l < (g + 1) * f->group; l++)
        dot += q[l] * weight(f, at, j, l);
    return dot;
}

/* Column j of row r with activations of 8 bits */
static float
chain(const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k, size_t r,
      size_t j, float y)
{
    const struct qsplit_form *f = w->form;
    const float *sum = a->sum + r * a->ld_group;

    for (size_t b = 0; b < k / QB_BLOCK; b++) {
        const int8_t *q = a->q + r * a->ld + b * QB_BLOCK;
        struct block at = find_block(w, b);

        for (size_t g = 0; g < QB_BLOCK / f->group; g++, sum++) {
            float t = (float)products(f, &at, q, j, g) * scale(f, &at, j, g, 0);
            if (f->mins)
                t = fmaf(*sum, scale(f, &at, j, g, 1), t);
            y = fmaf(a->step[r * a->ld_step + b], t, y);
        }
    }
    return y;
}

/* The same with 16 bits: what n blocks from b on add, but for the step of the row */
static float
chain_wide(const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t r,
           size_t j, size_t b, size_t n)
{
    const struct qsplit_form *f = w->form;
    const size_t groups = QB_BLOCK / f->group;
    const float *sum = a->sum + r * a->ld_group + b * groups;
    float t = 0.0f;

    for (size_t end = b + n; b < end; b++) {
        const int8_t *high = a->q + 2 * r * a->ld + b * QB_BLOCK, *low = high + a->ld;
        struct block at = find_block(w, b);

        for (size_t g = 0; g < groups; g++, sum++) {
            int32_t dot =
                256 * products(f, &at, high, j, g) + products(f, &at, low, j, g);
            t = fmaf((float)dot, scale(f, &at, j, g, 0), t);
            if (f->mins)
                t = fmaf(*sum, scale(f, &at, j, g, 1), t);
        }
    }
    return t;
}

static float
wide(const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k, size_t r,
     size_t j, float y)
{
    const size_t most = QB_CHUNK / QB_BLOCK, blocks = k / QB_BLOCK;

    for (size_t b = 0; b < blocks; b += most) {
        size_t n = blocks - b < most ? blocks - b : most;

        y = fmaf(a->step[r * a->ld_step + b / most], chain_wide(a, w, r, j, b, n), y);
    }
    return y;
}

static void
gemm(const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k,
     const float *bias, float *c, size_t ldc, size_t m, size_t n)
{
    for (size_t r = 0; r < m; r++)
        for (size_t j = 0; j < n; j++) {
            float y = bias ? bias[j] : 0.0f;

            c[r * ldc + j] = a->wide ? wide(a, w, k, r, j, y) : chain(a, w, k, r, j, y);
        }
}

void
qb_ref_fill(struct kernels *k)
{
    k->qb_nr = NR;
    k->qb_mr = 4;
    k->gemm_qb = gemm;
}
