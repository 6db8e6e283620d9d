/* decodernet.c - how the tensors of a decoder are found and packed */
#include "model/decodernet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/params.h"
#include "tensor/trig.h"

const struct decoder_names decodernet_gguf = {
    .word = "token_embd",
    .position = "position_embd",
    .norm = "output_norm",
    .output = "output",
    .layer = "blk.%d.",
    .attend_norm = "attn_norm",
    .query = "attn_q",
    .key = "attn_k",
    .value = "attn_v",
    .joined = "attn_qkv",
    .query_norm = "attn_q_norm",
    .key_norm = "attn_k_norm",
    .attend_out = "attn_output",
    .attended_norm = "post_attention_norm",
    .forward_norm = "ffn_norm",
    .gate = "ffn_gate",
    .up = "ffn_up",
    .down = "ffn_down",
    .forwarded_norm = "post_ffw_norm",
};

const struct decoder_names decodernet_folder = {
    .word = "model.embed_tokens",
    .norm = "model.norm",
    .output = "lm_head",
    .layer = "model.layers.%d.",
    .attend_norm = "input_layernorm",
    .query = "self_attn.q_proj",
    .key = "self_attn.k_proj",
    .value = "self_attn.v_proj",
    .attend_out = "self_attn.o_proj",
    .forward_norm = "post_attention_layernorm",
    .gate = "mlp.gate_proj",
    .up = "mlp.up_proj",
    .down = "mlp.down_proj",
};

/* One load: what is needed at every step */
struct load {
    struct decoder_net *n;
    const struct decoder_names *names;
    const struct pack_opt *pack;
    struct err *e;
    char prefix[48];
};

#define NAME_MAX 160

/* PREFIX NAME .weight or .bias */
static const char *
full_name(const struct load *l, const char *name, const char *end, char to[NAME_MAX])
{
    snprintf(to, NAME_MAX, "%s%s%s", l->prefix, name, end);
    return to;
}

static int
is_there(const struct load *l, const char *name, const char *end)
{
    char full[NAME_MAX];

    return name && weights_find(l->n->weights, full_name(l, name, end, full)) != NULL;
}

static const float *
get_vector(struct load *l, const char *name, const char *end, int n)
{
    char full[NAME_MAX];

    return params_get(l->n->weights, full_name(l, name, end, full), 0, n,
                      &l->n->vectors, l->e);
}

static int
load_norm(struct load *l, const char *name, int n, struct decoder_norm *norm)
{
    float plus = (float)l->n->shape.norm_plus, *sum;

    if ((norm->gamma = get_vector(l, name, ".weight", n)) == NULL)
        return -1;
    if (plus != 0.0f) {
        sum = arena_alloc(&l->n->vectors, mem_mul((size_t)n, sizeof *sum));
        for (int i = 0; i < n; i++)
            sum[i] = norm->gamma[i] + plus;
        norm->gamma = sum;
    }
    if (!l->n->shape.layer_norm)
        return 0;
    return (norm->beta = get_vector(l, name, ".bias", n)) ? 0 : -1;
}

/* ---- matrices ---- */

#define PARTS 3 /* of a joined matrix, at most */

/* [n_out, n_in] in parts that lie one below the other */
struct matrix {
    const char *name[PARTS];
    int n_out[PARTS];
    int n_part, n_in;
    int biased; /* all parts must have biases */
};

/* [columns, rows] as floats [rows, columns], the caller's */
static float *
transpose(const struct weight *t, size_t rows, size_t columns)
{
    float *from = mem_alloc(mem_mul(mem_mul(rows, columns), sizeof *from));
    float *to = mem_alloc(mem_mul(mem_mul(rows, columns), sizeof *to));

    quant_to_f32(t->type, t->data, from, rows * columns);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            to[r * columns + c] = from[c * rows + r];
    mem_free(from);
    return to;
}

/* The tensor of a part and its rows, which are *own where they are not the tensor's.
 * NULL: not there */
static const struct weight *
find_rows(struct load *l, const char *name, size_t n_out, size_t n_in,
          struct pack_rows *rows, float **own)
{
    int turned = l->n->shape.transposed;
    size_t dim[] = { turned ? n_in : n_out, turned ? n_out : n_in };
    char full[NAME_MAX];
    const struct weight *t;

    full_name(l, name, ".weight", full);
    if ((t = weights_get(l->n->weights, full, 2, dim, l->e)) == NULL)
        return NULL;
    if (turned)
        *own = transpose(t, n_out, n_in);
    *rows = turned ? (struct pack_rows){ QUANT_F32, *own, n_out }
                   : (struct pack_rows){ t->type, t->data, n_out };
    return t;
}

