/* genopt.c - how answers are written */
#include "cli/genopt.h"

#include "base/file.h"
#include "base/mem.h"
#include "infer/choices.h"
#include "text/utf8.h"

#define SYSTEM_MAX ((size_t)1 << 20)

#define OPT(letter, name, arg, kind, field, help)                                      \
    {                                                                                  \
        letter, name, arg, kind, offsetof(struct genopt_conf, field), help             \
    }
#define SAMPLE_OPTS                                                                    \
    OPT('n', "max-tokens", "N", CLI_COUNT, max_tokens, "tokens of an answer [128]"),   \
        OPT(0, "temperature", "T", CLI_REAL, temperature,                              \
            "0: the likeliest token each time; 1: as likely as the model says [0]"),   \
        OPT(0, "top-k", "N", CLI_COUNT, top_k, "draw from the N likeliest"),           \
        OPT(0, "top-p", "P", CLI_REAL, top_p,                                          \
            "draw from the likeliest that have this share together"),                  \
        OPT(0, "min-p", "P", CLI_REAL, min_p,                                          \
            "draw from those this share as likely as the likeliest"),                  \
        OPT(0, "penalty", "R", CLI_REAL, penalty,                                      \
            "above 1: tokens that were there become less likely [1; summarize: 1.2]"), \
        OPT('s', "seed", "N", CLI_COUNT, seed, "other draws [0]"),                     \
        OPT(0, "slots", "N", CLI_COUNT, slots, "answers written at once [32]"),        \
        OPT(0, "prefix-cache", "FILE", CLI_STR, prefix,                                \
            "keeps what all prompts begin with, for the next start and for others")

const struct cli_opt genopt_sample_opts[] = { SAMPLE_OPTS, { 0 } };

const struct cli_opt genopt_opts[] = {
    OPT(0, "system", "TEXT|@FILE", CLI_STR, system, "what the model is told first"),
    OPT(0, "stop", "TEXT", CLI_LIST, stop, "ends an answer, and is not in it"),
    OPT(0, "schema", "FILE", CLI_STR, schema,
        "answers are JSON that fits this JSON Schema"),
    OPT(0, "choice", "LABEL", CLI_LIST, choice,
        "answers are one of these: the likeliest, and how likely"),
    SAMPLE_OPTS,
    { 0 },
};

/* ---- files and strings ---- */

static int
read_system(struct genopt *o, struct err *e)
{
    const char *s = o->conf->system;

    if (s == NULL)
        return 0;
    o->system = str_of(s);
    if (*s == '@') {
        if (file_read(s + 1, SYSTEM_MAX, &o->file, e))
            return err_wrap(e, "--system");
        while (o->file.n > 0 && o->file.p[o->file.n - 1] == '\n')
            o->file.n--;
        o->system = (struct str){ o->file.p, o->file.n };
    }
    if (utf8_valid(o->system.p, o->system.n) < o->system.n)
        return err_set(e, ERR_USAGE, "--system: not UTF-8");
    return 0;
}

int
genopt_read(struct genopt *o, struct err *e)
{
    const struct genopt_conf *c = o->conf;

    if (c->schema && c->choice.n > 0)
        return err_set(e, ERR_USAGE, "--schema and --choice exclude each other");
    if ((c->schema || c->choice.n > 0) && c->stop.n > 0)
        return err_set(e, ERR_USAGE, "--stop is for free text");
    if (c->schema && (o->schema = schema_read(c->schema, e)) == NULL)
        return err_wrap(e, "--schema");
    o->stop = stopper_new((const char *const *)c->stop.item, (size_t)c->stop.n, e);
    if (o->stop == NULL)
        return err_wrap(e, "--stop");
    return read_system(o, e);
}

/* ---- what needs the model ---- */

static int
read_labels(struct genopt *o, const struct lm *m, struct err *e)
{
    const struct cli_list *c = &o->conf->choice;
    struct choices_opt opt = { .lm = m, .n = (size_t)c->n, .end = -1 };
    struct str *text;

    if (c->n == 0)
        return 0;
    opt.text = text = mem_alloc(mem_mul(opt.n, sizeof *text));
    for (int i = 0; i < c->n; i++)
        text[i] = str_of(c->item[i]);
    o->labels = choices_make(&opt, e);
    mem_free(text);
    return o->labels ? 0 : err_wrap(e, "--choice");
}

int
genopt_fill(struct genopt *o, const struct lm *m, const struct filter *f,
            struct asker_opt *opt, struct err *e)
{
    const struct genopt_conf *c = o->conf;
    struct generator_opt *g = &opt->generator;

    if (read_labels(o, m, e) ||
        (o->schema && (o->masks = masks_open(o->schema, m->tokenizer, e)) == NULL))
        return -1;
    opt->system = c->system ? &o->system : NULL;
    *g = (struct generator_opt){ .slots = (size_t)c->slots,
                                 .mem = filter_mem(f),
                                 .workers = (size_t)filter_threads(f),
                                 .max_tokens = (size_t)c->max_tokens,
                                 .seed = (uint64_t)c->seed,
                                 .stop = o->stop,
                                 .masks = o->masks,
                                 .labels = o->labels,
                                 .prefix_file = c->prefix };
    g->sample = (struct sample_opt){ .temperature = c->temperature,
                                     .top_k = c->top_k,
                                     .top_p = c->top_p,
                                     .min_p = c->min_p,
                                     .penalty = c->penalty };
    return 0;
}

void
genopt_tell(struct genopt *o, const struct generator *g, struct filter *f)
{
    static const char *const from[] = { [LMPREFIX_NONE] = "none",
                                        [LMPREFIX_COMPUTED] = "computed",
                                        [LMPREFIX_WRITTEN] = "written",
                                        [LMPREFIX_READ] = "read" };
    const struct lmprefix *prefix = generator_prefix(g);
    size_t tokens;

    lmprefix_ids(prefix, &tokens);
    buf_printf(&o->told, "{\"slots\":%zu,\"prefix_tokens\":%zu,\"prefix\":\"%s\"",
               generator_slots(g), tokens, from[lmprefix_from(prefix)]);
    if (generator_tokens(g) < SIZE_MAX)
        buf_printf(&o->told, ",\"mem_tokens\":%zu", generator_tokens(g));
    buf_char(&o->told, '}');
    filter_result(f, (struct str){ o->told.p, o->told.n });
}

void
genopt_release(struct genopt *o)
{
    labeltrie_free(o->labels);
    masks_close(o->masks);
    schema_free(o->schema);
    stopper_free(o->stop);
    buf_free(&o->file);
    buf_free(&o->told);
}
