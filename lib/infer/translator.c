/* translator.c - texts into another language, by a Marian model */
#include "infer/translator.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dirlist.h"
#include "base/file.h"
#include "base/mem.h"
#include "format/yamlkeys.h"
#include "infer/session.h"

/* What goes through the network at once: enough to keep the products busy, and few
 * enough that states stay in the caches. */
#define PASS_SOURCES 64
#define PASS_TOKENS  1024

#define CONFIG_MAX ((size_t)1 << 16)

struct translator {
    struct marian *m;
    struct unigram *vocab;
    struct shortlist *lex; /* NULL: none */
    struct greedy greedy;
    enum overlong overlong;
    int markup;
    enum arith arith;
    char lang[16], file[PATH_MAX];
};

/* ---- open ---- */

/* The one file of the folder with such a name. 1, 0: there is none, or -1. */
static int
find_file(const char *dir, const char *begin, const char *end, char *path, size_t cap,
          struct err *e)
{
    int n = dirlist_find(dir, begin, end, path, cap);

    if (n < 0)
        return err_set(e, ERR_MODEL, "cannot read '%s': %s", dir, strerror(errno));
    if (n > 1)
        return err_set(e, ERR_MODEL, "%s: %d files are called %s*%s", dir, n, begin,
                       end);
    return n;
}

static int
need_file(const char *dir, const char *begin, const char *end, char *path, size_t cap,
          struct err *e)
{
    int n = find_file(dir, begin, end, path, cap, e);

    if (n == 0)
        return err_set(e, ERR_MODEL, "%s: no file %s*%s", dir, begin, end);
    return n < 0 ? -1 : 0;
}

/* The few settings beside the model; the file may be missing. */
static int
read_config(struct translator *t, const char *dir, struct err *e)
{
    char path[PATH_MAX];
    struct buf b = { 0 };
    struct yamlkeys *y = NULL;
    int n = find_file(dir, "config", ".yml", path, sizeof path, e), rc = 0;

    t->greedy.factor = 3.0;
    if (n <= 0)
        return n;
    if (file_read(path, CONFIG_MAX, &b, e)) {
        e->code = ERR_MODEL;
        rc = -1;
    } else if ((y = yamlkeys_parse((struct str){ b.p, b.n }, path, e)) == NULL) {
        rc = -1;
    } else {
        rc =
            yamlkeys_opt_double(y, "max-length-factor", 0.1, 100, &t->greedy.factor, e);
    }
    yamlkeys_close(y);
    buf_free(&b);
    return rc;
}

static int
open_vocab(struct translator *t, const char *dir, struct err *e)
{
    char path[PATH_MAX];

    if (need_file(dir, "vocab", ".spm", path, sizeof path, e) ||
        (t->vocab = unigram_open(path, e)) == NULL)
        return -1;
    if (unigram_eos(t->vocab) < 0)
        return err_set(e, ERR_MODEL, "%s: no piece ends a sentence", path);
    t->greedy.eos = unigram_eos(t->vocab);
    t->greedy.unk = unigram_unk(t->vocab);
    return 0;
}

static int
open_model(struct translator *t, const struct translator_opt *opt, struct err *e)
{
    struct marian_opt model = { .pool = opt->pool, .cache = opt->cache };
    int arith = session_find_arith(opt->precision, e);

    if (arith < 0 || need_file(opt->dir, "model", ".bin", t->file, sizeof t->file, e))
        return -1;
    model.arith = t->arith = (enum arith)arith;
    if ((t->m = marian_open(t->file, &model, e)) == NULL)
        return -1;
    if (marian_vocab(t->m) != unigram_size(t->vocab))
        return err_set(e, ERR_MODEL, "%s: the vocabulary has %zu pieces, the model %zu",
                       opt->dir, unigram_size(t->vocab), marian_vocab(t->m));
    t->greedy.m = t->m;
    return 0;
}

static int
open_lex(struct translator *t, const char *dir, struct err *e)
{
    size_t n_vocab = marian_vocab(t->m);
    char path[PATH_MAX];
    int n = find_file(dir, "lex", ".bin", path, sizeof path, e);

    if (n <= 0)
        return n;
    t->greedy.lex = t->lex = shortlist_open(path, n_vocab, n_vocab, e);
    return t->lex ? 0 : -1;
}

