/* translate.c - add the text in another language to each record */
#include "base/mem.h"
#include "cli/filter.h"
#include "cli/route.h"
#include "infer/relay.h"
#include "json/jout.h"

struct conf {
    const char *from, *to;
    int score, markup, detect, beam, n_best;
};

static const struct cli_opt opts[] = {
    { 0, "from", "LANG", CLI_STR, offsetof(struct conf, from), "language of the text" },
    { 0, "to", "LANG", CLI_STR, offsetof(struct conf, to),
      "language of the translation; by English where no model goes there directly" },
    { 0, "score", NULL, CLI_FLAG, offsetof(struct conf, score),
      "add how sure the model was: 0 to 1" },
    { 0, "markup", NULL, CLI_FLAG, offsetof(struct conf, markup),
      "keep addresses, tags, `code`, {placeholders} and %s as they are" },
    { 0, "detect", NULL, CLI_FLAG, offsetof(struct conf, detect),
      "leave a text alone that is in the language of the translation already" },
    { 0, "beam", "N", CLI_COUNT, offsetof(struct conf, beam),
      "keep the N likeliest beginnings, instead of one" },
    { 0, "n-best", "N", CLI_COUNT, offsetof(struct conf, n_best),
      "add the N best translations; the beam is N at least" },
    { 0 },
};

enum { TRANSLATION, SCORE, ALL }; /* members, as main() lists them */

struct job {
    const struct conf *conf;
    const struct modelopt *mo;
    struct route route;
    struct relay *relay;
    struct relay_work *work; /* one a worker */
    int n_work;
};

/* [{"translation":"Olá","logprob":-0.5},...] */
static void
put_all(const struct translator_info *info, struct buf *b)
{
    buf_char(b, '[');
    for (size_t i = 0; i < info->n_best; i++) {
        buf_puts(b, i ? ",{\"translation\":" : "{\"translation\":");
        jout_str(b, info->best[i].text);
        buf_puts(b, ",\"logprob\":");
        jout_f32(b, (float)info->best[i].mean);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void
put(const struct job *job, const struct relay_out *o, struct result *r)
{
    const struct translator_info *info = &o->info;
    struct err why;

    if (info->code != ERR_NONE) {
        translator_explain(info, &why);
        result_reject(r, why.code, "%s", why.msg);
        return;
    }
    result_tokens(r, info->tokens);
    if (info->how != OVERLONG_NONE)
        result_overlong(r, info->tokens, info->kept, overlong_name(info->how));
    if (info->kept == 0 && info->tokens > 0)
        return;
    jout_str(result_put(r, TRANSLATION), o->text);
    if (job->conf->score)
        jout_f32(result_put(r, SCORE), (float)info->score);
    if (job->conf->n_best)
        put_all(info, result_put(r, ALL));
}

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct relay_work *w = &job->work[b->worker];
    size_t n = (size_t)b->n;
    struct relay_out *out = arena_alloc(b->arena, mem_mul(n, sizeof *out));

    (void)e;
    if (b->count_only) {
        relay_count(job->relay, w, b->text, n, out);
        for (size_t i = 0; i < n; i++)
            result_tokens(b->result[i], out[i].info.tokens);
        return 0;
    }
    relay_run(job->relay, w, b->text, n, out);
    for (size_t i = 0; i < n; i++)
        put(job, &out[i], b->result[i]);
    return 0;
}

/* What every leg is opened with. */
static int
read_leg(const struct job *job, struct filter *f, struct translator_opt *leg,
         struct err *e)
{
    const struct conf *c = job->conf;

    *leg = (struct translator_opt){ .precision = job->mo->precision,
                                    .pool = filter_pool(f),
                                    .cache = !job->mo->no_cache,
                                    .score = c->score,
                                    .markup = c->markup,
                                    .beam = c->beam > c->n_best ? c->beam : c->n_best,
                                    .n_best = c->n_best };
    return modelopt_overlong(job->mo, 1, &leg->overlong, e);
}

static int
open_relay(struct job *job, struct filter *f, struct err *e)
{
    const struct route *route = &job->route;
    struct modelopt_found lid;
    struct relay_opt opt = { .n = (size_t)route->n, .to = route->to };
    struct translator_opt leg;

    if (read_leg(job, f, &leg, e))
        return -1;
    if (job->conf->detect && !route->to[0])
        return err_set(e, ERR_USAGE,
                       "--detect: the name of model '%.40s' does not say "
                       "its languages; name them by --from and --to",
                       route->leg[0].found.name);
    if (job->conf->detect) {
        if (modelopt_find(&(struct modelopt){ 0 }, "detect", &lid, e))
            return -1;
        opt.lid = lid.dir;
    }
    for (int i = 0; i < route->n; i++) {
        opt.leg[i] = leg;
        opt.leg[i].dir = route->leg[i].found.dir;
        opt.leg[i].lang = route->leg[i].lang;
    }
    return (job->relay = relay_open(&opt, e)) ? 0 : -1;
}

static void
run(struct job *job, struct filter *f, struct err *e)
{
    struct filter_model model = { 0 };

    if (route_find(job->mo, job->conf->from, job->conf->to, &job->route, e) ||
        open_relay(job, f, e))
        return;
    model.name = job->route.leg[0].found.name;
    model.file = translator_file(relay_first(job->relay));
    model.precision = translator_precision(relay_first(job->relay));
    filter_model(f, &model);
    job->n_work = filter_threads(f);
    job->work = mem_zero((size_t)job->n_work, sizeof *job->work);
    filter_run(f, work, job, e);
}

int
main(int argc, char **argv)
{
    static const char *const suffix[] = { "", "_score", "_all", NULL };
    static const struct filter_tool tool = { "text", "translation", JSON_STRING,
                                             suffix, 256,           1 };
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

    cli_parse(&c, "translate", "add the text in another language to each record",
              groups, argc, argv);
    if (conf.beam > BEAM_MOST || conf.n_best > BEAM_MOST)
        cli_usage(&c, "--beam and --n-best are at most %d", BEAM_MOST);
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(&job, f, &e);
    status = filter_close(f, &c, &e);
    for (int i = 0; i < job.n_work; i++)
        relay_work_release(&job.work[i]);
    mem_free(job.work);
    relay_close(job.relay);
    cli_release(&c);
    return status;
}
