/* encoder.c - the encoder that BERT and its relatives are */
#include "model/encoder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/params.h"
#include "tensor/attend.h"
#include "tensor/matmul.h"
#include "tensor/ops.h"

/* y = x W^T + b */
struct linear {
    struct pack *w;
    const float *bias;
};

struct layer {
    struct linear query_key; /* d -> 2 d: they are rounded alike */
    struct linear value;     /* d -> d */
    struct linear out;       /* d -> d */
    struct params_norm attended;
    struct linear up;   /* d -> d_ff */
    struct linear down; /* d_ff -> d */
    struct params_norm done;
};

struct encoder {
    struct model base;
    const struct kernels *k;
    int n_layer, n_head;
    int d, d_ff;
    float eps;
    int in16; /* attention, as activations have 8 bits */

    const float *type;     /* [d]: that of type 0, or NULL */
    const float *position; /* [n_ctx, d] */
    struct params_norm embedded;
    struct attend_distance relative; /* add NULL: nothing */
    struct layer *layer;
    struct arena vectors; /* biases, norms, positions, where the file has no floats */
};

/* ---- load ---- */

int
encoder_read(struct encoder_shape *s, const struct encoder_kind *kind,
             const struct config *c, struct err *e)
{
    if (config_int(c, "vocab_size", 1, 1 << 24, &s->n_vocab, e) ||
        config_int(c, "max_position_embeddings", 1, 1 << 20, &s->n_position, e) ||
        config_int(c, kind->setting.d, 1, 1 << 16, &s->d, e) ||
        config_int(c, kind->setting.d_ff, 1, 1 << 18, &s->d_ff, e) ||
        config_int(c, kind->setting.n_layer, 1, 1000, &s->n_layer, e) ||
        config_int(c, kind->setting.n_head, 1, 1 << 16, &s->n_head, e) ||
        config_opt_double(c, "layer_norm_eps", 0, 1, &s->eps, e) ||
        config_expect(c, kind->setting.act, "gelu", e) ||
        config_expect(c, "position_embedding_type", "absolute", e) ||
        config_expect_off(c, "is_decoder", e) ||
        config_expect_off(c, "add_cross_attention", e))
        return -1;
    if (s->n_type > 0 &&
        config_opt_int(c, "type_vocab_size", 1, 1 << 16, &s->n_type, e))
        return -1;
    if (s->d % s->n_head != 0)
        return config_bad(c, kind->setting.n_head, e, "%d does not divide %d",
                          s->n_head, s->d);
    return 0;
}

struct load {
    struct encoder *m;
    const struct encoder_kind *kind;
    const struct encoder_shape *shape;
    const struct weights *w;
    const struct pack_opt *pack;
    const char *root; /* of all tensor names: "" or kind->root */
    float *usual;     /* [d], for one matrix */
    struct err *e;
};

#define FULL_NAME 160

/* The full name of a tensor; layer -1: not in a layer. */
static const char *
full_name(const struct load *l, int layer, const char *name, const char *end, char *buf)
{
    if (layer < 0)
        snprintf(buf, FULL_NAME, "%s%s%s", l->root, name, end);
    else
        snprintf(buf, FULL_NAME, "%s%s%d.%s%s", l->root, l->kind->layer, layer, name,
                 end);
    return buf;
}

static const float *
table(struct load *l, const char *name, int rows, int n)
{
    char full[FULL_NAME];

    return params_get(l->w, full_name(l, -1, name, "", full), rows, n, &l->m->vectors,
                      l->e);
}

static int
load_norm(struct load *l, int layer, const char *name, struct params_norm *norm)
{
    char full[FULL_NAME];

    return params_get_norm(l->w, full_name(l, layer, name, "", full), l->m->d,
                           &l->m->vectors, norm, l->e);
}

