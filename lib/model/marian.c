/*
 * marian.c - Marian's encoder-decoder with an SSRU decoder
 *
 * Encoder, for a source of n tokens:
 *     x = word[id] * sqrt(d) + position[i]                  [n, d]
 *     n_enc times:
 *         q, k, v = x Wq + b, x Wk + b, x Wv + b            [n, d] each
 *         a = softmax(q k^T / sqrt(d / n_head)) v           [n, d], each head alone
 *         y = norm(x + a Wo + b)                            [n, d]
 *         h = relu(y W1 + b)                                [n, d_ff]
 *         x = norm(y + h W2 + b)                            [n, d]
 * Decoder, for one row at its step t:
 *     x = word[prev] * sqrt(d) + position[t]                [d], no word at step 0
 *     n_dec times:
 *         f = sigmoid(x Wf + b)                             [d]
 *         c = f c + (1 - f) (x W)                           [d], kept for the next step
 *         x = norm(x + relu(c))
 *         x = norm(x + attention of x to the source, Wo + b)
 *         x = norm(x + relu(x W1 + b) W2 + b)
 *     logits = x word^T + b                                 [n_vocab]
 *
 * What goes into a product is first limited to +-127 / a, where the file has such an a
 * (NAME_QuantMultA): models of 8 bits were trained with that, and translate better with
 * it at every precision.
 *
 * position: with h = d / 2 and w_i = 10000^(-i / (h - 1)), sin(t w_i) then cos(t w_i).
 *
 * Source: Vaswani et al., "Attention Is All You Need", 2017; Kim et al., "From Research
 *         to Production and Back: Ludicrously Fast Neural Machine Translation", 2019
 *         (SSRU, D19-5632).
 */
#include "model/marian.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "format/marianbin.h"
#include "format/yamlkeys.h"
#include "tensor/attend.h"
#include "tensor/cross.h"
#include "tensor/matmul.h"
#include "tensor/ops.h"
#include "tensor/packfile.h"
#include "tensor/wave.h"

#define EPS 1e-6f

/* y = x W^T + b, x limited to [-limit, limit] */
struct linear {
    struct pack *w;
    const float *bias; /* NULL: none */
    float limit;       /* more than 0, or infinite */
};

struct norm {
    const float *gamma, *beta;
};

struct attention {
    struct linear query, key, value, out; /* d -> d */
    struct norm norm;
};

struct forward {
    struct linear up;   /* d -> d_ff */
    struct linear down; /* d_ff -> d */
    struct norm norm;
};

struct layer {
    struct linear cell, forget; /* d -> d, of the decoder */
    struct norm remembered;
    struct attention attention; /* to itself, or to the source */
    struct forward forward;
};

struct marian {
    const struct kernels *k;
    struct marianbin *file;
    struct packfile *packed;
    int n_enc, n_dec, n_head, n_vocab;
    int d, d_ff, d_ff_dec;
    const struct marianbin_tensor *word; /* [n_vocab, d] */
    struct linear logits;                /* d -> n_vocab */
    float *position;                     /* [MARIAN_STEPS, d] */
    struct layer *layer;                 /* [n_enc + n_dec] */
    struct arena vectors;
};

/* ---- load ---- */

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
usual_after(struct load *l, const struct norm *norm)
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
     const struct norm *before, struct linear *to)
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
            int n_in, int n_out, const struct norm *before, struct linear *to)
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
load_norm(struct load *l, const char *prefix, const char *part, struct norm *to)
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
               const struct norm *x, const struct norm *over, struct attention *to)
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
load_forward(struct load *l, const char *layer, int d_ff, const struct norm *before,
             struct forward *to)
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
    struct layer *y = &l->m->layer[i];
    const struct norm *before = i > 0 ? &y[-1].forward.norm : NULL;
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
    struct layer *y = &l->m->layer[l->m->n_enc + i];
    const struct norm *source = &l->m->layer[l->m->n_enc - 1].forward.norm;
    const struct norm *before = i > 0 ? &y[-1].forward.norm : NULL;
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

