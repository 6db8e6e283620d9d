/* filter.c - the loop of every tool: read records, work on them, write them in order */
#define _GNU_SOURCE
#include "cli/filter.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/batch.h"
#include "cli/input.h"
#include "cli/plan.h"
#include "cli/report.h"
#include "cli/signals.h"
#include "cli/sink.h"

#define MAX_THREADS  256
#define WINDOW_LEAST 8 /* records of a window, about, unless there are no more */
#define BATCH_BYTES  ((size_t)1 << 20)
#define DEDUP_BYTES  ((size_t)256 << 20)

struct filter {
    struct filter_opt opt;
    const struct filter_tool *tool;
    struct batchconf conf;
    struct jqfilter *jq;
    struct signals *signals;
    struct input *input;
    struct sink *sink;
    struct plan *plan;
    struct pool *pool;
    struct report report; /* the writer's */
    size_t max_lines, max_bytes;

    filter_work *work;
    void *arg;

    pthread_mutex_t read_lock; /* the input, and the order in which batches are cut */
    unsigned long long next_read;
    uint64_t handed; /* bytes that are in batches, or were */
    int read_end;

    pthread_mutex_t lock; /* all below, and the report */
    pthread_cond_t freed;
    struct batch *batch, *free; /* all of them; those not in use */
    int n_batch;
    struct batch **done; /* [n_batch]: finished ones, by seq modulo n_batch */
    unsigned long long next_write;
    int writing, end;   /* end: nothing more is to be written */
    struct report seen; /* as of the last batch written, for SIGUSR1 */
    uint64_t n_read;    /* lines */
    double seconds_read;
    struct err fatal; /* why, when it is not the end of input */
};

#define OPT(letter, name, arg, kind, field, help)                                      \
    {                                                                                  \
        letter, name, arg, kind, offsetof(struct filter_opt, field), help              \
    }
#define READ_OPTS                                                                      \
    OPT('w', "where", "JQ", CLI_STR, where,                                            \
        "work only where this jq program is true"),                                    \
        OPT('j', "threads", "N", CLI_COUNT, threads,                                   \
            "threads [$TEXTMILL_THREADS, all CPUs]"),                                  \
        OPT('q', "quiet", NULL, CLI_FLAG, quiet,                                       \
            "no reasons and no progress on stderr"),                                   \
        OPT(0, "max-line", "SIZE", CLI_SIZE, max_line,                                 \
            "longest line that is read [64M]"),                                        \
        OPT(0, "utf8", "reject|replace", CLI_STR, utf8,                                \
            "what to do with bytes not UTF-8"),                                        \
        OPT(0, "on-error", "skip|keep|fail", CLI_STR, on_error,                        \
            "what to do with a bad record"),                                           \
        OPT(0, "rejects", "FILE", CLI_STR, rejects,                                    \
            "bad records go here, as they came"),                                      \
        OPT(0, "errors", "FILE", CLI_STR, errors, "why, a JSON object for each"),      \
        OPT(0, "max-errors", "N|P%", CLI_STR, max_errors,                              \
            "more bad records end the run"),                                           \
        OPT(0, "stats", "FILE", CLI_STR, stats, "counts and seconds, as JSON"),        \
        OPT(0, "progress", NULL, CLI_FLAG, progress,                                   \
            "show progress on stderr in any case")

const struct cli_opt filter_read_opts[] = { READ_OPTS, { 0 } };

const struct cli_opt filter_opts[] = {
    OPT('i', "in", "NAME", CLI_STR, in, "member to read; .a.b[0] or any jq program"),
    OPT('o', "out", "NAME", CLI_STR, out, "member to write"),
    OPT('T', "text", NULL, CLI_FLAG, text, "input is plain text, one record a line"),
    OPT('r', "raw", NULL, CLI_FLAG, raw, "print the result alone, one line a record"),
    OPT('f', "force", NULL, CLI_FLAG, force, "replace an output member that exists"),
    READ_OPTS,
    OPT(0, "batch", "N", CLI_COUNT, batch, "records in a window, at most"),
    OPT(0, "mem", "SIZE", CLI_SIZE, mem, "memory for windows, caches, slots, about"),
    OPT(0, "linger", "MS", CLI_COUNT, linger, "wait so long for a window to fill [50]"),
    OPT(0, "dry-run", NULL, CLI_FLAG, dry_run, "count and predict, work on nothing"),
    OPT(0, "dedup", NULL, CLI_FLAG, dedup, "work on identical texts once"),
    { 0 },
#undef OPT
};

