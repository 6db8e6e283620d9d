/* generate.c - add what a language model answers to each record */
#include <math.h>

#include "base/mem.h"
#include "cli/asked.h"
#include "cli/genopt.h"
#include "cli/lmopt.h"
#include "cli/shots.h"
#include "json/jout.h"

struct conf {
    const char *prompt, *shots;
    int raw, tokens, logprobs;
};

static const struct cli_opt opts[] = {
    { 'p', "prompt", "TEMPLATE|@FILE", CLI_STR, offsetof(struct conf, prompt),
      "what is asked: {member}, {{jq}} are filled in [the text alone]" },
    { 0, "shots", "FILE", CLI_STR, offsetof(struct conf, shots),
      "examples with their answers, JSON lines: input, output" },
    { 0, "raw-prompt", NULL, CLI_FLAG, offsetof(struct conf, raw),
      "the prompt as it is, without the model's template" },
    { 0, "tokens", NULL, CLI_FLAG, offsetof(struct conf, tokens),
      "add the ids of the answer's tokens" },
    { 0, "logprobs", NULL, CLI_FLAG, offsetof(struct conf, logprobs),
      "add their log-probabilities; null where the schema left no choice" },
    { 0 },
};

/* Members, as main() lists them: of text, and of --choice */
enum { COMPLETION, CUT, TOKENS, LOGPROBS };
enum { CHOICE, SCORE, ALL };

struct job {
    const struct conf *conf;
    struct lmopt o;
    struct genopt g;
    struct lm *m;
    struct asker *a;
    struct prompt *prompt;
    struct shots shots;
    struct asker_work *work; /* [n_work] */
    int n_work;
};

static void
put_logprobs(const struct generator_answer *a, struct buf *b)
{
    for (size_t i = 0; i < a->tokens; i++) {
        buf_char(b, i ? ',' : '[');
        if (isnan(a->logprob[i]))
            buf_puts(b, "null");
        else
            jout_f32(b, a->logprob[i]);
    }
    buf_puts(b, a->tokens ? "]" : "[]");
}

static void
put_text(const struct job *job, const struct generator_answer *a, struct result *r)
{
    struct buf *b = result_put(r, COMPLETION);

    if (job->g.masks)
        buf_add(b, a->text.p, a->text.n);
    else
        jout_str(b, a->text);
    if (a->finish == GENERATOR_LENGTH)
        buf_puts(result_put(r, CUT), "true");
    if (job->conf->tokens)
        jout_i32s(result_put(r, TOKENS), a->id, a->tokens);
    if (job->conf->logprobs)
        put_logprobs(a, result_put(r, LOGPROBS));
}

static void
put_choice(const struct job *job, const float *prob, struct result *r)
{
    const struct cli_list *label = &job->g.conf->choice;
    struct buf *b;
    int best = 0;

    for (int i = 1; i < label->n; i++)
        if (prob[i] > prob[best])
            best = i;
    jout_str(result_put(r, CHOICE), str_of(label->item[best]));
    jout_f32(result_put(r, SCORE), prob[best]);
    b = result_put(r, ALL);
    for (int i = 0; i < label->n; i++)
        jout_score(b, (size_t)i, str_of(label->item[i]), prob[i]);
    buf_char(b, '}');
}

static void
put(const struct job *job, const struct generator_answer *a,
    const struct asker_info *info, struct result *r)
{
    if (info->e.code != ERR_NONE) {
        result_reject(r, info->e.code, "%s", info->e.msg);
        return;
    }
    result_tokens(r, info->tokens + a->tokens);
    if (info->how != OVERLONG_NONE)
        result_overlong(r, info->tokens, info->kept, overlong_name(info->how));
    if (info->how == OVERLONG_SKIP)
        return;
    if (job->g.labels)
        put_choice(job, a->prob, r);
    else
        put_text(job, a, r);
}

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    struct asker_work *w = &job->work[b->worker];
    struct generator_answer *answer;
    struct asker_info *info;
    struct asked q;

    if (asked_fill(job->prompt, b, &q, e))
        return -1;
    info = arena_alloc(b->arena, mem_mul(q.n, sizeof *info));
    answer = arena_alloc(b->arena, mem_mul(q.n, sizeof *answer));
    if (b->count_only)
        asker_count(job->a, w, q.text, q.n, info);
    else
        asker_run(job->a, w, q.text, q.n, answer, info);
    for (size_t i = 0; i < q.n; i++)
        if (b->count_only)
            result_tokens(b->result[q.which[i]], info[i].tokens);
        else
            put(job, &answer[i], &info[i], b->result[q.which[i]]);
    return 0;
}

