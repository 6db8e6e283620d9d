/* embed.c - add a vector that stands for the text to each record */
#include "base/mem.h"
#include "cli/embedopt.h"
#include "json/jout.h"

struct conf {
    const char *format, *pool;
    int dims, no_normalize;
};

static const struct cli_opt opts[] = {
    { 0, "format", "NAME", CLI_STR, offsetof(struct conf, format),
      "json: an array [default]; base64: f32, little-endian" },
    { 0, "dims", "N", CLI_COUNT, offsetof(struct conf, dims),
      "keep the first N numbers [all]" },
    { 0, "no-normalize", NULL, CLI_FLAG, offsetof(struct conf, no_normalize),
      "do not scale vectors to length 1" },
    { 0, "pool", "NAME", CLI_STR, offsetof(struct conf, pool),
      "tokens to vector: mean, cls [as the model says]" },
    { 0 },
};

struct job {
    struct embedopt o;
    struct embedder *m;
    int base64;
};

static void
put(const struct job *job, const float *vec, size_t dim, struct buf *b)
{
    if (!job->base64) {
        jout_f32s(b, vec, dim);
        return;
    }
    buf_char(b, '"');
    jout_base64(b, vec, dim * sizeof *vec);
    buf_char(b, '"');
}

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct embedder_work *w = &job->o.work[b->worker];
    size_t n = (size_t)b->n, dim = (size_t)embedder_dim(job->m);
    struct embedder_info *info = arena_alloc(b->arena, mem_mul(n, sizeof *info));
    float *vec = arena_alloc(b->arena, mem_mul(n, dim * sizeof *vec));

    (void)e;
    if (b->count_only)
        embedder_count(job->m, w, b->text, n, info);
    else
        embedder_run(job->m, w, b->text, n, vec, info);
    for (size_t i = 0; i < n; i++)
        if (embedopt_note(job->m, &info[i], b->result[i]) && !b->count_only)
            put(job, vec + i * dim, dim, result_put(b->result[i], 0));
    return 0;
}

static void
run(struct job *job, const struct conf *conf, struct filter *f, struct err *e)
{
    static const char *const formats[] = { "json", "base64", NULL };
    struct embedder_opt opt = { .pooling = conf->pool, .dims = conf->dims };

    if (conf->no_normalize)
        opt.normalize = EMBEDDER_NO;
    if ((job->base64 = modelopt_choice("format", conf->format, formats, e)) < 0 ||
        embedopt_find(&job->o, f, &opt, e) || !(job->m = embedder_open(&opt, e)))
        return;
    embedopt_use(&job->o, f, job->m);
    filter_run(f, work, job, e);
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", NULL };
    static const struct filter_tool tool = { "text", "embedding", JSON_STRING,
                                             suffix, 64,          1 };
    struct conf conf = { 0 };
    struct modelopt mo = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = {
        { opts, &conf }, { modelopt_opts, &mo }, { filter_opts, &fopt }, { 0 }
    };
    struct job job = { .o = { .mo = &mo, .task = "embed" } };
    struct err e = { 0 };
    struct filter *f;
    struct cli c;
    int status;

    cli_parse(&c, "embed", "add a vector that stands for the text to each record",
              groups, argc, argv);
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(&job, &conf, f, &e);
    status = filter_close(f, &c, &e);
    embedopt_release(&job.o);
    embedder_close(job.m);
    cli_release(&c);
    return status;
}
