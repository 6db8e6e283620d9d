/* decodeset.c - the settings of a decoder, from a GGUF file or from config.json */
#include <stdio.h>
#include <string.h>

#include "model/decodernet.h"

#define MOST (1 << 24)

static const char *
full_key(const struct decoder_source *from, const char *key, char *to, size_t cap)
{
    snprintf(to, cap, "%s.%s", from->arch, key);
    return to;
}

int
decoder_int(const struct decoder_source *from, const char *meta, const char *config,
            int lo, int hi, int *v, struct err *e)
{
    char key[128];

    if (from->meta)
        return meta_int(from->meta, full_key(from, meta, key, sizeof key), lo, hi, v,
                        e);
    return config_int(from->config, config, lo, hi, v, e);
}

int
decoder_opt_int(const struct decoder_source *from, const char *meta, const char *config,
                int lo, int hi, int *v, struct err *e)
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
decoder_opt_double(const struct decoder_source *from, const char *meta,
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

/* The kind of scaling, "" where there is none */
static int
meta_scaling(const struct decoder_source *from, char *kind, size_t cap, struct err *e)
{
    struct str s = { "", 0 };
    char key[128];

    if (meta_opt_str(from->meta, full_key(from, "rope.scaling.type", key, sizeof key),
                     &s, e))
        return -1;
    snprintf(kind, cap, "%.*s", (int)(s.n < cap ? s.n : cap - 1), s.p);
    return 0;
}

static int
read_stretch(struct decoder_shape *s, const struct config *c, struct err *e)
{
    return config_double(c, "low_freq_factor", 1e-6, 1e6, &s->stretch.low, e) ||
                   config_double(c, "high_freq_factor", s->stretch.low, 1e6,
                                 &s->stretch.high, e) ||
                   config_double(c, "original_max_position_embeddings", 1, MOST,
                                 &s->stretch.context, e)
               ? -1
               : 0;
}

/* config.json's rope_scaling: an object, or rope_parameters of newer files, which has
 * the base, too */
static int
config_scaling(struct decoder_shape *s, const struct decoder_source *from, char *kind,
               size_t cap, struct err *e)
{
    struct config *c;
    struct json v;
    int there = config_json(from->config, "rope_scaling", &v, e), rc;

    if (there == 0)
        there = config_json(from->config, "rope_parameters", &v, e);
    if (there <= 0)
        return there;
    if ((c = config_parse(v.p, v.n, "rope_scaling", e)) == NULL)
        return -1;
    rc = config_opt_str(c, "type", kind, cap, e) ||
         config_opt_str(c, "rope_type", kind, cap, e) ||
         config_opt_double(c, "factor", 1e-3, 1e6, &s->turn.factor, e) ||
         config_opt_double(c, "rope_theta", 1, 1e12, &s->turn.base, e) ||
         (strcmp(kind, "llama3") == 0 && read_stretch(s, c, e));
    config_close(c);
    return rc ? -1 : 0;
}

static int
read_turn(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    char kind[64] = "";
    int rc;

    s->turn = (struct decoder_turn){ 10000.0, 1.0 };
    if (decoder_opt_double(from, "rope.freq_base", "rope_theta", 1, 1e12, &s->turn.base,
                           e))
        return -1;
    rc = from->meta ? meta_scaling(from, kind, sizeof kind, e)
                    : config_scaling(s, from, kind, sizeof kind, e);
    if (rc)
        return -1;
    if (from->meta && strcmp(kind, "linear") == 0)
        return decoder_opt_double(from, "rope.scaling.factor", NULL, 1e-3, 1e6,
                                  &s->turn.factor, e);
    if (*kind == '\0' || strcmp(kind, "none") == 0 || strcmp(kind, "default") == 0 ||
        strcmp(kind, "linear") == 0 || strcmp(kind, "llama3") == 0)
        return 0;
    return err_set(e, ERR_MODEL, "positions scaled as '%s' are not supported", kind);
}

/* The rows of the table of words: GGUF files need not say how many there are. */
static int
read_vocab(struct decoder_shape *s, const struct decoder_source *from, struct err *e)
{
    const char *name = "token_embd.weight";
    const struct weight *word;

    if (from->meta == NULL)
        return config_int(from->config, "vocab_size", 1, MOST, &s->n_vocab, e);
    word = weights_find(from->weights, name);
    if (word == NULL || word->n_dim != 2 || word->dim[0] < 1 || word->dim[0] > MOST)
        return err_set(e, ERR_MODEL, "%s: not there, or no matrix", name);
    s->n_vocab = (int)word->dim[0];
    return 0;
}

static int
check(struct decoder_shape *s, struct err *e)
{
    if (s->n_kv == 0)
        s->n_kv = s->n_head;
    if (s->dim == 0 && s->d % s->n_head == 0)
        s->dim = s->d / s->n_head;
    if (s->n_head % s->n_kv)
        return err_set(e, ERR_MODEL, "%d heads cannot share %d keys", s->n_head,
                       s->n_kv);
    if (s->dim < 2 || s->dim % 2 || s->dim > KV_MAX_DIM)
        return err_set(e, ERR_MODEL, "heads of %d of %d numbers are not supported",
                       s->n_head, s->d);
    return 0;
}

int
decoder_settings(struct decoder_shape *s, const struct decoder_source *from,
                 struct err *e)
{
#define INT(meta, config, hi, v) decoder_int(from, meta, config, 1, hi, v, e)
#define OPT(meta, config, hi, v) decoder_opt_int(from, meta, config, 1, hi, v, e)
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
                   decoder_opt_double(from, "attention.layer_norm_rms_epsilon",
                                      "rms_norm_eps", 0, 1, &s->eps, e) ||
                   read_turn(s, from, e) || check(s, e)
               ? -1
               : 0;
#undef INT
#undef OPT
}