/* The biases of all parts, where one has any; others are 0. */
static int
load_bias(struct load *l, const struct matrix *m, struct decoder_linear *to)
{
    int any = m->biased, all = 0, at = 0;
    float *bias;

    for (int i = 0; i < m->n_part; i++) {
        any |= is_there(l, m->name[i], ".bias");
        all += m->n_out[i];
    }
    if (!any)
        return 0;
    bias = arena_alloc(&l->n->vectors, mem_mul((size_t)all, sizeof *bias));
    memset(bias, 0, (size_t)all * sizeof *bias);
    for (int i = 0; i < m->n_part; at += m->n_out[i++]) {
        const float *part;

        if (!m->biased && !is_there(l, m->name[i], ".bias"))
            continue;
        if ((part = get_vector(l, m->name[i], ".bias", m->n_out[i])) == NULL)
            return -1;
        memcpy(bias + at, part, (size_t)m->n_out[i] * sizeof *bias);
    }
    to->bias = bias;
    return 0;
}

/* What is packed is not read again: its pages of the file would count as memory. */
static int
load_matrix(struct load *l, const struct matrix *m, struct decoder_linear *to)
{
    const struct weight *t[PARTS];
    struct pack_rows rows[PARTS];
    struct pack_matrix all = { .part = rows, .n_in = (size_t)m->n_in };
    float *own[PARTS] = { NULL };
    int n = 0;

    while (n < m->n_part && (t[n] = find_rows(l, m->name[n], (size_t)m->n_out[n],
                                              all.n_in, rows + n, own + n)))
        n++;
    all.n_part = (size_t)n;
    if (n == m->n_part)
        to->w = pack_new(l->pack, &all, l->e);
    for (int i = 0; i < n; i++) {
        mem_free(own[i]);
        weights_let_go(l->n->weights, t[i]);
    }
    return to->w ? load_bias(l, m, to) : -1;
}

/* ---- layers ---- */

static int
load_attention(struct load *l, struct decoder_layer *to)
{
    const struct decoder_shape *s = &l->n->shape;
    const struct decoder_names *t = l->names;
    int q = s->n_head * s->dim, kv = s->n_kv * s->dim;
    struct matrix qkv = {
        { t->query, t->key, t->value }, { q, kv, kv }, 3, s->d, s->biased
    };
    struct matrix out = { { t->attend_out }, { s->d }, 1, q, s->layer_norm };

    if (s->joined)
        qkv = (struct matrix){ { t->joined }, { q + 2 * kv }, 1, s->d, s->biased };
    if (load_norm(l, t->attend_norm, s->d, &to->attend) ||
        load_matrix(l, &qkv, &to->qkv) || load_matrix(l, &out, &to->out))
        return -1;
    if (s->head_norm && (load_norm(l, t->query_norm, s->dim, &to->query) ||
                         load_norm(l, t->key_norm, s->dim, &to->key)))
        return -1;
    return s->added_norm ? load_norm(l, t->attended_norm, s->d, &to->attended) : 0;
}

static int
load_forward(struct load *l, struct decoder_layer *to)
{
    const struct decoder_shape *s = &l->n->shape;
    const struct decoder_names *t = l->names;
    struct matrix up = { { t->gate, t->up }, { s->d_ff, s->d_ff }, 2, s->d, 0 };
    struct matrix down = { { t->down }, { s->d }, 1, s->d_ff, s->layer_norm };

    if (s->no_gate)
        up = (struct matrix){ { t->up }, { s->d_ff }, 1, s->d, s->layer_norm };
    if (load_norm(l, t->forward_norm, s->d, &to->forward) ||
        load_matrix(l, &up, &to->up) || load_matrix(l, &down, &to->down))
        return -1;
    return s->added_norm ? load_norm(l, t->forwarded_norm, s->d, &to->forwarded) : 0;
}

static int
load_layers(struct load *l)
{
    struct decoder_net *n = l->n;
    const struct decoder_shape *s = &n->shape;

    n->layer = mem_zero((size_t)s->n_layer, sizeof *n->layer);
    for (int i = 0; i < s->n_layer; i++) {
        snprintf(l->prefix, sizeof l->prefix, l->names->layer, i);
        n->layer[i].local = s->window > 0 && (s->every == 0 || (i + 1) % s->every != 0);
        if (load_attention(l, n->layer + i) || load_forward(l, n->layer + i))
            return -1;
    }
    l->prefix[0] = '\0';
    return 0;
}

/* ---- the rest ---- */

/* A table [rows, d] that is looked up, not multiplied */
static const struct weight *
find_table(struct load *l, const char *name, int rows)
{
    size_t dim[] = { (size_t)rows, (size_t)l->n->shape.d };
    char full[NAME_MAX];

    return weights_get(l->n->weights, full_name(l, name, ".weight", full), 2, dim,
                       l->e);
}

static int
load_ends(struct load *l)
{
    struct decoder_net *n = l->n;
    const struct decoder_shape *s = &n->shape;
    int tied = !is_there(l, l->names->output, ".weight");
    struct pack_rows rows;
    struct pack_matrix m = { .part = &rows, .n_part = 1, .n_in = (size_t)s->d };
    const struct weight *out;

    n->word = find_table(l, l->names->word, s->n_vocab);
    if (n->config && config_opt_bool(n->config, "tie_word_embeddings", &tied, l->e))
        return -1;
    if (n->word == NULL || load_norm(l, l->names->norm, s->d, &n->norm) ||
        (s->positions &&
         (n->position = find_table(l, l->names->position, s->n_ctx)) == NULL))
        return -1;
    out = tied ? n->word : find_table(l, l->names->output, s->n_vocab);
    if (out == NULL)
        return -1;
    rows = (struct pack_rows){ out->type, out->data, (size_t)s->n_vocab };
    n->output.w = pack_new(l->pack, &m, l->e);
    weights_let_go(n->weights, out);
    return n->output.w ? 0 : -1;
}

