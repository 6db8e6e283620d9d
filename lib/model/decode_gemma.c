/*
 * decode_gemma.c - Gemma 1 to 3
 *
 * Words are scaled by sqrt(d). From Gemma 2 on, what a layer adds is normalized, and
 * most layers see a window. Gemma 2 caps scores and logits; Gemma 3 normalizes q and k
 * in place of that, and turns faster in the layers with a window. A norm's weight is
 * gamma - 1 but in GGUF files.
 *
 * Of Gemma 3 for images and texts, the part for texts: its settings are an object in
 * config.json that leaves out what it has in common with others.
 *
 * Source: Gemma Team, "Gemma: Open Models Based on Gemini Research and Technology",
 *         2024; "Gemma 2: Improving Open Language Models at a Practical Size",
 *         2024; "Gemma 3 Technical Report", 2025.
 */
#include <math.h>
#include <string.h>

#include "model/decodernet.h"

static const struct decoder_names folder = {
    .word = "model.embed_tokens",
    .norm = "model.norm",
    .output = "lm_head",
    .layer = "model.layers.%d.",
    .attend_norm = "input_layernorm",
    .query = "self_attn.q_proj",
    .key = "self_attn.k_proj",
    .value = "self_attn.v_proj",
    .query_norm = "self_attn.q_norm",
    .key_norm = "self_attn.k_norm",
    .attend_out = "self_attn.o_proj",
    .attended_norm = "post_attention_layernorm",
    .forward_norm = "pre_feedforward_layernorm",
    .gate = "mlp.gate_proj",
    .up = "mlp.up_proj",
    .down = "mlp.down_proj",
    .forwarded_norm = "post_feedforward_layernorm",
};

/* What all have in common */
static int
read_any(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    s->act = DECODER_GELU_TANH;
    s->norm_plus = from->config ? 1.0 : 0.0;
    if (from->config &&
        (config_expect(from->config, "hidden_activation", "gelu_pytorch_tanh", e) ||
         config_expect_off(from->config, "use_bidirectional_attention", e) ||
         config_opt_bool(from->config, "attention_bias", &s->biased, e)))
        return -1;
    if (decodeset_read(s, from, e))
        return -1;
    s->embed_scale = sqrt((double)s->d);
    return 0;
}

/* The first files call the function "gelu", and mean the one by tanh, as all do. */
static int
read_gemma1(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    char act[64] = "gelu";

    if (from->config && config_opt_str(from->config, "hidden_act", act, sizeof act, e))
        return -1;
    if (strcmp(act, "gelu") != 0 && strcmp(act, "gelu_pytorch_tanh") != 0)
        return config_bad(from->config, "hidden_act", e, "'%s' is not supported", act);
    return read_any(s, from, e);
}

static int
read_gemma(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    double scalar = from->nested ? 256.0 : 0.0;

    s->added_norm = 1;
    if (read_any(s, from, e) ||
        decodeset_opt_double(from, NULL, "query_pre_attn_scalar", 1, 1e6, &scalar, e))
        return -1;
    if (scalar > 0.0)
        s->scale = 1.0 / sqrt(scalar);
    return 0;
}

static int
read_gemma2(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    s->score_cap = 50.0;
    s->logit_cap = 30.0;
    s->window = 4096;
    s->every = 2;
    if (read_gemma(s, from, e) ||
        decodeset_opt_double(from, "attn_logit_softcapping", "attn_logit_softcapping",
                             0, 1e6, &s->score_cap, e) ||
        decodeset_opt_double(from, "final_logit_softcapping", "final_logit_softcapping",
                             0, 1e6, &s->logit_cap, e) ||
        decodeset_opt_int(from, "attention.sliding_window", "sliding_window", 1,
                          1 << 24, &s->window, e))
        return -1;
    if (from->meta &&
        s->n_layer == 46) /* 27B: sqrt(d / n_head) in place of sqrt(dim) */
        s->scale = 1.0 / sqrt((double)s->d / (double)s->n_head);
    return 0;
}

/* What files for images and texts need not say */
static void
set_usual(struct decoder_shape *s)
{
    s->n_vocab = 262208;
    s->n_ctx = 131072;
    s->d = 2304;
    s->d_ff = 9216;
    s->n_layer = 26;
    s->n_head = 8;
    s->n_kv = 4;
    s->dim = 256;
    s->turn.base = 1e6;
    s->window = 4096;
}

static int
read_gemma3(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    s->head_norm = 1;
    s->every = 6;
    s->local = (struct decoder_turn){ 10000.0, 1.0 };
    if (from->nested)
        set_usual(s);
    if (read_gemma(s, from, e) ||
        decodeset_opt_double(from, NULL, "rope_local_base_freq", 1, 1e12,
                             &s->local.base, e) ||
        decodeset_opt_int(from, NULL, "sliding_window_pattern", 1, 1 << 12, &s->every,
                          e) ||
        decodeset_int(from, "attention.sliding_window", "sliding_window", 1, 1 << 24,
                      &s->window, e))
        return -1;
    if (from->meta && s->n_layer == 62) /* 27B, as above */
        s->scale = 1.0 / sqrt((double)s->d / (double)s->n_head);
    return 0;
}

const struct decoder_arch decode_gemma_1 = { "gemma", NULL, &decodernet_folder,
                                             read_gemma1 };
const struct decoder_arch decode_gemma_2 = { "gemma2", NULL, &folder, read_gemma2 };
const struct decoder_arch decode_gemma_3 = { "gemma3", "gemma3_text", &folder,
                                             read_gemma3 };
