/*
 * decodernet.h - the inside of decoder.h: what a decoder is made of, and how an
 * architecture says so
 *
 *     x = word[id] * embed_scale + position[i]              [n_tok, d]
 *     n_layer times:
 *         h = norm(x)                                        [n_tok, d]
 *         q, k, v = h Wq + b, h Wk + b, h Wv + b             heads of dim numbers
 *         q, k = turn(norm(q), i), turn(norm(k), i)
 *         a = softmax(q k^T * scale) v                       of the tokens before
 *         x = x + norm(a Wo + b)
 *         h = norm(x)
 *         f = act(h Wgate) * (h Wup + b)                     [n_tok, d_ff]
 *         x = x + norm(f Wdown + b)
 *     logits = norm(x) Wout^T                                [n_tok, n_vocab]
 *
 * What an architecture does not have it leaves out: the norms of q, k and of what is
 * added, the gate, biases, learned positions or turns. An architecture is a file that
 * fills in a struct decoder_shape, which begins with what all files say alike, and a
 * line of decoder_list.h.
 *
 * Threads: start only.
 */
#ifndef MODEL_DECODERNET_H
#define MODEL_DECODERNET_H

#include "model/decoder.h"
#include "tensor/matmul.h"
#include "tensor/packfile.h"
#include "tensor/rope.h"

enum decoder_act { DECODER_SILU, DECODER_GELU_TANH };

struct decoder_turn {
    double base, factor; /* see rope.h */
};

struct decoder_shape {
    /* What decodeset_read() reads; the file need not say what is there already */
    int n_vocab, n_ctx, d, d_ff, n_layer, n_head, n_kv, dim;
    double eps;
    struct decoder_turn turn;
    struct rope_stretch stretch; /* high is 0: none */

    /* What an architecture adds; all 0: Llama */
    enum decoder_act act;
    int layer_norm;     /* norms have a mean and a beta */
    int no_gate;        /* f = act(h Wup + b) */
    int positions;      /* they are learned, nothing is turned */
    int joined;         /* q, k, v are one matrix */
    int transposed;     /* matrices lie as [n_in, n_out] */
    int biased;         /* q, k and v have biases; 0: where the file has them */
    int head_norm;      /* q and k are normalized */
    int added_norm;     /* so is what is added */
    int next;           /* rope.h: pairs are neighbours */
    double embed_scale; /* 0: none */
    double norm_plus;   /* added to gamma */
    double scale;       /* of scores; 0: 1 / sqrt(dim) */
    double score_cap, logit_cap;
    int window, every; /* a query sees so many tokens, but for each layer whose number,
                          from 1, is a multiple of `every`; 0: all see all */
    struct decoder_turn local; /* of layers with a window; base 0: as the others */
};

/* Tensors' names; those of a layer follow its prefix. Linear layers have .weight and
 * perhaps .bias. NULL: there is none. */
struct decoder_names {
    const char *word, *position, *norm, *output;
    const char *layer; /* "blk.%d." */
    const char *attend_norm, *query, *key, *value, *joined, *query_norm, *key_norm;
    const char *attend_out, *attended_norm;
    const char *forward_norm, *gate, *up, *down, *forwarded_norm;
};

/* Where settings come from: one of the two */
struct decoder_source {
    const struct meta *meta; /* keys follow `arch` and a dot */
    const struct config *config;
    const struct weights *weights;
    const char *arch;
    int nested; /* config is an object in config.json, which leaves out what is usual */
};

struct decoder_arch {
    const char *name;                   /* general.architecture and model_type */
    const char *alias;                  /* another model_type, or NULL */
    const struct decoder_names *folder; /* of Hugging Face */
    int (*read)(struct decoder_shape *s, const struct decoder_source *from,
                struct err *e);
};

extern const struct decoder_names decodernet_gguf, decodernet_folder;

/* A setting by either name; NULL: it has no such name. Optional, as is an int that is
 * above 0 already: *v stays where the file has none. ERR_MODEL. */
int decodeset_int(const struct decoder_source *from, const char *meta,
                  const char *config, int lo, int hi, int *v, struct err *e);
int decodeset_opt_int(const struct decoder_source *from, const char *meta,
                      const char *config, int lo, int hi, int *v, struct err *e);
int decodeset_opt_double(const struct decoder_source *from, const char *meta,
                         const char *config, double lo, double hi, double *v,
                         struct err *e);
int decodeset_opt_str(const struct decoder_source *from, const char *meta,
                      struct str *v, struct err *e); /* of GGUF files only */

/* Set e to ERR_MODEL and a message about a setting. Always -1. */
int decodeset_bad(const struct decoder_source *from, const char *meta,
                  const char *config, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Sizes and turns under the names that most files use, checked. */
int decodeset_read(struct decoder_shape *s, const struct decoder_source *from,
                   struct err *e);

/* Its parts: n_kv and dim as n_head and d have them; how positions turn, for heads of
 * dim; which layers have a window, where config.json lists that. */
int decodeset_heads(struct decoder_shape *s, const struct decoder_source *from,
                    struct err *e);
int decodeturn_read(struct decoder_shape *s, const struct decoder_source *from,
                    struct err *e);
int decodeset_layer_types(struct decoder_shape *s, const struct decoder_source *from,
                          struct err *e);

/* ---- the network ---- */

struct decoder_linear {
    struct pack *w;
    const float *bias; /* NULL: none */
};

struct decoder_norm {
    const float *gamma, *beta; /* gamma NULL: no norm */
};

struct decoder_layer {
    struct decoder_norm attend, query, key, attended, forward, forwarded;
    struct decoder_linear qkv, out;
    struct decoder_linear up; /* with the gate before it */
    struct decoder_linear down;
    int local;
};

struct decoder_net {
    struct decoder face;
    struct decoder_shape shape;
    const struct kernels *k;
    struct kv_shape kv;
    enum arith arith;
    struct weights *weights;
    struct config *config, *text; /* text: its part about texts, or NULL */
    struct packfile *packed;
    const struct weight *word, *position;
    struct decoder_linear output;
    struct decoder_norm norm;
    struct decoder_layer *layer; /* [n_layer] */
    struct rope rope[2];         /* [1]: of layers with a window */
    struct arena vectors;
};

/* Fill in a zeroed net whose face, weights, config and k are there. ERR_MODEL,
 * ERR_NOMEM; what was loaded until then is the net's. */
int decodernet_load(struct decoder_net *n, const struct decoder_arch *arch,
                    const struct decoder_source *from, const struct pack_opt *pack,
                    struct err *e);
void decodernet_release(struct decoder_net *n);

#endif
