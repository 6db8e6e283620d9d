/* fill.c - put the likeliest words where the text has a model's mask */
#include "base/mem.h"
#include "cli/embedopt.h"
#include "infer/filler.h"
#include "json/jout.h"

struct conf {
    int top;
};

static const struct cli_opt opts[] = {
    { 'k', "top", "N", CLI_COUNT, offsetof(struct conf, top),
      "add the N likeliest words of each mask" },
    { 0 },
};

enum { FILL, SCORE, ALL }; /* members, as main() lists them */

struct job {
    struct embedopt o;
    const struct conf *conf;
    struct filler *f;
};

/* [{"word":"cat","score":0.5},...] */
static void
put_words(const struct filler *f, const struct filler_mask *m, struct buf *b)
{
    struct buf word = { 0 };

    buf_char(b, '[');
    for (size_t i = 0; i < m->n; i++) {
        word.n = 0;
        filler_word(f, m->word[i].id, &word);
        buf_puts(b, i ? ",{\"word\":" : "{\"word\":");
        jout_str(b, (struct str){ word.p, word.n });
        buf_puts(b, ",\"score\":");
        jout_f32(b, m->word[i].prob);
        buf_char(b, '}');
    }
    buf_char(b, ']');
    buf_free(&word);
}

static void
put(const struct job *job, struct str text, const struct filler_found *found,
    struct result *r)
{
    struct buf filled = { 0 }, *b;
    float least = 1.0f;

    if (found->n == 0) {
        result_reject(r, ERR_MISSING, "the text has no %s", filler_token(job->f));
        return;
    }
    filler_text(job->f, text, found, &filled);
    jout_str(result_put(r, FILL), (struct str){ filled.p, filled.n });
    buf_free(&filled);
    for (size_t i = 0; i < found->n; i++)
        if (found->mask[i].word[0].prob < least)
            least = found->mask[i].word[0].prob;
    jout_f32(result_put(r, SCORE), least);
    if (job->conf->top == 0)
        return;
    b = result_put(r, ALL);
    for (size_t i = 0; i < found->n; i++) {
        buf_char(b, i ? ',' : '[');
        put_words(job->f, &found->mask[i], b);
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
    struct filler_found *found = arena_alloc(b->arena, mem_mul(n, sizeof *found));

    (void)e;
    filler_run(job->f, w, b->text, n, b->count_only ? NULL : found, info);
    for (size_t i = 0; i < n; i++)
        if (embedopt_note(filler_embedder(job->f), &info[i], b->result[i]) &&
            !b->count_only)
            put(job, b->text[i], &found[i], b->result[i]);
    return 0;
}

static void
run(struct job *job, struct filter *f, struct err *e)
{
    struct filler_opt opt = { .top = job->conf->top ? job->conf->top : 1 };

    if (embedopt_find(&job->o, f, &opt.embed, e) ||
        (job->f = filler_open(&opt, e)) == NULL)
        return;
    embedopt_use(&job->o, f, filler_embedder(job->f));
    filter_run(f, work, job, e);
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", "_score", "_all", NULL };
    static const struct filter_tool tool = {
        "text", "fill", JSON_STRING, suffix, 64, 1
    };
    struct conf conf = { 0 };
    struct modelopt mo = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = {
        { opts, &conf }, { modelopt_opts, &mo }, { filter_opts, &fopt }, { 0 }
    };
    struct job job = { .o = { .mo = &mo, .task = "fill" }, .conf = &conf };
    struct err e = { 0 };
    struct filter *f;
    struct cli c;
    int status;

    cli_parse(&c, "fill", "put the likeliest words where the text has a model's mask",
              groups, argc, argv);
    if (conf.top > FILLER_TOP)
        cli_usage(&c, "--top is at most %d", FILLER_TOP);
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(&job, f, &e);
    status = filter_close(f, &c, &e);
    embedopt_release(&job.o);
    filler_close(job.f);
    cli_release(&c);
    return status;
}
