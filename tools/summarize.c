/* summarize.c - add a summary of the text to each record */
#include <string.h>

#include "base/mem.h"
#include "cli/embedopt.h"
#include "cli/genopt.h"
#include "cli/lmopt.h"
#include "infer/extract.h"
#include "infer/summarizer.h"
#include "json/jout.h"

struct conf {
    const char *lang, *style;
    int extract, words;
};

static const struct cli_opt opts[] = {
    { 0, "words", "N", CLI_COUNT, offsetof(struct conf, words),
      "words that the model is asked for [60; a sentence: 30]" },
    { 0, "style", "NAME", CLI_STR, offsetof(struct conf, style),
      "paragraph, sentence, bullets" },
    { 0, "extract", "N", CLI_COUNT, offsetof(struct conf, extract),
      "the N sentences of the text that say most of it, by an embedding model" },
    { 0, "lang", "CODE", CLI_STR, offsetof(struct conf, lang),
      "language of the texts, for the ends of sentences" },
    { 0 },
};

enum { SUMMARY, CUT }; /* members, as main() lists them */

struct job {
    const struct conf *conf;
    const struct modelopt *mo;
    struct embedopt o; /* of --extract */
    struct extract *x;
    struct lmopt lo; /* of a language model */
    struct genopt g;
    struct stopper *stop;
    struct lm *m;
    struct summarizer *s;
    struct summarizer_work *work; /* [n_work] */
    int n_work;
};

/* What all summaries have in common. 1: there is one. */
static int
put_info(struct result *r, const struct err *e, size_t tokens, size_t kept,
         enum overlong how)
{
    if (e->code != ERR_NONE) {
        result_reject(r, e->code, "%s", e->msg);
        return 0;
    }
    result_tokens(r, tokens);
    if (how != OVERLONG_NONE)
        result_overlong(r, tokens, kept, overlong_name(how));
    return how != OVERLONG_SKIP;
}

/* ---- sentences of the text ---- */

static int
work_extract(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct embedder_work *w = &job->o.work[b->worker];
    size_t n = (size_t)b->n;
    struct embedder_info *info = arena_alloc(b->arena, mem_mul(n, sizeof *info));
    struct str *out = arena_alloc(b->arena, mem_mul(n, sizeof *out));

    (void)e;
    if (b->count_only)
        extract_count(job->x, w, b->text, n, info);
    else
        extract_run(job->x, w, b->arena, b->text, n, out, info);
    for (size_t i = 0; i < n; i++) {
        struct err why = { 0 };

        if (info[i].code != ERR_NONE)
            extract_explain(job->x, &info[i], &why);
        if (b->count_only)
            result_tokens(b->result[i], info[i].tokens);
        else if (put_info(b->result[i], &why, info[i].tokens, info[i].kept,
                          info[i].how))
            jout_str(result_put(b->result[i], SUMMARY), out[i]);
    }
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

/* ---- the words of a model ---- */

static int
work_model(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct summarizer_work *w = &job->work[b->worker];
    size_t n = (size_t)b->n;
    struct summarizer_info *info = arena_alloc(b->arena, mem_mul(n, sizeof *info));
    struct str *out = arena_alloc(b->arena, mem_mul(n, sizeof *out));

    (void)e;
    if (b->count_only)
        summarizer_count(job->s, w, b->text, n, info);
    else
        summarizer_run(job->s, w, b->text, n, out, info);
    for (size_t i = 0; i < n; i++) {
        struct result *r = b->result[i];

        if (b->count_only)
            result_tokens(r, info[i].tokens);
        else if (put_info(r, &info[i].e, info[i].tokens, info[i].kept, info[i].how)) {
            jout_str(result_put(r, SUMMARY), out[i]);
            if (info[i].cut)
                buf_puts(result_put(r, CUT), "true");
        }
    }
    return 0;
}

static int
read_options(struct job *job, struct summarizer_opt *opt, struct err *e)
{
    static const char *names[SUMMARIZER_STYLES + 1];
    int style;

    for (int i = 0; i < SUMMARIZER_STYLES; i++)
        names[i] = summarizer_style_name(i);
    if ((style = modelopt_choice("--style", job->conf->style, names, e)) < 0)
        return -1;
    opt->style = (enum summarizer_style)style;
    opt->words = job->conf->words;
    opt->lang = job->conf->lang;
    opt->ask.overlong = OVERLONG_CHUNK;
    return modelopt_overlong(job->mo, 1, &opt->ask.overlong, e);
}

static void
run_model(struct job *job, struct filter *f, struct err *e)
{
    static const char *const empty_line[] = { "\n\n" };
    struct summarizer_opt opt = { 0 };

    if (read_options(job, &opt, e) || (job->m = lmopt_open(&job->lo, f, e)) == NULL ||
        genopt_fill(&job->g, job->m, f, &opt.ask, e))
        return;
    opt.ask.lm = job->m;
    if (strcmp(chat_name(job->m->chat), "plain") == 0)
        opt.ask.generator.stop = job->stop = stopper_new(empty_line, 1, e);
    if ((job->s = summarizer_open(&opt, e)) == NULL)
        return;
    job->n_work = filter_threads(f);
    job->work = mem_zero((size_t)job->n_work, sizeof *job->work);
    filter_run(f, work_model, job, e);
    genopt_tell(&job->g, asker_generator(summarizer_asker(job->s)), f);
}

static void
release(struct job *job)
{
    embedopt_release(&job->o);
    extract_close(job->x);
    for (int i = 0; i < job->n_work; i++)
        summarizer_work_release(&job->work[i]);
    mem_free(job->work);
    summarizer_close(job->s);
    stopper_free(job->stop);
    genopt_release(&job->g);
    lm_close(job->m);
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", "_cut", NULL };
    static const struct filter_tool tool = { "text", "summary", JSON_STRING,
                                             suffix, 64,        1 };
    struct conf conf = { .extract = -1 };
    struct genopt_conf gconf = GENOPT_INIT;
    struct lmopt_conf lconf = { 0 };
    struct modelopt mo = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = {
        { opts, &conf },        { genopt_sample_opts, &gconf }, { lmopt_opts, &lconf },
        { modelopt_opts, &mo }, { filter_opts, &fopt },         { 0 }
    };
    struct job job = { .conf = &conf,
                       .mo = &mo,
                       .lo = { .mo = &mo, .conf = &lconf, .task = "summarize" },
                       .g = { .conf = &gconf } };
    struct err e = { 0 };
    struct filter *f = NULL;
    struct cli c;
    int status;

    gconf.max_tokens = 0; /* by words */
    gconf.penalty = SUMMARIZER_PENALTY;
    cli_parse(&c, "summarize", "add a summary of the text to each record", groups, argc,
              argv);
    if (conf.extract == 0)
        cli_usage(&c, "how many sentences? --extract=N, 1 or more");
    if (genopt_read(&job.g, &e) == 0 &&
        (f = filter_open(&c, &fopt, &tool, &e)) != NULL) {
        if (conf.extract > 0)
            run_extract(&job, f, &e);
        else
            run_model(&job, f, &e);
    }
    status = filter_close(f, &c, &e);
    release(&job);
    cli_release(&c);
    return status;
}
