/*
 * encoder.h - the encoder that BERT and its relatives are: every token sees all tokens
 * of its sequence, and every sum is normalized after it was made (post-norm)
 *
 *     x = norm(word[id] + type[0] + position[first + i])   [n_tok, d]
 *     n_layer times:
 *         q, k, v = x Wq + b, x Wk + b, x Wv + b           [n_tok, d] each
 *         s = q k^T / sqrt(d / n_head) + bias[i - j]       each head alone
 *         a = softmax(s) v                                 [n_tok, d]
 *         y = norm(x + a Wo + b)                           [n_tok, d]
 *         h = gelu(y Wup + b)                              [n_tok, d_ff]
 *         x = norm(y + h Wdown + b)                        [n_tok, d]
 *
 * All sequences are of type 0: pairs are not made here. A relative is a file that says
 * what its settings and tensors are called and where its positions begin:
 *
 *     struct encoder_shape s = { .n_type = 2, .eps = 1e-12 };
 *     if (encoder_read(&s, &kind, c, e))
 *         return NULL;
 *     return encoder_open(&kind, &s, w, pack, e);
 *
 * Owns, threads: as model.h says.
 * Source: Vaswani et al., "Attention Is All You Need", 2017; Devlin et al., "BERT:
 *         Pre-training of Deep Bidirectional Transformers for Language Understanding",
 *         2019. Tensor names as Hugging Face writes them.
 */
#ifndef MODEL_ENCODER_H
#define MODEL_ENCODER_H

#include "model/model.h"

/* What a family calls things. Constant. */
struct encoder_kind {
    struct {
        const char *d, *d_ff, *n_layer, *n_head, *act;
    } setting; /* in config.json */

    const char *root;  /* before all tensors, where the file has a head too: "bert." */
    const char *layer; /* before those of a layer: this and its number */
    /* Linear layers, each with .weight and .bias, */
    const char *query, *key, *value, *out, *up, *down;
    const char *attended, *done; /* and norms. */
};

extern const struct encoder_kind bert_kind; /* RoBERTa's too, but for the root */

struct encoder_shape {
    int n_vocab;
    int n_position, first; /* rows of the table of positions, and where texts begin */
    int n_type;            /* 0: there are no types */
    int d, d_ff, n_layer, n_head;
    double eps;

    /* What a head adds to a score by the distance i - j of query and key: column
     * `head` of the tensor's row bucket(i - j). NULL: nothing. */
    const char *relative; /* [n_bucket, n_head] */
    int n_bucket;
    int (*bucket)(int distance);
};

/* Fill in the sizes. Those that not every file has keep what they are where it has
 * none: n_type and eps. ERR_MODEL; so is an activation that is not gelu. */
int encoder_read(struct encoder_shape *s, const struct encoder_kind *kind,
                 const struct config *c, struct err *e);

/* ERR_MODEL, ERR_NOMEM. */
struct model *encoder_open(const struct encoder_kind *kind,
                           const struct encoder_shape *s, const struct weights *w,
                           const struct pack_opt *pack, struct err *e);

/* For struct model_ops */
void encoder_close(struct model *m);
void encoder_encode(const struct model *m, const struct model_batch *b, float *hidden,
                    struct model_work *work);

#endif
