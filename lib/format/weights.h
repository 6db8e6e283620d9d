/*
 * weights.h - the tensors of a model, by name, whatever file they are in
 *
 *     struct weights *w = weights_open(dir, &e);
 *     const struct weight *t = weights_get(w, "pooler.dense.bias", 1, &n_embd, &e);
 *     quant_to_f32(t->type, t->data, bias, n_embd);
 *     weights_close(w);
 *
 * Files are mapped, not read. Each format is a line of weights_list.h and a file that
 * calls weights_build.h. Whatever is wrong with a file is ERR_MODEL and says where.
 *
 * Owns:    the mappings and the names; all pointers are valid until weights_close().
 * Threads: constant after open.
 * Limits:  8 dimensions. Tensors of an element type that quant.h does not know are
 *          listed, and refused only when somebody asks for them.
 */
#ifndef FORMAT_WEIGHTS_H
#define FORMAT_WEIGHTS_H

#include <stddef.h>

#include "base/err.h"
#include "base/sha.h"
#include "base/str.h"
#include "format/meta.h"
#include "quant/quant.h"

#define WEIGHTS_DIMS 8

struct weight {
    struct str name;
    struct str dtype;         /* as the file writes it */
    enum quant_type type;     /* QUANT_TYPES: not one that quant.h reads */
    int n_dim;                /* 0: a scalar */
    size_t dim[WEIGHTS_DIMS]; /* slowest first: a matrix is [rows, columns] */
    const void *data;         /* any alignment */
    size_t bytes;
};

struct weights;

/* A folder (its weight file is looked for) or a file. */
struct weights *weights_open(const char *path, struct err *e);
void weights_close(struct weights *w); /* NULL is fine */

/* NULL: there is no such tensor. */
const struct weight *weights_find(const struct weights *w, const char *name);

/* The tensor of that name, shape and a readable type; else an error that names it. */
const struct weight *weights_get(const struct weights *w, const char *name, int n_dim,
                                 const size_t *dim, struct err *e);

/* The data will not be read again soon: its memory is let go until it is. */
void weights_let_go(const struct weights *w, const struct weight *t);

size_t weights_count(const struct weights *w);
const struct weight *weights_at(const struct weights *w, size_t i); /* i < count */

/* SHA-256 of all of it: of the file, or of the shards' in the order of the index. 0: it
 * is not remembered (sha.h), and `compute` did not ask for more. */
int weights_sha(const struct weights *w, int compute, char hex[SHA_HEX]);

size_t weights_bytes(const struct weights *w); /* of its files */

/* What the file says about itself; NULL where its format has no such thing. */
const struct meta *weights_meta(const struct weights *w);

const char *weights_path(const struct weights *w); /* the file that was opened */

#endif
