/*
 * decode_gpt2.c - GPT-2: learned positions, layer norms with a mean, biases everywhere,
 * no gate
 *
 * Hugging Face has its matrices as [n_in, n_out].
 *
 * Source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.
 */
#include "model/decodernet.h"

static const struct decoder_names folder = {
    .word = "transformer.wte",
    .position = "transformer.wpe",
    .norm = "transformer.ln_f",
    .output = "lm_head",
    .layer = "transformer.h.%d.",
    .attend_norm = "ln_1",
    .joined = "attn.c_attn",
    .attend_out = "attn.c_proj",
    .forward_norm = "ln_2",
    .up = "mlp.c_fc",
    .down = "mlp.c_proj",
};

static int
read_sizes(struct decoder_shape *s, const struct config *c, struct err *e)
{
    if (config_int(c, "vocab_size", 1, 1 << 24, &s->n_vocab, e) ||
        config_int(c, "n_positions", 1, 1 << 24, &s->n_ctx, e) ||
        config_int(c, "n_embd", 1, 1 << 20, &s->d, e) ||
        config_int(c, "n_layer", 1, 1 << 12, &s->n_layer, e) ||
        config_int(c, "n_head", 1, 1 << 12, &s->n_head, e))
        return -1;
    s->d_ff = 4 * s->d;
    if (config_opt_int(c, "n_inner", 1, 1 << 20, &s->d_ff, e))
        return -1;
    return 0;
}

/* Settings that change the result, and that nobody sets */
static int
check_usual(const struct config *c, struct err *e)
{
    int scaled = 1;

    if (config_expect(c, "activation_function", "gelu_new", e) ||
        config_opt_bool(c, "scale_attn_weights", &scaled, e) ||
        config_expect_off(c, "scale_attn_by_inverse_layer_idx", e) ||
        config_expect_off(c, "add_cross_attention", e))
        return -1;
    return scaled ? 0
                  : config_bad(c, "scale_attn_weights", e, "false is not supported");
}

static int
read_gpt2(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    s->act = DECODER_GELU_TANH;
    s->layer_norm = s->no_gate = s->positions = s->joined = 1;
    s->transposed = from->config != NULL;
    s->biased = 1;
    s->eps = 1e-5;
    if (decodeset_opt_double(from, "attention.layer_norm_epsilon", "layer_norm_epsilon",
                             0, 1, &s->eps, e))
        return -1;
    if (from->meta)
        return decodeset_read(s, from, e);
    return read_sizes(s, from->config, e) || check_usual(from->config, e) ||
                   decodeset_heads(s, from, e)
               ? -1
               : 0;
}

const struct decoder_arch decode_gpt2 = { "gpt2", NULL, &folder, read_gpt2 };