static void
run(struct job *job, struct filter *f, struct err *e)
{
    struct asker_opt opt = { .overlong = OVERLONG_TRUNCATE };

    job->o.raw = job->conf->raw;
    if (modelopt_overlong(job->o.mo, 0, &opt.overlong, e) ||
        (job->m = lmopt_open(&job->o, f, e)) == NULL ||
        genopt_fill(&job->g, job->m, f, &opt, e))
        return;
    opt.lm = job->m;
    opt.turn = job->shots.turn;
    opt.n_turn = job->shots.n;
    opt.generator.sample.logprob = job->conf->logprobs;
    if (job->prompt) {
        opt.head = prompt_head(job->prompt);
        opt.tail = prompt_tail(job->prompt);
    }
    if ((job->a = asker_open(&opt, e)) == NULL)
        return;
    job->n_work = filter_threads(f);
    job->work = mem_zero((size_t)job->n_work, sizeof *job->work);
    filter_run(f, work, job, e);
    genopt_tell(&job->g, asker_generator(job->a), f);
}

/* What is there before any thread: jq's helpers, and files. */
static int
open_prompts(struct job *job, const struct filter_opt *fopt, struct err *e)
{
    int threads = filter_ask_threads(fopt, e);

    if (threads < 0 || genopt_read(&job->g, e))
        return -1;
    if (job->conf->prompt &&
        (job->prompt = prompt_open(job->conf->prompt, threads, e)) == NULL)
        return -1;
    if (job->conf->prompt && fopt->in)
        return err_set(e, ERR_USAGE, "-p names the members that it reads: no -i");
    return job->conf->shots ? shots_read(&job->shots, job->conf->shots, job->prompt, e)
                            : 0;
}

int
main(int argc, char **argv)
{
    static const char *const text[] = { "", "_cut", "_tokens", "_logprobs", NULL };
    static const char *const choice[] = { "", "_score", "_all", NULL };
    struct filter_tool tool = { "text", "completion", JSON_STRING, text, 64, 1 };
    struct conf conf = { 0 };
    struct genopt_conf gconf = GENOPT_INIT;
    struct lmopt_conf lconf = { 0 };
    struct modelopt mo = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = { { opts, &conf },        { genopt_opts, &gconf },
                                  { lmopt_opts, &lconf }, { modelopt_opts, &mo },
                                  { filter_opts, &fopt }, { 0 } };
    struct job job = { .conf = &conf,
                       .o = { .mo = &mo, .conf = &lconf, .task = "generate" },
                       .g = { .conf = &gconf } };
    struct err e = { 0 };
    struct filter *f = NULL;
    struct cli c;
    int status;

    cli_parse(&c, "generate", "add what a language model answers to each record",
              groups, argc, argv);
    if (gconf.choice.n > 0)
        tool.suffix = choice;
    if (conf.prompt)
        tool.in = NULL; /* it names what it reads */
    if (open_prompts(&job, &fopt, &e) == 0 &&
        (f = filter_open(&c, &fopt, &tool, &e)) != NULL)
        run(&job, f, &e);
    status = filter_close(f, &c, &e);
    for (int i = 0; i < job.n_work; i++)
        asker_work_release(&job.work[i]);
    mem_free(job.work);
    asker_close(job.a);
    genopt_release(&job.g);
    shots_release(&job.shots);
    prompt_close(job.prompt);
    lm_close(job.m);
    cli_release(&c);
    return status;
}