struct translator *
translator_open(const struct translator_opt *opt, struct err *e)
{
    struct translator *t = mem_zero(1, sizeof *t);

    t->overlong = opt->overlong ? opt->overlong : OVERLONG_CHUNK;
    t->greedy.score = opt->score;
    t->markup = opt->markup;
    snprintf(t->lang, sizeof t->lang, "%s", opt->lang ? opt->lang : "");
    if (read_config(t, opt->dir, e) == 0 && open_vocab(t, opt->dir, e) == 0 &&
        open_model(t, opt, e) == 0 && open_lex(t, opt->dir, e) == 0) {
        greedy_init(&t->greedy);
        return t;
    }
    translator_close(t);
    return NULL;
}

void
translator_close(struct translator *t)
{
    if (t == NULL)
        return;
    greedy_release(&t->greedy);
    marian_close(t->m);
    unigram_close(t->vocab);
    shortlist_close(t->lex);
    mem_free(t);
}

const char *
translator_file(const struct translator *t)
{
    return t->file;
}

const char *
translator_precision(const struct translator *t)
{
    return pack_arith_name(t->arith);
}

void
translator_work_release(struct translator_work *w)
{
    unigram_work_release(&w->token);
    greedy_work_release(&w->greedy);
    arena_release(&w->mem);
    buf_free(&w->text);
}

/* ---- texts to units ---- */

/* Units of a text whose parts are too long: what becomes of them. */
static void
apply_policy(const struct translator *t, struct passage *p, size_t before,
             struct translator_info *info)
{
    size_t to = before;

    info->how = t->overlong;
    switch (t->overlong) {
    case OVERLONG_TRUNCATE:
        for (size_t i = before; i < p->n; i++)
            if (p->unit[i].part == 0)
                p->unit[to++] = p->unit[i];
            else
                info->kept -= p->unit[i].n;
        p->n = to;
        return;
    case OVERLONG_ERROR: info->code = ERR_OVERLONG; break;
    case OVERLONG_SKIP: break;
    default: return;
    }
    info->kept = 0;
    p->n = before;
}

static void
take_apart(const struct translator *t, struct passage *p, struct str text,
           size_t number, struct unigram_work *w, struct translator_info *info)
{
    size_t before = p->n;
    struct passage_info in;
    struct err e;

    *info = (struct translator_info){ .score = 1.0 };
    if (passage_add(p, text, number, w, &in, &e)) {
        info->code = e.code;
        return;
    }
    info->tokens = info->kept = in.tokens + in.sentences;
    if (in.parts > in.sentences)
        apply_policy(t, p, before, info);
}

static struct passage
new_passage(const struct translator *t, struct translator_work *w)
{
    arena_reset(&w->mem);
    return (struct passage){ .vocab = t->vocab,
                             .lang = t->lang[0] ? t->lang : NULL,
                             .most = TRANSLATOR_TOKENS - 1,
                             .markup = t->markup,
                             .mem = &w->mem };
}

void
translator_count(const struct translator *t, struct translator_work *w,
                 const struct str *text, size_t n, struct translator_info *info)
{
    for (size_t i = 0; i < n; i++) {
        struct passage p = new_passage(t, w);

        take_apart(t, &p, text[i], i, &w->token, &info[i]);
        passage_release(&p);
    }
}

/* ---- units to translations ---- */

/* What a run needs besides the passage; sums are those of each text. */
struct run {
    const struct translator *t;
    struct translator_work *w;
    struct passage *p;
    struct translator_info *info;
    double *score; /* [texts] of all words */
    size_t *words; /* [texts] */
};

static int
longest_first(const void *a, const void *b)
{
    const struct passage_unit *x = *(const struct passage_unit *const *)a;
    const struct passage_unit *y = *(const struct passage_unit *const *)b;

    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return (x > y) - (x < y);
}

