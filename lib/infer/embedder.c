/* embedder.c - one vector for each text */
#include "infer/embedder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/pass.h"
#include "tensor/ops.h"

struct embedder {
    struct session *session;
    const struct kernels *k;
    enum overlong overlong;
    enum sentence_pooling pooling;
    int normalize;
    size_t dim;  /* of a result */
    size_t wide; /* of a hidden state */
};

/* The tokens of a text, without the frame. */
struct tokens {
    const int32_t *id;
    size_t n;
};

/* ---- open ---- */

static int
set_pooling(struct embedder *m, const char *name, struct err *e)
{
    m->pooling = m->session->how.pooling;
    if (name == NULL)
        return 0;
    if (strcmp(name, "mean") == 0)
        m->pooling = SENTENCE_MEAN;
    else if (strcmp(name, "cls") == 0)
        m->pooling = SENTENCE_CLS;
    else
        return err_set(e, ERR_USAGE, "pooling '%.40s' is not known: mean or cls", name);
    return 0;
}

static int
set_width(struct embedder *m, int dims, struct err *e)
{
    const struct session *s = m->session;

    m->wide = (size_t)s->model->n_embd;
    if (s->how.n_embd > 0 && s->how.n_embd != s->model->n_embd)
        return err_set(e, ERR_MODEL,
                       "%s: pooling is for %d numbers, the network has %d", s->how.root,
                       s->how.n_embd, s->model->n_embd);
    if (dims < 0 || (size_t)dims > m->wide)
        return err_set(e, ERR_USAGE, "%d dimensions, the model has %zu", dims, m->wide);
    m->dim = dims ? (size_t)dims : m->wide;
    return 0;
}

struct embedder *
embedder_open(const struct embedder_opt *opt, struct err *e)
{
    struct embedder *m = mem_zero(1, sizeof *m);

    m->k = kernel_get(cpu_level());
    m->overlong = opt->overlong ? opt->overlong : OVERLONG_CHUNK;
    m->session = session_open(&opt->session, e);
    if (m->session == NULL || set_pooling(m, opt->pooling, e) ||
        set_width(m, opt->dims, e)) {
        embedder_close(m);
        return NULL;
    }
    m->normalize = opt->normalize == EMBEDDER_AS_MODEL ? m->session->how.normalize
                                                       : opt->normalize == EMBEDDER_YES;
    return m;
}

void
embedder_close(struct embedder *m)
{
    if (m)
        session_close(m->session);
    mem_free(m);
}

int
embedder_dim(const struct embedder *m)
{
    return (int)m->dim;
}

const struct session *
embedder_session(const struct embedder *m)
{
    return m->session;
}

void
embedder_work_release(struct embedder_work *w)
{
    tokenizer_work_release(&w->token);
    model_work_release(&w->model);
    arena_release(&w->batch);
}

/* ---- texts to pieces ---- */

static size_t
frame_size(const struct embedder *m)
{
    return m->session->frame.n_before + m->session->frame.n_after;
}

/* Tokens of text that one sequence takes. */
static size_t
room(const struct embedder *m)
{
    return m->session->max_tokens - frame_size(m);
}

static struct tokens
tokenize(const struct embedder *m, struct embedder_work *w, struct str text,
         struct embedder_info *info)
{
    struct tokens t = { 0 };
    struct err e;

    *info = (struct embedder_info){ 0 };
    if (tokenizer_encode(m->session->tokenizer, text, TOKENIZER_NO_SPECIAL, &w->token,
                         &e)) {
        info->code = e.code;
        return t;
    }
    t.n = w->token.n;
    t.id = arena_copy(&w->batch, w->token.id, t.n * sizeof *t.id);
    info->tokens = info->kept = t.n + frame_size(m);
    return t;
}

/* Decide about a text that is too long; returns how many pieces it makes. */
static size_t
apply_policy(const struct embedder *m, struct tokens *t, struct embedder_info *info)
{
    if (info->code != ERR_NONE)
        return 0;
    if (t->n <= room(m))
        return 1;
    info->how = m->overlong;
    switch (m->overlong) {
    case OVERLONG_CHUNK: return overlong_count(t->n, room(m));
    case OVERLONG_TRUNCATE:
        t->n = room(m);
        info->kept = m->session->max_tokens;
        return 1;
    case OVERLONG_ERROR: info->code = ERR_OVERLONG; break;
    default: break;
    }
    info->kept = 0;
    return 0;
}

struct plan {
    struct tokens *tokens;        /* [n_text] */
    struct embedder_piece *piece; /* in the order of the texts */
    size_t n_piece;
};

