/* marianload.c - a Marian model's settings and weights */
#include "model/marianload.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "model/marian.h"
#include "tensor/wave.h"

struct load {
    struct marian *m;
    struct pack_opt pack;
    struct arena tmp; /* one matrix as floats */
    float *usual;     /* [d], for one matrix */
    struct err *e;
};

/* A vector [n]; NULL: error. */
static const float *
floats(struct load *l, const char *prefix, const char *name, int n)
{
    char full[160];
    float *v;

    snprintf(full, sizeof full, "%s%s", prefix, name);
    if (marianstore_vector(l->m->store, full, (size_t)n, NULL, l->e))
        return NULL;
    v = arena_alloc(&l->m->vectors, mem_mul((size_t)n, sizeof *v));
    marianstore_vector(l->m->store, full, (size_t)n, v, l->e);
    return v;
}

/* How large the outputs of a norm usually are: what it normalizes to is 1. */
static const float *
usual_after(struct load *l, const struct marian_norm *norm)
{
    for (int i = 0; i < l->m->s.d; i++)
        l->usual[i] =
            sqrtf(norm->gamma[i] * norm->gamma[i] + norm->beta[i] * norm->beta[i]);
    return l->usual;
}

/* The rows [n_out] of a matrix, packed; before: the norm that the inputs come from,
 * NULL for others. A matrix that was packed before is not read. -1: error. */
static int
pack(struct load *l, const struct marianstore_outputs *from, size_t n_out,
     const struct marian_norm *before, struct marian_linear *to)
{
    size_t n_in = from->n_in;
    float *rows = arena_alloc(&l->tmp, mem_mul(n_out, mem_mul(n_in, sizeof *rows)));
    struct pack_rows part = { QUANT_F32, rows, n_out };
    struct pack_matrix w = { .part = &part, .n_part = 1, .n_in = n_in };

    w.usual = before ? usual_after(l, before) : NULL;
    w.step = marianstore_step(l->m->store, from);
    marianstore_output(l->m->store, from, 0, rows);
    marianstore_output(l->m->store, from, n_out - 1, rows + (n_out - 1) * n_in);
    if (!pack_is_kept(&l->pack, &w))
        for (size_t i = 0; i < n_out; i++)
            marianstore_output(l->m->store, from, i, rows + i * n_in);
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
    struct marianstore_outputs from;
    char full[160];

    snprintf(full, sizeof full, "%s%s", prefix, weight);
    if (marianstore_outputs(l->m->store, full, (size_t)n_in, (size_t)n_out, &from,
                            l->e) ||
        (bias && !(to->bias = floats(l, prefix, bias, n_out))))
        return -1;
    to->limit = marianstore_limit(l->m->store, full);
    return pack(l, &from, (size_t)n_out, before, to);
}

static int
load_norm(struct load *l, const char *prefix, const char *part, struct marian_norm *to)
{
    char name[64];

    snprintf(name, sizeof name, "%s_ln_scale", part);
    if ((to->gamma = floats(l, prefix, name, l->m->s.d)) == NULL)
        return -1;
    snprintf(name, sizeof name, "%s_ln_bias", part);
    return (to->beta = floats(l, prefix, name, l->m->s.d)) ? 0 : -1;
}

/* part: "self" or "context"; x, over: the norms that queries, and keys and values, are
 * made after */
static int
load_attention(struct load *l, const char *layer, const char *part,
               const struct marian_norm *x, const struct marian_norm *over,
               struct marian_attention *to)
{
    int d = l->m->s.d;
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
    int d = l->m->s.d;

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
    return load_attention(l, p, "self", before, before, &y->self) ||
                   load_forward(l, p, l->m->s.d_ff, &y->self.norm, &y->forward)
               ? -1
               : 0;
}

static int
load_cells(struct load *l, const char *p, const struct marian_norm *before,
           struct marian_layer *y)
{
    int d = l->m->s.d;

    return load_linear(l, p, "_rnn_W", NULL, d, d, before, &y->cell) ||
                   load_linear(l, p, "_rnn_Wf", "_rnn_bf", d, d, before, &y->forget) ||
                   load_norm(l, p, "_rnn_ffn", &y->remembered)
               ? -1
               : 0;
}

