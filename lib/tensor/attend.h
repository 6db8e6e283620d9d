/*
 * attend.h - multi-head self-attention over sequences packed end to end
 *
 *     size_t start[] = { 0, 12, 31 };              two sequences, of 12 and 19 tokens
 *     struct attend_shape s = { .n_head = 12, .head_dim = 32 };
 *     attend(k, &s, qkv, start, 2, out, work);
 *
 * out = softmax(Q K^T / sqrt(head_dim)) V for each head; every token sees all tokens of
 * its sequence and no other. Source: Vaswani et al., "Attention Is All You Need", 2017.
 *
 * A sequence's result does not depend on its neighbours.
 *
 * Threads: one call works on one thread; out and work are the caller's.
 */
#ifndef TENSOR_ATTEND_H
#define TENSOR_ATTEND_H

#include <stddef.h>

#include "base/arena.h"
#include "kernel/kernel.h"

struct attend_shape {
    size_t n_head, head_dim; /* d = n_head * head_dim */
    int in16; /* whole numbers of 10 to 15 bits, for what comes of 8 bits; not with a
                 distance */
};

/*
 * qkv [n_tok, 3 * d]: of each token the queries, keys and values, in this order; out
 * [n_tok, d], not overlapping it. start [n_seq + 1]: where each sequence begins, the
 * last one is n_tok. work is scratch: this call empties it; it takes what one head of
 * the longest sequence does, kernel_attend_work() floats.
 */
void attend(const struct kernels *k, const struct attend_shape *shape, const float *qkv,
            const size_t *start, size_t n_seq, float *out, struct arena *work);

/* What the distance of query i and key j adds to their score: of each head, from i - j
 * = 1 - n to n - 1. */
struct attend_distance {
    const float *add; /* [n_head, 2 * n - 1] */
    size_t n;         /* no sequence is longer */
};

/* The same with softmax(Q K^T / sqrt(head_dim) + add) V. Source: Shaw et al.,
 * "Self-Attention with Relative Position Representations", 2018, as Raffel et al.,
 * "Exploring the Limits of Transfer Learning", 2020, made it one number. */
void attend_relative(const struct kernels *k, const struct attend_shape *shape,
                     const struct attend_distance *distance, const float *qkv,
                     const size_t *start, size_t n_seq, float *out, struct arena *work);

#endif
