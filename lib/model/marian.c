/*
 * marian.c - Marian's encoder-decoder
 *
 * Encoder, for a source of n tokens:
 *     x = word[id] * sqrt(d) + position[i]                  [n, d]
 *     n_enc times:
 *         q, k, v = x Wq + b, x Wk + b, x Wv + b            [n, d] each
 *         a = softmax(q k^T / sqrt(d / n_head)) v           [n, d], each head alone
 *         y = norm(x + a Wo + b)                            [n, d]
 *         h = relu(y W1 + b), or swish                      [n, d_ff]
 *         x = norm(y + h W2 + b)                            [n, d]
 * Decoder, for one row at its step t:
 *     x = word[prev] * sqrt(d) + position[t]                [d], no word at step 0
 *     n_dec times:
 *         with cells (SSRU):
 *             f = sigmoid(x Wf + b)                         [d]
 *             c = f c + (1 - f) (x W)                       [d], kept for the next step
 *             x = norm(x + relu(c))
 *         else: k, v of x                                   [d] each, kept from now on
 *             x = norm(x + attention of x to all k and v kept, Wo + b)
 *         x = norm(x + attention of x to the source, Wo + b)
 *         x = norm(x + relu(x W1 + b) W2 + b), or swish
 *     logits = x word^T + b                                 [n_vocab]
 *
 * What goes into a product is first limited to +-127 / a, where the file has such an a
 * (NAME_QuantMultA): models of 8 bits were trained with that, and translate better with
 * it at every precision.
 *
 * Words, and the matrix of the logits, may be the same for both sides or not. position
 * is wave.h's; in files of Hugging Face, which write Marian's models in their way, its
 * frequencies, the norms' epsilon and the factor of a word are others (marianstore.h).
 *
 * Source: Vaswani et al., "Attention Is All You Need", 2017; Kim et al., "From Research
 *         to Production and Back: Ludicrously Fast Neural Machine Translation", 2019
 *         (SSRU, D19-5632).
 */
#include "model/marian.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "model/marianload.h"
#include "model/params.h"
#include "tensor/attend.h"
#include "tensor/cross.h"
#include "tensor/matmul.h"
#include "tensor/ops.h"

static int
sha_of_store(const void *of, int compute, char hex[SHA_HEX])
{
    return marianstore_sha(of, compute, hex);
}

struct marian *
marian_open(const char *path, const struct marian_opt *opt, struct err *e)
{
    struct marian *m = mem_zero(1, sizeof *m);
    struct pack_opt pack = { .arith = opt->arith, .pool = opt->pool };
    int rc = -1;

    pack.kernels = m->k = kernel_get(cpu_level());
    if ((m->store = marianstore_open(path, e))) {
        if (opt->cache)
            pack.file = m->packed = params_packed_by(sha_of_store, m->store, &pack);
        if ((rc = marianload(m, &pack, e)))
            err_wrap(e, "%s", path);
    }
    if (rc) {
        marian_close(m);
        return NULL;
    }
    if (m->packed)
        packfile_end(m->packed);
    return m;
}

void
marian_close(struct marian *m)
{
    if (m == NULL)
        return;
    marianload_release(m);
    packfile_close(m->packed);
    marianstore_close(m->store);
    mem_free(m);
}

size_t
marian_vocab(const struct marian *m)
{
    return (size_t)m->s.n_vocab;
}

size_t
marian_sources(const struct marian *m)
{
    return (size_t)m->s.n_source;
}

size_t
marian_width(const struct marian *m)
{
    return (size_t)m->s.d;
}

/* ---- forward ---- */

void
marian_work_release(struct marian_work *w)
{
    arena_release(&w->memory);
    arena_release(&w->past[0]);
    arena_release(&w->past[1]);
    arena_release(&w->state);
    arena_release(&w->limited);
    arena_release(&w->scratch);
}

/* x [n, n_in] as f wants it: limited, in w->limited until the next call */
static const float *
limited(const struct marian_linear *f, const float *x, size_t n, struct marian_work *w)
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
project(const struct marian_linear *f, const float *x, size_t n, float *y, size_t ldy,
        struct marian_work *w)
{
    struct matmul_end end = { .bias = f->bias };

    matmul(f->w, x, pack_n_in(f->w), n, y, ldy, &end, &w->scratch);
}

