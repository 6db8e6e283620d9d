/* genopt.c - how answers are written */
#include "cli/genopt.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
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
            "above 1: tokens that were there become less likely [1]"),                 \
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

/* The tokens of a label, in mem */
static int
read_label(const struct lm *m, const char *label, struct tokenizer_work *w,
           struct labeltrie_label *to, struct arena *mem, struct err *e)
{
    if (utf8_valid(label, strlen(label)) < strlen(label))
        return err_set(e, ERR_USAGE, "not UTF-8");
    if (tokenizer_encode(m->tokenizer, str_of(label), TOKENIZER_NO_SPECIAL, w, e))
        return -1;
    *to =
        (struct labeltrie_label){ arena_copy(mem, w->id, w->n * sizeof *w->id), w->n };
    return 0;
}

/* Labels end where their tokens do; only where one begins another, the token that ends
 * an answer belongs to them. */
static int
join_labels(struct genopt *o, const struct lm *m, const struct labeltrie_label *label,
            size_t n, struct err *e)
{
    size_t n_end;
    const int32_t *end = chat_ends(m->chat, &n_end);

    o->labels = labeltrie_make(label, n, -1, e);
    if (o->labels == NULL && n_end > 0)
        o->labels = labeltrie_make(label, n, end[0], e);
    return o->labels ? 0 : -1;
}

static int
read_labels(struct genopt *o, const struct lm *m, struct err *e)
{
    const struct cli_list *c = &o->conf->choice;
    struct labeltrie_label *label;
    struct tokenizer_work w = { 0 };
    struct arena mem = { 0 };
    int rc = 0;

    if (c->n == 0)
        return 0;
    label = arena_alloc(&mem, mem_mul((size_t)c->n, sizeof *label));
    for (int i = 0; i < c->n && rc == 0; i++)
        rc = read_label(m, c->item[i], &w, &label[i], &mem, e);
    if (rc == 0)
        rc = join_labels(o, m, label, (size_t)c->n, e);
    tokenizer_work_release(&w);
    arena_release(&mem);
    return rc ? err_wrap(e, "--choice") : 0;
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
    static const char *const from[] = { [GENERATOR_NONE] = "none",
                                        [GENERATOR_COMPUTED] = "computed",
                                        [GENERATOR_WRITTEN] = "written",
                                        [GENERATOR_READ] = "read" };
    size_t tokens;
    enum generator_prefix how = generator_prefix(g, &tokens);

    buf_printf(&o->told, "{\"slots\":%zu,\"prefix_tokens\":%zu,\"prefix\":\"%s\"}",
               generator_slots(g), tokens, from[how]);
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
