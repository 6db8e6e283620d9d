/* evaluate.c - measure what a tool has said against what is right */
#include <stdio.h>

#include "base/mem.h"
#include "cli/filter.h"
#include "cli/gather.h"
#include "cli/judge.h"
#include "cli/modelopt.h"

struct conf {
    const char *gold, *score, *query, *task;
    struct cli_list pred;
    int json;
};

static const struct cli_opt opts[] = {
    { 't', "gold", "NAME", CLI_STR, offsetof(struct conf, gold),
      "member with what is right" },
    { 0, "pred", "NAME", CLI_LIST, offsetof(struct conf, pred),
      "member with what was said [label; score; embedding]" },
    { 0, "score", "NAME", CLI_STR, offsetof(struct conf, score),
      "member with how sure that was, 0 to 1 [PRED_score]" },
    { 0, "task", "TASK", CLI_STR, offsetof(struct conf, task),
      "labels [default], spearman, retrieval" },
    { 0, "query", "NAME", CLI_STR, offsetof(struct conf, query),
      "retrieval: member that is true in queries [each is one]" },
    { 0, "json", NULL, CLI_FLAG, offsetof(struct conf, json),
      "print one JSON object, no table" },
    { 0 },
};

static const struct judge_task *const tasks[] = { &judgelabels_task,
                                                  &judgespearman_task,
                                                  &judgeretrieval_task };

struct job {
    const struct judge_task *task;
    struct judge_conf judge;
    char score[300]; /* name of the member */
    struct gather *gather;
    struct buf text, json;
};

static int
work(void *arg, struct filter_batch *b, struct err *e)
{
    const struct job *job = arg;
    size_t kept = 0;
    struct str *field =
        arena_alloc(b->arena, mem_mul((size_t)b->n * JUDGE_FIELDS, sizeof *field));

    (void)e;
    for (int i = 0; i < b->n; i++) {
        struct json gold;
        struct err why;
        if (json_scan(b->text[i].p, b->text[i].n, NULL, 0, &gold, &why) == 0 &&
            job->task->read(&job->judge, gold, b->line[i], b->arena,
                            field + kept * JUDGE_FIELDS, &why) == 0)
            kept++;
        else
            result_reject(b->result[i], why.code, "%s", why.msg);
    }
    gather_add(job->gather, b->seq, field, kept);
    return 0;
}

static void
run(struct job *job, int json, struct filter *f, struct err *e)
{
    const struct str *row;
    size_t n;

    job->gather = gather_new(JUDGE_FIELDS);
    if (filter_run(f, work, job, e) || filter_stopped(f))
        return;
    row = gather_rows(job->gather, &n);
    if (job->task->report(row, n, &job->text, &job->json, e))
        return;
    buf_char(&job->json, '\n');
    filter_result(f, (struct str){ job->json.p, job->json.n - 1 });
    (void)cli_print(json ? &job->json : &job->text, 0, e);
}

static int
find_task(struct job *job, const struct conf *conf, struct err *e)
{
    static const char *const names[] = { "labels", "spearman", "retrieval", NULL };
    int i = modelopt_choice("task", conf->task, names, e);

    if (i < 0)
        return -1;
    job->task = tasks[i];
    if (conf->gold == NULL)
        return err_set(e, ERR_USAGE, "which member is right? give --gold");
    if (conf->pred.n > job->task->max_pred)
        return err_set(e, ERR_USAGE, "--pred: task %s takes %d at most", names[i],
                       job->task->max_pred);
    return 0;
}

static int
open_members(struct job *job, const struct conf *conf, struct err *e)
{
    struct judge_conf *j = &job->judge;
    const char *pred = conf->pred.n ? conf->pred.item[0] : job->task->pred;

    j->n_pred = conf->pred.n ? conf->pred.n : 1;
    j->has_query = conf->query != NULL;
    snprintf(job->score, sizeof job->score, "%.290s_score", pred);
    if (member_open(&j->pred[0], "--pred", pred, e) ||
        (j->n_pred > 1 && member_open(&j->pred[1], "--pred", conf->pred.item[1], e)) ||
        member_open(&j->score, "--score", conf->score ? conf->score : job->score, e) ||
        (j->has_query && member_open(&j->query, "--query", conf->query, e)))
        return -1;
    return 0;
}

/* The record's own member is the gold one; a jq program would give text alone. */
static int
check_gold(const char *gold, struct err *e)
{
    struct member m;

    if (member_open(&m, "--gold", gold, e))
        return -1;
    member_close(&m);
    return 0;
}

static void
release(struct job *job)
{
    gather_free(job->gather);
    for (int i = 0; i < 2; i++)
        member_close(&job->judge.pred[i]);
    member_close(&job->judge.score);
    member_close(&job->judge.query);
    buf_free(&job->text);
    buf_free(&job->json);
}

int
main(int argc, char **argv)
{
    static const struct filter_tool tool = {
        "label", "label", JSON_NONE, NULL, 256, 0
    };
    struct conf conf = { 0 };
    struct filter_opt fopt = FILTER_OPT_INIT;
    struct cli_group groups[] = { { opts, &conf }, { filter_read_opts, &fopt }, { 0 } };
    struct job job = { 0 };
    struct err e = { 0 };
    struct filter *f;
    struct cli c;
    int status;

    cli_parse(&c, "evaluate", "measure what was said against what is right", groups,
              argc, argv);
    if (find_task(&job, &conf, &e) || open_members(&job, &conf, &e) ||
        check_gold(conf.gold, &e))
        cli_usage(&c, "%s", e.msg);
    fopt.in = conf.gold;
    f = filter_open(&c, &fopt, &tool, &e);
    if (f)
        run(&job, conf.json, f, &e);
    status = filter_close(f, &c, &e);
    release(&job);
    cli_release(&c);
    return status;
}
