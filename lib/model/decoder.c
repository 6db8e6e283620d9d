/* decoder.c - a language model: open it, remember texts, and run it */
#include "model/decoder.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "model/decodernet.h"
#include "model/params.h"
#include "tensor/ops.h"

#define DECODER(a) extern const struct decoder_arch decode_##a;
#include "model/decoder_list.h"
#undef DECODER

static const struct decoder_arch *const archs[] = {
#define DECODER(a) &decode_##a,
#include "model/decoder_list.h"
#undef DECODER
};

/* ---- open ---- */

static const struct decoder_arch *
find_arch(struct str name)
{
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
        if (str_eq(name, str_of(archs[i]->name)) ||
            (archs[i]->alias && str_eq(name, str_of(archs[i]->alias))))
            return archs[i];
    return NULL;
}

int
decoder_knows(struct str name)
{
    return find_arch(name) != NULL;
}

static const struct decoder_arch *
must_find(struct str name, const char *path, struct err *e)
{
    const struct decoder_arch *arch = find_arch(name);

    if (arch == NULL)
        err_set(e, ERR_MODEL, "%s: the architecture '%.*s' is not supported", path,
                (int)(name.n < 64 ? name.n : 64), name.p);
    return arch;
}

static const struct decoder_arch *
name_arch(const struct decoder_source *from, const char *path, struct err *e)
{
    struct str name;
    char type[64];

    if (from->meta) {
        if (meta_str(from->meta, "general.architecture", &name, e)) {
            err_wrap(e, "%s", path);
            return NULL;
        }
        return must_find(name, path, e);
    }
    if (config_str(from->config, "model_type", type, sizeof type, e))
        return NULL;
    return must_find(str_of(type), path, e);
}

/* config.json; of a model for images and texts, what it says of texts */
static int
open_config(struct decoder_net *n, const char *path, struct decoder_source *from,
            struct err *e)
{
    if ((n->config = config_open(path, "config.json", e)) == NULL)
        return -1;
    n->text = config_object(n->config, "text_config", e);
    if (n->text == NULL && e->code != ERR_NONE)
        return -1;
    from->nested = n->text != NULL;
    from->config = n->text ? n->text : n->config;
    return 0;
}

static int
load(struct decoder_net *n, const char *path, const struct decoder_opt *opt,
     struct err *e)
{
    struct pack_opt pack = { .arith = opt->arith, .kernels = n->k, .pool = opt->pool };
    struct decoder_source from = { .weights = n->weights,
                                   .meta = weights_meta(n->weights) };
    const struct decoder_arch *arch;

    if (from.meta == NULL && open_config(n, path, &from, e))
        return -1;
    if ((arch = name_arch(&from, path, e)) == NULL)
        return -1;
    from.arch = arch->name;
    if (opt->cache)
        pack.file = n->packed = params_packed(n->weights, &pack);
    if (decodernet_load(n, arch, &from, &pack, e))
        return -1;
    if (n->packed)
        packfile_end(n->packed);
    return 0;
}

struct decoder *
decoder_open(const char *path, const struct decoder_opt *opt, struct err *e)
{
    struct decoder_net *n = mem_zero(1, sizeof *n);

    n->face.net = n;
    n->k = kernel_get(cpu_level());
    n->kv.type = opt->kv;
    n->arith = opt->arith;
    if ((n->weights = weights_open(path, e)) == NULL || load(n, path, opt, e)) {
        decoder_close(&n->face);
        return NULL;
    }
    n->face.weights = n->weights;
    n->face.config = n->config;
    return &n->face;
}

void
decoder_close(struct decoder *m)
{
    struct decoder_net *n;

    if (m == NULL)
        return;
    n = m->net;
    decodernet_release(n);
    packfile_close(n->packed);
    weights_close(n->weights);
    config_close(n->text);
    config_close(n->config);
    mem_free(n);
}

/* ---- sequences ---- */

struct decoder_seq {
    const struct decoder_net *net;
    size_t n; /* tokens */
    size_t cap;
    void **block; /* [cap]: those in use, its own or another's; then its own or NULL */
    void **own;   /* [cap] */
};

struct decoder_seq *
decoder_seq_new(const struct decoder *m)
{
    struct decoder_seq *s = mem_zero(1, sizeof *s);

    s->net = m->net;
    return s;
}

void
decoder_seq_free(struct decoder_seq *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->cap; i++)
        mem_free(s->own[i]);
    mem_free(s->own);
    mem_free(s->block);
    mem_free(s);
}

void
decoder_seq_reset(struct decoder_seq *s)
{
    s->n = 0;
    for (size_t i = 0; i < s->cap; i++)
        s->block[i] = s->own[i];
}

