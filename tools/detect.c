/* detect.c - add the language of the text to each record */
#include "base/mem.h"
#include "cli/filter.h"
#include "cli/modelopt.h"
#include "infer/fasttext.h"
#include "json/jout.h"

struct conf {
    const char *model;
    int top;
    double min_score;
};

static const struct cli_opt opts[] = {
    { 'm', "model", "NAME|PATH", CLI_STR, offsetof(struct conf, model),
      "model: of the catalogue, or a file (with a slash)" },
    { 'k', "top", "N", CLI_COUNT, offsetof(struct conf, top),
      "add the N most probable languages, too" },
    { 0, "min-score", "P", CLI_REAL, offsetof(struct conf, min_score),
      "null where no language is as probable" },
    { 0 },
};

enum { LANG, SCORE, ALL }; /* members, as main() lists them */

struct job {
    const struct conf *conf;
    struct fasttext *m;
    struct fasttext_work *work; /* one a worker */
    struct modelopt_found found;
};

/* {"pt":0.7,"gl":0.1}, best first */
static void
put_all(const struct job *job, const float *prob, const size_t *top, size_t n,
        struct buf *b)
{
    for (size_t i = 0; i < n; i++)
        jout_score(b, i, fasttext_label(job->m, top[i]), prob[top[i]]);
    buf_char(b, '}');
}

static void
put(const struct job *job, const float *prob, struct arena *a, struct result *r)
{
    size_t all = fasttext_count(job->m), n = (size_t)job->conf->top, *top;

    n = n < 1 ? 1 : n < all ? n : all;
    top = arena_alloc(a, n * sizeof *top);
    fasttext_top(job->m, prob, n, top);
    if (!(prob[top[0]] >= 0)) { /* by a model that holds such */
        result_reject(r, ERR_NAN, "the model's probabilities are no numbers");
        return;
    }
    if ((double)prob[top[0]] < job->conf->min_score)
        buf_puts(result_put(r, LANG), "null");
    else
        jout_str(result_put(r, LANG), fasttext_label(job->m, top[0]));
    jout_f32(result_put(r, SCORE), prob[top[0]]);
    if (job->conf->top)
        put_all(job, prob, top, n, result_put(r, ALL));
}

/* A text without a word is in no language. */
static void
put_none(const struct job *job, struct result *r)
{
    buf_puts(result_put(r, LANG), "null");
    buf_puts(result_put(r, SCORE), "null");
    if (job->conf->top)
        buf_puts(result_put(r, ALL), "{}");
}

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct fasttext_work *w = &job->work[b->worker];
    float *prob = arena_alloc(b->arena, fasttext_count(job->m) * sizeof *prob);

    (void)e;
    for (int i = 0; i < b->n; i++) {
        struct result *r = b->result[i];
        size_t words;
        if (b->count_only) {
            result_tokens(r, ftwords_count(b->text[i]));
            continue;
        }
        words = fasttext_run(job->m, w, b->text[i], prob);
        result_tokens(r, words);
        if (words > 0)
            put(job, prob, b->arena, r);
        else
            put_none(job, r);
    }
    return 0;
}

static void
run(struct filter *f, struct job *job, struct err *e)
{
    struct modelopt want = { .model = job->conf->model };
    struct filter_model model = { .name = job->found.name };

    if (modelopt_find(&want, "detect", &job->found, e) ||
        (job->m = fasttext_open(job->found.dir, e)) == NULL) {
        e->code = e->code == ERR_INPUT ? ERR_MODEL : e->code;
        return;
    }
    model.file = fasttext_file(job->m);
    filter_model(f, &model);
    job->work = mem_zero((size_t)filter_threads(f), sizeof *job->work);
    filter_run(f, work, job, e);
    for (int i = 0; i < filter_threads(f); i++)
        fasttext_work_release(&job->work[i]);
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", "_score", "_all", NULL };
    static const struct filter_tool tool = {
        "text", "lang", JSON_STRING, suffix, 256, 0
    };
    struct conf conf = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = { { opts, &conf }, { filter_opts, &fopt }, { 0 } };
    struct job job = { .conf = &conf };
    struct err e = { 0 };
    struct filter *f;
    struct cli c;
    int status;

    cli_parse(&c, "detect", "add the language of the text to each record", groups, argc,
              argv);
    if (!(conf.min_score >= 0 && conf.min_score <= 1))
        cli_usage(&c, "--min-score is a probability, 0 to 1");
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(f, &job, &e);
    status = filter_close(f, &c, &e);
    mem_free(job.work);
    fasttext_close(job.m);
    cli_release(&c);
    return status;
}
