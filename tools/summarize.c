/* summarize.c - add a summary of the text to each record */
#include "base/mem.h"
#include "cli/embedopt.h"
#include "infer/extract.h"
#include "json/jout.h"

struct conf {
    const char *lang;
    int extract;
};

static const struct cli_opt opts[] = {
    { 0, "extract", "N", CLI_COUNT, offsetof(struct conf, extract),
      "the N sentences of the text that say most of it" },
    { 0, "lang", "CODE", CLI_STR, offsetof(struct conf, lang),
      "language of the texts, for the ends of sentences" },
    { 0 },
};

struct job {
    const struct conf *conf;
    const struct modelopt *mo;
    struct embedopt o; /* of --extract */
    struct extract *x;
};

/* ---- sentences of the text ---- */

static void
put_sentences(const struct job *job, struct str summary,
              const struct embedder_info *info, struct result *r)
{
    struct err why;

    if (info->code != ERR_NONE) {
        extract_explain(job->x, info, &why);
        result_reject(r, why.code, "%s", why.msg);
        return;
    }
    result_tokens(r, info->tokens);
    if (info->how != OVERLONG_NONE)
        result_overlong(r, info->tokens, info->kept, overlong_name(info->how));
    if (info->how != OVERLONG_SKIP)
        jout_str(result_put(r, 0), summary);
}

static int
work_extract(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct embedder_work *w = &job->o.work[b->worker];
    size_t n = (size_t)b->n;
    struct embedder_info *info = arena_alloc(b->arena, mem_mul(n, sizeof *info));
    struct str *out = arena_alloc(b->arena, mem_mul(n, sizeof *out));

    (void)e;
    if (b->count_only) {
        extract_count(job->x, w, b->text, n, info);
        for (size_t i = 0; i < n; i++)
            result_tokens(b->result[i], info[i].tokens);
        return 0;
    }
    extract_run(job->x, w, b->arena, b->text, n, out, info);
    for (size_t i = 0; i < n; i++)
        put_sentences(job, out[i], &info[i], b->result[i]);
    return 0;
}

static void
run_extract(struct job *job, struct filter *f, struct err *e)
{
    struct extract_opt opt = { .n = (size_t)job->conf->extract,
                               .lang = job->conf->lang };

    job->o = (struct embedopt){ .mo = job->mo, .task = "embed" };
    if (embedopt_find(&job->o, f, &opt.embed, e) ||
        (job->x = extract_open(&opt, e)) == NULL)
        return;
    embedopt_use(&job->o, f, extract_embedder(job->x));
    filter_run(f, work_extract, job, e);
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", NULL };
    static const struct filter_tool tool = { "text", "summary", JSON_STRING,
                                             suffix, 64,        1 };
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

    cli_parse(&c, "summarize", "add a summary of the text to each record", groups, argc,
              argv);
    if (conf.extract < 1)
        cli_usage(&c, "how many sentences? --extract=N, 1 or more");
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run_extract(&job, f, &e);
    status = filter_close(f, &c, &e);
    embedopt_release(&job.o);
    extract_close(job.x);
    cli_release(&c);
    return status;
}