/* The file of packed weights; NULL: there is no place for one. */
static struct packfile *
open_packed(const struct marian *m, const struct pack_opt *pack)
{
    struct packfile_key key = { .arith = pack_arith_name(pack->arith),
                                .version = pack_arith_version(pack->arith),
                                .level = cpu_name(pack->kernels->level) };
    char dir[PATH_MAX], sha[SHA_HEX];

    if (file_cache_dir("packed", dir, sizeof dir) ||
        (!marianbin_sha(m->file, 0, sha) &&
         !(packfile_can_write(dir) && marianbin_sha(m->file, 1, sha))))
        return NULL;
    key.sha = sha;
    return packfile_open(dir, &key, pack->pool);
}

struct marian *
marian_open(const char *path, const struct marian_opt *opt, struct err *e)
{
    struct marian *m = mem_zero(1, sizeof *m);
    struct load l = { .m = m, .e = e };
    int rc = -1;

    m->k = kernel_get(cpu_level());
    l.pack =
        (struct pack_opt){ .arith = opt->arith, .kernels = m->k, .pool = opt->pool };
    if ((m->file = marianbin_open(path, e))) {
        if (opt->cache)
            l.pack.file = m->packed = open_packed(m, &l.pack);
        if ((rc = load_all(&l)))
            err_wrap(e, "%s", path);
    }
    arena_release(&l.tmp);
    if (rc) {
        marian_close(m);
        return NULL;
    }
    if (m->packed)
        packfile_end(m->packed);
    return m;
}