void
decoder_seq_drop(struct decoder_seq *s)
{
    size_t bytes = kv_block_bytes(s->net->k, &s->net->kv);

    for (size_t i = 0; i < s->cap; i++) {
        mem_free_pages(s->own[i], bytes);
        s->own[i] = NULL;
    }
    decoder_seq_reset(s);
}

/* Room to name n blocks */
static void
name_blocks(struct decoder_seq *s, size_t n)
{
    size_t cap = n > 2 * s->cap ? n : 2 * s->cap, old = s->cap * sizeof *s->own;

    if (n <= s->cap)
        return;
    s->block = mem_grow(s->block, old, mem_mul(cap, sizeof *s->block));
    s->own = mem_grow(s->own, old, mem_mul(cap, sizeof *s->own));
    for (; s->cap < cap; s->cap++)
        s->block[s->cap] = s->own[s->cap] = NULL;
}

/* Room for n tokens */
static void
reserve(struct decoder_seq *s, size_t n)
{
    size_t need = kv_blocks(n);

    name_blocks(s, need);
    for (size_t i = 0; i < need; i++)
        if (s->block[i] == NULL)
            s->block[i] = s->own[i] =
                mem_zero(1, kv_block_bytes(s->net->k, &s->net->kv));
}

void
decoder_seq_begin(struct decoder_seq *s, void *const *block, size_t n)
{
    size_t whole = n / KV_BLOCK;

    decoder_seq_reset(s);
    name_blocks(s, kv_blocks(n));
    for (size_t i = 0; i < whole; i++)
        s->block[i] = block[i];
    reserve(s, n);
    if (n % KV_BLOCK)
        memcpy(s->block[whole], block[whole], kv_block_bytes(s->net->k, &s->net->kv));
    s->n = n;
}

void
decoder_seq_fork(struct decoder_seq *s, const struct decoder_seq *from, size_t n)
{
    decoder_seq_begin(s, from->block, n);
}

void *const *
decoder_seq_blocks(const struct decoder_seq *s)
{
    return s->block;
}

void
decoder_seq_cut(struct decoder_seq *s, size_t n)
{
    s->n = n;
}

size_t
decoder_seq_tokens(const struct decoder_seq *s)
{
    return s->n;
}

/* ---- forward ---- */

void
decoder_work_release(struct decoder_work *w)
{
    arena_release(&w->state);
    arena_release(&w->scratch);
}

/* One call: its tokens lie end to end in the order of its parts. */
struct pass {
    const struct decoder_net *net;
    const struct decoder_part *part;
    struct kv_part *kv; /* [n_part]: the same */
    size_t n_part, n_tok, n_want;
    float *x;       /* [n_tok, d] */
    float *h, *y;   /* [n_tok, d] */
    float *qkv;     /* [n_tok, (n_head + 2 n_kv) dim] */
    float *a;       /* [n_tok, n_head dim] */
    float *up, *f;  /* [rows, 2 d_ff] and [rows, d_ff], see WIDE_ROWS */
    float *turn[2]; /* [n_tok, dim] each */
    struct decoder_work *work;
};

/* Rows that go through the network's wide part at once, so that they stay in L2 */
#define WIDE_ROWS 96

static float *
rows(struct decoder_work *w, size_t n, size_t wide)
{
    return arena_alloc(&w->state, mem_mul(n, mem_mul(wide, sizeof(float))));
}

static void
take_memory(struct pass *p)
{
    const struct decoder_shape *s = &p->net->shape;
    size_t n = p->n_tok, d = (size_t)s->d, dim = (size_t)s->dim;
    size_t some = n < WIDE_ROWS ? n : WIDE_ROWS;

    arena_reset(&p->work->state);
    p->kv = arena_alloc(&p->work->state, mem_mul(p->n_part, sizeof *p->kv));
    for (size_t i = 0; i < p->n_part; i++) {
        const struct decoder_part *part = p->part + i;

        p->kv[i] = (struct kv_part){ part->seq->block, part->seq->n, part->n };
    }
    p->h = rows(p->work, n, d);
    p->y = rows(p->work, n, d);
    p->qkv = rows(p->work, n, (size_t)(s->n_head + 2 * s->n_kv) * dim);
    p->a = rows(p->work, n, (size_t)s->n_head * dim);
    p->up = rows(p->work, some, (s->no_gate ? 1 : 2) * (size_t)s->d_ff);
    p->f = rows(p->work, some, (size_t)s->d_ff);
    p->turn[0] = s->positions ? NULL : rows(p->work, n, dim);
    p->turn[1] = p->turn[0];
    if (p->turn[0] && p->net->rope[1].speed != p->net->rope[0].speed)
        p->turn[1] = rows(p->work, n, dim);
    if (p->n_want < n)
        p->x = rows(p->work, n, d);
}

