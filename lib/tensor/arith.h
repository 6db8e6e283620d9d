/*
 * arith.h - what an arithmetic provides; between pack.c, matmul.c and arith_*.c
 *
 * Weights are cut into panels of nr outputs, behind a head that is common to them. A
 * product takes a block of rows of x, brings them into the form that the arithmetic
 * multiplies (rows), and then runs panel by panel (multiply) while the panel is in L1
 * and the rows are in L2.
 */
#ifndef TENSOR_ARITH_H
#define TENSOR_ARITH_H

#include <stddef.h>

#include "base/arena.h"
#include "quant/qsplit.h"
#include "tensor/pack.h"

struct arith_ops;

struct pack {
    const struct arith_ops *ops;
    const struct kernels *k;
    size_t n_out, n_in;
    size_t nr;               /* columns of a panel */
    struct qsplit_form form; /* of the weights of arith_qb */
    size_t head_bytes, n_panel, panel_bytes;
    unsigned char *head; /* [head_bytes], then the panels; read-only when done */
    void *own;           /* the same, or NULL: they are in a file */
};

/* Inputs that a pack is made of at once: whole blocks of every quant_type */
#define ARITH_CHUNK 256

/* Rows [r, r + n) of a matrix, counted through all parts, of these the inputs
 * [l, l + k), as floats: to [n, ld]. l is a multiple of ARITH_CHUNK. */
void arith_read(const struct pack_matrix *w, size_t r, size_t n, size_t l, size_t k,
                float *to, size_t ld);

/* Row r, if it and the n - 1 rows behind it lie together as floats that can be read in
 * place; else NULL. */
const float *arith_in_place(const struct pack_matrix *w, size_t r, size_t n);

/* Row r as it is stored, and as what */
const void *arith_stored(const struct pack_matrix *w, size_t r, enum quant_type *type);

/* Are all of its parts in blocks (quant/qsplit.h)? */
int arith_qb_fits(const struct pack_matrix *w);

/* A block of rows of x in the form that multiply() takes: that of its arithmetic */
struct arith_rows {
    struct {
        float *x; /* read only where it is the caller's */
        size_t ld;
    } f32;
    struct kernel_q8 q8;
    struct kernel_qb qb;
    struct kernel_ahead ahead; /* what the next multiply() needs; who has its own way of
                                  looking ahead leaves it alone */
};

struct arith_ops {
    const char *name;
    int version;  /* of the layout of panels and of results: a change of it outdates
                     packed files and images of prefixes */
    size_t block; /* inputs that share a scale; 0: there are no scales */
    size_t bytes; /* of an activation in its rows */
    int pairs;    /* an activation of 16 bits is in two rows: struct kernel_q8 */

    /* nr, head_bytes and panel_bytes of p, by its kernels, n_in and w; bytes are
     * multiples of MEM_ALIGN, SIZE_MAX: too many. */
    void (*measure)(struct pack *p, const struct pack_matrix *w);

    /* Fill the head, before the panels; NULL: there is none. */
    void (*pack_head)(struct pack *p, const struct pack_matrix *w);

    /* Fill panel j. Called by several threads, each for panels of its own;
     * all panel_bytes are written, so that the same weights are the same bytes. */
    void (*pack)(struct pack *p, const struct pack_matrix *w, size_t j);

    /* Fill panel j from rows of another pack of the same arithmetic, kernels and n_in:
     * its column i is row[i] of that. */
    void (*take)(struct pack *p, size_t j, const struct pack *from, const int32_t *row);

    /* x [m, n_in] to rows; memory, if it takes any, from work. */
    struct arith_rows (*rows)(const struct pack *p, const float *x, size_t ldx,
                              size_t m, struct arena *work);

    /* Room for m rows, from mem. */
    struct arith_rows (*rows_new)(const struct pack *p, size_t m, struct arena *mem);

    /* Rows [row, row + m), of these the inputs [l, l + n), from y: y + bias, then gelu.
     * l is a multiple of block, and so is n, but for the last inputs. y [m, n] is
     * scratch; bias [n] is NULL when adds_bias, and may be if there is no gelu. */
    void (*rows_put)(const struct pack *p, struct arith_rows *to, size_t row, size_t l,
                     float *y, size_t ldy, size_t m, size_t n, const float *bias,
                     int gelu);

    /* y [m, columns of panel j] = m rows, those of x from `row` on, * panel j. When
     * adds_bias, sums begin with bias [columns], if that is not NULL; else bias is
     * NULL. When pairs, m is even, and each two are one of x. */
    void (*multiply)(const struct pack *p, size_t j, const struct arith_rows *x,
                     size_t row, size_t m, const float *bias, float *y, size_t ldy);
    int adds_bias;
};

extern const struct arith_ops arith_f32, arith_i8, arith_i8_b32, arith_i8_a16;
extern const struct arith_ops arith_qb, arith_qb_a16; /* weights in blocks */

/* y [m, columns of panel j] = rows [row, row + m) of x * panel j, whether they are
 * pairs or not; bias as in multiply(). */
void arith_multiply(const struct pack *p, size_t j, const struct arith_rows *x,
                    size_t row, size_t m, const float *bias, float *y, size_t ldy);

/* The columns of panel j: nr, fewer in the last one. */
static inline size_t
arith_width(const struct pack *p, size_t j)
{
    size_t left = p->n_out - j * p->nr;

    return left < p->nr ? left : p->nr;
}

static inline unsigned char *
arith_panel(const struct pack *p, size_t j)
{
    return p->head + p->head_bytes + j * p->panel_bytes;
}

#endif