/* ---- opening ---- */

int
filter_ask_threads(const struct filter_opt *o, struct err *e)
{
    const char *env = getenv("TEXTMILL_THREADS");
    char *end;
    long n = o->threads;

    if (n == 0 && env && *env) {
        n = strtol(env, &end, 10);
        if (*end || n < 1)
            return err_set(e, ERR_USAGE, "TEXTMILL_THREADS: '%s' is no number", env);
    }
    if (n == 0)
        n = cpu_count();
    return n > MAX_THREADS ? MAX_THREADS : (int)n;
}

static int
check_env(struct err *e)
{
    const char *isa = getenv("TEXTMILL_ISA");

    if (isa && *isa && cpu_find(isa) < 0)
        return err_set(e, ERR_USAGE, "TEXTMILL_ISA: there is no level '%s'", isa);
    return 0;
}

static int
check_options(const struct cli *c, struct filter_opt *o, const struct filter_tool *tool,
              struct err *e)
{
    if (c->argc == 0 && isatty(STDIN_FILENO))
        return err_set(e, ERR_USAGE,
                       "usage: %s [option ...] [file ...]; reads standard "
                       "input, which is a terminal",
                       c->tool);
    if (o->utf8 && strcmp(o->utf8, "reject") != 0 && strcmp(o->utf8, "replace") != 0)
        return err_set(e, ERR_USAGE, "--utf8 is reject or replace, not '%s'", o->utf8);
    if (o->max_line == 0)
        o->max_line = (size_t)64 << 20;
    if (o->dry_run)
        o->rejects = o->errors = NULL;
    if (tool->suffix == NULL && o->on_error && strcmp(o->on_error, "keep") == 0)
        return err_set(e, ERR_USAGE, "--on-error=keep: no records go out");
    return check_env(e);
}

static void
tell(void *arg)
{
    struct filter *f = arg;

    report_tell(&f->seen, &f->lock);
}

static int
open_helpers(struct filter *f, int threads, struct err *e)
{
    const char *in = f->conf.in_jq ? f->opt.in : NULL;

    if (!f->opt.where && !in)
        return 0;
    f->jq = jqfilter_open(f->opt.where, in, threads, e);
    f->conf.jq = f->jq;
    return f->jq ? 0 : err_wrap(e, f->opt.where ? "-w" : "-i");
}

static int
open_all(struct filter *f, const struct cli *c, struct err *e)
{
    int threads = filter_ask_threads(&f->opt, e);
    struct input_opt in = { .text = f->opt.text, .linger = f->opt.linger };

    if (threads < 0 || check_options(c, &f->opt, f->tool, e) ||
        batchconf_init(&f->conf, &f->opt, f->tool, e))
        return -1;
    /* Processes are forked first: before them there is no thread. */
    if (open_helpers(f, threads, e))
        return -1;
    f->signals = signals_open(tell, f);
    in.max_line = f->opt.max_line;
    in.stop_fd = signals_fd(f->signals);
    if (!(f->input = input_open(c->argv, &in, e)) ||
        outfile_check_options(&f->opt, c->argv, e) ||
        !(f->sink = sink_open(c->tool, &f->opt, &f->report, e)))
        return -1;
    f->pool = pool_new(threads);
    f->report.threads = pool_size(f->pool);
    f->report.bytes_total = input_size(f->input);
    report_begin(&f->report, &f->opt);
    return 0;
}

