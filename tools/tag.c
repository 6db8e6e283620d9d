/* tag.c - add the names, places or what else a model finds in the text */
#include "base/mem.h"
#include "cli/embedopt.h"
#include "infer/tagger.h"
#include "json/jout.h"

struct conf {
    double min_score;
};

static const struct cli_opt opts[] = {
    { 0, "min-score", "P", CLI_REAL, offsetof(struct conf, min_score),
      "leave out what is less probable" },
    { 0 },
};

struct job {
    struct embedopt o;
    const struct conf *conf;
    struct tagger *t;
};

static void
put_count(struct buf *b, const char *name, uint32_t n)
{
    buf_puts(b, name);
    buf_u64(b, n);
}

/* {"text":"Ann","label":"PER","score":0.9,"start":0,"end":3,"byte":0,"byte_end":3} */
static void
put_span(struct str text, const struct tagger_span *s, struct buf *b)
{
    const struct tokenizer_span *w = &s->where;

    buf_puts(b, "{\"text\":");
    jout_str(b, (struct str){ text.p + w->byte, w->byte_end - w->byte });
    buf_puts(b, ",\"label\":");
    jout_str(b, s->label);
    buf_puts(b, ",\"score\":");
    jout_f32(b, s->score);
    put_count(b, ",\"start\":", w->at);
    put_count(b, ",\"end\":", w->at_end);
    put_count(b, ",\"byte\":", w->byte);
    put_count(b, ",\"byte_end\":", w->byte_end);
    buf_char(b, '}');
}

static void
put(const struct job *job, struct str text, const struct tagger_tags *tags,
    struct buf *b)
{
    int n = 0;

    buf_char(b, '[');
    for (size_t i = 0; i < tags->n; i++) {
        if ((double)tags->span[i].score < job->conf->min_score)
            continue;
        buf_puts(b, n++ ? "," : "");
        put_span(text, &tags->span[i], b);
    }
    buf_char(b, ']');
}

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct embedder_work *w = &job->o.work[b->worker];
    size_t n = (size_t)b->n;
    struct embedder_info *info = arena_alloc(b->arena, mem_mul(n, sizeof *info));
    struct tagger_tags *tags = arena_alloc(b->arena, mem_mul(n, sizeof *tags));

    (void)e;
    tagger_run(job->t, w, b->text, n, b->count_only ? NULL : tags, info);
    for (size_t i = 0; i < n; i++)
        if (embedopt_note(tagger_embedder(job->t), &info[i], b->result[i]) &&
            !b->count_only)
            put(job, b->text[i], &tags[i], result_put(b->result[i], 0));
    return 0;
}

static void
run(struct job *job, struct filter *f, struct err *e)
{
    struct embedder_opt opt = { 0 };

    if (embedopt_find(&job->o, f, &opt, e) || (job->t = tagger_open(&opt, e)) == NULL)
        return;
    embedopt_use(&job->o, f, tagger_embedder(job->t));
    filter_run(f, work, job, e);
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", NULL };
    static const struct filter_tool tool = {
        "text", "tags", JSON_STRING, suffix, 64, 1
    };
    struct conf conf = { 0 };
    struct modelopt mo = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = {
        { opts, &conf }, { modelopt_opts, &mo }, { filter_opts, &fopt }, { 0 }
    };
    struct job job = { .o = { .mo = &mo, .task = "tag" }, .conf = &conf };
    struct err e = { 0 };
    struct filter *f;
    struct cli c;
    int status;

    cli_parse(&c, "tag", "add the names, places or what else a model finds in the text",
              groups, argc, argv);
    if (!(conf.min_score >= 0 && conf.min_score <= 1))
        cli_usage(&c, "--min-score is a probability, 0 to 1");
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(&job, f, &e);
    status = filter_close(f, &c, &e);
    embedopt_release(&job.o);
    tagger_close(job.t);
    cli_release(&c);
    return status;
}
