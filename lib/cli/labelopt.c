/* labelopt.c - from -m, -l, -L and -p to what gives labels, whatever its kind */
#include "cli/labelopt.h"

#include <math.h>

#include "base/mem.h"
#include "infer/ftlabels.h"
#include "infer/lmlabels.h"

const struct cli_opt labelopt_opts[] = {
    { 'l', "label", "LABEL[=DESCRIPTION]", CLI_LIST,
      offsetof(struct labelopt_conf, label), "a label; may be given more than once" },
    { 'L', "labels", "FILE", CLI_LIST, offsetof(struct labelopt_conf, file),
      "labels of a file, one a line; # begins a comment" },
    { 'p', "prompt", "TEMPLATE|@FILE", CLI_STR, offsetof(struct labelopt_conf, prompt),
      "what a language model continues by a label: {member}, {{jq}} are filled in" },
    { 0, "ctx", "N", CLI_COUNT, offsetof(struct labelopt_conf, lm.ctx),
      "tokens of prompt and label at most, of a language model [2048]" },
    { 0, "kv", "TYPE", CLI_STR, offsetof(struct labelopt_conf, lm.kv),
      "numbers that it remembers a text in: f16, i8, f32" },
    { 0, "temperature", "T", CLI_REAL, offsetof(struct labelopt_conf, temperature),
      "lower: surer scores, the same labels [0.035; a head's own; 1]" },
    { 0 },
};

/* ---- before the model ---- */

/* -l first, then the files, each in the order given. */
static int
read_labels(struct labelopt *o, struct err *e)
{
    const struct labelopt_conf *c = o->conf;

    for (int i = 0; i < c->label.n; i++)
        if (labels_add(&o->labels, str_of(c->label.item[i]), e))
            return err_wrap(e, "-l");
    for (int i = 0; i < c->file.n; i++)
        if (labels_read(&o->labels, c->file.item[i], e))
            return -1;
    return 0;
}

int
labelopt_read(struct labelopt *o, const struct filter_opt *fopt, struct err *e)
{
    int threads = filter_ask_threads(fopt, e);

    if (o->conf->temperature <= 0)
        return err_set(e, ERR_USAGE, "--temperature is more than 0");
    if (threads < 0 || read_labels(o, e))
        return -1;
    if (o->conf->prompt == NULL)
        return 0;
    if (fopt->in)
        return err_set(e, ERR_USAGE, "-p names the members that it reads: no -i");
    o->prompt = prompt_open(o->conf->prompt, threads, e);
    return o->prompt ? 0 : -1;
}

/* 0: the kind's own */
static float
temperature(const struct labelopt *o)
{
    return isnan(o->conf->temperature) ? 0 : (float)o->conf->temperature;
}

/* ---- the kinds: each gives a labeler and tells --stats about it ---- */

/* Labels by likeness to their descriptions */
static struct labeler *
open_likeness(struct labelopt *o, struct filter *f, struct err *e)
{
    struct classifier_opt opt = { .label = o->labels.label,
                                  .n_label = o->labels.n,
                                  .temperature = temperature(o) };
    struct labeler *l;

    if (embedopt_find(&o->embed, f, &opt.embed, e) ||
        (l = classifier_open(&opt, e)) == NULL)
        return NULL;
    embedopt_use(&o->embed, f, l->embedder);
    return l;
}

static struct labeler *
open_head(struct labelopt *o, struct filter *f, const char *path, struct err *e)
{
    if (o->labels.n > 0) {
        err_set(e, ERR_USAGE, "a trained head has its labels: no -l, no -L");
        return NULL;
    }
    return headopt_open(&o->head, &o->embed, f, path, temperature(o), e);
}

/* What is said of texts that say nothing; see textmill-classify(1). */
static size_t
make_blanks(const struct labelopt *o, struct str blank[LMLABELS_BLANKS],
            struct arena *a)
{
    for (size_t i = 0; i < LMLABELS_BLANKS; i++) {
        struct buf b = { 0 };

        if (o->prompt)
            prompt_blank(o->prompt, str_of(lmlabels_blank[i]), &b);
        else
            buf_puts(&b, lmlabels_blank[i]);
        blank[i] = arena_str(a, buf_span(&b));
        buf_free(&b);
    }
    return LMLABELS_BLANKS;
}