/* Windows so large that --mem holds for all that are in flight. */
static void
size_windows(struct filter *f)
{
    size_t share = f->opt.mem ? f->opt.mem / 8 / (size_t)f->n_batch : BATCH_BYTES;

    f->max_lines = (size_t)(f->opt.batch > 0 ? f->opt.batch : f->tool->batch);
    f->max_bytes = share < BATCH_BYTES ? share : BATCH_BYTES;
    if (f->max_bytes < 4096)
        f->max_bytes = 4096;
}

struct filter *
filter_open(const struct cli *c, const struct filter_opt *opt,
            const struct filter_tool *tool, struct err *e)
{
    struct filter *f = mem_zero(1, sizeof *f);

    e->code = ERR_NONE;
    f->opt = *opt;
    f->tool = tool;
    f->report.tool = c->tool;
    f->report.consumes = tool->suffix == NULL;
    f->report.start = pool_clock();
    pthread_mutex_init(&f->read_lock, NULL);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->freed, NULL);
    file_guard();
    if (open_all(f, c, e)) {
        int status = filter_close(f, c, e);
        (void)status; /* the caller, who has e, gives it */
        return NULL;
    }
    f->n_batch = 2 * pool_size(f->pool);
    f->batch = mem_zero((size_t)f->n_batch, sizeof *f->batch);
    f->done = mem_zero((size_t)f->n_batch, sizeof *f->done);
    for (int i = 0; i < f->n_batch; i++) {
        f->batch[i].next = f->free;
        f->free = &f->batch[i];
    }
    size_windows(f);
    if (f->opt.dedup)
        f->conf.dedup = dedup_new(f->opt.mem ? f->opt.mem / 2 : DEDUP_BYTES);
    f->conf.twins = f->opt.dedup || tool->costly;
    if (f->opt.dry_run)
        f->plan = plan_new();
    return f;
}

struct pool *
filter_pool(struct filter *f)
{
    return f->pool;
}

int
filter_threads(const struct filter *f)
{
    return pool_size(f->pool);
}

size_t
filter_mem(const struct filter *f)
{
    size_t mem = f->opt.mem;

    return mem - mem / 8 - (f->opt.dedup ? mem / 2 : 0);
}

void
filter_model(struct filter *f, const struct filter_model *m)
{
    f->report.model = *m;
}

int
filter_stopped(const struct filter *f)
{
    return signals_stopped(f->signals) != 0;
}

void
filter_step(struct filter *f, const char *what, size_t done, size_t of)
{
    report_step(&f->report, what, done, of, pool_clock());
}

void
filter_result(struct filter *f, struct str json)
{
    f->report.result = json;
    report_show_end(&f->report);
}

/* ---- running ---- */

/* End the run: nothing that comes later is written. The lock is held. */
static void
end_run(struct filter *f, const struct err *why)
{
    if (!f->end && why)
        f->fatal = *why;
    f->end = 1;
    pthread_cond_broadcast(&f->freed);
}

/* A free batch, or NULL when the run has ended. */
static struct batch *
take_free(struct filter *f)
{
    struct batch *b = NULL;

    pthread_mutex_lock(&f->lock);
    while (!f->free && !f->end)
        pthread_cond_wait(&f->freed, &f->lock);
    if (!f->end) {
        b = f->free;
        f->free = b->next;
    }
    pthread_mutex_unlock(&f->lock);
    return b;
}

/* Cut the next batch from the input. 0: there is none. An input error becomes the end
 * of a last, empty batch, so that it is told behind the records before it. */
/* Where texts are costly and the input's size is known, a window is no more than a
 * worker's share of what is left, so that all end at about the same time; but not less
 * than some records, which go better together. */
static size_t
window_bytes(const struct filter *f)
{
    uint64_t size = input_size(f->input), left, least;

    if (!f->tool->costly || size <= f->handed)
        return f->max_bytes;
    least = f->n_read ? f->handed / f->n_read * WINDOW_LEAST : 0;
    left = (size - f->handed) / (uint64_t)pool_size(f->pool);
    left = left > least ? left : least;
    return left < f->max_bytes ? (size_t)left + 1 : f->max_bytes;
}

