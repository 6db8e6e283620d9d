/* chunk.c - cut the text of each record into pieces, a record each */
#include <limits.h>
#include <stdio.h>

#include "base/mem.h"
#include "cli/filter.h"
#include "cli/modelopt.h"
#include "cli/rejoin.h"
#include "infer/chunker.h"
#include "json/jout.h"

struct conf {
    const char *by, *model, *lang, *between;
    int max_tokens, overlap, join;
};

static const struct cli_opt opts[] = {
    { 0, "by", "UNIT", CLI_STR, offsetof(struct conf, by),
      "what is not cut: sentences, paragraphs, tokens [sentences]" },
    { 'n', "max-tokens", "N", CLI_COUNT, offsetof(struct conf, max_tokens),
      "as many units as make N tokens a piece; else one unit" },
    { 0, "overlap", "N", CLI_COUNT, offsetof(struct conf, overlap),
      "units that a piece has of the one before" },
    { 'm', "model", "NAME|PATH", CLI_STR, offsetof(struct conf, model),
      "whose tokens: of the catalogue, or a folder (with a slash)" },
    { 0, "lang", "CODE", CLI_STR, offsetof(struct conf, lang),
      "language of the texts, for the ends of sentences" },
    { 0, "join", NULL, CLI_FLAG, offsetof(struct conf, join),
      "put the pieces of each record together again" },
    { 0, "between", "TEXT", CLI_STR, offsetof(struct conf, between),
      "what --join puts where white space was [a space]" },
    { 0 },
};

enum { TEXT, CHUNK }; /* members, as main() lists them */

struct job {
    const struct conf *conf;
    struct chunker chunker;
    struct chunker_work *work; /* one a worker */
    struct tokenizer *tokenizer;
    struct modelopt_found found;
    char file[PATH_MAX + 16];
};

/* {"i":0,"n":3,"bytes":[0,120],"chars":[0,118],"tokens":25} */
static void
put_place(const struct chunker_work *w, size_t i, int counted, struct buf *b)
{
    const struct chunker_piece *p = &w->piece[i];

    buf_printf(b, "{\"i\":%zu,\"n\":%zu,\"bytes\":[%zu,%zu],\"chars\":[%zu,%zu]", i,
               w->n_piece, p->at, p->end, p->at_char, p->end_char);
    if (counted)
        buf_printf(b, ",\"tokens\":%zu", p->tokens);
    buf_char(b, '}');
}

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct chunker_work *w = &job->work[b->worker];
    int counted = job->chunker.max_tokens > 0;
    struct err why;

    (void)e;
    for (int i = 0; i < b->n; i++) {
        struct result *r = b->result[i];
        if (chunker_run(&job->chunker, w, b->text[i], &why)) {
            result_reject(r, why.code, "%s", why.msg);
            continue;
        }
        if (counted)
            result_tokens(r, w->tokens.n);
        for (size_t k = 0; k < w->n_piece && !b->count_only; k++) {
            const struct chunker_piece *p = &w->piece[k];
            r = k ? result_more(r) : r;
            jout_str(result_put(r, TEXT),
                     (struct str){ b->text[i].p + p->at, p->end - p->at });
            put_place(w, k, counted, result_put(r, CHUNK));
        }
    }
    return 0;
}

static int
open_tokenizer(struct job *job, struct filter *f, struct err *e)
{
    struct modelopt want = { .model = job->conf->model };
    struct filter_model model = { .name = job->found.name, .file = job->file };

    if (job->chunker.max_tokens == 0)
        return 0;
    if (modelopt_find(&want, "embed", &job->found, e) ||
        (job->tokenizer = tokenizer_open(job->found.dir, e)) == NULL)
        return -1;
    snprintf(job->file, sizeof job->file, "%s/tokenizer.json", job->found.dir);
    filter_model(f, &model);
    job->chunker.tokenizer = job->tokenizer;
    return 0;
}

static void
run(struct job *job, struct filter *f, struct err *e)
{
    if (open_tokenizer(job, f, e))
        return;
    job->work = mem_zero((size_t)filter_threads(f), sizeof *job->work);
    filter_run(f, work, job, e);
    for (int i = 0; i < filter_threads(f); i++)
        chunker_work_release(&job->work[i]);
}

static void
check_options(const struct cli *c, struct job *job)
{
    static const char *const units[] = { "sentences", "paragraphs", "tokens", NULL };
    const struct conf *conf = job->conf;
    struct err e;
    int unit = modelopt_choice("by", conf->by, units, &e);

    if (unit < 0)
        cli_usage(c, "%s", e.msg);
    if (unit == CHUNKER_TOKENS && conf->max_tokens == 0)
        cli_usage(c, "--by=tokens goes with -n");
    if (conf->max_tokens == 0 && (conf->overlap || conf->model))
        cli_usage(c, "--overlap and -m go with -n");
    job->chunker = (struct chunker){ .unit = (enum chunker_unit)unit,
                                     .max_tokens = (size_t)conf->max_tokens,
                                     .overlap = (size_t)conf->overlap,
                                     .lang = conf->lang };
}

/* --join: of the options of every tool it takes those of a tool that finds records. */
static int
join(const struct cli *c, const struct conf *conf, const struct filter_opt *o)
{
    struct rejoin_opt opt = { str_of(o->in ? o->in : "text"),
                              str_of(conf->between ? conf->between : " ") };
    struct err e = { 0 };
    struct feed *f;

    if (conf->by || conf->model || conf->lang || conf->max_tokens || conf->overlap)
        cli_usage(c, "--join takes no option that says how to cut");
    if (o->text || o->raw || o->force || o->dry_run || o->dedup || o->where || o->out)
        cli_usage(c, "--join goes with -i, and not with -o, -w, -T, -r, -f, --dry-run, "
                     "--dedup");
    f = feed_open(c, o, &e);
    if (f)
        (void)rejoin_run(f, &opt, o->max_line, &e);
    return feed_close(f, c, &e);
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", "=_chunk", NULL };
    static const struct filter_tool tool = {
        "text", NULL, JSON_STRING, suffix, 256, 0
    };
    struct conf conf = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = { { opts, &conf }, { filter_opts, &fopt }, { 0 } };
    struct job job = { .conf = &conf };
    struct err e = { 0 };
    struct filter *f;
    struct cli c;
    int status;

    cli_parse(&c, "chunk", "cut the text of each record into pieces, a record each",
              groups, argc, argv);
    if (conf.join) {
        status = join(&c, &conf, &fopt);
        cli_release(&c);
        return status;
    }
    if (conf.between)
        cli_usage(&c, "--between goes with --join");
    check_options(&c, &job);
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(&job, f, &e);
    status = filter_close(f, &c, &e);
    mem_free(job.work);
    tokenizer_close(job.tokenizer);
    cli_release(&c);
    return status;
}
