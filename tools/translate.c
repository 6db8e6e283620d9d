/* translate.c - add the text in another language to each record */
#include "base/mem.h"
#include "cli/filter.h"
#include "cli/route.h"
#include "infer/translator.h"
#include "json/jout.h"

struct conf {
    const char *from, *to;
    int score, markup;
};

static const struct cli_opt opts[] = {
    { 0, "from", "LANG", CLI_STR, offsetof(struct conf, from), "language of the text" },
    { 0, "to", "LANG", CLI_STR, offsetof(struct conf, to),
      "language of the translation; by English where no model goes there directly" },
    { 0, "score", NULL, CLI_FLAG, offsetof(struct conf, score),
      "add how sure the model was: 0 to 1" },
    { 0, "markup", NULL, CLI_FLAG, offsetof(struct conf, markup),
      "keep addresses, tags, `code`, {placeholders} and %s as they are" },
    { 0 },
};

enum { TRANSLATION, SCORE }; /* members, as main() lists them */

struct job {
    const struct conf *conf;
    const struct modelopt *mo;
    struct route route;
    struct translator *t[ROUTE_LEGS];
    struct translator_work *work; /* [workers][ROUTE_LEGS] */
    int n_work;
};

static void
put(const struct job *job, struct str text, double score,
    const struct translator_info *info, struct result *r)
{
    struct err why;

    if (info->code != ERR_NONE) {
        translator_explain(info, &why);
        result_reject(r, why.code, "%s", why.msg);
        return;
    }
    result_tokens(r, info->tokens);
    if (info->how != OVERLONG_NONE)
        result_overlong(r, info->tokens, info->kept, overlong_name(info->how));
    if (info->kept == 0 && info->tokens > 0)
        return;
    jout_str(result_put(r, TRANSLATION), text);
    if (job->conf->score)
        jout_f32(result_put(r, SCORE), (float)score);
}

/* The second leg goes on where the first arrived; what is wrong there is wrong. */
static void
go_on(const struct job *job, struct translator_work *w, struct filter_batch *b,
      struct str *text, struct translator_info *info)
{
    size_t n = (size_t)b->n;
    struct translator_info *second = arena_alloc(b->arena, mem_mul(n, sizeof *second));

    translator_run(job->t[1], &w[1], text, n, text, second);
    for (size_t i = 0; i < n; i++) {
        info[i].score *= second[i].score;
        if (info[i].code == ERR_NONE && second[i].code != ERR_NONE)
            info[i] = second[i];
    }
}

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct translator_work *w = &job->work[b->worker * ROUTE_LEGS];
    size_t n = (size_t)b->n;
    struct translator_info *info = arena_alloc(b->arena, mem_mul(n, sizeof *info));
    struct str *text = arena_alloc(b->arena, mem_mul(n, sizeof *text));

    (void)e;
    if (b->count_only) {
        translator_count(job->t[0], w, b->text, n, info);
        for (size_t i = 0; i < n; i++)
            result_tokens(b->result[i], info[i].tokens);
        return 0;
    }
    translator_run(job->t[0], w, b->text, n, text, info);
    if (job->route.n > 1)
        go_on(job, w, b, text, info);
    for (size_t i = 0; i < n; i++)
        put(job, text[i], info[i].score, &info[i], b->result[i]);
    return 0;
}

static int
open_legs(struct job *job, struct filter *f, struct err *e)
{
    struct translator_opt opt = { .precision = job->mo->precision,
                                  .pool = filter_pool(f),
                                  .cache = !job->mo->no_cache,
                                  .score = job->conf->score,
                                  .markup = job->conf->markup };

    if (job->mo->overlong &&
        (opt.overlong = overlong_find(job->mo->overlong)) == OVERLONG_NONE)
        return err_set(e, ERR_USAGE,
                       "--overlong is one of chunk, truncate, skip, error, not '%.40s'",
                       job->mo->overlong);
    if (route_find(job->mo, job->conf->from, job->conf->to, &job->route, e))
        return -1;
    for (int i = 0; i < job->route.n; i++) {
        opt.dir = job->route.leg[i].found.dir;
        opt.lang = job->route.leg[i].lang;
        if ((job->t[i] = translator_open(&opt, e)) == NULL)
            return -1;
    }
    return 0;
}

static void
run(struct job *job, struct filter *f, struct err *e)
{
    struct filter_model model = { .name = job->route.leg[0].found.name };

    if (open_legs(job, f, e))
        return;
    model.file = translator_file(job->t[0]);
    model.precision = translator_precision(job->t[0]);
    filter_model(f, &model);
    job->n_work = ROUTE_LEGS * filter_threads(f);
    job->work = mem_zero((size_t)job->n_work, sizeof *job->work);
    filter_run(f, work, job, e);
}

static void
release(struct job *job)
{
    for (int i = 0; i < job->n_work; i++)
        translator_work_release(&job->work[i]);
    mem_free(job->work);
    for (int i = 0; i < ROUTE_LEGS; i++)
        translator_close(job->t[i]);
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", "_score", NULL };
    static const struct filter_tool tool = { "text", "translation", JSON_STRING,
                                             suffix, 256,           1 };
    struct conf conf = { 0 };
    struct modelopt mo = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = {
        { opts, &conf }, { modelopt_opts, &mo }, { filter_opts, &fopt }, { 0 }
    };
    struct job job = { .conf = &conf, .mo = &mo };
    struct err e = { 0 };
    struct filter *f;
    struct cli c;
    int status;

    cli_parse(&c, "translate", "add the text in another language to each record",
              groups, argc, argv);
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(&job, f, &e);
    status = filter_close(f, &c, &e);
    release(&job);
    cli_release(&c);
    return status;
}
