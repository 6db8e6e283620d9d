/*
 * mpnet.c - MPNet: encoder.h without token types, with positions from 2 and a bias by
 * the distance of two tokens, which all layers share
 *
 * Source: Song et al., "MPNet: Masked and Permuted Pre-training for Language
 *         Understanding", 2020; the buckets are those of Raffel et al., "Exploring the
 *         Limits of Transfer Learning with a Unified Text-to-Text Transformer", 2020.
 */
#include "model/encoder.h"
#include "model/taskhead.h"

#define BUCKETS 32

static const struct encoder_kind kind = {
    .setting = { "hidden_size", "intermediate_size", "num_hidden_layers",
                 "num_attention_heads", "hidden_act" },
    .root = "mpnet.",
    .layer = "encoder.layer.",
    .query = "attention.attn.q",
    .key = "attention.attn.k",
    .value = "attention.attn.v",
    .out = "attention.attn.o",
    .attended = "attention.LayerNorm",
    .up = "intermediate.dense",
    .down = "output.dense",
    .done = "output.LayerNorm",
};

/* Distances up to 7 have a bucket each, beyond them the buckets widen by sqrt(2), the
 * last one, from 91 on, has the rest; keys behind the query have the upper half. */
static int
bucket(int distance)
{
    static const int from[] = { 8, 12, 16, 23, 32, 46, 64, 91 };
    int n = distance < 0 ? -distance : distance, b = n;

    if (n >= from[0])
        for (b = 8; b < 15 && n >= from[b - 7];)
            b++;
    return distance < 0 ? b + BUCKETS / 2 : b;
}

static struct model *
mpnet_open(const struct config *c, const struct weights *w, const struct pack_opt *pack,
           struct err *e)
{
    struct encoder_shape s = { .eps = 1e-12,
                               .first = 2,
                               .relative = "encoder.relative_attention_bias.weight",
                               .n_bucket = BUCKETS,
                               .bucket = bucket };
    int n = BUCKETS;

    if (encoder_read(&s, &kind, c, e) ||
        config_opt_int(c, "relative_attention_num_buckets", BUCKETS, BUCKETS, &n, e))
        return NULL;
    if (s.first >= s.n_position) {
        config_bad(c, "max_position_embeddings", e, "%d leaves no room for a token",
                   s.n_position);
        return NULL;
    }
    return encoder_open(&kind, &s, w, pack, e);
}

const struct model_ops mpnet_ops = { "mpnet", mpnet_open, encoder_close, encoder_encode,
                                     roberta_heads };
