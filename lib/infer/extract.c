/* extract.c - the sentences of a text that say most of it */
#include "infer/extract.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tensor/ops.h"
#include "text/sents.h"

#define GROUP  512 /* sentences that the embedder gets at once */
#define CENTER 0.7f
#define FIRST  0.2f
#define SAME   0.99f /* says nothing new */

struct extract {
    struct embedder *embedder;
    const struct kernels *k;
    size_t n;
    char lang[16];
};

/* The sentences of some texts, side by side. */
struct sentences {
    struct str *text; /* [n] */
    struct embedder_info *info;
    float *vec; /* [n, dim] */
    size_t n, cap;
};

/* ---- open ---- */

struct extract *
extract_open(const struct extract_opt *opt, struct err *e)
{
    struct extract *x = mem_zero(1, sizeof *x);
    struct embedder_opt embed = opt->embed;

    embed.normalize = EMBEDDER_YES;
    embed.dims = 0;
    x->n = opt->n;
    x->k = kernel_best();
    if (opt->lang)
        strncpy(x->lang, opt->lang, sizeof x->lang - 1);
    x->embedder = embedder_open(&embed, e);
    if (x->embedder)
        return x;
    mem_free(x);
    return NULL;
}

void
extract_close(struct extract *x)
{
    if (x == NULL)
        return;
    embedder_close(x->embedder);
    mem_free(x);
}

const struct embedder *
extract_embedder(const struct extract *x)
{
    return x->embedder;
}

/* ---- the choice ---- */

static void
find_middle(const struct kernels *k, const float *vec, const size_t *tokens, size_t n,
            size_t dim, float *middle)
{
    memset(middle, 0, dim * sizeof *middle);
    for (size_t i = 0; i < n; i++)
        ops_add_scaled(k, middle, (float)sqrt((double)tokens[i]), vec + i * dim, dim);
    ops_normalize(k, middle, dim);
}

static int
by_number(const void *a, const void *b)
{
    const size_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The best of those not chosen, whose `near` is finite. */
static size_t
best(const float *points, const float *near, size_t n)
{
    size_t at = n;
    float most = 0;

    for (size_t i = 0; i < n; i++) {
        float x = CENTER * points[i] - (1 - CENTER) * near[i];
        x -= near[i] >= SAME ? 2 : 0; /* more than any points */
        if (isfinite(near[i]) && (at == n || x > most)) {
            at = i;
            most = x;
        }
    }
    return at;
}

void
extract_choose(const struct kernels *k, const float *vec, const size_t *tokens,
               size_t n, size_t dim, size_t want, size_t *pick)
{
    float *middle = mem_alloc(mem_mul(dim, sizeof *middle));
    float *points = mem_alloc(mem_mul(2 * n + 1, sizeof *points)), *near = points + n;

    find_middle(k, vec, tokens, n, dim, middle);
    for (size_t i = 0; i < n; i++) {
        points[i] = ops_dot(k, vec + i * dim, middle, dim) + FIRST / (float)(1 + i);
        near[i] = 0; /* what is unlike all chosen is no better than unrelated */
    }
    want = want < n ? want : n;
    for (size_t c = 0; c < want; c++) {
        pick[c] = best(points, near, n);
        for (size_t i = 0; i < n; i++)
            near[i] =
                fmaxf(near[i], ops_dot(k, vec + i * dim, vec + pick[c] * dim, dim));
        near[pick[c]] = INFINITY;
    }
    qsort(pick, want, sizeof *pick, by_number);
    mem_free(middle);
    mem_free(points);
}

/* ---- texts ---- */

static void
add_sentence(struct sentences *s, struct str text)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : GROUP;
        s->text =
            mem_grow(s->text, s->n * sizeof *s->text, mem_mul(cap, sizeof *s->text));
        s->cap = cap;
    }
    s->text[s->n++] = text;
}

/* Its sentences; 0 where there are too many: none are added then. */
static int
cut_text(const struct extract *x, struct str text, struct sentences *s)
{
    size_t before = s->n;
    struct sents_span span;
    struct sents cut;

    sents_begin(&cut, text, x->lang[0] ? x->lang : NULL, 0);
    while (sents_next(&cut, &span)) {
        if (s->n - before == EXTRACT_SENTENCES) {
            s->n = before;
            return 0;
        }
        add_sentence(s, (struct str){ text.p + span.at, span.end - span.at });
    }
    return 1;
}

