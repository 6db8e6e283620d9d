/*
 * test_decodeset.c - settings of decoders that cannot be are refused, in one sentence
 *
 * test_decodeset DIR writes them as files instead: seeds of fuzz_decoder.
 */
#define _GNU_SOURCE /* memmem */
#include "decoders.h"
#include "tap.h"

/* ---- config.json ---- */

static const struct {
    const char *name, *from, *to, *refused; /* refused NULL: it is fine */
} configs[] = {
    { "llama", "\"num_attention_heads\": 4", "\"num_attention_heads\": 3",
      "3 heads cannot share 2 keys" },
    { "llama", "\"num_attention_heads\": 4", "\"num_attention_heads\": 8",
      "must be [96, 32]" },
    { "llama", "\"num_attention_heads\": 4", "\"num_attention_heads\": 0",
      "num_attention_heads: must be" },
    { "llama", "\"num_attention_heads\": 4", "\"num_attention_heads\": -4",
      "num_attention_heads: must be" },
    { "llama", "\"num_attention_heads\": 4", "\"num_attention_heads\": 4294967300",
      "num_attention_heads: must be" },
    { "llama", "\"head_dim\": 12", "\"head_dim\": 11", "4 heads for 32 numbers" },
    { "llama", "\"head_dim\": 12", "\"head_dim\": 513", "head_dim: must be" },
    { "llama", "\"head_dim\": 12", "\"head_dim\": 8", "must be [32, 32]" },
    { "llama", "\"head_dim\": 12", "\"head_dim\": null", "must be [32, 32]" },
    { "llama", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3",
      "no tensor 'model.layers.2." },
    { "llama", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 4096",
      "no tensor 'model.layers.2." },
    { "llama", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", NULL },
    { "llama", "\"hidden_size\": 32", "\"hidden_size\": 33", "must be [64, 33]" },
    { "llama", "\"hidden_size\": 32", "\"hidden_size\": 1048577",
      "hidden_size: must be" },
    { "llama", "\"intermediate_size\": 40", "\"intermediate_size\": 41",
      "must be [41, 32]" },
    { "llama", "\"vocab_size\": 64", "\"vocab_size\": 65", "must be [65, 32]" },
    { "llama", "\"vocab_size\": 64", "\"vocab_size\": 1e99", "vocab_size: must be" },
    { "llama", "\"vocab_size\": 64", "\"vocabulary\": 64", "vocab_size: missing" },
    { "llama", "\"max_position_embeddings\": 144", "\"max_position_embeddings\": 0",
      "max_position_embeddings: must be" },
    { "llama", "\"max_position_embeddings\": 144",
      "\"max_position_embeddings\": 16777216", NULL },
    { "llama", "\"rope_theta\": 10000.0", "\"rope_theta\": 0.0",
      "rope_theta: must be" },
    { "llama", "\"rope_theta\": 10000.0", "\"rope_theta\": -1", "rope_theta: must be" },
    { "llama", "\"rope_theta\": 10000.0", "\"rope_theta\": NaN", "config.json" },
    { "llama", "\"rope_theta\": 10000.0", "\"rope_theta\": 1e400",
      "rope_theta: must be" },
    { "llama", "\"rope_theta\": 10000.0", "\"rope_theta\": \"x\"",
      "rope_theta: must be" },
    { "llama", "\"rope_theta\": 10000.0", "\"rope_theta\": 1", NULL },
    { "llama", "\"rope_type\": \"default\"", "\"rope_type\": \"yarn\"",
      "config.json: rope_parameters: rope_type: 'yarn' is not supported" },
    { "llama", "\"rope_type\": \"default\"", "\"rope_type\": \"linear\"",
      "rope_parameters: factor: missing" },
    { "llama", "\"rope_type\": \"default\"", "\"partial_rotary_factor\": 0.5",
      "partial_rotary_factor: must be" },
    { "llama", "\"rope_parameters\": {", "\"rope_scaling\": 7, \"x\": {",
      "config.json: rope_scaling: must be an object" },
    { "llama", "\"rope_parameters\": {",
      "\"rope_parameters\": {}, \"rope_parameters\": {", "is there twice" },
    { "llama", "\"hidden_act\": \"silu\"", "\"hidden_act\": \"gelu\"",
      "hidden_act: 'gelu' is not supported" },
    { "llama", "\"attention_bias\": false", "\"attention_bias\": true",
      "no tensor 'model.layers.0.self_attn.q_proj.bias'" },
    { "llama", "\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": -1",
      "rms_norm_eps: must be" },
    { "llama", "\"model_type\": \"llama\"", "\"model_type\": \"llama4\"",
      "architecture 'llama4' is not supported" },
    { "llama", "\"model_type\": \"llama\"", "\"model_type\": \"gemma3_text\"",
      "config.json" },
    { "gemma", "\"gelu_pytorch_tanh\"", "\"silu\"", "'silu' is not supported" },
    { "gemma", "\"gelu_pytorch_tanh\"", "\"gelu\"", NULL },
    { "gemma3-images", "\"text_config\": {", "\"text_config\": 1, \"x\": {",
      "text_config: must be" },
    { "gemma3-images", "\"text_config\": {", "\"texts\": {", "missing" },
    { "gemma3-images", "\"gemma3_text\"", "\"gemma9_text\"", "'gemma9_text'" },
    { "gemma3-images", "\"sliding_window\": 70", "\"sliding_window\": 0",
      "must be an integer" },
    { "gemma3-images-bare", "\"hidden_size\": 32,", "",
      "'model.language_model.embed_tokens.weight'" },
    { "gemma3-images-bare", "\"head_dim\": 10,", "\"head_dim\": null,",
      "self_attn.q_proj" },
    { "llama", "\"model_type\": \"llama\"", "\"model_type\": \"gpt2\"",
      "n_positions: missing" },
    { "llama", "\"model_type\": \"llama\"",
      "\"layer_types\": [\"sliding_attention\", "
      "\"full_attention\"], \"model_type\": \"llama\"",
      "layer_types: layer 0" },
    { "llama-tied", "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false",
      "no tensor 'lm_head.weight'" },
    { "llama-tied", "\"factor\": 4.0", "\"factor\": 0", "factor: must be" },
    { "llama-tied", "\"factor\": 4.0", "\"factor\": 0.001", NULL },
    { "llama-tied", "\"max_position_embeddings\": 144,",
      "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 0.001}, "
      "\"max_position_embeddings\": 16777216,",
      "16777216 positions that turn by 1000 are not supported" },
    { "llama-3", "\"low_freq_factor\": 1.0", "\"low_freq_factor\": 4.0",
      "rope_parameters: high_freq_factor: must be above" },
    { "llama-3", "\"low_freq_factor\": 1.0", "\"low_freq_factor\": 0",
      "low_freq_factor: must be" },
    { "llama-3", "\"original_max_position_embeddings\": 64",
      "\"original_max_position_embeddings\": -64",
      "original_max_position_embeddings: must be" },
    { "mistral", "\"sliding_window\": 16", "\"sliding_window\": 0",
      "sliding_window: must be" },
    { "mistral", "\"sliding_window\": 16", "\"sliding_window\": null", NULL },
    { "mistral", "\"sliding_window\": 16", "\"sliding_window\": 1", NULL },
    { "qwen2", "\"use_sliding_window\": false", "\"use_sliding_window\": true",
      "use_sliding_window: true is not supported" },
    { "qwen2", "\"model_type\": \"qwen2\"", "\"model_type\": \"llama\"", NULL },
    { "gemma2", "\"attn_logit_softcapping\": 4.0", "\"attn_logit_softcapping\": -4.0",
      "attn_logit_softcapping: must be" },
    { "gemma2", "\"attn_logit_softcapping\": 4.0", "\"attn_logit_softcapping\": 1e-40",
      NULL },
    { "gemma2", "\"query_pre_attn_scalar\": 24", "\"query_pre_attn_scalar\": 0",
      "query_pre_attn_scalar: must be" },
    { "gemma2", "\"hidden_activation\": \"gelu_pytorch_tanh\"",
      "\"hidden_activation\": \"gelu\"", "hidden_activation: 'gelu'" },
    { "gemma2", "\"sliding_attention\",", "\"full_attention\",", NULL },
    { "gemma2", "\"sliding_attention\",", "\"chunked_attention\",",
      "layer_types: layer 0" },
    { "gemma2", "\"sliding_attention\",", "", "layer_types: 1, there are 2" },
    { "gemma2", "\"sliding_attention\",", "{\"a\": []}, [],", "layer_types: layer 0" },
    { "gemma3", "\"sliding_window\": 70", "\"sliding_window\": null",
      "sliding_window: missing" },
    { "gemma3", "\"layer_types\": [", "\"layer_types\": [\"full_attention\",",
      "layer_types: layer 1" },
    { "gemma3", "\"sliding_attention\": {", "\"sliding\": {",
      "rope_parameters: sliding_attention: missing" },
    { "gemma3", "\"full_attention\": {", "\"full_attention\": 1, \"x\": {",
      "rope_parameters: full_attention: must be an object" },
    { "gemma3", "\"rope_theta\": 10000.0", "\"rope_theta\": 1e-9",
      "rope_parameters: sliding_attention: rope_theta: must be" },
    { "gemma3", "\"use_bidirectional_attention\": false",
      "\"use_bidirectional_attention\": true", "use_bidirectional_attention: true" },
    { "gpt2", "\"n_head\": 2", "\"n_head\": 5", "5 heads for 24 numbers" },
    { "gpt2", "\"n_head\": 2", "\"n_head\": 8", "8 heads for 24 numbers" },
    { "gpt2", "\"n_positions\": 144", "\"n_positions\": 145", "must be [145, 24]" },
    { "gpt2", "\"n_inner\": null", "\"n_inner\": 97", "must be [24, 97]" },
    { "gpt2", "\"activation_function\": \"gelu_new\"",
      "\"activation_function\": \"relu\"", "activation_function: 'relu'" },
    { "gpt2", "\"scale_attn_weights\": true", "\"scale_attn_weights\": false",
      "scale_attn_weights: false" },
    { "gpt2", "\"scale_attn_by_inverse_layer_idx\": false",
      "\"scale_attn_by_inverse_layer_idx\": true", "scale_attn_by_inverse_layer_idx" },
};
#define N_CONFIGS (sizeof configs / sizeof *configs)

/* A tiny checkpoint's file with `from` replaced, in b */
static void
changed(const char *name, const char *file, const char *from, const char *to,
        struct buf *b)
{
    char path[256];
    struct file text;
    struct err e;
    const char *p, *at;

    snprintf(path, sizeof path, DECODERS_TINY "%s/%s", name, file);
    if (file_map(&text, path, &e))
        decoders_die(e.msg);
    p = (const char *)text.p;
    if ((at = memmem(p, text.n, from, strlen(from))) == NULL)
        decoders_die(from);
    buf_add(b, p, (size_t)(at - p));
    buf_puts(b, to);
    at += strlen(from);
    buf_add(b, at, (size_t)(p + text.n - at));
    file_unmap(&text);
}

/* Some tokens, and the last one that there may be */
static void
run_some(const struct decoder *m)
{
    struct decoder_seq *s = decoder_seq_new(m);
    int32_t id[] = { 0, 1, m->n_vocab - 1 };
    size_t n = m->n_ctx < 3 ? (size_t)m->n_ctx : 3;
    float *x = decoders_run(m, s, id, n), *y = decoders_logits(m, x, n);

    mem_free(x);
    mem_free(y);
    decoder_seq_free(s);
}

/* The folder is opened: as expected? */
static void
judge(const char *dir, const char *name, const char *to, const char *refused)
{
    struct err e = { 0 };
    struct decoder *m = decoders_open(dir, ARITH_F32, KV_F16, &e);

    if (m) {
        run_some(m);
        tap_ok(refused == NULL, "%s with %s runs", name, to);
    } else
        tap_ok(refused && e.code == ERR_MODEL && strstr(e.msg, refused) &&
                   strstr(e.msg, dir),
               "%s with %s: %s", name, to, e.msg);
    decoder_close(m);
}

static void
test_config(size_t i)
{
    struct folder f;
    struct buf b = { 0 };

    changed(configs[i].name, "config.json", configs[i].from, configs[i].to, &b);
    folder_make(&f);
    decoders_copy(&f, configs[i].name, "config.json");
    folder_write(&f, "config.json", b.p, b.n);
    judge(f.dir, configs[i].name, configs[i].to, configs[i].refused);
    folder_remove(&f);
    buf_free(&b);
}

/* ---- GGUF ---- */

enum { U32 = 4, F32 = 6, STRING = 8 }; /* types of values */

/* What a key has in place of what the file says. A string has the length of the old
 * one. U32 where it is negative: the key is not there. */
static const struct {
    const char *name, *key;
    int type;
    double number;
    const char *string, *refused;
} metas[] = {
    { "gguf-linear", "general.architecture", STRING, 0, "lllll", "'lllll' is not" },
    { "gguf-linear", "general.architecture", U32, -1, NULL, "is missing" },
    { "gguf-linear", "llama.context_length", U32, 0, NULL, "must be in" },
    { "gguf-linear", "llama.context_length", U32, 4294967295.0, NULL, "must be in" },
    { "gguf-linear", "llama.context_length", F32, 144, NULL, "must be an integer" },
    { "gguf-linear", "llama.context_length", U32, -1, NULL, "is missing" },
    { "gguf-linear", "llama.context_length", U32, 1 << 24, NULL, NULL },
    { "gguf-linear", "llama.embedding_length", U32, 31, NULL,
      "4 heads for 31 numbers" },
    { "gguf-linear", "llama.embedding_length", U32, 64, NULL,
      "dimension_count': 8 of 16 numbers" },
    { "gguf-linear", "llama.embedding_length", U32, 0, NULL, "must be in" },
    { "gguf-linear", "llama.feed_forward_length", U32, 39, NULL, "must be [39, 32]" },
    { "gguf-linear", "llama.feed_forward_length", U32, 2147483648.0, NULL,
      "must be in" },
    { "gguf-linear", "llama.block_count", U32, 0, NULL, "must be in" },
    { "gguf-linear", "llama.block_count", U32, 3, NULL, "no tensor 'blk.2." },
    { "gguf-linear", "llama.block_count", U32, 4096, NULL, "no tensor 'blk.2." },
    { "gguf-linear", "llama.block_count", U32, 4097, NULL, "must be in" },
    { "gguf-linear", "llama.attention.head_count", U32, 0, NULL, "must be in" },
    { "gguf-linear", "llama.attention.head_count", U32, 3, NULL,
      "3 heads cannot share 2" },
    { "gguf-linear", "llama.attention.head_count", U32, 32, NULL, "32 heads for 32" },
    { "gguf-linear", "llama.attention.head_count_kv", U32, 3, NULL,
      "4 heads cannot share 3" },
    { "gguf-linear", "llama.attention.head_count_kv", U32, 4, NULL,
      "must be [32, 32]" },
    { "gguf-linear", "llama.attention.head_count_kv", U32, -1, NULL,
      "must be [32, 32]" },
    { "gguf-linear", "llama.attention.layer_norm_rms_epsilon", F32, NAN, NULL,
      "must be in" },
    { "gguf-linear", "llama.attention.layer_norm_rms_epsilon", F32, -1e-6, NULL,
      "must be in" },
    { "gguf-linear", "llama.rope.freq_base", F32, 0, NULL, "must be in" },
    { "gguf-linear", "llama.rope.freq_base", F32, NAN, NULL, "must be in" },
    { "gguf-linear", "llama.rope.freq_base", F32, INFINITY, NULL, "must be in" },
    { "gguf-linear", "llama.rope.freq_base", F32, -10000, NULL, "must be in" },
    { "gguf-linear", "llama.rope.dimension_count", U32, 4, NULL, "4 of 8 numbers" },
    { "gguf-linear", "llama.rope.dimension_count", U32, 0, NULL, "must be in" },
    { "gguf-linear", "llama.rope.scaling.type", STRING, 0, "longro",
      "'longro' is not" },
    { "gguf-linear", "llama.rope.scaling.type", U32, -1, NULL, NULL },
    { "gguf-linear", "llama.rope.scaling.factor", F32, 0, NULL, "must be in" },
    { "gguf-linear", "llama.rope.scaling.factor", F32, NAN, NULL, "must be in" },
    { "gguf-gemma2", "gemma2.attention.sliding_window", U32, 0, NULL, "must be in" },
    { "gguf-gemma2", "gemma2.attention.sliding_window", U32, 4294967295.0, NULL,
      "must be in" },
    { "gguf-gemma2", "gemma2.attention.key_length", U32, 15, NULL, "for 32 numbers" },
    { "gguf-gemma2", "gemma2.attention.key_length", U32, 8, NULL,
      "value_length': 16, keys have 8" },
    { "gguf-gemma2", "gemma2.attention.key_length", U32, 513, NULL, "must be in" },
    { "gguf-gemma2", "gemma2.attention.value_length", U32, 8, NULL,
      "value_length': 8, keys have 16" },
    { "gguf-gemma2", "gemma2.attn_logit_softcapping", F32, NAN, NULL, "must be in" },
    { "gguf-gemma2", "gemma2.attn_logit_softcapping", F32, -1, NULL, "must be in" },
    { "gguf-gemma2", "gemma2.final_logit_softcapping", F32, INFINITY, NULL,
      "must be in" },
    { "gguf-gemma3", "gemma3.attention.sliding_window", U32, -1, NULL, "is missing" },
    { "gguf-qwen2", "qwen2.attention.head_count_kv", U32, 1, NULL, "must be [8, 32]" },
    { "gguf-gpt2", "gpt2.context_length", U32, 145, NULL, "must be [145, 24]" },
    { "gguf-gpt2", "gpt2.attention.head_count", U32, 24, NULL, "24 heads for 24" },
    { "gguf-gpt2", "gpt2.attention.layer_norm_epsilon", F32, 2, NULL, "must be in" },
};
#define N_METAS (sizeof metas / sizeof *metas)

static void
load_gguf(const char *name, struct buf *b)
{
    char path[256];
    struct file f;
    struct err e;

    snprintf(path, sizeof path, DECODERS_TINY "%s/model.gguf", name);
    if (file_map(&f, path, &e))
        decoders_die(e.msg);
    b->n = 0;
    buf_add(b, (const char *)f.p, f.n);
    file_unmap(&f);
}

/* The value of key i, behind its type; a string's bytes, behind their length too */
static void
change_meta(size_t i, struct buf *b)
{
    size_t n = strlen(metas[i].key);
    char *key = memmem(b->p, b->n, metas[i].key, n), *at;
    uint32_t type = (uint32_t)metas[i].type, number;
    float x = (float)metas[i].number;

    while (key && key[n] == '_') /* head_count_kv */
        key = memmem(key + n, b->n - (size_t)(key + n - b->p), metas[i].key, n);
    if (key == NULL)
        decoders_die(metas[i].key);
    at = key + n;
    if (type == U32 && metas[i].number < 0) {
        key[n - 1] = '?';
        return;
    }
    if (type == STRING) {
        memcpy(at + 12, metas[i].string, strlen(metas[i].string));
        return;
    }
    if (type == U32)
        number = (uint32_t)metas[i].number;
    else
        memcpy(&number, &x, 4);
    memcpy(at, &type, 4);
    memcpy(at + 4, &number, 4);
}

static void
test_meta(size_t i)
{
    struct folder f;
    struct buf b = { 0 };
    char what[200];

    load_gguf(metas[i].name, &b);
    change_meta(i, &b);
    folder_make(&f);
    folder_write(&f, "model.gguf", b.p, b.n);
    snprintf(what, sizeof what, "%s %s %g", metas[i].key,
             metas[i].string ? metas[i].string : "=", metas[i].number);
    judge(f.dir, metas[i].name, what, metas[i].refused);
    folder_remove(&f);
    buf_free(&b);
}

/* Names of tensors that are not there, one after the other */
static void
test_tensors(const char *name)
{
    static const char *const tensors[] = {
        "token_embd.weight",     "output_norm.weight",     "blk.0.attn_q.weight",
        "blk.1.attn_k.weight",   "blk.1.attn_norm.weight", "blk.0.ffn_gate.weight",
        "blk.1.ffn_down.weight", "blk.0.ffn_norm.weight"
    };
    struct buf b = { 0 };
    struct folder f;

    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        char *at;

        load_gguf(name, &b);
        at = memmem(b.p, b.n, tensors[i], strlen(tensors[i]));
        at[strlen(tensors[i]) - 1] ^= 1;
        folder_make(&f);
        folder_write(&f, "model.gguf", b.p, b.n);
        judge(f.dir, name, tensors[i], tensors[i]);
        folder_remove(&f);
    }
    buf_free(&b);
}

