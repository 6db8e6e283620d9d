/* train.c - fit a classifier to records with labels */
#include <stdio.h>

#include "base/mem.h"
#include "cli/embedopt.h"
#include "cli/gather.h"
#include "cli/headtrain.h"
#include "cli/member.h"
#include "learn/blas.h"

#define LABEL_MAX 1000 /* bytes: what a head file holds */

struct conf {
    const char *kind, *target, *save;
    double c;
    int folds, balance, seed, curve, min_count;
};

static const struct cli_opt in_opts[] = {
    { 'i', "in", "NAME", CLI_STR, offsetof(struct filter_opt, in),
      "member with the text; .a.b[0] or any jq program" },
    { 0 },
};

static const struct cli_opt opts[] = {
    { 't', "target", "NAME", CLI_STR, offsetof(struct conf, target),
      "member with the label [label]" },
    { 0, "save", "FILE", CLI_STR, offsetof(struct conf, save),
      "write what was trained; without it, only measure" },
    { 0, "kind", "KIND", CLI_STR, offsetof(struct conf, kind),
      "head: a linear layer on the model's vectors [default]; words: on words" },
    { 0, "C", "C", CLI_REAL, offsetof(struct conf, c),
      "1 / penalty, as scikit-learn has it [the best of a grid]" },
    { 0, "folds", "N", CLI_COUNT, offsetof(struct conf, folds),
      "parts that are held out in turn [5]" },
    { 0, "balance", NULL, CLI_FLAG, offsetof(struct conf, balance),
      "each label weighs the same, however many records have it" },
    { 0, "curve", NULL, CLI_FLAG, offsetof(struct conf, curve),
      "measure with 1/16, 1/8, 1/4, 1/2 of the records too" },
    { 0, "min-count", "N", CLI_COUNT, offsetof(struct conf, min_count),
      "of words: take those that are in N texts [2]" },
    { 's', "seed", "N", CLI_COUNT, offsetof(struct conf, seed),
      "which records fall into which fold [0]" },
    { 0 },
};

struct job {
    enum { HEAD, WORDS } kind; /* as check_options() lists them */
    struct embedopt o;
    const struct conf *conf;
    struct member target;
    struct embedder *m; /* NULL: words */
    struct gather *gather;
    struct buf result;
    int quiet;
};

/* The label of a record, or why it has none. 1: there is one. */
static int
read_label(const struct job *job, struct filter_batch *b, int i, struct str *label)
{
    struct err why;
    int rc = member_text(&job->target, b->line[i], b->arena, label, &why);

    if (rc == 0 && (label->n == 0 || label->n > LABEL_MAX))
        rc = err_set(&why, ERR_RANGE, "a label has 1 to %d bytes", LABEL_MAX);
    if (rc)
        result_reject(b->result[i], why.code, "%s", why.msg);
    return rc == 0;
}

/* Nothing is computed here: texts and labels are checked and kept. */
static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    size_t n = (size_t)b->n, kept = 0;
    struct embedder_info *info = arena_alloc(b->arena, mem_mul(n, sizeof *info));
    struct str *field = arena_alloc(b->arena, mem_mul(2 * n, sizeof *field));

    (void)e;
    if (job->m)
        embedder_count(job->m, &job->o.work[b->worker], b->text, n, info);
    for (int i = 0; i < b->n; i++) {
        field[2 * kept] = b->text[i];
        if (read_label(job, b, i, &field[2 * kept + 1]) &&
            (job->m == NULL || embedopt_note(job->m, &info[i], b->result[i])))
            kept++;
    }
    gather_add(job->gather, b->seq, field, kept);
    return 0;
}

static void
tell(void *f, size_t done, size_t n)
{
    filter_step(f, "vectors", done, n);
}

static void
learn(struct job *job, struct filter *f, enum overlong overlong, struct err *e)
{
    const struct conf *conf = job->conf;
    struct headtrain h = { .m = job->m,
                           .base = job->o.found.name,
                           .min = (size_t)conf->min_count,
                           .vectors = { filter_pool(f), overlong, !job->o.mo->no_cache,
                                        tell, f },
                           .opt = { .c = conf->c,
                                    .folds = conf->folds,
                                    .balance = conf->balance,
                                    .curve = conf->curve,
                                    .seed = (uint64_t)conf->seed,
                                    .pool = filter_pool(f) },
                           .save = conf->save };
    const struct str *row;
    struct buf text = { 0 };
    struct headtrain_said said = { &job->result, &text };
    size_t n;
    int rc;

    row = gather_rows(job->gather, &n);
    rc = headtrain_run(&h, row, n, &said, e);
    filter_result(f, (struct str){ job->result.p, job->result.n });
    if (rc == 0 && !job->quiet)
        fwrite(text.p, 1, text.n, stderr);
    buf_free(&text);
}

static int
open_model(struct job *job, struct filter *f, struct embedder_opt *opt, struct err *e)
{
    if (embedopt_find(&job->o, f, opt, e) || !(job->m = embedder_open(opt, e)))
        return -1;
    embedopt_use(&job->o, f, job->m);
    return 0;
}

static void
run(struct job *job, struct filter *f, struct err *e)
{
    struct embedder_opt opt = { .normalize = EMBEDDER_YES };

    if (job->kind == HEAD && open_model(job, f, &opt, e))
        return;
    job->gather = gather_new(2);
    if (filter_run(f, work, job, e) == 0 && !filter_stopped(f))
        learn(job, f, opt.overlong, e);
}

static void
check_options(const struct cli *c, struct job *job)
{
    static const char *const kinds[] = { "head", "words", NULL };
    const struct conf *conf = job->conf;
    const struct modelopt *mo = job->o.mo;
    struct err e;
    int kind = modelopt_choice("kind", conf->kind, kinds, &e);

    if (kind < 0 || member_open(&job->target, "-t", conf->target, &e))
        cli_usage(c, "%s", e.msg);
    job->kind = kind;
    if (kind == WORDS && (mo->model || mo->precision || mo->overlong))
        cli_usage(c, "--kind=words: no -m, no --precision, no --overlong");
    if (conf->c != 0 && !(conf->c >= 1e-6 && conf->c <= 1e6))
        cli_usage(c, "--C is 1e-6 to 1e6");
    if (conf->folds < 2 || conf->folds > TRAINER_FOLDS)
        cli_usage(c, "--folds is 2 to %d", TRAINER_FOLDS);
}

int
main(int argc, char **argv)
{
    static const struct filter_tool tool = {
        "text", "label", JSON_STRING, NULL, 256, 0
    };
    struct conf conf = { .target = "label", .folds = 5, .min_count = 2 };
    struct modelopt mo = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = { { in_opts, &fopt },
                                  { opts, &conf },
                                  { modelopt_opts, &mo },
                                  { filter_read_opts, &fopt },
                                  { 0 } };
    struct job job = { .o = { .mo = &mo, .task = "classify" }, .conf = &conf };
    struct err e = { 0 };
    struct filter *f;
    struct cli c;
    int status;

    blas_begin_again(argv);
    cli_parse(&c, "train", "fit a classifier to records with labels, and measure it",
              groups, argc, argv);
    check_options(&c, &job);
    job.quiet = fopt.quiet;
    fopt.also = (struct outfile){ "--save", conf.save, OUTFILE_HEAD, 0 };
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(&job, f, &e);
    status = filter_close(f, &c, &e);
    gather_free(job.gather);
    embedopt_release(&job.o);
    embedder_close(job.m);
    member_close(&job.target);
    buf_free(&job.result);
    cli_release(&c);
    return status;
}
