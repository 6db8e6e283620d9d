/*
 * arith.h - what an arithmetic provides; between pack.c, matmul.c and arith_*.c
 *
 * Weights are cut into panels of gemm_nr outputs. A product takes a block of rows of x,
 * brings them into the form that the arithmetic multiplies (rows), and then runs panel
 * by panel (multiply) while the panel is in L1 and the rows are in L2.
 */
#ifndef TENSOR_ARITH_H
#define TENSOR_ARITH_H

#include <stddef.h>

#include "base/arena.h"
#include "tensor/pack.h"

struct arith_ops;

struct pack {
    const struct arith_ops *ops;
    const struct kernels *k;
    size_t n_out, n_in;
    size_t n_panel, panel_bytes;
    unsigned char *panels; /* [n_panel][panel_bytes]; read-only when done */
    void *own;             /* the same, or NULL: they are in a file */
};

/* Weights as files have them: the rows of all parts, counted through. */
struct arith_source {
    const struct pack_rows *part;
    size_t n_part, n_in;
};

/* Rows [r, r + n), of these the inputs [l, l + k), as floats: to [n, ld]. l is the
 * first input of a block of every quant_type: a multiple of 256 is. */
void arith_read(const struct arith_source *src, size_t r, size_t n, size_t l, size_t k,
                float *to, size_t ld);

/* Row r, if it and the n - 1 rows behind it lie together as floats that can be read in
 * place; else NULL. */
const float *arith_in_place(const struct arith_source *src, size_t r, size_t n);

/* A block of rows of x in the form that multiply() takes */
struct arith_rows {
    const void *p;
    size_t ld;
};

struct arith_ops {
    const char *name;
    int version; /* of the layout of panels: a change of it outdates packed files */

    /* Bytes of one panel; SIZE_MAX: too large. A multiple of MEM_ALIGN. */
    size_t (*panel_bytes)(const struct kernels *k, size_t n_in);

    /* Fill panel j. Called by several threads, each for panels of its own;
     * all panel_bytes are written, so that the same weights are the same bytes. */
    void (*pack)(struct pack *p, const struct arith_source *src, size_t j);

    /* x [m, n_in] to rows; memory, if it takes any, from work. */
    struct arith_rows (*rows)(const struct pack *p, const float *x, size_t ldx,
                              size_t m, struct arena *work);

    /* y [m, columns of panel j] = rows * panel j */
    void (*multiply)(const struct pack *p, size_t j, struct arith_rows x, size_t m,
                     float *y, size_t ldy);
};

extern const struct arith_ops arith_f32;

/* The columns of panel j: gemm_nr, fewer in the last one. */
static inline size_t
arith_width(const struct pack *p, size_t j)
{
    size_t left = p->n_out - j * p->k->gemm_nr;

    return left < p->k->gemm_nr ? left : p->k->gemm_nr;
}

#endif
