/* tagger.c - spans of a text that a model of tokens has labels for */
#include "infer/tagger.h"

#include <math.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "model/taskhead.h"
#include "tensor/ops.h"

/* Tokens whose logits are in memory at once: there may be many labels. */
#define ROWS 32

/* What a label of tokens says about spans */
struct rule {
    struct str name; /* without B- or I- */
    int32_t kind;    /* the same number for the same name; -1: no span */
    int begins;
};

struct tagger {
    struct windows *windows;
    const struct kernels *k;
    struct taskhead *head;
    struct rule *rule; /* [head->n_out] */
};

/* ---- open ---- */

static void
read_rule(struct rule *r, struct str label, struct map *names)
{
    r->name = label;
    r->begins = label.n >= 2 && label.p[0] == 'B' && label.p[1] == '-';
    if (r->begins || (label.n >= 2 && label.p[0] == 'I' && label.p[1] == '-'))
        r->name = (struct str){ label.p + 2, label.n - 2 };
    map_put(names, r->name, (int32_t)map_count(names));
    r->kind = str_is(r->name, "O") ? -1 : map_find(names, r->name, -1);
}

struct tagger *
tagger_open(const struct embedder_opt *opt, struct err *e)
{
    struct tagger *t = mem_zero(1, sizeof *t);
    struct map *names;

    t->k = kernel_get(cpu_level());
    if ((t->windows = windows_open(opt, e)) == NULL ||
        (t->head = taskhead_open(windows_session(t->windows)->model, TASKHEAD_TOKENS,
                                 e)) == NULL) {
        tagger_close(t);
        return NULL;
    }
    t->rule = mem_zero(t->head->n_out, sizeof *t->rule);
    names = map_new(t->head->n_out);
    for (size_t i = 0; i < t->head->n_out; i++)
        read_rule(&t->rule[i], t->head->label[i], names);
    map_free(names);
    return t;
}

void
tagger_close(struct tagger *t)
{
    if (t == NULL)
        return;
    mem_free(t->rule);
    taskhead_close(t->head);
    windows_close(t->windows);
    mem_free(t);
}

const struct embedder *
tagger_embedder(const struct tagger *t)
{
    return windows_embedder(t->windows);
}

/* ---- tokens to labels ---- */

/* What a token is */
struct guess {
    uint32_t label;
    float prob; /* NaN: the model gives none */
};

struct run {
    const struct tagger *t;
    struct embedder_work *w;
    struct guess **guess; /* [n_text][tokens] */
    float *logits;        /* [ROWS, n_out] */
};

static struct guess
best_of(const struct tagger *t, float *row)
{
    size_t n = t->head->n_out, best = 0;

    ops_softmax(t->k, row, n, 1.0f);
    for (size_t i = 1; i < n; i++)
        if (row[i] > row[best])
            best = i;
    return (struct guess){ (uint32_t)best, row[best] };
}

static void
take(void *arg, const struct windows_part *part, const float *x)
{
    const struct run *run = arg;
    const struct tagger *t = run->t;
    size_t wide = (size_t)windows_session(t->windows)->model->n_embd;
    struct guess *guess = run->guess[part->text] + part->from;

    for (size_t i = 0, n = part->to - part->from, m; i < n; i += m) {
        m = n - i < ROWS ? n - i : ROWS;
        taskhead_run(t->head, x + i * wide, wide, m, run->logits,
                     &run->w->model.scratch);
        for (size_t r = 0; r < m; r++)
            guess[i + r] = best_of(t, run->logits + r * t->head->n_out);
    }
}

/* ---- labels to spans ---- */

/* A span that is being made */
struct open {
    struct tagger_span span;
    int32_t kind;
    size_t words;
};

static void
finish(struct open *o, struct tagger_span *to, size_t *n)
{
    if (o->words > 0 && o->kind >= 0) {
        o->span.score /= (float)o->words;
        to[(*n)++] = o->span;
    }
    o->words = 0;
}

/* The word that begins at token i: where it ends. */
static size_t
word_end(const struct tagger *t, const struct windows_text *text, size_t i)
{
    const struct tokenizer *tokenizer = windows_session(t->windows)->tokenizer;

    do
        i++;
    while (i < text->n && tokenizer_continues(tokenizer, text->id[i]) == 1);
    return i;
}

static struct tagger_tags
make_spans(const struct tagger *t, const struct windows_text *text,
           const struct guess *guess, struct arena *mem)
{
    struct tagger_span *to = arena_alloc(mem, mem_mul(text->n, sizeof *to));
    struct open o = { .words = 0 };
    size_t n = 0;

    for (size_t i = 0, end; i < text->n; i = end) {
        const struct rule *r = &t->rule[guess[i].label];
        const struct tokenizer_span *last;

        end = word_end(t, text, i);
        if (r->begins || r->kind != o.kind)
            finish(&o, to, &n);
        if (o.words++ == 0)
            o = (struct open){ { text->span[i], r->name, 0.0f }, r->kind, 1 };
        last = &text->span[end - 1];
        if (last->byte_end > o.span.where.byte_end) { /* else marks changed places */
            o.span.where.byte_end = last->byte_end;
            o.span.where.at_end = last->at_end;
        }
        o.span.score += guess[i].prob;
    }
    finish(&o, to, &n);
    return (struct tagger_tags){ to, n };
}

static int
is_finite(const struct guess *guess, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(guess[i].prob))
            return 0;
    return 1;
}

void
tagger_run(const struct tagger *t, struct embedder_work *w, const struct str *text,
           size_t n, struct tagger_tags *tags, struct embedder_info *info)
{
    struct run run = { .t = t, .w = w };
    struct windows_text *read;
    struct arena *mem = &w->batch;

    read = mem_alloc(mem_mul(n, sizeof *read));
    windows_tokens(t->windows, w, text, n, read, info);
    if (tags) {
        run.guess = arena_alloc(mem, mem_mul(n, sizeof *run.guess));
        for (size_t i = 0; i < n; i++)
            run.guess[i] = arena_alloc(mem, mem_mul(read[i].n, sizeof **run.guess));
        run.logits =
            arena_alloc(mem, mem_mul(ROWS, t->head->n_out * sizeof *run.logits));
        windows_run(t->windows, w, read, n, take, &run);
    }
    for (size_t i = 0; tags && i < n; i++) {
        tags[i] = (struct tagger_tags){ 0 };
        if (is_finite(run.guess[i], read[i].n))
            tags[i] = make_spans(t, &read[i], run.guess[i], mem);
        else {
            info[i].code = ERR_NAN;
            info[i].kept = 0;
        }
    }
    mem_free(read);
}