/* y [n, wide] = norm(x) row by row; x may be y */
static void
run_norm(const struct decoder_net *net, const struct decoder_norm *norm, const float *x,
         size_t n, size_t wide, float *y)
{
    struct kernel_norm mean = { .gamma = norm->gamma,
                                .beta = norm->beta,
                                .eps = (float)net->shape.eps };

    if (norm->beta == NULL) {
        net->k->rms_norm(y, wide, x, wide, n, wide, norm->gamma, (float)net->shape.eps);
        return;
    }
    if (y != x)
        memcpy(y, x, n * wide * sizeof *y);
    ops_add_norm(net->k, y, wide, n, wide, &mean);
}

static void
project(const struct pass *p, const struct decoder_linear *f, const float *x, size_t n,
        float *y)
{
    struct matmul_end end = { .bias = f->bias };

    matmul(f->w, x, pack_n_in(f->w), n, y, pack_n_out(f->w), &end, &p->work->scratch);
}

/* x = x + norm(y), n rows */
static void
add(const struct pass *p, const struct decoder_norm *norm, float *y, size_t n, float *x)
{
    size_t d = (size_t)p->net->shape.d;

    if (norm->gamma)
        run_norm(p->net, norm, y, n, d, y);
    ops_add_scaled(p->net->k, x, 1.0f, y, n * d);
}

/* A row of a table of any type, which holds whole blocks in a row */
static void
look_up(const struct weight *table, size_t row, size_t d, float *x)
{
    quant_to_f32(table->type,
                 (const unsigned char *)table->data + row * quant_bytes(table->type, d),
                 x, d);
}

/* Token i of the call, at a position of its sequence */
static void
embed(const struct pass *p, size_t i, int32_t id, size_t at)
{
    const struct decoder_net *net = p->net;
    size_t d = (size_t)net->shape.d;
    float *x = p->x + i * d;

    look_up(net->word, (size_t)id, d, x);
    if (net->shape.embed_scale > 0.0)
        ops_scale(net->k, x, (float)net->shape.embed_scale, d);
    if (net->position) {
        look_up(net->position, at, d, p->h);
        ops_add_scaled(net->k, x, 1.0f, p->h, d);
    }
    if (p->turn[0])
        rope_angles(&net->rope[0], at, p->turn[0] + i * (size_t)net->shape.dim);
    if (p->turn[1] != p->turn[0])
        rope_angles(&net->rope[1], at, p->turn[1] + i * (size_t)net->shape.dim);
}

static void
embed_all(const struct pass *p)
{
    size_t i = 0;

    for (size_t s = 0; s < p->n_part; s++)
        for (size_t t = 0; t < p->part[s].n; t++)
            embed(p, i++, p->part[s].id[t], p->part[s].seq->n + t);
}

/* q and k of a token, in place */
static void
turn_heads(const struct pass *p, const struct decoder_layer *l, size_t i, float *qk)
{
    const struct decoder_net *net = p->net;
    const struct decoder_shape *s = &net->shape;
    size_t dim = (size_t)s->dim, n_head = (size_t)s->n_head, n_kv = (size_t)s->n_kv;

    if (s->head_norm) {
        run_norm(net, &l->query, qk, n_head, dim, qk);
        run_norm(net, &l->key, qk + n_head * dim, n_kv, dim, qk + n_head * dim);
    }
    if (!s->positions)
        rope_apply(&net->rope[l->local], p->turn[l->local] + i * dim, qk,
                   n_head + n_kv);
}

/* Keys and values of one part's tokens, the first of them row i of p->qkv */
static void
remember(const struct pass *p, size_t layer, const struct decoder_part *part, size_t i)
{
    const struct decoder_net *net = p->net;
    size_t dim = (size_t)net->shape.dim, q = (size_t)net->shape.n_head * dim,
           kv = (size_t)net->shape.n_kv * dim;

    for (size_t t = 0; t < part->n; t++) {
        float *row = p->qkv + (i + t) * (q + 2 * kv);

        turn_heads(p, net->layer + layer, i + t, row);
        kv_put(net->k, &net->kv, part->seq->block, layer, part->seq->n + t, row + q,
               row + q + kv);
    }
}