static void
close_layer(struct layer *y)
{
    struct linear *all[] = {
        &y->cell,          &y->forget,          &y->attention.query,
        &y->attention.key, &y->attention.value, &y->attention.out,
        &y->forward.up,    &y->forward.down,
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        pack_free(all[i]->w);
}

void
marian_close(struct marian *m)
{
    if (m == NULL)
        return;
    for (int i = 0; m->layer && i < m->n_enc + m->n_dec; i++)
        close_layer(&m->layer[i]);
    mem_free(m->layer);
    mem_free(m->position);
    pack_free(m->logits.w);
    packfile_close(m->packed);
    marianbin_close(m->file);
    arena_release(&m->vectors);
    mem_free(m);
}

size_t
marian_vocab(const struct marian *m)
{
    return (size_t)m->n_vocab;
}

size_t
marian_width(const struct marian *m)
{
    return (size_t)m->d;
}

size_t
marian_cells(const struct marian *m)
{
    return (size_t)m->d * (size_t)m->n_dec;
}

/* ---- forward ---- */

void
marian_work_release(struct marian_work *w)
{
    arena_release(&w->memory);
    arena_release(&w->state);
    arena_release(&w->limited);
    arena_release(&w->scratch);
}

/* x [n, n_in] as f wants it: limited, in w->limited until the next call */
static const float *
limited(const struct linear *f, const float *x, size_t n, struct marian_work *w)
{
    size_t all = n * pack_n_in(f->w);
    float *y;

    if (isinf(f->limit))
        return x;
    arena_reset(&w->limited);
    y = arena_alloc(&w->limited, mem_mul(all, sizeof *y));
    ops_clip(y, x, all, -f->limit, f->limit);
    return y;
}

/* y = x W + b; x is limited already, ldy floats from one row of y to the next */
static void
project(const struct linear *f, const float *x, size_t n, float *y, size_t ldy,
        struct marian_work *w)
{
    struct matmul_end end = { .bias = f->bias };

    matmul(f->w, x, pack_n_in(f->w), n, y, ldy, &end, &w->scratch);
}

/* y = norm(residual + x W + b), all rows end to end; x is limited already */
static void
project_norm(const struct linear *f, const struct norm *norm, const float *x,
             const float *residual, size_t n, float *y, struct marian_work *w)
{
    size_t d = pack_n_out(f->w);
    struct matmul_end end = { .bias = f->bias,
                              .norm = { norm->gamma, norm->beta, EPS, residual, d } };

    matmul(f->w, x, pack_n_in(f->w), n, y, d, &end, &w->scratch);
}

/* x [d] = word[id] * sqrt(d) + position[at]; id -1: no word */
static void
embed(const struct marian *m, int32_t id, size_t at, float *x)
{
    size_t d = (size_t)m->d;

    memset(x, 0, d * sizeof *x);
    if (id >= 0) {
        marianbin_row(m->word, (size_t)id, x);
        ops_scale(m->k, x, sqrtf((float)m->d), d);
    }
    ops_add_scaled(m->k, x, 1.0f, m->position + at * d, d);
}

/* Rows that go through the network's wide part at once, so that they stay in L2 */
#define FORWARD_ROWS 96

/* y [n, d] = norm(x + relu(x W1 + b) W2 + b) */
static void
feed_forward(const struct marian *m, const struct forward *f, const float *x, size_t n,
             float *y, float *h, struct marian_work *w)
{
    size_t d = (size_t)m->d, d_ff = pack_n_out(f->up.w);

    for (size_t row = 0; row < n; row += FORWARD_ROWS) {
        size_t part = n - row < FORWARD_ROWS ? n - row : FORWARD_ROWS;

        project(&f->up, limited(&f->up, x + row * d, part, w), part, h, d_ff, w);
        ops_clip(h, h, part * d_ff, 0.0f, f->down.limit);
        project_norm(&f->down, &f->norm, h, x + row * d, part, y + row * d, w);
    }
}

/* Room for n rows of `wide` floats */
static float *
rows(struct arena *a, size_t n, size_t wide)
{
    return arena_alloc(a, mem_mul(n, mem_mul(wide, sizeof(float))));
}

static size_t
wide_rows(size_t n)
{
    return n < FORWARD_ROWS ? n : FORWARD_ROWS;
}

/* x [n_tok, d] through the encoder, in place */
static void
run_encoder(const struct marian *m, const struct marian_source *s, float *x,
            struct marian_work *w)
{
    size_t n = s->n_tok, d = (size_t)m->d;
    struct attend_shape shape = { (size_t)m->n_head, d / (size_t)m->n_head };
    float *qkv = rows(&w->state, n, 3 * d), *a = rows(&w->state, n, d);
    float *y = rows(&w->state, n, d), *h;

    h = rows(&w->state, wide_rows(n), (size_t)m->d_ff);
    for (const struct layer *l = m->layer; l < m->layer + m->n_enc; l++) {
        const struct attention *t = &l->attention;

        project(&t->query, limited(&t->query, x, n, w), n, qkv, 3 * d, w);
        project(&t->key, limited(&t->key, x, n, w), n, qkv + d, 3 * d, w);
        project(&t->value, limited(&t->value, x, n, w), n, qkv + 2 * d, 3 * d, w);
        attend(m->k, &shape, qkv, s->start, s->n_seq, a, &w->scratch);
        ops_clip(a, a, n * d, -t->out.limit, t->out.limit);
        project_norm(&t->out, &t->norm, a, x, n, y, w);
        feed_forward(m, &l->forward, y, n, x, h, w);
    }
}

void
marian_encode(const struct marian *m, struct marian_source *s, struct marian_work *w)
{
    size_t n = s->n_tok, d = (size_t)m->d;
    float *x, *to;

    arena_reset(&w->state);
    arena_reset(&w->memory);
    x = rows(&w->state, n, d);
    for (size_t i = 0; i < s->n_seq; i++)
        for (size_t t = s->start[i]; t < s->start[i + 1]; t++)
            embed(m, s->id[t], t - s->start[i], x + t * d);
    run_encoder(m, s, x, w);
    s->memory = to = rows(&w->memory, mem_mul(n, (size_t)m->n_dec), 2 * d);
    for (int i = 0; i < m->n_dec; i++, to += n * 2 * d) {
        const struct attention *t = &m->layer[m->n_enc + i].attention;

        project(&t->key, limited(&t->key, x, n, w), n, to, 2 * d, w);
        project(&t->value, limited(&t->value, x, n, w), n, to + d, 2 * d, w);
    }
}

/* cell [d] = f cell + (1 - f) h with f = sigmoid(forget), then x = relu(cell) */
static void
remember(const struct marian *m, const float *h, float *forget, float *cell, float *x)
{
    size_t d = (size_t)m->d;

    ops_sigmoid(m->k, forget, d);
    for (size_t i = 0; i < d; i++) {
        float f = forget[i];

        cell[i] = f * cell[i] + (1.0f - f) * h[i];
        x[i] = cell[i] > 0.0f ? cell[i] : 0.0f;
    }
}

/* Scratch of a step: [n, d] each, h [n, d_ff] */
struct step {
    float *a, *b, *h;
};

/* x [n, d] = norm(x + relu(cell)) */
static void
run_cells(const struct marian *m, const struct layer *l, size_t n, float *cell,
          float *x, const struct step *s, struct marian_work *w)
{
    size_t d = (size_t)m->d, all = marian_cells(m);
    struct kernel_norm norm = { .residual = x,
                                .ld_residual = d,
                                .gamma = l->remembered.gamma,
                                .beta = l->remembered.beta,
                                .eps = EPS };

    project(&l->cell, limited(&l->cell, x, n, w), n, s->a, d, w);
    project(&l->forget, limited(&l->forget, x, n, w), n, s->b, d, w);
    for (size_t r = 0; r < n; r++)
        remember(m, s->a + r * d, s->b + r * d, cell + r * all, s->a + r * d);
    ops_add_norm(m->k, s->a, d, n, d, &norm);
    memcpy(x, s->a, n * d * sizeof *x);
}

/* y [n, d] = norm(x + attention of x to each row's source) */
static void
run_context(const struct marian *m, const struct attention *t,
            const struct marian_source *src, const float *memory,
            const struct marian_row *row, size_t n, const float *x, float *y,
            const struct step *s, struct marian_work *w)
{
    size_t d = (size_t)m->d;
    struct cross_shape shape = { (size_t)m->n_head, d / (size_t)m->n_head };

    project(&t->query, limited(&t->query, x, n, w), n, s->a, d, w);
    for (size_t r = 0; r < n; r++) {
        size_t from = src->start[row[r].seq], to = src->start[row[r].seq + 1];

        cross(m->k, &shape, s->a + r * d, memory + from * 2 * d, to - from,
              s->b + r * d, &w->scratch);
    }
    ops_clip(s->b, s->b, n * d, -t->out.limit, t->out.limit);
    project_norm(&t->out, &t->norm, s->b, x, n, y, w);
}

void
marian_step(const struct marian *m, const struct marian_source *src,
            const struct marian_row *row, size_t n, float *cells, float *x,
            struct marian_work *w)
{
    size_t d = (size_t)m->d;
    struct step s;
    float *y;

    arena_reset(&w->state);
    s.a = rows(&w->state, n, d);
    s.b = rows(&w->state, n, d);
    s.h = rows(&w->state, wide_rows(n), (size_t)m->d_ff_dec);
    y = rows(&w->state, n, d);
    for (size_t r = 0; r < n; r++)
        embed(m, row[r].prev, row[r].step, x + r * d);
    for (int i = 0; i < m->n_dec; i++) {
        const struct layer *l = &m->layer[m->n_enc + i];
        const float *memory = src->memory + (size_t)i * src->n_tok * 2 * d;

        run_cells(m, l, n, cells + (size_t)i * d, x, &s, w);
        run_context(m, &l->attention, src, memory, row, n, x, y, &s, w);
        feed_forward(m, &l->forward, y, n, x, s.h, w);
    }
}

/* ---- words ---- */

struct marian_words {
    struct linear some; /* d -> n */
};

struct marian_words *
marian_words_new(const struct marian *m, const int32_t *id, size_t n, struct arena *mem)
{
    struct marian_words *words = arena_alloc(mem, sizeof *words);
    float *bias = arena_alloc(mem, mem_mul(n, sizeof *bias));

    for (size_t i = 0; i < n; i++)
        bias[i] = m->logits.bias[id[i]];
    words->some =
        (struct linear){ pack_take(m->logits.w, id, n, mem), bias, m->logits.limit };
    return words;
}

void
marian_logits(const struct marian *m, const struct marian_words *words, const float *x,
              size_t n, float *logits, size_t ld, struct marian_work *w)
{
    const struct linear *f = words ? &words->some : &m->logits;

    project(f, limited(f, x, n, w), n, logits, ld, w);
}