/* Positions must stay where trig.h knows their angles: hostile factors do not. */
static int
check_turns(const struct load *l, const struct rope *r)
{
    double most = (double)l->n->shape.n_ctx;

    for (size_t i = 0; i < r->dim / 2; i++)
        if (!(r->speed[i] >= 0.0 && r->speed[i] * most <= TRIG_MOST))
            return err_set(l->e, ERR_MODEL,
                           "%s: %d positions that turn by %g are not supported",
                           weights_path(l->n->weights), l->n->shape.n_ctx, r->speed[i]);
    return 0;
}

static int
load_turns(struct load *l)
{
    struct decoder_net *n = l->n;
    const struct decoder_shape *s = &n->shape;
    struct rope_opt opt = { .dim = (size_t)s->dim, .next = s->next };

    if (s->positions)
        return 0;
    opt.base = s->turn.base;
    opt.factor = s->turn.factor;
    opt.stretch = s->stretch.high > 0.0 ? &s->stretch : NULL;
    if (is_there(l, "rope_freqs", ".weight") &&
        (opt.factors = get_vector(l, "rope_freqs", ".weight", s->dim / 2)) == NULL)
        return -1;
    rope_init(&n->rope[0], &opt, &n->vectors);
    n->rope[1] = n->rope[0];
    if (s->local.base > 0.0) {
        opt = (struct rope_opt){ (size_t)s->dim, s->local.base, s->local.factor,
                                 NULL,           NULL,          s->next };
        rope_init(&n->rope[1], &opt, &n->vectors);
    }
    return check_turns(l, &n->rope[0]) || check_turns(l, &n->rope[1]) ? -1 : 0;
}

static void
fill_kv(struct decoder_net *n, enum kv_type type)
{
    const struct decoder_shape *s = &n->shape;

    n->kv = (struct kv_shape){ type, (size_t)s->n_layer, (size_t)s->n_head,
                               (size_t)s->n_kv, (size_t)s->dim };
}

/* What else the names of a folder may begin with: those of GPT-2 with nothing, those of
 * models for images and texts with the name of the part for texts. */
static const struct root {
    const char *usual, *is;
} roots[] = {
    { "transformer.", "" },
    { "model.", "model.language_model." },
    { "", "language_model." },
};

/* A name that begins as usual: another beginning; else as it is */
static const char *
rename_root(struct load *l, const char *name, const struct root *r)
{
    size_t n = strlen(r->usual), bytes;
    char *to;

    if (name == NULL || strncmp(name, r->usual, n) != 0)
        return name;
    bytes = strlen(r->is) + strlen(name + n) + 1;
    to = arena_alloc(&l->n->vectors, bytes);
    snprintf(to, bytes, "%s%s", r->is, name + n);
    return to;
}

/* The names by which the table of words is there; as usual, if it is not */
static void
find_root(struct load *l, struct decoder_names *own)
{
    const struct decoder_names *usual = l->names;

    if (is_there(l, usual->word, ".weight"))
        return;
    for (const struct root *r = roots; r < roots + sizeof roots / sizeof *roots; r++) {
        *own = *usual;
        own->word = rename_root(l, usual->word, r);
        own->position = rename_root(l, usual->position, r);
        own->norm = rename_root(l, usual->norm, r);
        own->output = rename_root(l, usual->output, r);
        own->layer = rename_root(l, usual->layer, r);
        if (is_there(l, own->word, ".weight")) {
            l->names = own;
            return;
        }
    }
}

int
decodernet_load(struct decoder_net *n, const struct decoder_arch *arch,
                const struct decoder_source *from, const struct pack_opt *pack,
                struct err *e)
{
    struct load l = { n, from->meta ? &decodernet_gguf : arch->folder, pack, e, "" };
    struct decoder_names own;

    if (arch->read(&n->shape, from, e) || decodeset_layer_types(&n->shape, from, e))
        return from->meta ? err_wrap(e, "%s", weights_path(n->weights)) : -1;
    if (from->config)
        find_root(&l, &own);
    fill_kv(n, n->kv.type);
    n->face.arch = arch->name;
    n->face.n_embd = n->shape.d;
    n->face.n_ctx = n->shape.n_ctx;
    n->face.n_vocab = n->shape.n_vocab;
    return load_ends(&l) || load_turns(&l) || load_layers(&l) ? -1 : 0;
}

void
decodernet_release(struct decoder_net *n)
{
    for (int i = 0; n->layer && i < n->shape.n_layer; i++) {
        pack_free(n->layer[i].qkv.w);
        pack_free(n->layer[i].out.w);
        pack_free(n->layer[i].up.w);
        pack_free(n->layer[i].down.w);
    }
    pack_free(n->output.w);
    mem_free(n->layer);
    arena_release(&n->vectors);
}
