/* marianstore.c - the weights and settings of a Marian model, whatever file */
#include "model/marianstore.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "format/config.h"
#include "format/marianbin.h"
#include "format/weights.h"
#include "format/yamlkeys.h"

#define NAME_MAX_BYTES 200 /* of a tensor */

/* One of both */
struct marianstore {
    struct marianbin *bin;
    struct weights *weights;
    struct config *config; /* beside the weights */
};

static int
has_config(const char *dir)
{
    char path[PATH_MAX];

    return (size_t)snprintf(path, sizeof path, "%s/config.json", dir) < sizeof path &&
           file_exists(path);
}

struct marianstore *
marianstore_open(const char *path, struct err *e)
{
    struct marianstore *s = mem_zero(1, sizeof *s);
    int ok;

    if (has_config(path))
        ok = (s->config = config_open(path, "config.json", e)) &&
             (s->weights = weights_open(path, e));
    else
        ok = (s->bin = marianbin_open(path, e)) != NULL;
    if (ok)
        return s;
    marianstore_close(s);
    return NULL;
}

void
marianstore_close(struct marianstore *s)
{
    if (s == NULL)
        return;
    marianbin_close(s->bin);
    weights_close(s->weights);
    config_close(s->config);
    mem_free(s);
}

int
marianstore_sha(const struct marianstore *s, int compute, char hex[SHA_HEX])
{
    return s->bin ? marianbin_sha(s->bin, compute, hex)
                  : weights_sha(s->weights, compute, hex);
}

/* ---- settings of Marian's binary ---- */

static int
check_cells(const struct yamlkeys *y, struct err *e)
{
    return yamlkeys_expect(y, "dec-cell", "ssru", e) ||
                   yamlkeys_expect(y, "dec-cell-base-depth", "2", e) ||
                   yamlkeys_expect(y, "dec-cell-high-depth", "1", e)
               ? -1
               : 0;
}

static int
check_yaml(const struct yamlkeys *y, struct err *e)
{
    static const char *const want[][2] = {
        { "type", "transformer" },
        { "transformer-ffn-depth", "2" },
        { "transformer-preprocess", "" },
        { "transformer-postprocess", "dan" },
        { "transformer-postprocess-emb", "d" },
        { "transformer-postprocess-top", "" },
        { "transformer-train-position-embeddings", "false" },
        { "transformer-no-projection", "false" },
        { "transformer-pool", "false" },
        { "lemma-dim-emb", "0" },
        { "right-left", "false" },
        { "ulr", "false" },
        { "output-omit-bias", "false" },
        { "skip", "false" },
    };

    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        if (yamlkeys_expect(y, want[i][0], want[i][1], e))
            return -1;
    if (yamlkeys_get(y, "transformer-tied-layers", 0).p)
        return err_set(e, ERR_MODEL, "transformer-tied-layers is not supported");
    return 0;
}

/* One of two values: 0, 1, or -1 with an error. */
static int
one_of(const struct yamlkeys *y, const char *key, const char *first, const char *second,
       struct err *e)
{
    struct str v = yamlkeys_get(y, key, 0);

    if (v.p && v.n == strlen(second) && memcmp(v.p, second, v.n) == 0)
        return 1;
    return yamlkeys_expect(y, key, first, e);
}

static int
read_yaml_sizes(const struct yamlkeys *y, struct marianstore_settings *to,
                struct err *e)
{
    if (yamlkeys_int(y, "dim-emb", 4, 1 << 14, &to->d, e) ||
        yamlkeys_int(y, "transformer-dim-ffn", 1, 1 << 16, &to->d_ff, e) ||
        yamlkeys_int(y, "enc-depth", 1, 200, &to->n_enc, e) ||
        yamlkeys_int(y, "dec-depth", 1, 200, &to->n_dec, e) ||
        yamlkeys_int(y, "transformer-heads", 1, 1 << 10, &to->n_head, e) ||
        yamlkeys_item(y, "dim-vocabs", 0, 2, 1 << 24, &to->n_source, e) ||
        yamlkeys_item(y, "dim-vocabs", 1, 2, 1 << 24, &to->n_vocab, e))
        return -1;
    to->n_head_dec = to->n_head;
    to->d_ff_dec = to->d_ff;
    if (yamlkeys_get(y, "transformer-decoder-dim-ffn", 0).p)
        return yamlkeys_int(y, "transformer-decoder-dim-ffn", 1, 1 << 16, &to->d_ff_dec,
                            e);
    return 0;
}

static int
read_yaml(const struct yamlkeys *y, struct marianstore_settings *to, struct err *e)
{
    int rnn, swish;

    if (read_yaml_sizes(y, to, e) || check_yaml(y, e) ||
        (rnn = one_of(y, "transformer-decoder-autoreg", "self-attention", "rnn", e)) <
            0 ||
        (swish = one_of(y, "transformer-ffn-activation", "relu", "swish", e)) < 0 ||
        (rnn && check_cells(y, e)))
        return -1;
    to->attends = !rnn;
    to->swish = swish;
    to->eps = 1e-6f;
    to->scale = sqrtf((float)to->d);
    to->wave = to->d / 2 - 1;
    return 0;
}