/* How large the outputs of a norm usually are: what it normalizes to is 1. */
static const float *
usual_after(struct load *l, const struct params_norm *norm)
{
    for (int i = 0; i < l->m->d; i++)
        l->usual[i] =
            sqrtf(norm->gamma[i] * norm->gamma[i] + norm->beta[i] * norm->beta[i]);
    return l->usual;
}

/* Where inputs come from */
struct source {
    const struct params_norm *norm; /* NULL: another place */
    enum pack_bears bears;
};

#define PARTS 2

/* A linear layer of one or two names, whose outputs follow each other */
struct named {
    const char *name[PARTS];
    int n_in, n_out; /* of each */
    struct source from;
};

static size_t
count_parts(const struct named *n)
{
    return n->name[1] ? 2 : 1;
}

static int
load_bias(struct load *l, int layer, const struct named *n, struct linear *to)
{
    size_t parts = count_parts(n), each = (size_t)n->n_out;
    const float *bias[PARTS];
    char full[FULL_NAME];
    float *all;

    for (size_t i = 0; i < parts; i++) {
        full_name(l, layer, n->name[i], ".bias", full);
        bias[i] = params_get(l->w, full, 0, n->n_out, &l->m->vectors, l->e);
        if (bias[i] == NULL)
            return -1;
    }
    to->bias = bias[0];
    if (parts == 1)
        return 0;
    all = arena_alloc(&l->m->vectors, mem_mul(parts * each, sizeof *all));
    for (size_t i = 0; i < parts; i++)
        memcpy(all + i * each, bias[i], each * sizeof *all);
    to->bias = all;
    return 0;
}

static int
load_linear(struct load *l, int layer, const struct named *n, struct linear *to)
{
    size_t dim[] = { (size_t)n->n_out, (size_t)n->n_in };
    const struct weight *t[PARTS];
    struct pack_rows rows[PARTS];
    struct pack_matrix w = { rows, count_parts(n), dim[1], .bears = n->from.bears };
    char full[FULL_NAME];

    for (size_t i = 0; i < w.n_part; i++) {
        full_name(l, layer, n->name[i], ".weight", full);
        if ((t[i] = weights_get(l->w, full, 2, dim, l->e)) == NULL)
            return -1;
        rows[i] = (struct pack_rows){ t[i]->type, t[i]->data, dim[0] };
    }
    w.usual = n->from.norm ? usual_after(l, n->from.norm) : NULL;
    to->w = pack_new(l->pack, &w, l->e);
    for (size_t i = 0; i < w.n_part; i++)
        weights_let_go(l->w, t[i]);
    return to->w ? load_bias(l, layer, n, to) : -1;
}

static int
load_layer(struct load *l, int i)
{
    const struct encoder_kind *k = l->kind;
    struct layer *y = &l->m->layer[i];
    /* What came nearest to f32 in minilm: see tests/bench/SPEED.md */
    struct source before = { i > 0 ? &y[-1].done : &l->m->embedded, PACK_HALF };
    struct source value = { before.norm, PACK_LESS }, elsewhere = { NULL, PACK_HALF };
    struct source attended = { &y->attended, PACK_MORE };
    int d = l->m->d, d_ff = l->m->d_ff;

    const struct named query_key = { { k->query, k->key }, d, d, before };
    const struct named of_value = { { k->value }, d, d, value };
    const struct named out = { { k->out }, d, d, elsewhere };
    const struct named up = { { k->up }, d, d_ff, attended };
    const struct named down = { { k->down }, d_ff, d, elsewhere };

    return load_linear(l, i, &query_key, &y->query_key) ||
                   load_linear(l, i, &of_value, &y->value) ||
                   load_linear(l, i, &out, &y->out) ||
                   load_norm(l, i, k->attended, &y->attended) ||
                   load_linear(l, i, &up, &y->up) ||
                   load_linear(l, i, &down, &y->down) ||
                   load_norm(l, i, k->done, &y->done)
               ? -1
               : 0;
}