/* ---- cuts and other damage ---- */

static const char *const files[][2] = {
    { "llama", "model.safetensors" },
    { "gemma3", "model.safetensors" },
    { "gpt2", "model.safetensors" },
    { "gguf-linear", "model.gguf" },
    { "gguf-gemma3", "model.gguf" },
    { "gguf-qwen2", "model.gguf" },
    { "llama-3", "model-00002-of-00003.safetensors" },
};

/* The checkpoint's folder, that file in it replaced */
static void
write_with(struct folder *f, const char *name, const char *file, const void *p,
           size_t n)
{
    folder_make(f);
    if (!strstr(file, "gguf"))
        decoders_copy(f, name, "config.json");
    folder_write(f, file, p, n);
}

static void
test_cuts(const char *name, const char *file)
{
    char path[256];
    struct file map;
    struct folder f;
    struct err e;
    int refused = 0;

    snprintf(path, sizeof path, DECODERS_TINY "%s/%s", name, file);
    if (file_map(&map, path, &e))
        decoders_die(e.msg);
    for (size_t i = 0; i < 64; i++) {
        struct decoder *m;

        write_with(&f, name, file, map.p, map.n * i / 64);
        m = decoders_open(f.dir, ARITH_F32, KV_F16, &e);
        refused += m == NULL && e.code == ERR_MODEL && e.msg[0];
        decoder_close(m);
        folder_remove(&f);
    }
    tap_ok(refused == 64, "%s: %d of 64 cuts refused", name, refused);
    file_unmap(&map);
}

