/*
 * roberta.c - RoBERTa and XLM-R: encoder.h with one token type; positions count from
 * behind the padding token's id
 *
 * Source: Liu et al., "RoBERTa: A Robustly Optimized BERT Pretraining Approach", 2019;
 *         Conneau et al., "Unsupervised Cross-lingual Representation Learning at
 *         Scale", 2020.
 */
#include "model/encoder.h"
#include "model/taskhead.h"

const struct taskhead_kind roberta_heads[TASKHEADS] = {
    [TASKHEAD_SEQUENCE] = { .dense = "classifier.dense",
                            .act = TASKHEAD_TANH,
                            .out = "classifier.out_proj" },
    [TASKHEAD_TOKENS] = { .out = "classifier" },
    [TASKHEAD_MASK] = { .dense = "lm_head.dense",
                        .act = TASKHEAD_GELU,
                        .norm = "lm_head.layer_norm",
                        .out = "lm_head.decoder",
                        .bias = "lm_head.bias" },
};

static struct model *
roberta_open(const struct config *c, const struct weights *w,
             const struct pack_opt *pack, struct err *e)
{
    struct encoder_shape s = { .n_type = 1, .eps = 1e-12 };
    struct encoder_kind kind = bert_kind;
    int padding = 1;

    kind.root = "roberta.";
    if (encoder_read(&s, &kind, c, e) ||
        config_opt_int(c, "pad_token_id", 0, s.n_position - 2, &padding, e))
        return NULL;
    s.first = padding + 1;
    if (s.first >= s.n_position) {
        config_bad(c, "max_position_embeddings", e, "%d leaves no room for a token",
                   s.n_position);
        return NULL;
    }
    return encoder_open(&kind, &s, w, pack, e);
}

const struct model_ops roberta_ops = { "roberta", roberta_open, encoder_close,
                                       encoder_encode, roberta_heads };
const struct model_ops roberta_xlm_ops = { "xlm-roberta", roberta_open, encoder_close,
                                           encoder_encode, roberta_heads };
