/*
 * marianload.h - the inside of marian.h: what a model is made of, and how it is loaded
 *
 * Threads: start only.
 */
#ifndef MODEL_MARIANLOAD_H
#define MODEL_MARIANLOAD_H

#include "base/arena.h"
#include "base/err.h"
#include "model/marianstore.h"
#include "tensor/pack.h"
#include "tensor/packfile.h"

/* y = x W^T + b, x limited to [-limit, limit] */
struct marian_linear {
    struct pack *w;
    const float *bias; /* NULL: none */
    float limit;       /* more than 0, or infinite */
};

struct marian_norm {
    const float *gamma, *beta;
};

struct marian_attention {
    struct marian_linear query, key, value, out; /* d -> d */
    struct marian_norm norm;
};

struct marian_forward {
    struct marian_linear up;   /* d -> d_ff */
    struct marian_linear down; /* d_ff -> d */
    struct marian_norm norm;
};

struct marian_layer {
    struct marian_linear cell, forget; /* d -> d, of a decoder with cells */
    struct marian_norm remembered;
    struct marian_attention self;    /* of a decoder without, and of the encoder */
    struct marian_attention context; /* of the decoder, to the source */
    struct marian_forward forward;
};

struct marian {
    const struct kernels *k;
    struct marianstore *store;
    struct packfile *packed;
    struct marianstore_settings s;
    struct marianstore_table source, target; /* [words, d] */
    struct marian_linear logits;             /* d -> n_vocab */
    float *position;                         /* [MARIAN_STEPS, d] */
    struct marian_layer *layer;              /* [n_enc + n_dec] */
    struct arena vectors;
};

/* Everything of an open m->store, packed as `pack` says; m->k is set. ERR_MODEL,
 * ERR_NOMEM; what was loaded until then is m's. */
int marianload(struct marian *m, const struct pack_opt *pack, struct err *e);
void marianload_release(struct marian *m);

#endif
