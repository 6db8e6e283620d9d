/*
 * matmul.h - a linear layer over the rows of a batch, and what follows it
 *
 *     struct matmul_end end = { .bias = b, .gelu = 1 };
 *     matmul(w, x, d, n_tok, y, 4 * d, &end, work);
 *
 * y = x * transpose(w), then, in this order, as far as `end` asks for it: + bias, GELU,
 * + residual and layer norm; done while the values are in the cache. Where the only
 * reader of y is another product, y is made in the form that it multiplies:
 *
 *     struct matmul_rows *h = matmul_rows_new(down, n_tok, state);
 *     struct matmul_end end = { .bias = b, .gelu = 1, .next = h };
 *     matmul(up, x, d, n_tok, NULL, 0, &end, work);
 *     matmul_rows(h, y, d, &done, work);
 *
 * A row's result does not depend on the other rows, nor on how many there are. So who
 * wants two threads on one product gives each a part of the rows; or, where these are
 * few and the product waits for the weights, a part of the columns:
 *
 *     matmul_part(w, thread, n_thread, x, d, n_tok, y, ldy, &end, work);
 *
 * with the same y for all. The bits are the same.
 *
 * Threads: one call works on one thread; w is shared, y and work are the caller's.
 */
#ifndef TENSOR_MATMUL_H
#define TENSOR_MATMUL_H

#include <stddef.h>

#include "base/arena.h"
#include "tensor/pack.h"

struct matmul_rows;

struct matmul_end {
    const float *bias; /* [n_out] or NULL */
    int gelu;          /* the one with erf; needs a bias */
    struct {
        const float *gamma, *beta; /* [n_out]; NULL: no layer norm */
        float eps;
        const float *residual; /* [n_tok, n_out] or NULL; must not overlap y */
        size_t ld;
    } norm;
    struct matmul_rows *next; /* what y becomes rows of, or NULL; there is no norm */
};

/*
 * x [n_tok, n_in], y [n_tok, n_out]; ldx and ldy count floats from row to row. They do
 * not overlap. end may be NULL. work is scratch: this call empties it (arena_reset).
 */
void matmul(const struct pack *w, const float *x, size_t ldx, size_t n_tok, float *y,
            size_t ldy, const struct matmul_end *end, struct arena *work);

/* Columns [from, to) of y */
struct matmul_span {
    size_t from, to;
};

/* Those that are part `part` of `parts` of a product with w; may be none. next: that of
 * its end. Parts follow each other and are about as wide. */
struct matmul_span matmul_part_span(const struct pack *w, size_t part, size_t parts,
                                    const struct matmul_rows *next);

/* The same product, these columns alone; there is no norm. Writes nothing else to y, or
 * to end->next, which parts may fill at the same time. */
void matmul_part(const struct pack *w, size_t part, size_t parts, const float *x,
                 size_t ldx, size_t n_tok, float *y, size_t ldy,
                 const struct matmul_end *end, struct arena *work);

/* Room for n_tok rows as w multiplies them, in mem. */
struct matmul_rows *matmul_rows_new(const struct pack *w, size_t n_tok,
                                    struct arena *mem);

/* The same product with rows that an earlier one has filled. */
void matmul_rows(const struct matmul_rows *x, float *y, size_t ldy,
                 const struct matmul_end *end, struct arena *work);
void matmul_rows_part(const struct matmul_rows *x, size_t part, size_t parts, float *y,
                      size_t ldy, const struct matmul_end *end, struct arena *work);

/* Fills rows [row, row + n) of them with x [n, n_in]. */
void matmul_rows_set(struct matmul_rows *to, size_t row, const float *x, size_t ldx,
                     size_t n);

#endif