/* Every distance has a bucket: of each head, the bias of each distance. */
static int
load_relative(struct load *l)
{
    const struct encoder_shape *s = l->shape;
    int n_ctx = l->m->base.n_ctx;
    size_t width = 2 * (size_t)n_ctx - 1;
    const float *rows = table(l, s->relative, s->n_bucket, s->n_head);
    float *bias;

    if (rows == NULL)
        return -1;
    bias =
        arena_alloc(&l->m->vectors, mem_mul((size_t)s->n_head, width * sizeof *bias));
    for (int x = 1 - n_ctx; x < n_ctx; x++) {
        const float *row = rows + (size_t)s->bucket(x) * (size_t)s->n_head;
        for (int h = 0; h < s->n_head; h++)
            bias[(size_t)h * width + (size_t)(x + n_ctx - 1)] = row[h];
    }
    l->m->relative = (struct attend_distance){ bias, (size_t)n_ctx };
    return 0;
}

static int
load_embeddings(struct load *l)
{
    struct encoder *m = l->m;
    const struct encoder_shape *s = l->shape;
    size_t dim[] = { (size_t)s->n_vocab, (size_t)s->d };
    char full[FULL_NAME];

    full_name(l, -1, "embeddings.word_embeddings", ".weight", full);
    if ((m->base.word = weights_get(l->w, full, 2, dim, l->e)) == NULL)
        return -1;
    if (s->n_type > 0 && !(m->type = table(l, "embeddings.token_type_embeddings.weight",
                                           s->n_type, s->d)))
        return -1;
    m->position =
        table(l, "embeddings.position_embeddings.weight", s->n_position, s->d);
    if (m->position == NULL)
        return -1;
    m->position += (size_t)s->first * (size_t)s->d;
    return load_norm(l, -1, "embeddings.LayerNorm", &m->embedded);
}

static int
load_all(struct load *l)
{
    struct encoder *m = l->m;
    char full[FULL_NAME];

    l->root = l->kind->root;
    if (!weights_find(l->w,
                      full_name(l, -1, "embeddings.word_embeddings", ".weight", full)))
        l->root = "";
    if (load_embeddings(l) || (l->shape->relative && load_relative(l)))
        return -1;
    m->layer = mem_zero((size_t)m->n_layer, sizeof *m->layer);
    for (int i = 0; i < m->n_layer; i++)
        if (load_layer(l, i))
            return -1;
    return 0;
}

void
encoder_close(struct model *base)
{
    struct encoder *m = (struct encoder *)base;

    for (int i = 0; m->layer && i < m->n_layer; i++) {
        pack_free(m->layer[i].query_key.w);
        pack_free(m->layer[i].value.w);
        pack_free(m->layer[i].out.w);
        pack_free(m->layer[i].up.w);
        pack_free(m->layer[i].down.w);
    }
    mem_free(m->layer);
    arena_release(&m->vectors);
    mem_free(m);
}

