/* headtrain.c - from examples to a head */
#include "cli/headtrain.h"

#include <math.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/trainreport.h"
#include "format/headfile.h"
#include "learn/blas.h"
#include "text/wordlist.h"

/* The file, but for what it says of a model. training: the report, which it has too. */
static int
save(const struct headtrain *h, struct headfile *f, const struct trainer *t,
     const struct buf *training, struct err *e)
{
    struct buf b = { 0 };
    int rc;

    f->temperature = (float)t->temperature;
    f->bias = t->bias;
    f->weights = t->weights;
    headfile_write(f, (struct str){ training->p, training->n }, &b);
    rc = file_replace(h->save, b.p, b.n, e);
    buf_free(&b);
    return rc;
}

/* set: the features alone. */
static int
fit(const struct headtrain *h, const struct examples *x, struct trainer_set *set,
    struct headfile *f, struct headtrain_said *said, struct err *e)
{
    struct trainreport r;
    struct trainer *t;
    int rc;

    set->n = x->n;
    set->label = x->label;
    set->n_label = x->n_label;
    set->print = x->print;
    f->n_label = x->n_label;
    f->label = x->name;
    f->dim = set->d;
    t = trainer_run(set, &h->opt);
    trainreport_make(&r, x, t, &h->opt);
    trainreport_json(&r, said->json);
    trainreport_text(&r, said->text);
    rc = h->save ? save(h, f, t, said->json, e) : 0;
    trainreport_release(&r);
    trainer_free(t);
    return rc;
}

/* ---- the kinds ---- */

/* How many folds are fitted at a time */
static int
fold_threads(const struct trainer_opt *opt)
{
    int n = opt->pool ? pool_size(opt->pool) : 1;

    return n < opt->folds ? n : opt->folds;
}

static int
fit_vectors(const struct headtrain *h, const struct examples *x,
            struct headtrain_said *said, struct err *e)
{
    const struct session *s = embedder_session(h->m);
    struct trainer_set set = { .d = (size_t)embedder_dim(h->m) };
    struct headfile f = { 0 };
    float *vec = mem_alloc(mem_mul(x->n, set.d * sizeof *vec));
    int rc = -1;

    snprintf(f.base, sizeof f.base, "%s", h->base);
    snprintf(f.precision, sizeof f.precision, "%s", session_precision(s));
    session_sha(s, f.sha);
    set.vec = vec;
    /* (At once, and not when all the vectors are there.) */
    if (blas_room(fold_threads(&h->opt), e) == 0 &&
        vectors_make(h->m, x->text, x->n, &h->vectors, vec, e) >= 0)
        rc = fit(h, x, &set, &f, said, e);
    mem_free(vec);
    return rc;
}

/* Each text's known words and pairs, all of one value that makes it 1 long. */
static struct logit_sparse *
make_rows(const struct wordbag *bag, size_t n, const struct wordlist *list,
          struct arena *a)
{
    struct logit_sparse *row = arena_alloc(a, mem_mul(n, sizeof *row));

    for (size_t i = 0; i < n; i++) {
        double *value;
        row[i].column = wordbag_known(&bag[i], list->number, a, &row[i].n);
        value = arena_alloc(a, row[i].n * sizeof *value);
        for (size_t k = 0; k < row[i].n; k++)
            value[k] = 1 / sqrt((double)row[i].n);
        row[i].value = value;
    }
    return row;
}

static int
fit_words(const struct headtrain *h, const struct examples *x,
          struct headtrain_said *said, struct err *e)
{
    struct wordlist_opt opt = { .min = h->min, .max = HEADFILE_WORDS };
    struct arena a = { 0 };
    struct wordbag *bag = arena_alloc(&a, mem_mul(x->n, sizeof *bag));
    struct wordlist list;
    struct headfile f = { 0 };
    int rc = -1;

    for (size_t i = 0; i < x->n; i++)
        bag[i] = wordbag_split(x->text[i], &a);
    wordlist_make(&list, bag, x->n, &opt);
    f.word = list.word;
    if (list.n == 0)
        err_set(e, ERR_INPUT, "no word is in %zu of the texts", list.min);
    else {
        struct trainer_set set = { .d = list.n };
        set.sparse = make_rows(bag, x->n, &list, &a);
        rc = fit(h, x, &set, &f, said, e);
    }
    wordlist_release(&list);
    arena_release(&a);
    return rc;
}

int
headtrain_run(const struct headtrain *h, const struct str *row, size_t n,
              struct headtrain_said *said, struct err *e)
{
    struct examples x;
    int rc;

    if (examples_make(&x, row, n, e))
        return -1;
    rc = h->m ? fit_vectors(h, &x, said, e) : fit_words(h, &x, said, e);
    examples_release(&x);
    return rc;
}
