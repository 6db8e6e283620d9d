/*
 * bert.c - BERT, the encoder: every token sees all tokens of its sequence
 *
 *     x = norm(word[id] + type[0] + position[i])           [n_tok, d]
 *     n_layer times:
 *         q, k, v = x Wq + b, x Wk + b, x Wv + b           [n_tok, d] each
 *         a = softmax(q k^T / sqrt(d / n_head)) v          [n_tok, d], each head alone
 *         y = norm(x + a Wo + b)                           [n_tok, d]
 *         h = gelu(y Wup + b)                              [n_tok, d_ff]
 *         x = norm(y + h Wdown + b)                        [n_tok, d]
 *
 * All sequences are of type 0: pairs are not made here. The pooler is not used.
 *
 * Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for
 *         Language Understanding", 2019. Tensor names as Hugging Face writes them.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"
#include "model/model.h"
#include "tensor/attend.h"
#include "tensor/matmul.h"
#include "tensor/ops.h"

/* y = x W^T + b */
struct linear {
    struct pack *w;
    const float *bias;
};

struct norm {
    const float *gamma, *beta;
};

struct layer {
    struct linear query, key, value; /* d -> d */
    struct linear out;               /* d -> d */
    struct norm attended;
    struct linear up;   /* d -> d_ff */
    struct linear down; /* d_ff -> d */
    struct norm done;
};

struct bert {
    struct model base;
    const struct kernels *k;
    int n_layer, n_head, n_type;
    int d, d_ff;
    float eps;

    const struct weight *word; /* [n_vocab, d], as the file has it */
    const float *type;         /* [n_type, d] */
    const float *position;     /* [n_ctx, d] */
    struct norm embedded;
    struct layer *layer;
    struct arena vectors; /* biases, norms, positions, where the file has no floats */
};

/* ---- load ---- */

struct load {
    struct bert *m;
    const struct weights *w;
    const struct pack_opt *pack;
    const char *prefix; /* of all tensor names: "" or "bert." */
    float *usual;       /* [d], for one matrix */
    struct err *e;
};

/* A feature that changes the result and is not there must have the value that means
 * "off" or "as usual". */
static int
expect_str(const struct config *c, const char *key, const char *value, struct err *e)
{
    char is[64];

    snprintf(is, sizeof is, "%s", value);
    if (config_opt_str(c, key, is, sizeof is, e))
        return -1;
    return strcmp(is, value) == 0
               ? 0
               : config_bad(c, key, e, "'%s' is not supported, only '%s'", is, value);
}

static int
expect_off(const struct config *c, const char *key, struct err *e)
{
    int on = 0;

    if (config_opt_bool(c, key, &on, e))
        return -1;
    return on ? config_bad(c, key, e, "true is not supported") : 0;
}

static int
read_sizes(struct bert *m, const struct config *c, struct err *e)
{
    double eps = 1e-12;

    m->n_type = 2;
    if (config_int(c, "vocab_size", 1, 1 << 24, &m->base.n_vocab, e) ||
        config_int(c, "max_position_embeddings", 1, 1 << 20, &m->base.n_ctx, e) ||
        config_int(c, "hidden_size", 1, 1 << 16, &m->d, e) ||
        config_int(c, "intermediate_size", 1, 1 << 18, &m->d_ff, e) ||
        config_int(c, "num_hidden_layers", 1, 1000, &m->n_layer, e) ||
        config_int(c, "num_attention_heads", 1, 1 << 16, &m->n_head, e) ||
        config_opt_int(c, "type_vocab_size", 1, 1 << 16, &m->n_type, e) ||
        config_opt_double(c, "layer_norm_eps", 0, 1, &eps, e))
        return -1;
    if (m->d % m->n_head != 0)
        return config_bad(c, "num_attention_heads", e, "%d does not divide %d",
                          m->n_head, m->d);
    m->eps = (float)eps;
    m->base.n_embd = m->d;
    return 0;
}

static int
read_config(struct bert *m, const struct config *c, struct err *e)
{
    if (read_sizes(m, c, e) || expect_str(c, "hidden_act", "gelu", e) ||
        expect_str(c, "position_embedding_type", "absolute", e) ||
        expect_off(c, "is_decoder", e) || expect_off(c, "add_cross_attention", e))
        return -1;
    return 0;
}

/* The full name of a tensor; layer -1: not in a layer. */
static const char *
full_name(const struct load *l, int layer, const char *name, char *buf, size_t cap)
{
    if (layer < 0)
        snprintf(buf, cap, "%sembeddings.%s", l->prefix, name);
    else
        snprintf(buf, cap, "%sencoder.layer.%d.%s", l->prefix, layer, name);
    return buf;
}

