/* decodeset.c - the settings of a decoder, from a GGUF file or from config.json */
#include <stdarg.h>
#include <stdio.h>

#include "model/decodernet.h"

#define MOST (1 << 24)

static const char *
full_key(const struct decoder_source *from, const char *key, char *to, size_t cap)
{
    snprintf(to, cap, "%s.%s", from->arch, key);
    return to;
}

int
decodeset_bad(const struct decoder_source *from, const char *meta, const char *config,
              struct err *e, const char *fmt, ...)
{
    char what[200];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    if (from->meta)
        return err_set(e, ERR_MODEL, "'%s.%s': %s", from->arch, meta, what);
    return config_bad(from->config, config, e, "%s", what);
}

int
decodeset_int(const struct decoder_source *from, const char *meta, const char *config,
              int lo, int hi, int *v, struct err *e)
{
    char key[128];

    if (*v > 0)
        return decodeset_opt_int(from, meta, config, lo, hi, v, e);
    if (from->meta)
        return meta_int(from->meta, full_key(from, meta, key, sizeof key), lo, hi, v,
                        e);
    return config_int(from->config, config, lo, hi, v, e);
}

int
decodeset_opt_int(const struct decoder_source *from, const char *meta,
                  const char *config, int lo, int hi, int *v, struct err *e)
{
    char key[128];

    if (from->meta == NULL)
        return config ? config_opt_int(from->config, config, lo, hi, v, e) : 0;
    if (meta == NULL)
        return 0;
    return meta_opt_int(from->meta, full_key(from, meta, key, sizeof key), lo, hi, v,
                        e);
}

int
decodeset_opt_double(const struct decoder_source *from, const char *meta,
                     const char *config, double lo, double hi, double *v, struct err *e)
{
    char key[128];

    if (from->meta == NULL)
        return config ? config_opt_double(from->config, config, lo, hi, v, e) : 0;
    if (meta == NULL)
        return 0;
    return meta_opt_double(from->meta, full_key(from, meta, key, sizeof key), lo, hi, v,
                           e);
}

int
decodeset_opt_str(const struct decoder_source *from, const char *meta, struct str *v,
                  struct err *e)
{
    char key[128];

    return from->meta
               ? meta_opt_str(from->meta, full_key(from, meta, key, sizeof key), v, e)
               : 0;
}

/* The rows of the table of words: GGUF files need not say how many there are. */
static int
read_vocab(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    const char *name = "token_embd.weight";
    const struct weight *word;

    if (from->meta == NULL)
        return decodeset_int(from, NULL, "vocab_size", 1, MOST, &s->n_vocab, e);
    word = weights_find(from->weights, name);
    if (word == NULL || word->n_dim != 2 || word->dim[0] < 1 || word->dim[0] > MOST)
        return err_set(e, ERR_MODEL, "%s: not there, or no matrix", name);
    s->n_vocab = (int)word->dim[0];
    return 0;
}

int
decodeset_heads(struct decoder_shape *s, const struct decoder_source *from,
                struct err *e)
{
    const char *meta = "attention.head_count";
    const char *config = from->config ? "number of heads" : NULL;

    if (s->n_kv == 0)
        s->n_kv = s->n_head;
    if (s->dim == 0 && s->d % s->n_head == 0)
        s->dim = s->d / s->n_head;
    if (s->n_head % s->n_kv)
        return decodeset_bad(from, meta, config, e, "%d heads cannot share %d keys",
                             s->n_head, s->n_kv);
    if (s->dim < 2 || s->dim % 2 || s->dim > KV_MAX_DIM)
        return decodeset_bad(from, meta, config, e,
                             "%d heads for %d numbers are not supported", s->n_head,
                             s->d);
    return 0;
}

/* What GGUF files may say beside the sizes, and is not supported */
static int
check_meta(const struct decoder_shape *s, const struct decoder_source *from,
           struct err *e)
{
    int experts = 0, value = s->dim;

    if (from->meta == NULL)
        return 0;
    if (decodeset_opt_int(from, "expert_count", NULL, 0, MOST, &experts, e) ||
        decodeset_opt_int(from, "attention.value_length", NULL, 1, MOST, &value, e))
        return -1;
    if (experts)
        return decodeset_bad(from, "expert_count", NULL, e,
                             "mixtures of experts are not supported");
    if (value != s->dim)
        return decodeset_bad(from, "attention.value_length", NULL, e,
                             "%d, keys have %d: not supported", value, s->dim);
    return 0;
}

static int
read_eps(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    if (s->eps == 0.0)
        s->eps = 1e-6; /* of all configurations that do not say it */
    return decodeset_opt_double(from, "attention.layer_norm_rms_epsilon",
                                "rms_norm_eps", 0, 1, &s->eps, e);
}

int
decodeset_read(struct decoder_shape *s, const struct decoder_source *from,
               struct err *e)
{
#define INT(meta, config, hi, v) decodeset_int(from, meta, config, 1, hi, v, e)
#define OPT(meta, config, hi, v) decodeset_opt_int(from, meta, config, 1, hi, v, e)
    return read_vocab(s, from, e) ||
                   INT("context_length", "max_position_embeddings", MOST, &s->n_ctx) ||
                   INT("embedding_length", "hidden_size", 1 << 20, &s->d) ||
                   INT("feed_forward_length", "intermediate_size", 1 << 20, &s->d_ff) ||
                   INT("block_count", "num_hidden_layers", 1 << 12, &s->n_layer) ||
                   INT("attention.head_count", "num_attention_heads", 1 << 12,
                       &s->n_head) ||
                   OPT("attention.head_count_kv", "num_key_value_heads", 1 << 12,
                       &s->n_kv) ||
                   OPT("attention.key_length", "head_dim", KV_MAX_DIM, &s->dim) ||
                   decodeset_heads(s, from, e) || check_meta(s, from, e) ||
                   read_eps(s, from, e) || decodeturn_read(s, from, e)
               ? -1
               : 0;
#undef INT
#undef OPT
}

/* ---- layers with a window ---- */

/* 1: it sees all, 0: a window; -1: neither */
static int
sees_all(struct json kind)
{
    if (json_is(kind, STR("full_attention")))
        return 1;
    return json_is(kind, STR("sliding_attention")) ? 0 : -1;
}

/* The list must be one that `every` can say. */
int
decodeset_layer_types(struct decoder_shape *s, const struct decoder_source *from,
                      struct err *e)
{
    struct json list, key, kind;
    struct json_iter it;
    int n = 0, every = 0;

    if (from->config == NULL)
        return 0;
    switch (config_json(from->config, "layer_types", &list, e)) {
    case -1: return -1;
    case 0: return 0;
    }
    if (list.type != JSON_ARRAY)
        return config_bad(from->config, "layer_types", e, "must be an array");
    for (it = json_begin(list); json_next(&it, &key, &kind); n++) {
        int all = sees_all(kind);

        if (all == 1 && every == 0)
            every = n + 1;
        if (n >= s->n_layer || all != (every > 0 && (n + 1) % every == 0) ||
            (all == 0 && s->window == 0))
            return config_bad(from->config, "layer_types", e,
                              "layer %d of this kind is not supported", n);
    }
    if (n != s->n_layer)
        return config_bad(from->config, "layer_types", e, "%d, there are %d layers", n,
                          s->n_layer);
    s->every = every;
    return 0;
}
