/* headopt.c - from -m HEAD to what gives labels */
#include "cli/headopt.h"

#include <stdio.h>

#include "infer/ftlabels.h"
#include "infer/head.h"
#include "infer/seqhead.h"
#include "infer/wordhead.h"

static struct labeler *
open_vectors(struct headopt *h, struct embedopt *o, struct filter *f, float temperature,
             struct err *e)
{
    struct head_opt opt = { .file = &h->file, .temperature = temperature };
    struct labeler *l;

    h->base = *o->mo;
    h->base.model = h->file.base;
    o->mo = &h->base;
    if (embedopt_find(o, f, &opt.embed, e) || (l = head_open(&opt, e)) == NULL)
        return NULL;
    embedopt_use(o, f, l->embedder);
    return l;
}

static struct labeler *
open_words(struct headopt *h, struct embedopt *o, struct filter *f, const char *path,
           float temperature, struct err *e)
{
    struct filter_model model = { .name = o->found.name,
                                  .file = o->found.dir,
                                  .precision = "f32" };
    struct labeler *l;

    if (o->mo->precision || o->mo->overlong) {
        err_set(e, ERR_USAGE, "a head for words: no --precision, no --overlong");
        return NULL;
    }
    if ((l = wordhead_open(&h->file, temperature, e)) == NULL)
        return NULL;
    snprintf(o->found.name, sizeof o->found.name, "%s", o->mo->model);
    snprintf(o->found.dir, sizeof o->found.dir, "%s", path);
    filter_model(f, &model);
    embedopt_work(o, f);
    return l;
}

struct labeler *
headopt_open(struct headopt *h, struct embedopt *o, struct filter *f, const char *path,
             float temperature, struct err *e)
{
    struct labeler *l;

    if (headfile_read(&h->file, path, e))
        return NULL;
    l = h->file.word ? open_words(h, o, f, path, temperature, e)
                     : open_vectors(h, o, f, temperature, e);
    if (l == NULL)
        err_wrap(e, "%s", path);
    return l;
}

static struct labeler *
open_fasttext(struct embedopt *o, struct filter *f, float temperature, struct err *e)
{
    struct filter_model model = { .name = o->found.name };
    struct labeler *l;

    if (o->mo->precision || o->mo->overlong || temperature != 0) {
        err_set(e, ERR_USAGE,
                "a classifier of fastText: no --precision, --overlong, --temperature");
        return NULL;
    }
    if ((l = ftlabels_open(o->found.dir, e)) == NULL) {
        e->code = e->code == ERR_INPUT ? ERR_MODEL : e->code;
        return NULL;
    }
    model.file = ftlabels_file(l);
    filter_model(f, &model);
    embedopt_work(o, f);
    return l;
}

struct labeler *
headopt_own(struct embedopt *o, struct filter *f, float temperature, struct err *e)
{
    struct embedder_opt opt = { 0 };
    struct labeler *l;

    if (embedopt_find(o, f, &opt, e))
        return NULL;
    if (ftlabels_bid(o->found.dir))
        return open_fasttext(o, f, temperature, e);
    if ((l = seqhead_open(&opt, temperature, e)) == NULL)
        return NULL;
    embedopt_use(o, f, l->embedder);
    return l;
}

void
headopt_release(struct headopt *h)
{
    headfile_release(&h->file);
}