/* How many units make the next pass: one at least. */
static size_t
pass_size(struct passage_unit *const *unit, size_t n)
{
    size_t k = 1, tokens = unit[0]->n + 1;

    while (k < n && k < PASS_SOURCES && tokens + unit[k]->n + 1 <= PASS_TOKENS)
        tokens += unit[k++]->n + 1;
    return k;
}

static void
note(struct run *r, struct passage_unit *u, const struct greedy_out *o)
{
    struct buf text = { 0 };
    struct err
        ignored; /* ids come from the model, which has as many as the vocabulary */
    char *copy;

    if (o->nan)
        r->info[u->text].code = ERR_NAN;
    r->score[u->text] += (double)o->score;
    r->words[u->text] += o->n + 1;
    unigram_decode(r->t->vocab, o->id, o->n, &text, &ignored);
    copy = arena_alloc(&r->w->mem, text.n + 1);
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    u->out = (struct str){ copy, text.n };
    buf_free(&text);
}

static void
run_pass(struct run *r, struct passage_unit **unit, size_t n)
{
    struct greedy_source *source = arena_alloc(&r->w->mem, n * sizeof *source);
    struct greedy_out *out = arena_alloc(&r->w->mem, n * sizeof *out);

    for (size_t i = 0; i < n; i++)
        source[i] = (struct greedy_source){ unit[i]->id, unit[i]->n };
    greedy_run(&r->t->greedy, &r->w->greedy, source, n, out);
    for (size_t i = 0; i < n; i++)
        note(r, unit[i], &out[i]);
}

static void
run_all(struct run *r)
{
    struct passage *p = r->p;
    struct passage_unit **order;

    if (p->n == 0)
        return;
    order = arena_alloc(&r->w->mem, mem_mul(p->n, sizeof(struct passage_unit *)));
    for (size_t i = 0; i < p->n; i++)
        order[i] = &p->unit[i];
    qsort(order, p->n, sizeof *order, longest_first);
    for (size_t at = 0, k; at < p->n; at += k) {
        k = pass_size(order + at, p->n - at);
        run_pass(r, order + at, k);
    }
}

/* Has the text a translation? One without words has itself. */
static int
has_result(const struct translator_info *info)
{
    return info->code == ERR_NONE && (info->kept > 0 || info->tokens == 0);
}

/* The texts put together, end to end in w->text; then out points there. */
static void
put_together(struct run *r, const struct str *text, size_t n, struct str *out)
{
    struct buf *b = &r->w->text;
    size_t at = 0;

    b->n = 0;
    for (size_t i = 0; i < n; i++) {
        size_t from = b->n;

        passage_put(r->p, text[i], i, b);
        if (!has_result(&r->info[i]))
            b->n = from;
        out[i].n = b->n - from;
        if (r->words[i] > 0)
            r->info[i].score = r->score[i] / (double)r->words[i];
    }
    for (size_t i = 0; i < n; at += out[i++].n)
        out[i].p = b->p ? b->p + at : "";
}

void
translator_run(const struct translator *t, struct translator_work *w,
               const struct str *text, size_t n, struct str *out,
               struct translator_info *info)
{
    struct passage p = new_passage(t, w);
    struct run r = { t, w, &p, info, NULL, NULL };

    if (n == 0)
        return;
    r.score = arena_alloc(&w->mem, mem_mul(n, sizeof *r.score));
    r.words = arena_alloc(&w->mem, mem_mul(n, sizeof *r.words));
    memset(r.score, 0, n * sizeof *r.score);
    memset(r.words, 0, n * sizeof *r.words);
    for (size_t i = 0; i < n; i++)
        take_apart(t, &p, text[i], i, &w->token, &info[i]);
    run_all(&r);
    put_together(&r, text, n, out);
    passage_release(&p);
}

void
translator_explain(const struct translator_info *info, struct err *e)
{
    switch (info->code) {
    case ERR_OVERLONG:
        err_set(e, ERR_OVERLONG, "a sentence of more than %d tokens",
                TRANSLATOR_TOKENS);
        break;
    case ERR_NAN:
        err_set(e, ERR_NAN, "the model gives numbers that are not finite");
        break;
    default: err_set(e, info->code, "more text than the tokenizer takes"); break;
    }
}