static int
bin_settings(const struct marianstore *s, struct marianstore_settings *to,
             struct err *e)
{
    struct str text = marianbin_config(s->bin);
    struct yamlkeys *y;
    int rc;

    if (text.n == 0)
        return err_set(e, ERR_MODEL, "the model has no special:model.yml");
    if ((y = yamlkeys_parse(text, "special:model.yml", e)) == NULL)
        return -1;
    rc = read_yaml(y, to, e);
    yamlkeys_close(y);
    return rc;
}

/* ---- settings of Hugging Face ---- */

static int
read_json_sizes(const struct config *c, struct marianstore_settings *to, struct err *e)
{
    if (config_int(c, "d_model", 4, 1 << 14, &to->d, e) ||
        config_int(c, "encoder_ffn_dim", 1, 1 << 16, &to->d_ff, e) ||
        config_int(c, "decoder_ffn_dim", 1, 1 << 16, &to->d_ff_dec, e) ||
        config_int(c, "encoder_layers", 1, 200, &to->n_enc, e) ||
        config_int(c, "decoder_layers", 1, 200, &to->n_dec, e) ||
        config_int(c, "encoder_attention_heads", 1, 1 << 10, &to->n_head, e) ||
        config_int(c, "decoder_attention_heads", 1, 1 << 10, &to->n_head_dec, e) ||
        config_int(c, "vocab_size", 2, 1 << 24, &to->n_source, e))
        return -1;
    to->n_vocab = to->n_source;
    return config_opt_int(c, "decoder_vocab_size", 2, 1 << 24, &to->n_vocab, e);
}

static int
read_json(const struct config *c, struct marianstore_settings *to, struct err *e)
{
    char activation[32] = "gelu"; /* what transformers takes where none is named */
    int scaled = 0;

    if (config_expect(c, "model_type", "marian", e) || read_json_sizes(c, to, e) ||
        config_expect_off(c, "normalize_before", e) ||
        config_expect_off(c, "normalize_embedding", e) ||
        config_expect_off(c, "add_final_layer_norm", e) ||
        config_opt_bool(c, "scale_embedding", &scaled, e) ||
        config_opt_str(c, "activation_function", activation, sizeof activation, e))
        return -1;
    to->attends = 1;
    to->swish = strcmp(activation, "swish") == 0 || strcmp(activation, "silu") == 0;
    if (!to->swish && strcmp(activation, "relu") != 0)
        return config_bad(c, "activation_function", e, "'%s' is not supported",
                          activation);
    to->eps = 1e-5f;
    to->scale = scaled ? sqrtf((float)to->d) : 1.0f;
    to->wave = to->d / 2;
    return 0;
}

int
marianstore_settings(const struct marianstore *s, struct marianstore_settings *to,
                     struct err *e)
{
    *to = (struct marianstore_settings){ 0 };
    if (s->bin ? bin_settings(s, to, e) : read_json(s->config, to, e))
        return -1;
    if (to->d % 2 != 0 || to->d % to->n_head != 0 || to->d % to->n_head_dec != 0)
        return err_set(e, ERR_MODEL, "the width %d is odd, or no multiple of %d heads",
                       to->d, to->n_head);
    return 0;
}

/* ---- weights ---- */

/* Marian's name of a part of a layer, and Hugging Face's */
static const char *const part[][2] = {
    { "_self_Wq", ".self_attn.q_proj.weight" },
    { "_self_bq", ".self_attn.q_proj.bias" },
    { "_self_Wk", ".self_attn.k_proj.weight" },
    { "_self_bk", ".self_attn.k_proj.bias" },
    { "_self_Wv", ".self_attn.v_proj.weight" },
    { "_self_bv", ".self_attn.v_proj.bias" },
    { "_self_Wo", ".self_attn.out_proj.weight" },
    { "_self_bo", ".self_attn.out_proj.bias" },
    { "_self_Wo_ln_scale", ".self_attn_layer_norm.weight" },
    { "_self_Wo_ln_bias", ".self_attn_layer_norm.bias" },
    { "_context_Wq", ".encoder_attn.q_proj.weight" },
    { "_context_bq", ".encoder_attn.q_proj.bias" },
    { "_context_Wk", ".encoder_attn.k_proj.weight" },
    { "_context_bk", ".encoder_attn.k_proj.bias" },
    { "_context_Wv", ".encoder_attn.v_proj.weight" },
    { "_context_bv", ".encoder_attn.v_proj.bias" },
    { "_context_Wo", ".encoder_attn.out_proj.weight" },
    { "_context_bo", ".encoder_attn.out_proj.bias" },
    { "_context_Wo_ln_scale", ".encoder_attn_layer_norm.weight" },
    { "_context_Wo_ln_bias", ".encoder_attn_layer_norm.bias" },
    { "_ffn_W1", ".fc1.weight" },
    { "_ffn_b1", ".fc1.bias" },
    { "_ffn_W2", ".fc2.weight" },
    { "_ffn_b2", ".fc2.bias" },
    { "_ffn_ffn_ln_scale", ".final_layer_norm.weight" },
    { "_ffn_ffn_ln_bias", ".final_layer_norm.bias" },
};