static void
make_plan(const struct embedder *m, struct embedder_work *w, const struct str *text,
          size_t n, struct embedder_info *info, struct plan *p)
{
    size_t *count = arena_alloc(&w->batch, mem_mul(n, sizeof *count)), at = 0;

    p->tokens = arena_alloc(&w->batch, mem_mul(n, sizeof *p->tokens));
    p->n_piece = 0;
    for (size_t i = 0; i < n; i++) {
        p->tokens[i] = tokenize(m, w, text[i], &info[i]);
        p->n_piece += count[i] = apply_policy(m, &p->tokens[i], &info[i]);
    }
    p->piece = arena_alloc(&w->batch, mem_mul(p->n_piece, sizeof *p->piece));
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < count[i]; c++) {
            struct overlong_chunk cut = overlong_cut(p->tokens[i].n, count[i], c);
            p->piece[at++] = (struct embedder_piece){ i, cut.at, cut.n };
        }
}

/* ---- pieces to vectors ---- */

/* x [n, wide] to one vector. */
static void
pool_rows(const struct embedder *m, const float *x, size_t n, float *vec)
{
    if (m->pooling == SENTENCE_CLS)
        memcpy(vec, x, m->wide * sizeof *x);
    else
        ops_mean(m->k, x, m->wide, n, m->wide, vec);
}

struct pooling {
    const struct embedder *m;
    float *vec; /* [n_piece, wide] */
};

static void
take_rows(void *arg, size_t i, const float *x, size_t n)
{
    const struct pooling *p = arg;

    pool_rows(p->m, x, n, p->vec + i * p->m->wide);
}

struct embedder_pieces
embedder_pool(const struct embedder *m, struct embedder_work *w, const struct str *text,
              size_t n, struct embedder_info *info)
{
    struct pooling pooling = { .m = m };
    struct pass_seq *seq;
    struct plan p;

    arena_reset(&w->batch);
    make_plan(m, w, text, n, info, &p);
    pooling.vec =
        arena_alloc(&w->batch, mem_mul(p.n_piece, m->wide * sizeof *pooling.vec));
    seq = arena_alloc(&w->batch, mem_mul(p.n_piece, sizeof *seq));
    for (size_t i = 0; i < p.n_piece; i++)
        seq[i] = (struct pass_seq){ p.tokens[p.piece[i].text].id + p.piece[i].at,
                                    p.piece[i].tokens };
    pass_run(m->session, seq, p.n_piece, &w->model, &w->batch, take_rows, &pooling);
    return (struct embedder_pieces){ p.piece, pooling.vec, p.n_piece };
}

/* ---- vectors of pieces to vectors of texts ---- */

/* Normalize where asked to. -1: not finite. The square of a large finite vector may be
 * infinite; its direction is then as lost as that of a NaN. */
static int
finish(const struct embedder *m, float *vec, size_t n)
{
    if (!isfinite(ops_dot(m->k, vec, vec, n)))
        return -1;
    if (m->normalize)
        ops_normalize(m->k, vec, n);
    return 0;
}

/* The mean of k > 1 pieces, weighted by their tokens, into the first one's vector. */
static int
merge(const struct embedder *m, const struct embedder_piece *piece, float *vec,
      size_t k)
{
    size_t total = 0;

    for (size_t i = 0; i < k; i++)
        total += piece[i].tokens;
    for (size_t i = 0; i < k; i++) {
        float *v = vec + i * m->wide, part = (float)piece[i].tokens / (float)total;
        if (finish(m, v, m->wide))
            return -1;
        if (i == 0)
            ops_scale(m->k, v, part, m->wide);
        else
            ops_add_scaled(m->k, vec, part, v, m->wide);
    }
    return 0;
}

void
embedder_run(const struct embedder *m, struct embedder_work *w, const struct str *text,
             size_t n, float *vec, struct embedder_info *info)
{
    struct embedder_pieces p = embedder_pool(m, w, text, n, info);

    if (n > 0)
        memset(vec, 0, mem_mul(n, m->dim * sizeof *vec));
    for (size_t i = 0, k; i < p.n; i += k) {
        size_t t = p.piece[i].text;
        float *out = vec + t * m->dim, *in = p.vec + i * m->wide;

        for (k = 1; i + k < p.n && p.piece[i + k].text == t;)
            k++;
        if (k == 1 || merge(m, &p.piece[i], in, k) == 0) {
            memcpy(out, in, m->dim * sizeof *out);
            if (finish(m, out, m->dim) == 0)
                continue;
        }
        memset(out, 0, m->dim * sizeof *out);
        info[t].code = ERR_NAN;
        info[t].kept = 0;
    }
}

void
embedder_count(const struct embedder *m, struct embedder_work *w,
               const struct str *text, size_t n, struct embedder_info *info)
{
    for (size_t i = 0; i < n; i++) {
        struct tokens t;
        arena_reset(&w->batch);
        t = tokenize(m, w, text[i], &info[i]);
        apply_policy(m, &t, &info[i]);
    }
}

void
embedder_explain(const struct embedder *m, const struct embedder_info *info,
                 struct err *e)
{
    switch (info->code) {
    case ERR_OVERLONG:
        err_set(e, ERR_OVERLONG, "%zu tokens, the model takes %zu", info->tokens,
                m->session->max_tokens);
        break;
    case ERR_NAN:
        err_set(e, ERR_NAN, "the model gives numbers that are not finite");
        break;
    default: err_set(e, info->code, "more text than the tokenizer takes"); break;
    }
}
