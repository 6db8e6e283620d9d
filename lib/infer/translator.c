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
#include "infer/transvocab.h"
#include "infer/variants.h"

/* What goes through the network at once: enough to keep the products busy, and few
 * enough that states stay in the caches. */
#define PASS_SOURCES 64
#define PASS_TOKENS  1024

#define CONFIG_MAX ((size_t)1 << 16)

struct translator {
    struct marian *m;
    struct transvocab *vocab;
    struct shortlist *lex; /* NULL: none */
    struct beam beam;
    enum overlong overlong;
    int markup;
    size_t n_best;
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

    t->beam.factor = 3.0;
    if (n <= 0)
        return n;
    if (file_read(path, CONFIG_MAX, &b, e)) {
        e->code = ERR_MODEL;
        rc = -1;
    } else if ((y = yamlkeys_parse((struct str){ b.p, b.n }, path, e)) == NULL) {
        rc = -1;
    } else {
        rc = yamlkeys_opt_double(y, "max-length-factor", 0.1, 100, &t->beam.factor, e);
    }
    yamlkeys_close(y);
    buf_free(&b);
    return rc;
}

/* How a folder is laid out: where the model and its words are. */
struct layout {
    char source[PATH_MAX], target[PATH_MAX], json[PATH_MAX];
    struct transvocab_files files;
    int hugging_face;
};

