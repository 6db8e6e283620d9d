/*
 * pack.h - the weights of a linear layer, laid out for the matrix product
 *
 *     struct pack *w = pack_new(ARITH_F32, QUANT_F32, data, 1536, 384, k, pool, &e);
 *     matmul(w, x, n_tok, ...);                       see matmul.h
 *     pack_free(w);
 *
 * An arithmetic is what --precision names: how numbers are rounded on the way, with one
 * answer on every CPU. The layout behind it is a matter of the level and stays inside.
 * A new arithmetic is a file arith_NAME.c and a line in pack.c.
 *
 * Owns:    its copy of the weights; the source may go after pack_new().
 * Threads: constant after pack_new(), shared by all workers.
 */
#ifndef TENSOR_PACK_H
#define TENSOR_PACK_H

#include <stddef.h>

#include "base/err.h"
#include "base/pool.h"
#include "kernel/kernel.h"
#include "quant/quant.h"

enum arith {
    ARITH_F32, /* all in f32 */
    ARITHS
};

const char *pack_arith_name(enum arith arith); /* "f32" */
int pack_arith_find(const char *name);         /* -1: no such arithmetic */

struct pack;

/*
 * Packs w [n_out, n_in], row-major, any alignment (as Hugging Face stores
 * Linear.weight). The caller has checked that w holds all of it: quant_bytes(type,
 * n_in) for each row. The pool, or NULL, shares the work. Errors: ERR_MODEL for an
 * empty or ragged shape, ERR_NOMEM.
 */
struct pack *pack_new(enum arith arith, enum quant_type type, const void *w,
                      size_t n_out, size_t n_in, const struct kernels *k,
                      struct pool *pool, struct err *e);
void pack_free(struct pack *p); /* NULL is fine */

size_t pack_n_out(const struct pack *p);
size_t pack_n_in(const struct pack *p);
size_t pack_bytes(const struct pack *p); /* heap memory that it holds */

#endif