/* What became of a text's n sentences. */
static struct embedder_info
sum_info(const struct embedder_info *info, size_t n)
{
    struct embedder_info all = { 0 };
    int skip = 0;

    for (size_t i = 0; i < n; i++) {
        if (info[i].code != ERR_NONE)
            return info[i];
        if (all.how == OVERLONG_NONE)
            all.how = info[i].how;
        skip |= info[i].how == OVERLONG_SKIP;
        all.tokens += info[i].tokens;
        all.kept += info[i].kept;
    }
    if (skip)
        all.kept = 0;
    return all;
}

/* Sentences from `at` on, some at a time, with vectors or only counted. */
static void
embed(const struct extract *x, struct embedder_work *w, struct sentences *s, int count)
{
    size_t dim = (size_t)embedder_dim(x->embedder);

    s->info = mem_alloc(mem_mul(s->n + 1, sizeof *s->info));
    s->vec = count ? NULL : mem_alloc(mem_mul(s->n + 1, dim * sizeof *s->vec));
    for (size_t at = 0; at < s->n; at += GROUP) {
        size_t n = s->n - at < GROUP ? s->n - at : GROUP;
        if (count)
            embedder_count(x->embedder, w, s->text + at, n, s->info + at);
        else
            embedder_run(x->embedder, w, s->text + at, n, s->vec + at * dim,
                         s->info + at);
    }
}

/* Sentences first to last of the group are those of a text: choose and join. */
static struct str
join(const struct extract *x, struct arena *arena, const struct sentences *s,
     size_t first, size_t n)
{
    size_t dim = (size_t)embedder_dim(x->embedder);
    size_t *tokens = mem_alloc(mem_mul(2 * n + 1, sizeof *tokens)), *pick = tokens + n;
    size_t want = x->n < n ? x->n : n;
    struct str out = { "", 0 };
    struct buf b = { 0 };

    for (size_t i = 0; i < n; i++)
        tokens[i] = s->info[first + i].tokens;
    extract_choose(x->k, s->vec + first * dim, tokens, n, dim, want, pick);
    for (size_t c = 0; c < want; c++) {
        const struct str *t = &s->text[first + pick[c]];
        if (c > 0 && t[-1].p + t[-1].n < t->p)
            buf_char(&b, ' ');
        buf_str(&b, *t);
    }
    out = arena_str(arena, (struct str){ b.p, b.n });
    buf_free(&b);
    mem_free(tokens);
    return out;
}

/* Texts from `at` on, so that their sentences fill what the embedder gets at once, or
 * one long text: how many. start [.. + 1] are their first sentences. */
static size_t
take_group(const struct extract *x, const struct str *text, size_t n,
           struct sentences *s, size_t *start, struct embedder_info *info)
{
    size_t i = 0;

    s->n = 0;
    for (; i < n && s->n < GROUP; i++) {
        info[i] = (struct embedder_info){ 0 };
        start[i] = s->n;
        if (!cut_text(x, text[i], s))
            info[i].code = ERR_LIMIT;
    }
    start[i] = s->n;
    return i;
}

/* arena NULL: count only. */
static void
run(const struct extract *x, struct embedder_work *w, struct arena *arena,
    const struct str *text, size_t n, struct str *out, struct embedder_info *info)
{
    size_t *start = mem_alloc(mem_mul(n + 1, sizeof *start)), k;
    struct sentences s = { 0 };

    for (size_t at = 0; at < n; at += k) {
        k = take_group(x, text + at, n - at, &s, start, info + at);
        embed(x, w, &s, arena == NULL);
        for (size_t i = 0; i < k; i++) {
            size_t first = start[i], all = start[i + 1] - first;
            struct embedder_info *to = &info[at + i];
            if (to->code == ERR_NONE)
                *to = sum_info(s.info + first, all);
            if (arena == NULL)
                continue;
            out[at + i] = (struct str){ "", 0 };
            if (to->code == ERR_NONE && to->kept > 0)
                out[at + i] = join(x, arena, &s, first, all);
        }
        mem_free(s.info);
        mem_free(s.vec);
    }
    mem_free(s.text);
    mem_free(start);
}

void
extract_run(const struct extract *x, struct embedder_work *w, struct arena *arena,
            const struct str *text, size_t n, struct str *out,
            struct embedder_info *info)
{
    run(x, w, arena, text, n, out, info);
}

void
extract_count(const struct extract *x, struct embedder_work *w, const struct str *text,
              size_t n, struct embedder_info *info)
{
    run(x, w, NULL, text, n, NULL, info);
}

void
extract_explain(const struct extract *x, const struct embedder_info *info,
                struct err *e)
{
    if (info->code == ERR_LIMIT)
        err_set(e, ERR_LIMIT, "more than %d sentences", EXTRACT_SENTENCES);
    else
        embedder_explain(x->embedder, info, e);
}
