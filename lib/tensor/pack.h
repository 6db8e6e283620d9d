/*
 * pack.h - the weights of a linear layer, laid out for the matrix product
 *
 *     struct pack_opt opt = { .arith = ARITH_F32, .kernels = k, .pool = pool };
 *     struct pack_rows rows = { QUANT_F32, data, 1536 };
 *     struct pack_matrix m = { .part = &rows, .n_part = 1, .n_in = 384 };
 *     struct pack *w = pack_new(&opt, &m, &e);
 *     matmul(w, x, n_tok, ...);                       see matmul.h
 *     pack_free(w);
 *
 * An arithmetic is what --precision names: how numbers are rounded on the way, with one
 * answer on every CPU. The layout behind it is a matter of the level and stays inside.
 * A new arithmetic is a file arith_NAME.c and a line in pack.c.
 *
 * Weights in blocks of integers (QUANT_Q8_0 and what follows) are not rounded again:
 * but for f32, a matrix whose parts all are such is multiplied by as it is stored,
 * activations having 8 bits, in i16 16, and a scale for every 32 inputs; packed it has
 * about the bytes that it has in the model's file. See arith_qb.c.
 *
 * Owns:    its copy of the weights, but where a file gives them; the source may go
 *          after pack_new().
 * Threads: constant after pack_new(), shared by all workers.
 */
#ifndef TENSOR_PACK_H
#define TENSOR_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "kernel/kernel.h"
#include "quant/quant.h"

enum arith {
    ARITH_F32,   /* all in f32 */
    ARITH_I8,    /* 8 bits, a scale for every 192 inputs on both sides, sums in f32 */
    ARITH_I8B32, /* the same for every 32 inputs */
    ARITH_I16,   /* as I8 with blocks of 128, but activations have 16 bits */
    ARITHS
};

const char *pack_arith_name(enum arith arith); /* "f32" */
int pack_arith_find(const char *name);         /* -1: no such arithmetic */
int pack_arith_version(enum arith arith);      /* of its layouts, for packfile.h */

/* Rows of n_in weights each, end to end, any alignment (as Hugging Face stores
 * Linear.weight). */
struct pack_rows {
    enum quant_type type;
    const void *w;
    size_t n;
};

enum pack_bears { PACK_HALF, PACK_LESS, PACK_MORE };

/* A matrix [n_out, n_in] in parts, one below the other: n_out is the sum of their rows.
 */
struct pack_matrix {
    const struct pack_rows *part;
    size_t n_part, n_in;
    const float *usual;    /* [n_in] or NULL: how large each input usually is, up to a
                           factor, where that is known; 8 bits are then spent better.
                           Of no use to weights that are in blocks or have a step. */
    enum pack_bears bears; /* what the weights bear of inputs that are not alike */
    float step; /* every weight is a whole multiple of it, of 127 at most; 0: none is
                   known. Then 8 bits hold the weights as they are. */
};

struct packfile;

struct pack_opt {
    enum arith arith;
    const struct kernels *kernels;
    struct pool *pool;     /* shares the work; NULL: on this thread */
    struct packfile *file; /* of these weights, open; NULL: none. Outlives the pack. */
};

struct pack;

/*
 * The caller has checked that each part is there: quant_bytes(type, n_in) for each row.
 * The file, if it has this matrix, gives it, else it gets it. Errors: ERR_MODEL for an
 * empty or ragged shape, ERR_NOMEM.
 */
struct pack *pack_new(const struct pack_opt *opt, const struct pack_matrix *w,
                      struct err *e);
void pack_free(struct pack *p); /* NULL is fine */

/* Will pack_new() find the matrix in the file? Then it reads, as this does, the first
 * and the last row of each part alone, and the others need not be there. */
int pack_is_kept(const struct pack_opt *opt, const struct pack_matrix *w);

/* Bytes that weights [n_out, n_in] of a type take when they are packed on this machine;
 * SIZE_MAX: too many. */
size_t pack_size(enum arith arith, enum quant_type type, size_t n_out, size_t n_in);

/* Some of its rows as a matrix of their own, in mem, which outlives it: row [n], each
 * below n_out, n > 0. Products with it give the bits that those with all rows give. Not
 * for pack_free(). */
struct pack *pack_take(const struct pack *p, const int32_t *row, size_t n,
                       struct arena *mem);

size_t pack_n_out(const struct pack *p);
size_t pack_n_in(const struct pack *p);
size_t pack_bytes(const struct pack *p); /* heap memory that it holds */

#endif