static struct labeler *
open_lm(struct labelopt *o, struct filter *f, struct err *e)
{
    struct lmlabels_opt opt = { .label = o->labels.label,
                                .n = o->labels.n,
                                .head = str_of(LMLABELS_HEAD),
                                .tail = str_of(LMLABELS_TAIL),
                                .overlong = OVERLONG_TRUNCATE,
                                .mem = filter_mem(f),
                                .workers = (size_t)filter_threads(f),
                                .temperature = temperature(o) };
    struct str blank[LMLABELS_BLANKS];
    struct arena mem = { 0 };
    struct labeler *l = NULL;

    o->lmopt = (struct lmopt){ .mo = o->mo,
                               .conf = &o->conf->lm,
                               .task = "classify",
                               .raw = 1,
                               .enough = LMLABELS_TOKENS };
    opt.blank = blank;
    opt.n_blank = make_blanks(o, blank, &mem);
    if (o->prompt) {
        opt.head = prompt_head(o->prompt);
        opt.tail = prompt_tail(o->prompt);
        opt.whole = 1;
    }
    if (modelopt_overlong(o->mo, 0, &opt.overlong, e) == 0 &&
        (opt.lm = o->lm = lmopt_open(&o->lmopt, f, e)) != NULL)
        l = lmlabels_open(&opt, e);
    arena_release(&mem);
    return l;
}

/* Does -m name a language model? */
static int
is_lm(const struct labelopt *o)
{
    struct modelopt_found found;
    struct err e;

    return o->mo->model && modelopt_find(o->mo, "classify", &found, &e) == 0 &&
           lm_bid(found.dir);
}

static struct labeler *
open_any(struct labelopt *o, struct filter *f, struct err *e)
{
    char path[PATH_MAX];
    int head = modelopt_find_head(o->mo, path, sizeof path) && !ftlabels_bid(path);
    int lm = !head && is_lm(o);

    if (!lm && (o->prompt || o->conf->lm.ctx || o->conf->lm.kv))
        err_set(e, ERR_USAGE, "%s is for a language model, named by -m",
                o->prompt         ? "-p"
                : o->conf->lm.ctx ? "--ctx"
                                  : "--kv");
    else if (head)
        return open_head(o, f, path, e);
    else if (o->labels.n == 0 && (lm || o->mo->model == NULL))
        err_set(e, ERR_USAGE,
                "no labels: give -l or -L, or by -m a model that has some");
    else if (lm)
        return open_lm(o, f, e);
    else if (o->labels.n > 0)
        return open_likeness(o, f, e);
    else
        return headopt_own(&o->embed, f, temperature(o), e);
    return NULL;
}

int
labelopt_open(struct labelopt *o, struct filter *f, struct err *e)
{
    o->embed.mo = o->mo;
    o->embed.task = "classify";
    if ((o->l = open_any(o, f, e)) == NULL)
        return -1;
    o->n_work = filter_threads(f);
    o->work = mem_zero((size_t)o->n_work, sizeof *o->work);
    return 0;
}

int
labelopt_note(const struct labelopt *o, const struct embedder_info *info,
              struct result *r)
{
    struct err why;

    if (info->code == ERR_NONE)
        return embedopt_note(NULL, info, r);
    labeler_explain(o->l, info, &why);
    result_reject(r, why.code, "%s", why.msg);
    return 0;
}

void
labelopt_release(struct labelopt *o)
{
    for (int i = 0; i < o->n_work; i++)
        labeler_work_release(&o->work[i]);
    mem_free(o->work);
    embedopt_release(&o->embed);
    labeler_close(o->l);
    lm_close(o->lm);
    headopt_release(&o->head);
    prompt_close(o->prompt);
    labels_release(&o->labels);
}