/* Bytes of the file's beginning, where its settings and names are, changed at random:
 * what still opens runs. */
static void
test_damage(const char *name, const char *file, size_t within)
{
    enum { TIMES = 100 };
    char path[256];
    struct folder f;
    struct err e;
    uint32_t seed = 7;
    int good = 0, refused = 0;

    snprintf(path, sizeof path, DECODERS_TINY "%s/%s", name, file);
    for (int i = 0; i < TIMES; i++) {
        struct buf b = { 0 };
        struct decoder *m;

        if (file_read(path, 1 << 20, &b, &e))
            decoders_die(e.msg);
        for (int k = 0; k <= i % 3; k++) {
            seed = seed * 1664525 + 1013904223;
            b.p[(seed >> 8) % (within < b.n ? within : b.n)] ^=
                (char)(1 << (seed >> 5) % 8);
        }
        write_with(&f, name, file, b.p, b.n);
        m = decoders_open(f.dir, ARITH_F32, KV_F16, &e);
        if (m)
            run_some(m);
        refused += m == NULL;
        good += m || (e.code == ERR_MODEL && e.msg[0]);
        decoder_close(m);
        folder_remove(&f);
        buf_free(&b);
    }
    tap_ok(good == TIMES && refused > 0, "%s: %d of %d damaged files refused", name,
           refused, TIMES);
}

static int
write_seeds(const char *dir)
{
    for (size_t i = 0; i < N_CONFIGS; i++) {
        char path[4096];
        struct err e;
        struct buf b = { 0 };

        buf_printf(&b, "%s\n", configs[i].name);
        changed(configs[i].name, "config.json", configs[i].from, configs[i].to, &b);
        snprintf(path, sizeof path, "%s/config-%02zu", dir, i);
        if (file_replace(path, b.p, b.n, &e))
            decoders_die(e.msg);
        buf_free(&b);
    }
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 2)
        return write_seeds(argv[1]);
    for (size_t i = 0; i < N_CONFIGS; i++)
        test_config(i);
    for (size_t i = 0; i < N_METAS; i++)
        test_meta(i);
    test_tensors("gguf-linear");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        test_cuts(files[i][0], files[i][1]);
    test_damage("gguf-linear", "model.gguf", 2000);
    test_damage("gguf-gemma2", "model.gguf", 3000);
    test_damage("gguf-gpt2", "model.gguf", 2000);
    test_damage("llama", "model.safetensors", 2500);
    test_damage("llama", "config.json", 2000);
    test_damage("gemma3", "config.json", 2000);
    test_damage("gemma3-images-bare", "config.json", 2000);
    return tap_done();
}