static int
join(const char *dir, const char *name, char path[PATH_MAX], struct err *e)
{
    if ((size_t)snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
        return err_set(e, ERR_MODEL, "%s: the path is too long", dir);
    return 0;
}

static int
find_pieces(const char *dir, struct layout *to, struct err *e)
{
    int two = dirlist_find(dir, "srcvocab", ".spm", to->source, PATH_MAX) > 0;

    if (need_file(dir, two ? "srcvocab" : "vocab", ".spm", to->source, PATH_MAX, e) ||
        (two && need_file(dir, "trgvocab", ".spm", to->target, PATH_MAX, e)))
        return -1;
    to->files.target = two ? to->target : NULL;
    return 0;
}

static int
find_layout(const char *dir, struct layout *to, struct err *e)
{
    to->files = (struct transvocab_files){ to->source, to->target, NULL };
    if (join(dir, "config.json", to->json, e))
        return -1;
    to->hugging_face = file_exists(to->json);
    if (!to->hugging_face)
        return find_pieces(dir, to, e);
    to->files.json = to->json;
    return join(dir, "source.spm", to->source, e) ||
                   join(dir, "target.spm", to->target, e) ||
                   join(dir, "vocab.json", to->json, e)
               ? -1
               : 0;
}

static int
open_vocab(struct translator *t, const struct layout *y, struct err *e)
{
    struct allowed *a = &t->beam.allowed;

    if ((t->vocab = transvocab_open(&y->files, e)) == NULL) {
        e->code = e->code == ERR_INPUT ? ERR_MODEL : e->code;
        return -1;
    }
    t->beam.eos = transvocab_source_end(t->vocab);
    a->eos = transvocab_target_end(t->vocab);
    a->never[0] = transvocab_unknown(t->vocab);
    a->never[1] = transvocab_pad(t->vocab);
    a->copies = transvocab_shared(t->vocab);
    return 0;
}

static int
open_model(struct translator *t, const struct translator_opt *opt,
           const struct layout *y, struct err *e)
{
    struct marian_opt model = { .pool = opt->pool, .cache = opt->cache };
    int arith = session_find_arith(opt->precision, TRANSLATOR_ARITH, e);

    if (arith < 0 ||
        need_file(opt->dir, "model", y->hugging_face ? ".safetensors" : ".bin", t->file,
                  sizeof t->file, e))
        return -1;
    model.arith = t->arith = (enum arith)arith;
    t->m = marian_open(y->hugging_face ? opt->dir : t->file, &model, e);
    if (t->m == NULL)
        return -1;
    t->beam.allowed.m = t->m;
    return transvocab_check(t->vocab, marian_sources(t->m), marian_vocab(t->m), e)
               ? err_wrap(e, "%s", opt->dir)
               : 0;
}

static int
open_lex(struct translator *t, const char *dir, struct err *e)
{
    char path[PATH_MAX];
    int n = find_file(dir, "lex", ".bin", path, sizeof path, e);

    if (n <= 0)
        return n;
    t->lex = shortlist_open(path, marian_sources(t->m), marian_vocab(t->m), e);
    t->beam.allowed.lex = t->lex;
    return t->lex ? 0 : -1;
}

struct translator *
translator_open(const struct translator_opt *opt, struct err *e)
{
    struct translator *t = mem_zero(1, sizeof *t);
    struct layout layout;

    t->overlong = opt->overlong ? opt->overlong : OVERLONG_CHUNK;
    t->beam.score = opt->score;
    t->beam.width = opt->beam ? (size_t)opt->beam : 1;
    t->n_best = (size_t)opt->n_best;
    t->markup = opt->markup;
    snprintf(t->lang, sizeof t->lang, "%s", opt->lang ? opt->lang : "");
    if (read_config(t, opt->dir, e) == 0 && find_layout(opt->dir, &layout, e) == 0 &&
        open_vocab(t, &layout, e) == 0 && open_model(t, opt, &layout, e) == 0 &&
        open_lex(t, opt->dir, e) == 0) {
        allowed_init(&t->beam.allowed);
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
    allowed_release(&t->beam.allowed);
    marian_close(t->m);
    transvocab_close(t->vocab);
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
    beam_work_release(&w->beam);
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
    return (struct passage){ .vocab = transvocab_source(t->vocab),
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

/* What a unit may become, best first */
struct unit_best {
    struct str *text; /* [n] */
    double *mean;     /* [n] */
    size_t n;
};

/* What a run needs besides the passage; sums are those of each text. */
struct run {
    const struct translator *t;
    struct translator_work *w;
    struct passage *p;
    struct translator_info *info;
    struct unit_best *best; /* [units]; NULL: nobody asked */
    double *score;          /* [texts] of all words */
    size_t *words;          /* [texts] */
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
pass_size(const struct translator *t, struct passage_unit *const *unit, size_t n)
{
    size_t sources = PASS_SOURCES / t->beam.width, most = PASS_TOKENS / t->beam.width;
    size_t k = 1, tokens = unit[0]->n + 1;

    while (k < n && k < sources && tokens + unit[k]->n + 1 <= most)
        tokens += unit[k++]->n + 1;
    return k;
}

static struct str
decode(const struct run *r, const struct beam_text *t)
{
    struct buf text = { 0 };
    struct str out;

    transvocab_decode(r->t->vocab, t->id, t->n, &text);
    out = arena_str(&r->w->mem, (struct str){ text.p, text.n });
    buf_free(&text);
    return out;
}

static void
note_best(const struct run *r, const struct beam_out *o, struct unit_best *b)
{
    b->n = o->n < r->t->n_best ? o->n : r->t->n_best;
    b->text = arena_alloc(&r->w->mem, b->n * sizeof *b->text);
    b->mean = arena_alloc(&r->w->mem, b->n * sizeof *b->mean);
    for (size_t i = 0; i < b->n; i++) {
        b->text[i] = decode(r, &o->text[i]);
        b->mean[i] = o->text[i].mean;
    }
}

static void
note(struct run *r, struct passage_unit *u, const struct beam_out *o)
{
    if (o->nan) {
        r->info[u->text].code = ERR_NAN;
        u->out = (struct str){ "", 0 };
        return;
    }
    r->score[u->text] += o->text[0].prob;
    r->words[u->text] += o->text[0].words;
    u->out = decode(r, &o->text[0]);
    if (r->best)
        note_best(r, o, &r->best[u - r->p->unit]);
}

static void
run_pass(struct run *r, struct passage_unit **unit, size_t n)
{
    struct beam_source *source = arena_alloc(&r->w->mem, n * sizeof *source);
    struct beam_out *out = arena_alloc(&r->w->mem, n * sizeof *out);

    for (size_t i = 0; i < n; i++) {
        int32_t *id = arena_alloc(&r->w->mem, mem_mul(unit[i]->n, sizeof *id));

        transvocab_ids(r->t->vocab, unit[i]->id, unit[i]->n, id);
        source[i] = (struct beam_source){ id, unit[i]->n };
    }
    beam_run(&r->t->beam, &r->w->beam, source, n, out);
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
        k = pass_size(r->t, order + at, p->n - at);
        run_pass(r, order + at, k);
    }
}

/* Has the text a translation? One without words has itself. */
static int
has_result(const struct translator_info *info)
{
    return info->code == ERR_NONE && (info->kept > 0 || info->tokens == 0);
}

/* One of the texts that the units [at, end) make, which are all of text `number`. */
static struct str
put_way(struct run *r, struct str text, size_t number, size_t at, size_t end,
        const size_t *pick)
{
    struct buf b = { 0 };
    struct str out;

    for (size_t i = at; i < end; i++)
        r->p->unit[i].out = r->best[i].text[pick[i - at]];
    r->p->next = at;
    passage_put(r->p, text, number, &b);
    out = arena_str(&r->w->mem, (struct str){ b.p, b.n });
    buf_free(&b);
    return out;
}

static int
is_new(const struct translator_info *info, struct str text)
{
    for (size_t i = 0; i < info->n_best; i++)
        if (info->best[i].text.n == text.n &&
            memcmp(info->best[i].text.p, text.p, text.n) == 0)
            return 0;
    return 1;
}

/* The n best of a text, whose units begin at p->next. */
static void
put_best(struct run *r, struct str text, size_t number)
{
    struct translator_info *info = &r->info[number];
    struct arena *mem = &r->w->mem;
    struct variants v = { .most = r->t->n_best, .mem = mem };
    size_t at = r->p->next, end = at, *pick;

    for (; end < r->p->n && r->p->unit[end].text == number; end++)
        variants_add(&v, r->best[end].mean, r->best[end].n);
    pick = arena_alloc(mem, mem_mul(end - at + 1, sizeof *pick));
    info->best = arena_alloc(mem, (v.n + 1) * sizeof *info->best);
    if (end == at)
        info->best[info->n_best++] =
            (struct translator_best){ put_way(r, text, number, at, end, pick), 0 };
    for (size_t i = 0; i < v.n; i++) {
        double mean = variants_read(&v, i, pick) / (double)v.parts;
        struct str way = put_way(r, text, number, at, end, pick);

        if (is_new(info, way))
            info->best[info->n_best++] = (struct translator_best){ way, mean };
    }
    memset(pick, 0, (end - at) * sizeof *pick); /* the translation itself comes last */
    put_way(r, text, number, at, end, pick);
    r->p->next = at;
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

        if (r->best && has_result(&r->info[i]))
            put_best(r, text[i], i);
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
    struct run r = { .t = t, .w = w, .p = &p, .info = info };

    if (n == 0)
        return;
    r.score = arena_alloc(&w->mem, mem_mul(n, sizeof *r.score));
    r.words = arena_alloc(&w->mem, mem_mul(n, sizeof *r.words));
    memset(r.score, 0, n * sizeof *r.score);
    memset(r.words, 0, n * sizeof *r.words);
    for (size_t i = 0; i < n; i++)
        take_apart(t, &p, text[i], i, &w->token, &info[i]);
    if (t->n_best > 0)
        r.best = arena_alloc(&w->mem, mem_mul(p.n, sizeof *r.best));
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
