/*
 * cross.h - attention of one query to tokens of another sequence
 *
 *     struct cross_shape s = { .n_head = 8, .head_dim = 32 };
 *     cross(k, &s, query, memory, n, out, work);
 *
 * out = softmax(q K^T / sqrt(head_dim)) V for each head. Keys and values lie beside
 * each other, since they were made together and are read together.
 *
 * Threads: one call works on one thread; out and work are the caller's.
 */
#ifndef TENSOR_CROSS_H
#define TENSOR_CROSS_H

#include <stddef.h>

#include "base/arena.h"
#include "kernel/kernel.h"

struct cross_shape {
    size_t n_head, head_dim; /* d = n_head * head_dim */
};

/* query [d], memory [n, 2 d]: of each token its keys and its values, n > 0; out [d],
 * not overlapping them. work is scratch: this call empties it. */
void cross(const struct kernels *k, const struct cross_shape *shape, const float *query,
           const float *memory, size_t n, float *out, struct arena *work);

/* The same with keys and values of token t at list[t] + at. */
void cross_list(const struct kernels *k, const struct cross_shape *shape,
                const float *query, const float *const *list, size_t at, size_t n,
                float *out, struct arena *work);

#endif