static int
read_batch(struct filter *f, struct batch *b)
{
    double t0;
    int rc = 0;

    arena_reset(&b->arena);
    b->out.n = 0;
    b->fatal.code = ERR_NONE;
    pthread_mutex_lock(&f->read_lock);
    t0 = pool_clock();
    if (!f->read_end) {
        rc = input_next(f->input, &b->in, f->max_lines, window_bytes(f), &b->fatal);
        f->handed += rc > 0 ? b->in.data.n : 0;
        f->read_end = rc <= 0;
        if (rc != 0)
            b->seq = f->next_read++;
        if (rc < 0)
            b->in.n_line = 0;
    }
    pthread_mutex_lock(&f->lock);
    f->seconds_read += pool_clock() - t0;
    for (size_t i = 0; rc > 0 && i < b->in.n_line; i++)
        f->n_read += b->in.line[i].kind != LINE_MORE;
    pthread_mutex_unlock(&f->lock);
    pthread_mutex_unlock(&f->read_lock);
    return rc;
}

/* Write one batch; the lock is not held, `writing` is ours. */
static int
write_batch(struct filter *f, const struct batch *b, struct err *e)
{
    double t0 = pool_clock();
    int rc;

    if (b->fatal.code != ERR_NONE) {
        *e = b->fatal;
        return -1;
    }
    rc = sink_write(f->sink, f->input, b, e);
    for (size_t i = 0; f->plan && i < b->in.n_line; i++)
        if (b->outcome[i].kind == OUT_DONE)
            plan_add(f->plan, b->outcome[i].hash, b->outcome[i].tokens);
    f->report.seconds_write += pool_clock() - t0;
    f->report.seconds_work += b->seconds_work;
    f->report.seconds_record += b->seconds_record;
    report_show(&f->report, pool_clock());
    return rc;
}

/* Hand in a finished batch; whoever finds the next one in order there writes it. */
static void
deliver(struct filter *f, struct batch *b)
{
    struct err e;

    pthread_mutex_lock(&f->lock);
    f->done[b->seq % (unsigned)f->n_batch] = b;
    while (!f->writing && (b = f->done[f->next_write % (unsigned)f->n_batch])) {
        int rc = 0;
        f->writing = 1;
        if (!f->end) {
            pthread_mutex_unlock(&f->lock);
            rc = write_batch(f, b, &e);
            pthread_mutex_lock(&f->lock);
        }
        f->writing = 0;
        f->seen = f->report;
        f->done[f->next_write++ % (unsigned)f->n_batch] = NULL;
        b->next = f->free;
        f->free = b;
        pthread_cond_signal(&f->freed);
        if (rc)
            end_run(f, &e);
    }
    pthread_mutex_unlock(&f->lock);
}

/* --dry-run: work on the first batch for its speed, and forget the results. */
static void
take_sample(struct filter *f, struct batch *b, struct batch_work *w)
{
    size_t tokens = 0, records = 0;

    w->count_only = 0;
    batch_run(b, w, f->work, f->arg);
    if (b->fatal.code != ERR_NONE)
        return;
    for (size_t i = 0; i < b->in.n_line; i++) {
        records += b->outcome[i].kind == OUT_DONE;
        tokens += b->outcome[i].tokens;
    }
    plan_sample(f->plan, records, tokens, b->seconds_work);
    b->out.n = 0;
}

static void
worker(void *arg, int i)
{
    struct filter *f = arg;
    struct batch_work w;
    struct batch *b;

    batch_work_init(&w, &f->conf, i);
    while ((b = take_free(f))) {
        int rc = read_batch(f, b);
        if (rc == 0)
            break;
        if (rc > 0 && f->plan && b->seq == 0)
            take_sample(f, b, &w);
        w.count_only = f->plan != NULL;
        if (rc > 0 && b->fatal.code == ERR_NONE)
            batch_run(b, &w, f->work, f->arg);
        deliver(f, b);
    }
    /* Wake those who wait for a batch: there is nothing more to read. */
    if (b) {
        pthread_mutex_lock(&f->lock);
        b->next = f->free;
        f->free = b;
        pthread_cond_broadcast(&f->freed);
        pthread_mutex_unlock(&f->lock);
    }
    batch_work_release(&w);
}

