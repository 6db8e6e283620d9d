/* tokenize.c - text to a model's tokens, and back */
#include <limits.h>
#include <stdio.h>

#include "base/mem.h"
#include "cli/filter.h"
#include "cli/modelopt.h"
#include "token/tokenizer.h"
#include "json/jout.h"

struct conf {
    const char *model;
    int offsets, pieces, count, no_special, special, decode;
};

static const struct cli_opt opts[] = {
#define OPT(letter, name, arg, kind, field, help)                                      \
    {                                                                                  \
        letter, name, arg, kind, offsetof(struct conf, field), help                    \
    }
    OPT('m', "model", "NAME|PATH", CLI_STR, model,
        "model: of the catalogue, or a path (with a slash)"),
    OPT('d', "decode", NULL, CLI_FLAG, decode, "from tokens to text"),
    OPT(0, "offsets", NULL, CLI_FLAG, offsets, "add where in the text each token is"),
    OPT(0, "pieces", NULL, CLI_FLAG, pieces, "the tokens' texts, not their numbers"),
    OPT(0, "count", NULL, CLI_FLAG, count, "only how many there are"),
    OPT(0, "no-special", NULL, CLI_FLAG, no_special, "leave out [CLS] and the like"),
    OPT(0, "special", NULL, CLI_FLAG, special,
        "special tokens written in the text are such"),
    { 0 },
#undef OPT
};

struct job {
    const struct conf *conf;
    struct tokenizer *t;
    struct tokenizer_work *work; /* one a worker */
    unsigned flags;
    struct modelopt_found found;
    char file[PATH_MAX + 16];
};

static void
put_pieces(const struct job *job, const struct tokenizer_work *w, struct buf *b)
{
    buf_char(b, '[');
    for (size_t i = 0; i < w->n; i++) {
        buf_puts(b, i ? "," : "");
        jout_str(b, tokenizer_piece(job->t, w->id[i]));
    }
    buf_char(b, ']');
}

static void
put_offsets(const struct tokenizer_work *w, struct buf *b)
{
    buf_char(b, '[');
    for (size_t i = 0; i < w->n; i++) {
        buf_puts(b, i ? ",[" : "[");
        buf_u64(b, w->span[i].at);
        buf_char(b, ',');
        buf_u64(b, w->span[i].at_end);
        buf_char(b, ']');
    }
    buf_char(b, ']');
}

static int
encode_batch(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct tokenizer_work *w = &job->work[b->worker];
    struct err why;

    (void)e;
    for (int i = 0; i < b->n; i++) {
        struct result *r = b->result[i];
        if (tokenizer_encode(job->t, b->text[i], job->flags, w, &why)) {
            result_reject(r, why.code, "%s", why.msg);
            continue;
        }
        result_tokens(r, w->n);
        if (b->count_only)
            continue;
        if (job->conf->count)
            buf_u64(result_put(r, 0), w->n);
        else if (job->conf->pieces)
            put_pieces(job, w, result_put(r, 0));
        else
            jout_i32s(result_put(r, 0), w->id, w->n);
        if (job->conf->offsets)
            put_offsets(w, result_put(r, 1));
    }
    return 0;
}

/* An array of ids into *ids, made of the batch's memory; how many, or -1. */
static int
read_ids(struct str text, struct arena *a, int32_t **ids, struct err *e)
{
    struct json v = { text.p, text.n, JSON_ARRAY }, key, number;
    struct json_iter it = json_begin(v);
    int64_t id;
    int n = 0;

    /* Every id takes a digit and a comma at least. */
    *ids = arena_alloc(a, mem_mul(text.n / 2 + 1, sizeof **ids));
    for (; json_next(&it, &key, &number); n++) {
        if (!json_int(number, INT32_MIN, INT32_MAX, &id))
            return err_set(e, ERR_TYPE, "element %d is no token's number", n);
        (*ids)[n] = (int32_t)id;
    }
    return n;
}

static int
decode_batch(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct buf text = { 0 };
    struct err why;

    (void)e;
    for (int i = 0; i < b->n; i++) {
        struct result *r = b->result[i];
        int32_t *id;
        int n = read_ids(b->text[i], b->arena, &id, &why);
        text.n = 0;
        if (n < 0 || tokenizer_decode(job->t, id, (size_t)n, job->flags, &text, &why)) {
            result_reject(r, why.code, "%s", why.msg);
            continue;
        }
        result_tokens(r, (size_t)n);
        if (!b->count_only)
            jout_str(result_put(r, 0), (struct str){ text.p, text.n });
    }
    buf_free(&text);
    return 0;
}

static void
check_options(const struct cli *c, const struct conf *conf)
{
    if (conf->decode && (conf->offsets || conf->pieces || conf->count || conf->special))
        cli_usage(c, "-d goes with --no-special alone");
    if (conf->count && (conf->offsets || conf->pieces))
        cli_usage(c, "--count is only a number: no --offsets, no --pieces");
}

static void
run(struct filter *f, struct job *job, struct err *e)
{
    struct modelopt want = { .model = job->conf->model };
    struct filter_model model = { .name = job->found.name, .file = job->file };

    if (modelopt_find(&want, "embed", &job->found, e) ||
        (job->t = tokenizer_open(job->found.dir, e)) == NULL)
        return;
    snprintf(job->file, sizeof job->file, "%s", tokenizer_path(job->t));
    filter_model(f, &model);
    job->work = mem_zero((size_t)filter_threads(f), sizeof *job->work);
    filter_run(f, job->conf->decode ? decode_batch : encode_batch, job, e);
    for (int i = 0; i < filter_threads(f); i++)
        tokenizer_work_release(&job->work[i]);
    mem_free(job->work);
    tokenizer_close(job->t);
}

int
main(int argc, char **argv)
{
    static const char *const text[] = { "", NULL };
    static const char *const offsets[] = { "", "_offsets", NULL };
    struct conf conf = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = { { opts, &conf }, { filter_opts, &fopt }, { 0 } };
    struct filter_tool tool = { "text", "tokens", JSON_STRING, text, 256, 0 };
    struct job job = { .conf = &conf };
    struct err e = { 0 };
    struct filter *f;
    struct cli c;
    int status;

    cli_parse(&c, "tokenize", "split text into a model's tokens, or join them again",
              groups, argc, argv);
    check_options(&c, &conf);
    if (conf.decode)
        tool = (struct filter_tool){ "tokens", "text", JSON_ARRAY, text, 256, 0 };
    else if (conf.offsets)
        tool.suffix = offsets;
    job.flags = (conf.no_special ? TOKENIZER_NO_SPECIAL : 0u) |
                (conf.special ? TOKENIZER_PARSE_SPECIAL : 0u) |
                (conf.offsets ? TOKENIZER_SPANS : 0u);
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(f, &job, &e);
    status = filter_close(f, &c, &e);
    cli_release(&c);
    return status;
}