static const struct weight *
get(struct load *l, int layer, const char *name, int n_dim, const size_t *dim)
{
    char full[160];

    return weights_get(l->w, full_name(l, layer, name, full, sizeof full), n_dim, dim,
                       l->e);
}

/* A table of [rows, n] as floats, or [n] where rows is 0; NULL: error. Floats stay
 * where they are, in the file. */
static const float *
floats(struct load *l, int layer, const char *name, int rows, int n)
{
    size_t dim[] = { (size_t)rows, (size_t)n };
    size_t count = mem_mul(rows ? dim[0] : 1, dim[1]);
    const struct weight *t = get(l, layer, name, rows ? 2 : 1, rows ? dim : dim + 1);
    float *v;

    if (t == NULL)
        return NULL;
    if (t->type == QUANT_F32 && (uintptr_t)t->data % sizeof(float) == 0)
        return t->data;
    v = arena_alloc(&l->m->vectors, mem_mul(count, sizeof *v));
    quant_to_f32(t->type, t->data, v, count);
    return v;
}

/* Files of the first years call weight and bias of a norm gamma and beta. */
static int
load_norm(struct load *l, int layer, const char *part, struct norm *norm)
{
    char name[96], full[160];
    int old;

    snprintf(name, sizeof name, "%sLayerNorm.gamma", part);
    old = weights_find(l->w, full_name(l, layer, name, full, sizeof full)) != NULL;
    snprintf(name, sizeof name, "%sLayerNorm.%s", part, old ? "gamma" : "weight");
    if ((norm->gamma = floats(l, layer, name, 0, l->m->d)) == NULL)
        return -1;
    snprintf(name, sizeof name, "%sLayerNorm.%s", part, old ? "beta" : "bias");
    return (norm->beta = floats(l, layer, name, 0, l->m->d)) ? 0 : -1;
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

/* before: the norm that the inputs come from, NULL for others. */
static int
load_linear(struct load *l, int layer, const char *part, int n_in, int n_out,
            const struct norm *before, struct linear *to)
{
    size_t dim[] = { (size_t)n_out, (size_t)n_in };
    struct pack_matrix w = { .n_part = 1, .n_in = dim[1] };
    const struct weight *t;
    struct pack_rows rows;
    char name[96];

    snprintf(name, sizeof name, "%s.weight", part);
    if ((t = get(l, layer, name, 2, dim)) == NULL)
        return -1;
    rows = (struct pack_rows){ t->type, t->data, dim[0] };
    w.part = &rows;
    w.usual = before ? usual_after(l, before) : NULL;
    to->w = pack_new(l->pack, &w, l->e);
    weights_let_go(l->w, t);
    snprintf(name, sizeof name, "%s.bias", part);
    return to->w && (to->bias = floats(l, layer, name, 0, n_out)) ? 0 : -1;
}

static int
load_layer(struct load *l, int i)
{
    struct layer *y = &l->m->layer[i];
    const struct norm *before = i > 0 ? &y[-1].done : &l->m->embedded;
    int d = l->m->d, d_ff = l->m->d_ff;

    return load_linear(l, i, "attention.self.query", d, d, before, &y->query) ||
                   load_linear(l, i, "attention.self.key", d, d, before, &y->key) ||
                   load_linear(l, i, "attention.self.value", d, d, before, &y->value) ||
                   load_linear(l, i, "attention.output.dense", d, d, NULL, &y->out) ||
                   load_norm(l, i, "attention.output.", &y->attended) ||
                   load_linear(l, i, "intermediate.dense", d, d_ff, &y->attended,
                               &y->up) ||
                   load_linear(l, i, "output.dense", d_ff, d, NULL, &y->down) ||
                   load_norm(l, i, "output.", &y->done)
               ? -1
               : 0;
}

static int
load_all(struct load *l)
{
    struct bert *m = l->m;
    size_t dim[] = { (size_t)m->base.n_vocab, (size_t)m->d };

    if (weights_find(l->w, "bert.embeddings.word_embeddings.weight"))
        l->prefix = "bert.";
    m->word = get(l, -1, "word_embeddings.weight", 2, dim);
    if (m->word == NULL ||
        !(m->type = floats(l, -1, "token_type_embeddings.weight", m->n_type, m->d)) ||
        !(m->position =
              floats(l, -1, "position_embeddings.weight", m->base.n_ctx, m->d)) ||
        load_norm(l, -1, "", &m->embedded))
        return -1;
    m->layer = mem_zero((size_t)m->n_layer, sizeof *m->layer);
    for (int i = 0; i < m->n_layer; i++)
        if (load_layer(l, i))
            return -1;
    return 0;
}

static void
bert_close(struct model *base)
{
    struct bert *m = (struct bert *)base;

    for (int i = 0; m->layer && i < m->n_layer; i++) {
        pack_free(m->layer[i].query.w);
        pack_free(m->layer[i].key.w);
        pack_free(m->layer[i].value.w);
        pack_free(m->layer[i].out.w);
        pack_free(m->layer[i].up.w);
        pack_free(m->layer[i].down.w);
    }
    mem_free(m->layer);
    arena_release(&m->vectors);
    mem_free(m);
}

static struct model *
bert_open(const struct config *c, const struct weights *w, const struct pack_opt *pack,
          struct err *e)
{
    struct bert *m = mem_zero(1, sizeof *m);
    struct load l = { .m = m, .w = w, .pack = pack, .prefix = "", .e = e };

    int rc = -1;

    m->k = pack->kernels;
    if (read_config(m, c, e) == 0) {
        l.usual = mem_zero((size_t)m->d, sizeof *l.usual);
        rc = load_all(&l);
        mem_free(l.usual);
    }
    if (rc == 0)
        return &m->base;
    bert_close(&m->base);
    return NULL;
}

/* ---- forward ---- */

/* y = x W + b; a product with nothing behind it */
static struct matmul_end
plain(const struct linear *w)
{
    return (struct matmul_end){ .bias = w->bias };
}

/* y = norm(residual + x W + b) */
static struct matmul_end
with_norm(const struct bert *m, const struct linear *w, const struct norm *norm,
          const float *residual)
{
    return (struct matmul_end){ .bias = w->bias,
                                .norm = { norm->gamma, norm->beta, m->eps, residual,
                                          (size_t)m->d } };
}

/* x [n_tok, d] = norm(word[id] + type[0] + position[i]) */
static void
embed(const struct bert *m, const struct model_batch *b, float *x)
{
    size_t d = (size_t)m->d, row = quant_bytes(m->word->type, d);
    const char *word = m->word->data;

    for (size_t i = 0; i < b->n_tok; i++)
        quant_to_f32(m->word->type, word + (size_t)b->id[i] * row, x + i * d, d);
    for (size_t s = 0; s < b->n_seq; s++) {
        struct kernel_norm norm = { .bias = m->type,
                                    .residual = m->position,
                                    .ld_residual = d,
                                    .gamma = m->embedded.gamma,
                                    .beta = m->embedded.beta,
                                    .eps = m->eps };
        ops_add_norm(m->k, x + b->start[s] * d, d, b->start[s + 1] - b->start[s], d,
                     &norm);
    }
}

/* x [n, d] = norm(y + gelu(y Wup + b) Wdown + b) */
static void
feed_forward(const struct bert *m, const struct layer *l, const float *y, size_t n,
             float *x, struct model_work *work)
{
    size_t d = (size_t)m->d;
    struct matmul_end end = { .bias = l->up.bias, .gelu = 1 };
    struct matmul_rows *h;

    arena_reset(&work->between);
    end.next = h = matmul_rows_new(l->down.w, n, &work->between);
    matmul(l->up.w, y, d, n, NULL, 0, &end, &work->scratch);
    end = with_norm(m, &l->down, &l->done, y);
    matmul_rows(h, x, d, &end, &work->scratch);
}

static void
bert_encode(const struct model *base, const struct model_batch *b, float *x,
            struct model_work *work)
{
    const struct bert *m = (const struct bert *)base;
    size_t n = b->n_tok, d = (size_t)m->d;
    struct attend_shape shape = { (size_t)m->n_head, d / (size_t)m->n_head };
    struct arena *tmp = &work->scratch;
    float *qkv, *a, *y; /* [n, 3 d], [n, d], [n, d] */

    arena_reset(&work->state);
    qkv = arena_alloc(&work->state, mem_mul(n, 3 * d * sizeof *qkv));
    a = arena_alloc(&work->state, mem_mul(n, d * sizeof *a));
    y = arena_alloc(&work->state, mem_mul(n, d * sizeof *y));

    embed(m, b, x);
    for (const struct layer *l = m->layer; l < m->layer + m->n_layer; l++) {
        struct matmul_end end = plain(&l->query);
        matmul(l->query.w, x, d, n, qkv, 3 * d, &end, tmp);
        end = plain(&l->key);
        matmul(l->key.w, x, d, n, qkv + d, 3 * d, &end, tmp);
        end = plain(&l->value);
        matmul(l->value.w, x, d, n, qkv + 2 * d, 3 * d, &end, tmp);
        attend(m->k, &shape, qkv, b->start, b->n_seq, a, tmp);
        end = with_norm(m, &l->out, &l->attended, x);
        matmul(l->out.w, a, d, n, y, d, &end, tmp);
        feed_forward(m, l, y, n, x, work);
    }
}

const struct model_ops bert_ops = { "bert", bert_open, bert_close, bert_encode };