struct model *
encoder_open(const struct encoder_kind *kind, const struct encoder_shape *s,
             const struct weights *w, const struct pack_opt *pack, struct err *e)
{
    struct encoder *m = mem_zero(1, sizeof *m);
    struct load l = { m, kind, s, w, pack, .e = e };
    int rc;

    m->k = pack->kernels;
    m->in16 = pack->arith == ARITH_I8 || pack->arith == ARITH_I8B32;
    m->n_layer = s->n_layer;
    m->n_head = s->n_head;
    m->d = m->base.n_embd = s->d;
    m->d_ff = s->d_ff;
    m->eps = m->base.eps = (float)s->eps;
    m->base.n_ctx = s->n_position - s->first;
    m->base.n_vocab = s->n_vocab;
    l.usual = mem_zero((size_t)m->d, sizeof *l.usual);
    rc = load_all(&l);
    mem_free(l.usual);
    if (rc == 0)
        return &m->base;
    encoder_close(&m->base);
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
with_norm(const struct encoder *m, const struct linear *w,
          const struct params_norm *norm, const float *residual)
{
    return (struct matmul_end){ .bias = w->bias,
                                .norm = { norm->gamma, norm->beta, m->eps, residual,
                                          (size_t)m->d } };
}

/* x [n_tok, d] = norm(word[id] + type[0] + position[i]) */
static void
embed(const struct encoder *m, const struct model_batch *b, float *x)
{
    size_t d = (size_t)m->d, row = quant_bytes(m->base.word->type, d);
    const char *word = m->base.word->data;

    for (size_t i = 0; i < b->n_tok; i++)
        quant_to_f32(m->base.word->type, word + (size_t)b->id[i] * row, x + i * d, d);
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
feed_forward(const struct encoder *m, const struct layer *l, const float *y, size_t n,
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

/* How many tokens' queries, keys and values are made at once: they stay in L2 until
 * attention has read them. */
#define ENCODER_TOKENS 96

/* Whole sequences from `first` on, one at least, of ENCODER_TOKENS if it can be */
static size_t
group_end(const struct model_batch *b, size_t first)
{
    size_t end = first + 1;

    while (end < b->n_seq && end - first < ENCODER_TOKENS &&
           b->start[end + 1] - b->start[first] <= ENCODER_TOKENS)
        end++;
    return end;
}

static size_t
longest_group(const struct model_batch *b)
{
    size_t longest = 0;

    for (size_t s = 0, end; s < b->n_seq; s = end) {
        end = group_end(b, s);
        if (b->start[end] - b->start[s] > longest)
            longest = b->start[end] - b->start[s];
    }
    return longest;
}

/* a [n_tok, d] = what the heads make of x [n_tok, d]; qkv is for the longest group */
static void
heads(const struct encoder *m, const struct layer *l, const struct model_batch *b,
      const float *x, float *qkv, float *a, struct arena *tmp)
{
    size_t d = (size_t)m->d;
    struct attend_shape shape = { (size_t)m->n_head, d / (size_t)m->n_head, m->in16 };
    const struct attend_distance *distance = m->relative.add ? &m->relative : NULL;

    for (size_t s = 0, end; s < b->n_seq; s = end) {
        size_t from = b->start[s], n, local[ENCODER_TOKENS + 1];
        struct matmul_end bias = plain(&l->query_key);

        end = group_end(b, s);
        n = b->start[end] - from;
        matmul(l->query_key.w, x + from * d, d, n, qkv, 3 * d, &bias, tmp);
        bias = plain(&l->value);
        matmul(l->value.w, x + from * d, d, n, qkv + 2 * d, 3 * d, &bias, tmp);
        for (size_t i = s; i <= end; i++)
            local[i - s] = b->start[i] - from;
        attend_relative(m->k, &shape, distance, qkv, local, end - s, a + from * d, tmp);
    }
}

void
encoder_encode(const struct model *base, const struct model_batch *b, float *x,
               struct model_work *work)
{
    const struct encoder *m = (const struct encoder *)base;
    size_t n = b->n_tok, d = (size_t)m->d;
    struct arena *tmp = &work->scratch;
    float *qkv, *a, *y; /* [longest group, 3 d], [n, d], [n, d] */

    arena_reset(&work->state);
    qkv = arena_alloc(&work->state, mem_mul(longest_group(b), 3 * d * sizeof *qkv));
    a = arena_alloc(&work->state, mem_mul(n, d * sizeof *a));
    y = arena_alloc(&work->state, mem_mul(n, d * sizeof *y));

    embed(m, b, x);
    for (const struct layer *l = m->layer; l < m->layer + m->n_layer; l++) {
        struct matmul_end end = with_norm(m, &l->out, &l->attended, x);

        heads(m, l, b, x, qkv, a, tmp);
        matmul(l->out.w, a, d, n, y, d, &end, tmp);
        feed_forward(m, l, y, n, x, work);
    }
}