static void
attend(const struct pass *p, size_t layer)
{
    const struct decoder_net *net = p->net;
    const struct decoder_shape *s = &net->shape;
    struct kv_attend a = { .part = p->kv,
                           .n_part = p->n_part,
                           .layer = layer,
                           .window = net->layer[layer].local ? (size_t)s->window : 0,
                           .cap = (float)s->score_cap,
                           .query = p->qkv,
                           .ld = (size_t)(s->n_head + 2 * s->n_kv) * (size_t)s->dim };
    size_t i = 0;

    a.scale = (float)(s->scale > 0.0 ? s->scale : 1.0 / sqrt((double)s->dim));
    for (size_t n = 0; n < p->n_part; i += p->part[n++].n)
        remember(p, layer, p->part + n, i);
    kv_attend(net->k, &net->kv, &a, p->a, &p->work->scratch);
}

/* In the last layer, when keys and values are there: rows that nobody wants go. */
static void
keep_wanted(struct pass *p)
{
    size_t d = (size_t)p->net->shape.d;
    size_t q = (size_t)p->net->shape.n_head * (size_t)p->net->shape.dim;
    size_t from = 0, to = 0;

    if (p->n_want == p->n_tok)
        return;
    for (size_t i = 0; i < p->n_part; i++) {
        size_t n = p->part[i].n - p->part[i].skip;

        from += p->part[i].skip;
        memmove(p->x + to * d, p->x + from * d, n * d * sizeof *p->x);
        memmove(p->a + to * q, p->a + from * q, n * q * sizeof *p->a);
        from += n;
        to += n;
    }
    p->n_tok = p->n_want;
}

static void
run_attention(struct pass *p, size_t layer)
{
    const struct decoder_layer *l = p->net->layer + layer;

    run_norm(p->net, &l->attend, p->x, p->n_tok, (size_t)p->net->shape.d, p->h);
    project(p, &l->qkv, p->h, p->n_tok, p->qkv);
    attend(p, layer);
    if (layer + 1 == (size_t)p->net->shape.n_layer)
        keep_wanted(p);
    project(p, &l->out, p->a, p->n_tok, p->y);
    add(p, &l->attended, p->y, p->n_tok, p->x);
}

/* f [n, d_ff] = act(gate) * up, both in p->up */
static void
run_gate(const struct pass *p, size_t n)
{
    const struct decoder_shape *s = &p->net->shape;
    const struct kernels *k = p->net->k;
    size_t d_ff = (size_t)s->d_ff, ld = s->no_gate ? d_ff : 2 * d_ff;

    for (size_t r = 0; r < n; r++) {
        const float *x = p->up + r * ld, *up = s->no_gate ? NULL : x + d_ff;

        if (s->act == DECODER_SILU)
            k->silu(p->f + r * d_ff, x, up, d_ff);
        else
            k->gelu_tanh(p->f + r * d_ff, x, up, d_ff);
    }
}

static void
run_forward(const struct pass *p, const struct decoder_layer *l)
{
    size_t d = (size_t)p->net->shape.d;

    for (size_t i = 0; i < p->n_tok; i += WIDE_ROWS) {
        size_t n = p->n_tok - i < WIDE_ROWS ? p->n_tok - i : WIDE_ROWS;
        float *x = p->x + i * d;

        run_norm(p->net, &l->forward, x, n, d, p->h);
        project(p, &l->up, p->h, n, p->up);
        run_gate(p, n);
        project(p, &l->down, p->f, n, p->y);
        add(p, &l->forwarded, p->y, n, x);
    }
}

void
decoder_run(const struct decoder *m, const struct decoder_part *part, size_t n,
            float *x, struct decoder_work *work)
{
    const struct decoder_net *net = m->net;
    struct pass p = { .net = net, .part = part, .n_part = n, .x = x, .work = work };

    for (size_t i = 0; i < n; i++) {
        p.n_tok += part[i].n;
        p.n_want += part[i].n - part[i].skip;
        reserve(part[i].seq, part[i].seq->n + part[i].n);
    }
    take_memory(&p);
    embed_all(&p);
    for (size_t i = 0; i < (size_t)net->shape.n_layer; i++) {
        run_attention(&p, i);
        run_forward(&p, net->layer + i);
    }
    if (p.n_tok > 0) /* x may be NULL */
        run_norm(net, &net->norm, p.x, p.n_tok, (size_t)m->n_embd, x);
    for (size_t i = 0; i < n; i++)
        part[i].seq->n += part[i].n;
}

void
decoder_logits(const struct decoder *m, const float *x, size_t n, float *logits,
               struct decoder_work *work)
{
    const struct decoder_net *net = m->net;
    float cap = (float)net->shape.logit_cap;
    size_t all = n * (size_t)m->n_vocab;

    matmul(net->output.w, x, (size_t)m->n_embd, n, logits, (size_t)m->n_vocab, NULL,
           &work->scratch);
    if (cap > 0.0f) {
        net->k->scale(logits, 1.0f / cap, all);
        net->k->tanh(logits, all);
        net->k->scale(logits, cap, all);
    }
}
