/* marianload.c - a Marian model's settings and weights */
#include "model/marianload.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "format/yamlkeys.h"
#include "model/marian.h"
#include "tensor/wave.h"

struct load {
    struct marian *m;
    struct pack_opt pack;
    struct arena tmp; /* one matrix as floats */
    float *usual;     /* [d], for one matrix */
    struct err *e;
};

static int
check_features(const struct yamlkeys *y, struct err *e)
{
    static const char *const want[][2] = {
        { "type", "transformer" },
        { "transformer-decoder-autoreg", "rnn" },
        { "dec-cell", "ssru" },
        { "dec-cell-base-depth", "2" },
        { "dec-cell-high-depth", "1" },
        { "transformer-ffn-activation", "relu" },
        { "transformer-ffn-depth", "2" },
        { "transformer-preprocess", "" },
        { "transformer-postprocess", "dan" },
        { "transformer-postprocess-emb", "d" },
        { "transformer-postprocess-top", "" },
        { "transformer-train-position-embeddings", "false" },
        { "transformer-no-projection", "false" },
        { "transformer-pool", "false" },
        { "tied-embeddings-all", "true" },
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

static int
read_sizes(struct marian *m, const struct yamlkeys *y, struct err *e)
{
    int n_source;

    if (yamlkeys_int(y, "dim-emb", 4, 1 << 14, &m->d, e) ||
        yamlkeys_int(y, "transformer-dim-ffn", 1, 1 << 16, &m->d_ff, e) ||
        yamlkeys_int(y, "enc-depth", 1, 200, &m->n_enc, e) ||
        yamlkeys_int(y, "dec-depth", 1, 200, &m->n_dec, e) ||
        yamlkeys_int(y, "transformer-heads", 1, 1 << 10, &m->n_head, e) ||
        yamlkeys_item(y, "dim-vocabs", 0, 2, 1 << 24, &n_source, e) ||
        yamlkeys_item(y, "dim-vocabs", 1, 2, 1 << 24, &m->n_vocab, e))
        return -1;
    if (m->d % m->n_head != 0 || m->d % 2 != 0)
        return err_set(e, ERR_MODEL, "dim-emb: %d heads do not divide %d, or it is odd",
                       m->n_head, m->d);
    if (n_source != m->n_vocab)
        return err_set(e, ERR_MODEL, "dim-vocabs: %d and %d, must be the same",
                       n_source, m->n_vocab);
    m->d_ff_dec = m->d_ff;
    if (yamlkeys_get(y, "transformer-decoder-dim-ffn", 0).p)
        return yamlkeys_int(y, "transformer-decoder-dim-ffn", 1, 1 << 16, &m->d_ff_dec,
                            e);
    return 0;
}

static int
read_config(struct marian *m, struct err *e)
{
    struct str text = marianbin_config(m->file);
    struct yamlkeys *y;
    int rc;

    if (text.n == 0)
        return err_set(e, ERR_MODEL, "the model has no special:model.yml");
    if ((y = yamlkeys_parse(text, "special:model.yml", e)) == NULL)
        return -1;
    rc = read_sizes(m, y, e) || check_features(y, e) ? -1 : 0;
    yamlkeys_close(y);
    return rc;
}

static const struct marianbin_tensor *
get(struct load *l, const char *prefix, const char *name, int rows, int cols)
{
    char full[160];

    snprintf(full, sizeof full, "%s%s", prefix, name);
    return marianbin_get(l->m->file, full, (size_t)rows, (size_t)cols, l->e);
}

/* A vector [n]; NULL: error. */
static const float *
floats(struct load *l, const char *prefix, const char *name, int n)
{
    const struct marianbin_tensor *t = get(l, prefix, name, 1, n);
    float *v;

    if (t == NULL)
        return NULL;
    v = arena_alloc(&l->m->vectors, mem_mul((size_t)n, sizeof *v));
    marianbin_row(t, 0, v);
    return v;
}

/* How large the outputs of a norm usually are: what it normalizes to is 1. */
static const float *
usual_after(struct load *l, const struct marian_norm *norm)
{
    for (int i = 0; i < l->m->d; i++)
        l->usual[i] =
            sqrtf(norm->gamma[i] * norm->gamma[i] + norm->beta[i] * norm->beta[i]);
    return l->usual;
}

/* The largest input that the model was trained for, from the scale of its 8 bits */
static float
read_limit(const struct load *l, const char *prefix, const char *weight)
{
    const struct marianbin_tensor *t;
    char full[160];
    float scale = 0.0f;

    snprintf(full, sizeof full, "%s%s_QuantMultA", prefix, weight);
    t = marianbin_find(l->m->file, full);
    if (t && t->type != MARIANBIN_BYTES && t->rows == 1 && t->cols == 1)
        marianbin_row(t, 0, &scale);
    return scale > 0.0f ? 127.0f / scale : INFINITY;
}

/* Rows of floats, packed; before: the norm that the inputs come from, NULL for others.
 * -1: error. */
static int
pack(struct load *l, const float *rows, size_t n_out, size_t n_in,
     const struct marian_norm *before, struct marian_linear *to)
{
    struct pack_rows part = { QUANT_F32, rows, n_out };
    struct pack_matrix w = { .part = &part, .n_part = 1, .n_in = n_in };

    w.usual = before ? usual_after(l, before) : NULL;
    to->w = pack_new(&l->pack, &w, l->e);
    arena_reset(&l->tmp);
    return to->w ? 0 : -1;
}

/* W [n_in, n_out] of the file, and its bias if `bias` names one */
static int
load_linear(struct load *l, const char *prefix, const char *weight, const char *bias,
            int n_in, int n_out, const struct marian_norm *before,
            struct marian_linear *to)
{
    const struct marianbin_tensor *t = get(l, prefix, weight, n_in, n_out);
    size_t in = (size_t)n_in, out = (size_t)n_out;
    float *rows;

    if (t == NULL || (bias && !(to->bias = floats(l, prefix, bias, n_out))))
        return -1;
    rows = arena_alloc(&l->tmp, mem_mul(out, mem_mul(in, sizeof *rows)));
    for (size_t i = 0; i < out; i++)
        marianbin_output(t, i, rows + i * in);
    to->limit = read_limit(l, prefix, weight);
    return pack(l, rows, out, in, before, to);
}

static int
load_norm(struct load *l, const char *prefix, const char *part, struct marian_norm *to)
{
    char name[64];

    snprintf(name, sizeof name, "%s_ln_scale", part);
    if ((to->gamma = floats(l, prefix, name, l->m->d)) == NULL)
        return -1;
    snprintf(name, sizeof name, "%s_ln_bias", part);
    return (to->beta = floats(l, prefix, name, l->m->d)) ? 0 : -1;
}

/* part: "self" or "context"; x, over: the norms that queries, and keys and values, are
 * made after */
static int
load_attention(struct load *l, const char *layer, const char *part,
               const struct marian_norm *x, const struct marian_norm *over,
               struct marian_attention *to)
{
    int d = l->m->d;
    char p[80];

    snprintf(p, sizeof p, "%s_%s", layer, part);
    return load_linear(l, p, "_Wq", "_bq", d, d, x, &to->query) ||
                   load_linear(l, p, "_Wk", "_bk", d, d, over, &to->key) ||
                   load_linear(l, p, "_Wv", "_bv", d, d, over, &to->value) ||
                   load_linear(l, p, "_Wo", "_bo", d, d, NULL, &to->out) ||
                   load_norm(l, p, "_Wo", &to->norm)
               ? -1
               : 0;
}

static int
load_forward(struct load *l, const char *layer, int d_ff,
             const struct marian_norm *before, struct marian_forward *to)
{
    int d = l->m->d;

    return load_linear(l, layer, "_ffn_W1", "_ffn_b1", d, d_ff, before, &to->up) ||
                   load_linear(l, layer, "_ffn_W2", "_ffn_b2", d_ff, d, NULL,
                               &to->down) ||
                   load_norm(l, layer, "_ffn_ffn", &to->norm)
               ? -1
               : 0;
}

static int
load_encoder(struct load *l, int i)
{
    struct marian_layer *y = &l->m->layer[i];
    const struct marian_norm *before = i > 0 ? &y[-1].forward.norm : NULL;
    char p[64];

    snprintf(p, sizeof p, "encoder_l%d", i + 1);
    return load_attention(l, p, "self", before, before, &y->attention) ||
                   load_forward(l, p, l->m->d_ff, &y->attention.norm, &y->forward)
               ? -1
               : 0;
}

static int
load_decoder(struct load *l, int i)
{
    struct marian_layer *y = &l->m->layer[l->m->n_enc + i];
    const struct marian_norm *source = &l->m->layer[l->m->n_enc - 1].forward.norm;
    const struct marian_norm *before = i > 0 ? &y[-1].forward.norm : NULL;
    int d = l->m->d;
    char p[64];

    snprintf(p, sizeof p, "decoder_l%d", i + 1);
    return load_linear(l, p, "_rnn_W", NULL, d, d, before, &y->cell) ||
                   load_linear(l, p, "_rnn_Wf", "_rnn_bf", d, d, before, &y->forget) ||
                   load_norm(l, p, "_rnn_ffn", &y->remembered) ||
                   load_attention(l, p, "context", &y->remembered, source,
                                  &y->attention) ||
                   load_forward(l, p, l->m->d_ff_dec, &y->attention.norm, &y->forward)
               ? -1
               : 0;
}

/* The words are both the embedding and, packed, what makes the logits. */
static int
load_words(struct load *l)
{
    struct marian *m = l->m;
    size_t n = (size_t)m->n_vocab, d = (size_t)m->d;
    float *rows;

    if (!(m->word = get(l, "", "Wemb", m->n_vocab, m->d)) ||
        !(m->logits.bias = floats(l, "", "decoder_ff_logit_out_b", m->n_vocab)))
        return -1;
    rows = arena_alloc(&l->tmp, mem_mul(n, d * sizeof *rows));
    for (size_t i = 0; i < n; i++)
        marianbin_row(m->word, i, rows + i * d);
    m->logits.limit = read_limit(l, "", "none");
    return pack(l, rows, n, d, &m->layer[m->n_enc + m->n_dec - 1].forward.norm,
                &m->logits);
}

static int
load_all(struct load *l)
{
    struct marian *m = l->m;

    if (read_config(m, l->e))
        return -1;
    l->usual = arena_alloc(&m->vectors, (size_t)m->d * sizeof *l->usual);
    m->position = mem_alloc(mem_mul(MARIAN_STEPS, (size_t)m->d * sizeof *m->position));
    wave_fill(m->position, MARIAN_STEPS, (size_t)m->d);
    m->layer = mem_zero((size_t)(m->n_enc + m->n_dec), sizeof *m->layer);
    for (int i = 0; i < m->n_enc; i++)
        if (load_encoder(l, i))
            return -1;
    for (int i = 0; i < m->n_dec; i++)
        if (load_decoder(l, i))
            return -1;
    return load_words(l);
}

int
marianload(struct marian *m, const struct pack_opt *pack, struct err *e)
{
    struct load l = { .m = m, .pack = *pack, .e = e };
    int rc = load_all(&l);

    arena_release(&l.tmp);
    return rc;
}

static void
close_layer(struct marian_layer *y)
{
    struct marian_linear *all[] = {
        &y->cell,          &y->forget,          &y->attention.query,
        &y->attention.key, &y->attention.value, &y->attention.out,
        &y->forward.up,    &y->forward.down,
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        pack_free(all[i]->w);
}

void
marianload_release(struct marian *m)
{
    for (int i = 0; m->layer && i < m->n_enc + m->n_dec; i++)
        close_layer(&m->layer[i]);
    mem_free(m->layer);
    mem_free(m->position);
    pack_free(m->logits.w);
    arena_release(&m->vectors);
}
