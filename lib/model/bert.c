/*
 * bert.c - BERT: encoder.h with two token types and positions from 0
 *
 * Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for
 *         Language Understanding", 2019.
 */
#include "model/encoder.h"
#include "model/taskhead.h"

const struct encoder_kind bert_kind = {
    .setting = { "hidden_size", "intermediate_size", "num_hidden_layers",
                 "num_attention_heads", "hidden_act" },
    .root = "bert.",
    .layer = "encoder.layer.",
    .query = "attention.self.query",
    .key = "attention.self.key",
    .value = "attention.self.value",
    .out = "attention.output.dense",
    .attended = "attention.output.LayerNorm",
    .up = "intermediate.dense",
    .down = "output.dense",
    .done = "output.LayerNorm",
};

static const struct taskhead_kind heads[TASKHEADS] = {
    [TASKHEAD_SEQUENCE] = { .dense = "bert.pooler.dense",
                            .act = TASKHEAD_TANH,
                            .out = "classifier" },
    [TASKHEAD_TOKENS] = { .out = "classifier" },
    [TASKHEAD_MASK] = { .dense = "cls.predictions.transform.dense",
                        .act = TASKHEAD_GELU,
                        .norm = "cls.predictions.transform.LayerNorm",
                        .out = "cls.predictions.decoder",
                        .bias = "cls.predictions.bias" },
};

static struct model *
bert_open(const struct config *c, const struct weights *w, const struct pack_opt *pack,
          struct err *e)
{
    struct encoder_shape s = { .n_type = 2, .eps = 1e-12 };

    if (encoder_read(&s, &bert_kind, c, e))
        return NULL;
    return encoder_open(&bert_kind, &s, w, pack, e);
}

const struct model_ops bert_ops = { "bert", bert_open, encoder_close, encoder_encode,
                                    heads };
