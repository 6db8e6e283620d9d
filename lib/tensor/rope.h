/*
 * rope.h - rotary positions: pairs of a query's or a key's numbers, turned by an angle
 * that grows with the token's position
 *
 *     struct rope r;
 *     rope_init(&r, &opt, mem);                        once
 *     rope_angles(&r, from, n, turn);                  turn [n, dim]
 *     rope_apply(turn, n, x, ld, n_head, &r);
 *
 * Pair i of a head's dim / 2 turns by position * base^(-2i / dim) / factor[i]. Pairs
 * are (i, i + dim / 2), as Hugging Face has them, or, `next`, (2i, 2i + 1), as the GGUF
 * files of the llama family do.
 *
 * Source: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding",
 *         2021; the scaling of Llama 3: config.json's rope_type "llama3".
 * Threads: constant after rope_init(); the rest are pure functions.
 */
#ifndef TENSOR_ROPE_H
#define TENSOR_ROPE_H

#include <stddef.h>

#include "base/arena.h"

/* Where texts are longer than those that the base was made for */
struct rope_stretch {
    double low, high; /* wave lengths above context / low are stretched by the factor,
                         those below context / high are not, between them in part */
    double context;   /* tokens that the model was first made for */
};

struct rope_opt {
    size_t dim; /* of a head, even */
    double base;
    double factor;                      /* all angles are divided by it; 1: none */
    const struct rope_stretch *stretch; /* some are; NULL: all */
    const float *factors;               /* [dim / 2] or NULL: each has its own, too */
    int next;
};

struct rope {
    size_t dim;
    int next;
    double *speed; /* [dim / 2]: radians a token */
};

/* What it needs lies in mem. */
void rope_init(struct rope *r, const struct rope_opt *opt, struct arena *mem);

/* The cosines and sines at one position, up to TRIG_MOST radians: turn [2, dim / 2] */
void rope_angles(const struct rope *r, size_t position, float *turn);

/* x [n_head, dim]: of one token, in place */
void rope_apply(const struct rope *r, const float *turn, float *x, size_t n_head);

#endif