/* y = norm(residual + x W + b), all rows end to end; x is limited already */
static void
project_norm(const struct marian *m, const struct marian_linear *f,
             const struct marian_norm *norm, const float *x, const float *residual,
             size_t n, float *y, struct marian_work *w)
{
    size_t d = pack_n_out(f->w);
    struct matmul_end end = {
        .bias = f->bias, .norm = { norm->gamma, norm->beta, m->s.eps, residual, d }
    };

    matmul(f->w, x, pack_n_in(f->w), n, y, d, &end, &w->scratch);
}

/* x [d] = word[id] * scale + position[at]; id -1: no word */
static void
embed(const struct marian *m, const struct marianstore_table *word, int32_t id,
      size_t at, float *x)
{
    size_t d = (size_t)m->s.d;

    memset(x, 0, d * sizeof *x);
    if (id >= 0) {
        marianstore_row(m->store, word, (size_t)id, x);
        ops_scale(m->k, x, m->s.scale, d);
    }
    ops_add_scaled(m->k, x, 1.0f, m->position + at * d, d);
}

/* Rows that go through the network's wide part at once, so that they stay in L2 */
#define FORWARD_ROWS 96

/* y [n, d] = norm(x + relu(x W1 + b) W2 + b) */
static void
feed_forward(const struct marian *m, const struct marian_forward *f, const float *x,
             size_t n, float *y, float *h, struct marian_work *w)
{
    size_t d = (size_t)m->s.d, d_ff = pack_n_out(f->up.w);

    for (size_t row = 0; row < n; row += FORWARD_ROWS) {
        size_t part = n - row < FORWARD_ROWS ? n - row : FORWARD_ROWS;

        project(&f->up, limited(&f->up, x + row * d, part, w), part, h, d_ff, w);
        if (m->s.swish)
            ops_swish(m->k, h, part * d_ff);
        ops_clip(h, h, part * d_ff, m->s.swish ? -f->down.limit : 0.0f, f->down.limit);
        project_norm(m, &f->down, &f->norm, h, x + row * d, part, y + row * d, w);
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
    size_t n = s->n_tok, d = (size_t)m->s.d;
    struct attend_shape shape = { .n_head = (size_t)m->s.n_head,
                                  .head_dim = d / (size_t)m->s.n_head };
    float *qkv = rows(&w->state, n, 3 * d), *a = rows(&w->state, n, d);
    float *y = rows(&w->state, n, d), *h;

    h = rows(&w->state, wide_rows(n), (size_t)m->s.d_ff);
    for (const struct marian_layer *l = m->layer; l < m->layer + m->s.n_enc; l++) {
        const struct marian_attention *t = &l->self;

        project(&t->query, limited(&t->query, x, n, w), n, qkv, 3 * d, w);
        project(&t->key, limited(&t->key, x, n, w), n, qkv + d, 3 * d, w);
        project(&t->value, limited(&t->value, x, n, w), n, qkv + 2 * d, 3 * d, w);
        attend(m->k, &shape, qkv, s->start, s->n_seq, a, &w->scratch);
        ops_clip(a, a, n * d, -t->out.limit, t->out.limit);
        project_norm(m, &t->out, &t->norm, a, x, n, y, w);
        feed_forward(m, &l->forward, y, n, x, h, w);
    }
}

void
marian_encode(const struct marian *m, struct marian_source *s, struct marian_work *w)
{
    size_t n = s->n_tok, d = (size_t)m->s.d;
    float *x, *to;

    arena_reset(&w->state);
    arena_reset(&w->memory);
    arena_reset(&w->past[0]);
    arena_reset(&w->past[1]);
    x = rows(&w->state, n, d);
    for (size_t i = 0; i < s->n_seq; i++)
        for (size_t t = s->start[i]; t < s->start[i + 1]; t++)
            embed(m, &m->source, s->id[t], t - s->start[i], x + t * d);
    run_encoder(m, s, x, w);
    s->memory = to = rows(&w->memory, mem_mul(n, (size_t)m->s.n_dec), 2 * d);
    for (int i = 0; i < m->s.n_dec; i++, to += n * 2 * d) {
        const struct marian_attention *t = &m->layer[m->s.n_enc + i].context;

        project(&t->key, limited(&t->key, x, n, w), n, to, 2 * d, w);
        project(&t->value, limited(&t->value, x, n, w), n, to + d, 2 * d, w);
    }
}

/* ---- steps ---- */

/* What a step leaves for the next one, or for all that follow */
struct marian_past {
    const struct marian_past *before; /* NULL: it was the first step */
    float *cell; /* [n_dec, d]; with attention keys and values, [n_dec, 2 d] */
};

/* Floats of it for one layer */
static size_t
past_wide(const struct marian *m)
{
    return (size_t)m->s.d * (m->s.attends ? 2 : 1);
}

/* cell [d] = f old + (1 - f) h with f = sigmoid(forget), then x = relu(cell) */
static void
remember(const struct marian *m, const float *h, float *forget, const float *old,
         float *cell, float *x)
{
    size_t d = (size_t)m->s.d;

    ops_sigmoid(m->k, forget, d);
    for (size_t i = 0; i < d; i++) {
        float f = forget[i];

        cell[i] = f * (old ? old[i] : 0.0f) + (1.0f - f) * h[i];
        x[i] = cell[i] > 0.0f ? cell[i] : 0.0f;
    }
}

/* Scratch of a step: [n, d] each, h [n, d_ff] */
struct step {
    float *a, *b, *h;
    struct marian_past *past; /* [n], of this step, cells end to end */
    const float ***kept;      /* [n][step + 1]: all pasts of a row, the first first */
};

/* x [n, d] = norm(x + relu(cell)), for layer i of the decoder */
static void
run_cells(const struct marian *m, int i, const struct marian_row *row, size_t n,
          float *x, const struct step *s, struct marian_work *w)
{
    const struct marian_layer *l = &m->layer[m->s.n_enc + i];
    size_t d = (size_t)m->s.d, at = (size_t)i * d;
    struct kernel_norm norm = { .residual = x,
                                .ld_residual = d,
                                .gamma = l->remembered.gamma,
                                .beta = l->remembered.beta,
                                .eps = m->s.eps };

    project(&l->cell, limited(&l->cell, x, n, w), n, s->a, d, w);
    project(&l->forget, limited(&l->forget, x, n, w), n, s->b, d, w);
    for (size_t r = 0; r < n; r++)
        remember(m, s->a + r * d, s->b + r * d,
                 row[r].past ? row[r].past->cell + at : NULL, s->past[r].cell + at,
                 s->a + r * d);
    ops_add_norm(m->k, s->a, d, n, d, &norm);
    memcpy(x, s->a, n * d * sizeof *x);
}

/* x [n, d] = norm(x + attention of x to its row's words so far), for layer i */
static void
run_self(const struct marian *m, int i, const struct marian_row *row, size_t n,
         float *x, const struct step *s, struct marian_work *w)
{
    const struct marian_attention *t = &m->layer[m->s.n_enc + i].self;
    size_t d = (size_t)m->s.d, at = (size_t)i * 2 * d, ld = (size_t)m->s.n_dec * 2 * d;
    struct cross_shape shape = { (size_t)m->s.n_head_dec, d / (size_t)m->s.n_head_dec };
    float *now = s->past[0].cell + at;

    project(&t->query, limited(&t->query, x, n, w), n, s->a, d, w);
    project(&t->key, limited(&t->key, x, n, w), n, now, ld, w);
    project(&t->value, limited(&t->value, x, n, w), n, now + d, ld, w);
    for (size_t r = 0; r < n; r++)
        cross_list(m->k, &shape, s->a + r * d, s->kept[r], at, row[r].step + 1,
                   s->b + r * d, &w->scratch);
    ops_clip(s->b, s->b, n * d, -t->out.limit, t->out.limit);
    project_norm(m, &t->out, &t->norm, s->b, x, n, s->a, w);
    memcpy(x, s->a, n * d * sizeof *x);
}

/* y [n, d] = norm(x + attention of x to each row's source) */
static void
run_context(const struct marian *m, const struct marian_attention *t,
            const struct marian_source *src, const float *memory,
            const struct marian_row *row, size_t n, const float *x, float *y,
            const struct step *s, struct marian_work *w)
{
    size_t d = (size_t)m->s.d;
    struct cross_shape shape = { (size_t)m->s.n_head_dec, d / (size_t)m->s.n_head_dec };

    project(&t->query, limited(&t->query, x, n, w), n, s->a, d, w);
    for (size_t r = 0; r < n; r++) {
        size_t from = src->start[row[r].seq], to = src->start[row[r].seq + 1];

        cross(m->k, &shape, s->a + r * d, memory + from * 2 * d, to - from,
              s->b + r * d, &w->scratch);
    }
    ops_clip(s->b, s->b, n * d, -t->out.limit, t->out.limit);
    project_norm(m, &t->out, &t->norm, s->b, x, n, y, w);
}

/* Rooms for what n rows leave. Cells are needed until the next step is done: there are
 * rooms for two steps. Keys and values are needed to the end. */
static struct marian_past *
new_pasts(const struct marian *m, const struct marian_row *row, size_t n,
          struct marian_work *w)
{
    struct arena *mem = &w->past[m->s.attends ? 0 : (w->turn ^= 1)];
    size_t all = (size_t)m->s.n_dec * past_wide(m);
    struct marian_past *past;
    float *cell;

    if (!m->s.attends)
        arena_reset(mem);
    past = arena_alloc(mem, mem_mul(n, sizeof *past));
    cell = rows(mem, n, all);
    for (size_t r = 0; r < n; r++)
        past[r] = (struct marian_past){ row[r].past, cell + r * all };
    return past;
}

/* What each row has kept, this step's room included. */
static const float ***
list_kept(const struct marian_past *past, const struct marian_row *row, size_t n,
          struct arena *mem)
{
    const float ***kept = arena_alloc(mem, mem_mul(n, sizeof *kept));

    for (size_t r = 0; r < n; r++) {
        const struct marian_past *p = &past[r];

        kept[r] = arena_alloc(mem, mem_mul(row[r].step + 1, sizeof *kept[r]));
        for (size_t t = row[r].step + 1; t-- > 0; p = p->before)
            kept[r][t] = p->cell;
    }
    return kept;
}

static struct step
begin_step(const struct marian *m, const struct marian_row *row, size_t n,
           struct marian_work *w)
{
    size_t d = (size_t)m->s.d;
    struct step s = { 0 };

    arena_reset(&w->state);
    s.a = rows(&w->state, n, d);
    s.b = rows(&w->state, n, d);
    s.h = rows(&w->state, wide_rows(n), (size_t)m->s.d_ff_dec);
    s.past = new_pasts(m, row, n, w);
    if (m->s.attends)
        s.kept = list_kept(s.past, row, n, &w->state);
    return s;
}

void
marian_step(const struct marian *m, const struct marian_source *src,
            struct marian_row *row, size_t n, float *x, struct marian_work *w)
{
    size_t d = (size_t)m->s.d;
    struct step s = begin_step(m, row, n, w);
    float *y = rows(&w->state, n, d);

    for (size_t r = 0; r < n; r++)
        embed(m, &m->target, row[r].prev, row[r].step, x + r * d);
    for (int i = 0; i < m->s.n_dec; i++) {
        const struct marian_layer *l = &m->layer[m->s.n_enc + i];
        const float *memory = src->memory + (size_t)i * src->n_tok * 2 * d;

        if (m->s.attends)
            run_self(m, i, row, n, x, &s, w);
        else
            run_cells(m, i, row, n, x, &s, w);
        run_context(m, &l->context, src, memory, row, n, x, y, &s, w);
        feed_forward(m, &l->forward, y, n, x, s.h, w);
    }
    for (size_t r = 0; r < n; r++)
        row[r].past = &s.past[r];
}

/* ---- words ---- */

struct marian_words {
    struct marian_linear some; /* d -> n */
};

struct marian_words *
marian_words_new(const struct marian *m, const int32_t *id, size_t n, struct arena *mem)
{
    struct marian_words *words = arena_alloc(mem, sizeof *words);
    float *bias = arena_alloc(mem, mem_mul(n, sizeof *bias));

    for (size_t i = 0; i < n; i++)
        bias[i] = m->logits.bias[id[i]];
    words->some = (struct marian_linear){ pack_take(m->logits.w, id, n, mem), bias,
                                          m->logits.limit };
    return words;
}

void
marian_logits(const struct marian *m, const struct marian_words *words, const float *x,
              size_t n, float *logits, size_t ld, struct marian_work *w)
{
    const struct marian_linear *f = words ? &words->some : &m->logits;

    project(f, limited(f, x, n, w), n, logits, ld, w);
}
