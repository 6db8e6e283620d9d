/*
 * kv.h - the keys and values that a sequence remembers, and attention to them
 *
 * They lie in blocks of KV_BLOCK tokens, each with all layers, so that sequences share
 * the blocks of a common beginning; they are rounded to the type of the cache before
 * anything reads them. A query's result does not depend on which are asked at once, nor
 * on how the tokens came in.
 *
 *     struct kv_shape s = { .n_layer = 30, .n_head = 9, .n_kv = 3, .dim = 64 };
 *     void *block[] = { mem_alloc(kv_block_bytes(k, &s)), ... };
 *     kv_put(k, &s, block, layer, at, key, value);         for each token of the chunk
 *     kv_attend(k, &s, &a, out, work);
 *
 * Score of a query and a key: one fma chain over dim; weights: softmax over the keys
 * that the query sees, summed by their positions modulo 16; output: one fma chain over
 * the keys in order.
 *
 * Source: Ainslie et al., "GQA: Training Generalized Multi-Query Transformer Models",
 *         2023; Kwon et al., "Efficient Memory Management for Large Language Model
 *         Serving with PagedAttention", 2023 (blocks).
 * Threads: one writes a block; any number read those that are complete.
 */
#ifndef TENSOR_KV_H
#define TENSOR_KV_H

#include <stddef.h>

#include "base/arena.h"
#include "kernel/kernel.h"

#define KV_BLOCK   64
#define KV_MAX_DIM 512 /* of a head */

enum kv_type {
    KV_F16, /* numbers beyond its range become its largest */
    KV_I8,  /* 8 bits, a scale for each token and head: x = scale * q, |q| <= 127 */
    KV_F32, /* as they are */
    KV_TYPES
};

const char *kv_name(enum kv_type type); /* "f16" */
int kv_find(const char *name);          /* -1: no such type */

struct kv_shape {
    enum kv_type type;
    size_t n_layer;
    size_t
        n_head; /* of queries, a multiple of n_kv: head h reads h / (n_head / n_kv) */
    size_t n_kv, dim;
};

/* Blocks of n tokens */
static inline size_t
kv_blocks(size_t n)
{
    return n / KV_BLOCK + (n % KV_BLOCK > 0);
}

/* A multiple of MEM_ALIGN; SIZE_MAX: too many */
size_t kv_block_bytes(const struct kernels *k, const struct kv_shape *s);

/* The token at position `at`: key and value [n_kv, dim] */
void kv_put(const struct kernels *k, const struct kv_shape *s, void *const *block,
            size_t layer, size_t at, const float *key, const float *value);

/* Queries of one sequence */
struct kv_part {
    void *const *block;
    size_t first, n; /* their positions; tokens up to first + n are there */
};

struct kv_attend {
    const struct kv_part *part; /* those that share blocks are best neighbours */
    size_t n_part;
    size_t layer;
    size_t window;      /* tokens that a query sees, itself included; 0: all */
    float scale;        /* of the scores */
    float cap;          /* score = cap * tanh(score / cap); 0: no cap */
    const float *query; /* [n of all parts, n_head * dim], */
    size_t ld;          /* floats from one row to the next */
};

/* Bytes of scratch that it may need for sequences of n_ctx tokens */
size_t kv_attend_bytes(const struct kv_shape *s, size_t n_ctx);

/* out [n of all parts, n_head * dim]. work is scratch: this call empties it. */
void kv_attend(const struct kernels *k, const struct kv_shape *s,
               const struct kv_attend *a, float *out, struct arena *work);

#endif