static const char *const whole[][2] = {
    { "Wemb", "model.shared.weight" },
    { "encoder_Wemb", "model.encoder.embed_tokens.weight" },
    { "decoder_Wemb", "model.decoder.embed_tokens.weight" },
    { "decoder_ff_logit_out_Wt", "lm_head.weight" },
    { "decoder_ff_logit_out_b", "final_logits_bias" },
};

/* "encoder_l3_self_Wq" as "model.encoder.layers.2.self_attn.q_proj.weight"; a name that
 * has no other stays. */
static void
translate_name(const char *name, char to[NAME_MAX_BYTES])
{
    size_t side = strcspn(name, "_");
    int layer = 0, n = 0;

    snprintf(to, NAME_MAX_BYTES, "%s", name);
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcmp(name, whole[i][0]) == 0)
            snprintf(to, NAME_MAX_BYTES, "%s", whole[i][1]);
    if (side > 16 || sscanf(name + side, "_l%d%n", &layer, &n) != 1)
        return;
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (strcmp(name + side + n, part[i][0]) == 0)
            snprintf(to, NAME_MAX_BYTES, "model.%.*s.layers.%d%s", (int)side, name,
                     layer - 1, part[i][1]);
}

int
marianstore_has(const struct marianstore *s, const char *name)
{
    char other[NAME_MAX_BYTES];

    if (s->bin)
        return marianbin_find(s->bin, name) != NULL;
    translate_name(name, other);
    return weights_find(s->weights, other) != NULL;
}

static const struct weight *
get(const struct marianstore *s, const char *name, int n_dim, size_t rows, size_t cols,
    struct err *e)
{
    size_t dim[2] = { n_dim > 1 ? rows : cols, cols };
    char other[NAME_MAX_BYTES];

    translate_name(name, other);
    return weights_get(s->weights, other, n_dim, dim, e);
}

int
marianstore_vector(const struct marianstore *s, const char *name, size_t n, float *to,
                   struct err *e)
{
    if (s->bin) {
        const struct marianbin_tensor *t = marianbin_get(s->bin, name, 1, n, e);

        if (t && to)
            marianbin_row(t, 0, to);
        return t ? 0 : -1;
    } else {
        /* one vector of all has a shape like Marian's */
        int n_dim = strcmp(name, "decoder_ff_logit_out_b") == 0 ? 2 : 1;
        const struct weight *w = get(s, name, n_dim, 1, n, e);

        if (w && to)
            quant_to_f32(w->type, w->data, to, n);
        return w ? 0 : -1;
    }
}

int
marianstore_outputs(const struct marianstore *s, const char *name, size_t n_in,
                    size_t n_out, struct marianstore_outputs *to, struct err *e)
{
    *to = (struct marianstore_outputs){ .n_in = n_in };
    if (s->bin)
        to->tensor = marianbin_get(s->bin, name, n_in, n_out, e);
    else
        to->tensor = get(s, name, 2, n_out, n_in, e);
    return to->tensor ? 0 : -1;
}

void
marianstore_output(const struct marianstore *s, const struct marianstore_outputs *m,
                   size_t i, float *to)
{
    struct marianstore_table rows = { m->tensor, 0, m->n_in };

    if (s->bin && !m->is_table)
        marianbin_output(m->tensor, i, to);
    else
        marianstore_row(s, &rows, i, to);
}

float
marianstore_step(const struct marianstore *s, const struct marianstore_outputs *m)
{
    return s->bin ? marianbin_step(m->tensor) : 0.0f;
}

int
marianstore_table(const struct marianstore *s, const char *name, size_t n, size_t d,
                  struct marianstore_table *to, struct err *e)
{
    to->n = n;
    to->d = d;
    if (s->bin)
        to->tensor = marianbin_get(s->bin, name, n, d, e);
    else
        to->tensor = get(s, name, 2, n, d, e);
    return to->tensor ? 0 : -1;
}

void
marianstore_row(const struct marianstore *s, const struct marianstore_table *t,
                size_t i, float *to)
{
    const struct weight *w;

    if (s->bin) {
        marianbin_row(t->tensor, i, to);
        return;
    }
    w = t->tensor;
    quant_to_f32(w->type, (const char *)w->data + i * quant_bytes(w->type, t->d), to,
                 t->d);
}

float
marianstore_limit(const struct marianstore *s, const char *name)
{
    const struct marianbin_tensor *t;
    char full[NAME_MAX_BYTES];
    float scale = 0.0f;

    if (s->bin == NULL)
        return INFINITY;
    snprintf(full, sizeof full, "%s_QuantMultA", name);
    t = marianbin_find(s->bin, full);
    if (t && t->type != MARIANBIN_BYTES && t->rows == 1 && t->cols == 1)
        marianbin_row(t, 0, &scale);
    return scale > 0.0f ? 127.0f / scale : INFINITY;
}
