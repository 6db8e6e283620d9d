/*
 * distilbert.c - DistilBERT: encoder.h without token types, under other names
 *
 * Source: Sanh et al., "DistilBERT, a distilled version of BERT", 2019.
 */
#include "model/encoder.h"
#include "model/taskhead.h"

static const struct encoder_kind kind = {
    .setting = { "dim", "hidden_dim", "n_layers", "n_heads", "activation" },
    .root = "distilbert.",
    .layer = "transformer.layer.",
    .query = "attention.q_lin",
    .key = "attention.k_lin",
    .value = "attention.v_lin",
    .out = "attention.out_lin",
    .attended = "sa_layer_norm",
    .up = "ffn.lin1",
    .down = "ffn.lin2",
    .done = "output_layer_norm",
};

static const struct taskhead_kind heads[TASKHEADS] = {
    [TASKHEAD_SEQUENCE] = { .dense = "pre_classifier",
                            .act = TASKHEAD_RELU,
                            .out = "classifier" },
    [TASKHEAD_TOKENS] = { .out = "classifier" },
    [TASKHEAD_MASK] = { .dense = "vocab_transform",
                        .act = TASKHEAD_GELU,
                        .norm = "vocab_layer_norm",
                        .out = "vocab_projector",
                        .bias = "vocab_projector.bias" },
};

static struct model *
distilbert_open(const struct config *c, const struct weights *w,
                const struct pack_opt *pack, struct err *e)
{
    struct encoder_shape s = { .eps = 1e-12 };

    if (encoder_read(&s, &kind, c, e))
        return NULL;
    return encoder_open(&kind, &s, w, pack, e);
}

const struct model_ops distilbert_ops = { "distilbert", distilbert_open, encoder_close,
                                          encoder_encode, heads };
