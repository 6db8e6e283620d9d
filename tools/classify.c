/* classify.c - add the label that fits best to each record */
#include <math.h>

#include "base/mem.h"
#include "cli/asked.h"
#include "cli/labelopt.h"
#include "json/jout.h"

struct conf {
    int all;
    double min_score;
};

static const struct cli_opt opts[] = {
    { 0, "all", NULL, CLI_FLAG, offsetof(struct conf, all),
      "add every label with its probability" },
    { 0, "min-score", "P", CLI_REAL, offsetof(struct conf, min_score),
      "null where no label is as probable" },
    { 0 },
};

enum { LABEL, SCORE, ALL }; /* members, as main() lists them */

struct job {
    const struct conf *conf;
    struct labelopt o;
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
    const struct labeler *l = job->o.l;
    size_t best = labeler_best(l, prob);

    if ((double)prob[best] < job->conf->min_score)
        buf_puts(result_put(r, LABEL), "null");
    else
        jout_str(result_put(r, LABEL), l->name[best]);
    jout_f32(result_put(r, SCORE), prob[best]);
    if (job->conf->all)
        put_all(l, prob, result_put(r, ALL));
}

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    const struct labeler *l = job->o.l;
    struct labeler_work *w = &job->o.work[b->worker];
    struct embedder_info *info;
    struct asked q;
    float *prob;

    if (asked_fill(job->o.prompt, b, &q, e))
        return -1;
    info = arena_alloc(b->arena, mem_mul(q.n, sizeof *info));
    prob = arena_alloc(b->arena, mem_mul(q.n, l->n * sizeof *prob));
    if (b->count_only)
        labeler_count(l, w, q.text, q.n, info);
    else
        labeler_run(l, w, q.text, q.n, prob, info);
    for (size_t i = 0; i < q.n; i++) {
        struct result *r = b->result[q.which[i]];

        if (labelopt_note(&job->o, &info[i], r) && !b->count_only)
            put(job, prob + i * l->n, r);
    }
    return 0;
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", "_score", "_all", NULL };
    struct filter_tool tool = { "text", "label", JSON_STRING, suffix, 64, 1 };
    struct conf conf = { 0 };
    struct labelopt_conf lconf = { .temperature = NAN };
    struct modelopt mo = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = { { labelopt_opts, &lconf },
                                  { opts, &conf },
                                  { modelopt_opts, &mo },
                                  { filter_opts, &fopt },
                                  { 0 } };
    struct job job = { .conf = &conf, .o = { .conf = &lconf, .mo = &mo } };
    struct err e = { 0 };
    struct filter *f = NULL;
    struct cli c;
    int status;

    cli_parse(&c, "classify", "add the label that fits the text best to each record",
              groups, argc, argv);
    if (!(conf.min_score >= 0 && conf.min_score <= 1))
        cli_usage(&c, "--min-score is a probability, 0 to 1");
    if (lconf.prompt)
        tool.in = NULL; /* it names what it reads */
    if (labelopt_read(&job.o, &fopt, &e) == 0 &&
        (f = filter_open(&c, &fopt, &tool, &e)) != NULL &&
        labelopt_open(&job.o, f, &e) == 0)
        filter_run(f, work, &job, &e);
    status = filter_close(f, &c, &e);
    labelopt_release(&job.o);
    cli_release(&c);
    return status;
}
