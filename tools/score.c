/* score.c - add how well a language model foresees the text to each record */
#include "base/mem.h"
#include "base/num.h"
#include "cli/lmopt.h"
#include "infer/scorer.h"
#include "json/jout.h"

enum { MEAN_NLL, PERPLEXITY, N_TOKENS }; /* members, as main() lists them */

struct job {
    struct lmopt o;
    struct lm *m;
    struct scorer_opt opt;
    struct scorer_work *work; /* [n_work] */
    int n_work;
};

static void
put(const struct job *job, const struct scorer_info *info, struct result *r)
{
    switch (info->code) {
    case ERR_NONE: break;
    case ERR_OVERLONG:
        result_reject(r, info->code, "%zu tokens, at most %zu", info->tokens,
                      job->m->n_ctx);
        return;
    case ERR_NAN: result_reject(r, info->code, "the model gives no numbers"); return;
    default: result_reject(r, info->code, "the text is too long"); return;
    }
    result_tokens(r, info->tokens);
    if (info->how != OVERLONG_NONE)
        result_overlong(r, info->tokens, info->kept, overlong_name(info->how));
    if (info->how == OVERLONG_SKIP)
        return;
    buf_u64(result_put(r, N_TOKENS), info->kept);
    if (info->foretold == 0) {
        buf_puts(result_put(r, MEAN_NLL), "null");
        buf_puts(result_put(r, PERPLEXITY), "null");
        return;
    }
    jout_f32(result_put(r, MEAN_NLL), (float)info->mean_nll);
    jout_f32(result_put(r, PERPLEXITY), (float)num_exp(info->mean_nll));
}

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct scorer_work *w = &job->work[b->worker];
    size_t n = (size_t)b->n;
    struct scorer_info *info = arena_alloc(b->arena, mem_mul(n, sizeof *info));

    (void)e;
    if (b->count_only)
        scorer_count(job->m, &job->opt, w, b->text, n, info);
    else
        scorer_run(job->m, &job->opt, w, b->text, n, info);
    for (size_t i = 0; i < n; i++)
        if (b->count_only)
            result_tokens(b->result[i], info[i].tokens);
        else
            put(job, &info[i], b->result[i]);
    return 0;
}

static void
run(struct job *job, struct filter *f, struct err *e)
{
    job->opt.overlong = OVERLONG_TRUNCATE;
    if (modelopt_overlong(job->o.mo, 0, &job->opt.overlong, e) ||
        (job->m = lmopt_open(&job->o, f, e)) == NULL ||
        !(job->opt.room =
              scorer_room(job->m, filter_mem(f), (size_t)filter_threads(f), e)))
        return;
    job->opt.special = job->o.conf->special;
    job->n_work = filter_threads(f);
    job->work = mem_zero((size_t)job->n_work, sizeof *job->work);
    filter_run(f, work, job, e);
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", "=perplexity", "=n_tokens", NULL };
    static const struct filter_tool tool = { "text", "mean_nll", JSON_STRING,
                                             suffix, 64,         1 };
    struct lmopt_conf conf = { 0 };
    struct modelopt mo = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = {
        { lmopt_opts, &conf }, { modelopt_opts, &mo }, { filter_opts, &fopt }, { 0 }
    };
    struct job job = { .o = { .mo = &mo, .conf = &conf, .task = "score" } };
    struct err e = { 0 };
    struct filter *f;
    struct cli c;
    int status;

    cli_parse(&c, "score",
              "add how well a language model foresees the text to each record", groups,
              argc, argv);
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(&job, f, &e);
    status = filter_close(f, &c, &e);
    for (int i = 0; i < job.n_work; i++)
        scorer_work_release(&job.work[i]);
    mem_free(job.work);
    slots_close(job.opt.room);
    lm_close(job.m);
    cli_release(&c);
    return status;
}
