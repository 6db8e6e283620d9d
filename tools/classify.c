/* classify.c - add the label that fits best to each record */
#include <math.h>

#include "base/mem.h"
#include "cli/embedopt.h"
#include "cli/headopt.h"
#include "infer/ftlabels.h"
#include "infer/labels.h"
#include "json/jout.h"

struct conf {
    struct cli_list label, file;
    int all;
    double min_score, temperature;
};

static const struct cli_opt opts[] = {
    { 'l', "label", "LABEL[=DESCRIPTION]", CLI_LIST, offsetof(struct conf, label),
      "a label; may be given more than once" },
    { 'L', "labels", "FILE", CLI_LIST, offsetof(struct conf, file),
      "labels of a file, one a line; # begins a comment" },
    { 0, "all", NULL, CLI_FLAG, offsetof(struct conf, all),
      "add every label with its probability" },
    { 0, "min-score", "P", CLI_REAL, offsetof(struct conf, min_score),
      "null where no label is as probable" },
    { 0, "temperature", "T", CLI_REAL, offsetof(struct conf, temperature),
      "lower: surer scores, the same labels [0.035; a head's own]" },
    { 0 },
};

enum { LABEL, SCORE, ALL }; /* members, as main() lists them */

struct job {
    struct embedopt o;
    const struct conf *conf;
    struct labels labels;
    struct headopt head;
    struct labeler *l;
};

/* {"a":0.7,"b":0.3} */
static void
put_all(const struct labeler *l, const float *prob, struct buf *b)
{
    for (size_t i = 0; i < l->n; i++)
        jout_score(b, i, l->name[i], prob[i]);
    buf_char(b, '}');
}

static void
put(const struct job *job, const float *prob, struct result *r)
{
    size_t best = labeler_best(job->l, prob);

    if ((double)prob[best] < job->conf->min_score)
        buf_puts(result_put(r, LABEL), "null");
    else
        jout_str(result_put(r, LABEL), job->l->name[best]);
    jout_f32(result_put(r, SCORE), prob[best]);
    if (job->conf->all)
        put_all(job->l, prob, result_put(r, ALL));
}

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    const struct embedder *m = job->l->embedder;
    struct embedder_work *w = &job->o.work[b->worker];
    size_t n = (size_t)b->n, n_label = job->l->n;
    struct embedder_info *info = arena_alloc(b->arena, mem_mul(n, sizeof *info));
    float *prob = arena_alloc(b->arena, mem_mul(n, n_label * sizeof *prob));

    (void)e;
    if (b->count_only)
        labeler_count(job->l, w, b->text, n, info);
    else
        labeler_run(job->l, w, b->text, n, prob, info);
    for (size_t i = 0; i < n; i++)
        if (embedopt_note(m, &info[i], b->result[i]) && !b->count_only)
            put(job, prob + i * n_label, b->result[i]);
    return 0;
}

/* -l first, then the files, each in the order given. */
static int
read_labels(struct labels *l, const struct conf *conf, struct err *e)
{
    for (int i = 0; i < conf->label.n; i++)
        if (labels_add(l, str_of(conf->label.item[i]), e))
            return err_wrap(e, "-l");
    for (int i = 0; i < conf->file.n; i++)
        if (labels_read(l, conf->file.item[i], e))
            return -1;
    return 0;
}

static void
check_options(const struct cli *c, struct conf *conf)
{
    if (!(conf->min_score >= 0 && conf->min_score <= 1))
        cli_usage(c, "--min-score is a probability, 0 to 1");
    if (isnan(conf->temperature))
        conf->temperature = 0; /* not given: the kind's own */
    else if (conf->temperature <= 0)
        cli_usage(c, "--temperature is more than 0");
}

/* ---- the kinds: each opens job->l and tells --stats about it ---- */

/* Labels by likeness to their descriptions. */
static int
open_labels(struct job *job, struct filter *f, struct err *e)
{
    struct classifier_opt opt = { .label = job->labels.label,
                                  .n_label = job->labels.n,
                                  .temperature = (float)job->conf->temperature };

    if (embedopt_find(&job->o, f, &opt.embed, e) ||
        (job->l = classifier_open(&opt, e)) == NULL)
        return -1;
    embedopt_use(&job->o, f, job->l->embedder);
    return 0;
}

/* A head that was trained. */
static int
open_head(struct job *job, const char *path, struct filter *f, struct err *e)
{
    if (job->labels.n > 0)
        return err_set(e, ERR_USAGE, "a trained head has its labels: no -l, no -L");
    job->l =
        headopt_open(&job->head, &job->o, f, path, (float)job->conf->temperature, e);
    return job->l ? 0 : -1;
}

/* A model with labels of its own. */
static int
open_own(struct job *job, struct filter *f, struct err *e)
{
    if (job->o.mo->model == NULL)
        return err_set(e, ERR_USAGE,
                       "no labels: give -l or -L, or by -m a model that has some");
    job->l = headopt_own(&job->o, f, (float)job->conf->temperature, e);
    return job->l ? 0 : -1;
}

static void
run(struct job *job, struct filter *f, struct err *e)
{
    char path[PATH_MAX];
    int rc = modelopt_find_head(job->o.mo, path, sizeof path) && !ftlabels_bid(path)
                 ? open_head(job, path, f, e)
             : job->labels.n > 0 ? open_labels(job, f, e)
                                 : open_own(job, f, e);

    if (rc == 0)
        filter_run(f, work, job, e);
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", "_score", "_all", NULL };
    static const struct filter_tool tool = {
        "text", "label", JSON_STRING, suffix, 64, 1
    };
    struct conf conf = { .temperature = NAN };
    struct modelopt mo = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = {
        { opts, &conf }, { modelopt_opts, &mo }, { filter_opts, &fopt }, { 0 }
    };
    struct job job = { .o = { .mo = &mo, .task = "classify" }, .conf = &conf };
    struct err e = { 0 };
    struct filter *f;
    struct cli c;
    int status;

    cli_parse(&c, "classify", "add the label that fits the text best to each record",
              groups, argc, argv);
    check_options(&c, &conf);
    if (read_labels(&job.labels, &conf, &e))
        cli_usage(&c, "%s", e.msg);
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(&job, f, &e);
    status = filter_close(f, &c, &e);
    embedopt_release(&job.o);
    labeler_close(job.l);
    headopt_release(&job.head);
    labels_release(&job.labels);
    cli_release(&c);
    return status;
}
