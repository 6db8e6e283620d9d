/* windows.c - what the network makes of each token of a text, however long it is */
#include "infer/windows.h"

#include "base/mem.h"
#include "infer/pass.h"

struct windows {
    struct embedder *embedder;
    const struct session *session;
    enum overlong overlong;
    int32_t sought; /* -1: none */
};

struct windows *
windows_open(const struct embedder_opt *opt, struct err *e)
{
    struct embedder_opt embed = { .session = opt->session, .overlong = opt->overlong };
    struct windows *r = mem_zero(1, sizeof *r);

    if ((r->embedder = embedder_open(&embed, e)) == NULL) {
        windows_close(r);
        return NULL;
    }
    r->session = embedder_session(r->embedder);
    r->overlong = opt->overlong ? opt->overlong : OVERLONG_CHUNK;
    r->sought = -1;
    return r;
}

void
windows_close(struct windows *r)
{
    if (r)
        embedder_close(r->embedder);
    mem_free(r);
}

const struct embedder *
windows_embedder(const struct windows *r)
{
    return r->embedder;
}

const struct session *
windows_session(const struct windows *r)
{
    return r->session;
}

void
windows_seek(struct windows *r, int32_t id)
{
    r->sought = id;
}

/* ---- windows ---- */

size_t
windows_count(size_t n, size_t room)
{
    return n <= room ? 1 : (n - room - 1) / (room - room / 4) + 2;
}

/* Where window i begins, of `count` that are more than one. In 64 bits: a text has less
 * than 2^30 tokens, and so many windows. */
static size_t
begin(size_t n, size_t room, size_t count, size_t i)
{
    return (size_t)((uint64_t)i * (n - room) / (count - 1));
}

struct windows_at
windows_at(size_t n, size_t room, size_t i)
{
    size_t count = windows_count(n, room);
    struct windows_at w = { 0, n, 0, n };

    if (count == 1)
        return w;
    w.at = begin(n, room, count, i);
    w.size = room;
    if (i > 0)
        w.from = (begin(n, room, count, i - 1) + w.at + room) / 2;
    if (i + 1 < count)
        w.to = (w.at + begin(n, room, count, i + 1) + room) / 2;
    return w;
}

/* ---- texts to tokens ---- */

static size_t
frame_size(const struct windows *r)
{
    return r->session->frame.n_before + r->session->frame.n_after;
}

/* Tokens of text that one sequence takes. */
static size_t
room(const struct windows *r)
{
    return r->session->max_tokens - frame_size(r);
}

static void
apply_policy(const struct windows *r, struct windows_text *t,
             struct embedder_info *info)
{
    if (t->n <= room(r))
        return;
    info->how = r->overlong;
    switch (r->overlong) {
    case OVERLONG_CHUNK: return;
    case OVERLONG_TRUNCATE:
        t->n = room(r);
        info->kept = r->session->max_tokens;
        return;
    case OVERLONG_ERROR: info->code = ERR_OVERLONG; break;
    default: break;
    }
    t->n = info->kept = 0;
}

static void
read_text(const struct windows *r, struct embedder_work *w, struct str text,
          struct windows_text *t, struct embedder_info *info)
{
    unsigned flags = TOKENIZER_NO_SPECIAL | TOKENIZER_SPANS;
    struct tokenizer_work *token = &w->token;
    struct err e;

    *t = (struct windows_text){ 0 };
    *info = (struct embedder_info){ 0 };
    if (r->sought >= 0)
        flags |= TOKENIZER_PARSE_ONE;
    token->one = r->sought;
    if (tokenizer_encode(r->session->tokenizer, text, flags, token, &e)) {
        info->code = e.code;
        return;
    }
    info->tokens = info->kept = token->n + frame_size(r);
    *t = (struct windows_text){
        arena_copy(&w->batch, token->id, token->n * sizeof *token->id),
        arena_copy(&w->batch, token->span, token->n * sizeof *token->span), token->n
    };
    apply_policy(r, t, info);
}

void
windows_tokens(const struct windows *r, struct embedder_work *w, const struct str *text,
               size_t n, struct windows_text *t, struct embedder_info *info)
{
    arena_reset(&w->batch);
    for (size_t i = 0; i < n; i++)
        read_text(r, w, text[i], &t[i], &info[i]);
}

/* ---- tokens to hidden states ---- */

struct run {
    const struct windows *r;
    struct windows_part *part; /* [windows that are read] */
    struct pass_seq *seq;
    size_t *skip; /* rows in front of those that the window answers for */
    size_t n;
    windows_take *take;
    void *arg;
};

static int
is_wanted(const struct windows *r, const struct windows_text *t, size_t from, size_t to)
{
    if (r->sought < 0)
        return 1;
    for (size_t i = from; i < to; i++)
        if (t->id[i] == r->sought)
            return 1;
    return 0;
}

static void
add_windows(struct run *run, const struct windows_text *t, size_t text)
{
    size_t width = room(run->r), count = t->n ? windows_count(t->n, width) : 0;

    for (size_t i = 0; i < count; i++) {
        struct windows_at w = windows_at(t->n, width, i);
        if (!is_wanted(run->r, t, w.from, w.to))
            continue;
        run->part[run->n] = (struct windows_part){ text, w.from, w.to };
        run->seq[run->n] = (struct pass_seq){ t->id + w.at, w.size };
        run->skip[run->n++] = run->r->session->frame.n_before + w.from - w.at;
    }
}

static void
take_rows(void *arg, size_t i, const float *x, size_t n)
{
    const struct run *run = arg;

    (void)n;
    x += run->skip[i] * (size_t)run->r->session->model->n_embd;
    run->take(run->arg, &run->part[i], x);
}

void
windows_run(const struct windows *r, struct embedder_work *w,
            const struct windows_text *t, size_t n, windows_take *take, void *arg)
{
    struct run run = { .r = r, .take = take, .arg = arg };
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += windows_count(t[i].n, room(r));
    run.part = arena_alloc(&w->batch, mem_mul(count, sizeof *run.part));
    run.seq = arena_alloc(&w->batch, mem_mul(count, sizeof *run.seq));
    run.skip = arena_alloc(&w->batch, mem_mul(count, sizeof *run.skip));
    for (size_t i = 0; i < n; i++)
        add_windows(&run, &t[i], i);
    pass_run(r->session, run.seq, run.n, &w->model, &w->batch, take_rows, &run);
}