static int
load_decoder(struct load *l, int i)
{
    struct marian_layer *y = &l->m->layer[l->m->s.n_enc + i];
    const struct marian_norm *source = &l->m->layer[l->m->s.n_enc - 1].forward.norm;
    const struct marian_norm *before = i > 0 ? &y[-1].forward.norm : NULL, *past;
    int attends = l->m->s.attends;
    char p[64];

    snprintf(p, sizeof p, "decoder_l%d", i + 1);
    past = attends ? &y->self.norm : &y->remembered;
    if (attends ? load_attention(l, p, "self", before, before, &y->self)
                : load_cells(l, p, before, y))
        return -1;
    return load_attention(l, p, "context", past, source, &y->context) ||
                   load_forward(l, p, l->m->s.d_ff_dec, &y->context.norm, &y->forward)
               ? -1
               : 0;
}

/* The table of one side; both may share one. */
static int
load_table(struct load *l, const char *own, int n, struct marianstore_table *to)
{
    const struct marian *m = l->m;

    return marianstore_table(m->store, marianstore_has(m->store, own) ? own : "Wemb",
                             (size_t)n, (size_t)m->s.d, to, l->e);
}

/* What makes the logits: a matrix of its own, or the words that come out. */
static int
load_logits(struct load *l)
{
    struct marian *m = l->m;
    size_t n = (size_t)m->s.n_vocab, d = (size_t)m->s.d;
    const struct marian_norm *before =
        &m->layer[m->s.n_enc + m->s.n_dec - 1].forward.norm;
    struct marianstore_table own = m->target;
    struct marianstore_outputs rows;

    if (marianstore_has(m->store, "decoder_ff_logit_out_W"))
        return load_linear(l, "decoder_ff_logit_out", "_W", "_b", m->s.d, m->s.n_vocab,
                           before, &m->logits);
    if (!(m->logits.bias = floats(l, "", "decoder_ff_logit_out_b", m->s.n_vocab)) ||
        (marianstore_has(m->store, "decoder_ff_logit_out_Wt") &&
         marianstore_table(m->store, "decoder_ff_logit_out_Wt", n, d, &own, l->e)))
        return -1;
    rows = (struct marianstore_outputs){ own.tensor, d, 1 };
    m->logits.limit = marianstore_limit(m->store, "none");
    return pack(l, &rows, n, before, &m->logits);
}

static int
load_all(struct load *l)
{
    struct marian *m = l->m;

    if (marianstore_settings(m->store, &m->s, l->e) ||
        load_table(l, "encoder_Wemb", m->s.n_source, &m->source) ||
        load_table(l, "decoder_Wemb", m->s.n_vocab, &m->target))
        return -1;
    l->usual = arena_alloc(&m->vectors, (size_t)m->s.d * sizeof *l->usual);
    m->position =
        mem_alloc(mem_mul(MARIAN_STEPS, (size_t)m->s.d * sizeof *m->position));
    wave_fill(m->position, MARIAN_STEPS, (size_t)m->s.d, m->s.wave);
    m->layer = mem_zero((size_t)(m->s.n_enc + m->s.n_dec), sizeof *m->layer);
    for (int i = 0; i < m->s.n_enc; i++)
        if (load_encoder(l, i))
            return -1;
    for (int i = 0; i < m->s.n_dec; i++)
        if (load_decoder(l, i))
            return -1;
    return load_logits(l);
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
close_attention(struct marian_attention *a)
{
    pack_free(a->query.w);
    pack_free(a->key.w);
    pack_free(a->value.w);
    pack_free(a->out.w);
}

static void
close_layer(struct marian_layer *y)
{
    pack_free(y->cell.w);
    pack_free(y->forget.w);
    close_attention(&y->self);
    close_attention(&y->context);
    pack_free(y->forward.up.w);
    pack_free(y->forward.down.w);
}

void
marianload_release(struct marian *m)
{
    for (int i = 0; m->layer && i < m->s.n_enc + m->s.n_dec; i++)
        close_layer(&m->layer[i]);
    mem_free(m->layer);
    mem_free(m->position);
    pack_free(m->logits.w);
    arena_release(&m->vectors);
}