int
filter_run(struct filter *f, filter_work *work, void *arg, struct err *e)
{
    f->work = work;
    f->arg = arg;
    e->code = ERR_NONE;
    f->seen = f->report;
    pool_run(f->pool, pool_size(f->pool), worker, f);
    f->report.read = f->n_read;
    f->report.seconds_read = f->seconds_read;
    if (f->fatal.code == ERR_NONE && !signals_stopped(f->signals))
        (void)sink_finish(f->sink, &f->fatal);
    *e = f->fatal;
    return e->code == ERR_NONE ? 0 : -1;
}

/* ---- closing ---- */

/* Every line that was read went somewhere: the sum that must be right. */
static int
check_sum(const struct filter *f, struct err *e)
{
    const struct report *r = &f->report;

    if (e->code != ERR_NONE)
        return 0;
    if (r->in == r->blank + r->done + r->passed + r->kept + r->rejected &&
        r->in == r->read)
        return 0;
    return err_set(e, ERR_OUTPUT,
                   "records were lost: %llu read, %llu counted; this is a bug, do not "
                   "trust the output",
                   (unsigned long long)r->read, (unsigned long long)r->in);
}

static int
status_of(const struct filter *f, const struct err *e)
{
    if (e->code != ERR_NONE)
        return err_exit(e->code);
    return f && f->report.rejected + f->report.kept > 0 ? 1 : 0;
}

static void
print_plan(struct filter *f, struct err *e)
{
    struct buf b = { 0 };

    plan_json(f->plan, &f->report, &b);
    (void)cli_print(&b, 0, e);
    buf_free(&b);
}

/* Is it plain text that was to be JSON? Somebody new to the suite asks why. */
static void
show_hint(const struct filter *f)
{
    const struct report *r = &f->report;
    uint64_t bad = r->by_code[ERR_JSON];

    if (bad > 0 && bad == r->in - r->blank && f->tool->suffix && !f->opt.quiet)
        fprintf(stderr, "%s: no line is JSON; -T reads plain text\n", r->tool);
}

static void
release(struct filter *f)
{
    jqfilter_close(f->jq);
    pool_free(f->pool);
    signals_close(f->signals);
    input_close(f->input);
    plan_free(f->plan);
    dedup_free(f->conf.dedup);
    batchconf_release(&f->conf);
    for (int i = 0; i < f->n_batch; i++) {
        input_batch_release(&f->batch[i].in);
        arena_release(&f->batch[i].arena);
        buf_free(&f->batch[i].out);
    }
    mem_free(f->batch);
    mem_free(f->done);
    pthread_mutex_destroy(&f->read_lock);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->freed);
    mem_free(f);
}

int
filter_close(struct filter *f, const struct cli *c, struct err *e)
{
    struct err late = { 0 };
    int status, sig = f && f->signals ? signals_stopped(f->signals) : 0;

    if (f == NULL)
        return cli_fail(c, e);
    report_show_end(&f->report);
    if (f->batch && f->work)
        check_sum(f, e);
    if (f->plan && e->code == ERR_NONE)
        print_plan(f, e);
    if (sink_close(f->sink, &late) && e->code == ERR_NONE)
        *e = late;
    show_hint(f);
    f->report.stopped = sig ? signals_name(sig) : NULL;
    status = status_of(f, e);
    if (f->batch &&
        report_write(&f->report, sig ? 128 + sig : status, f->opt.stats, &late) &&
        e->code == ERR_NONE) {
        *e = late;
        status = status_of(f, e);
    }
    if (f->batch && e->code != ERR_NONE)
        cli_fail(c, e);
    release(f);
    if (sig)
        signals_die(sig);
    return status;
}
