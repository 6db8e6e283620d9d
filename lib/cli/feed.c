/* feed.c - the way out of a tool that makes records of other things than records */
#include "cli/feed.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/report.h"
#include "cli/signals.h"
#include "cli/sink.h"

#define FLUSH_BYTES ((size_t)256 << 10)
#define FLUSH_ITEMS ((size_t)4096)

struct feed {
    const struct filter_opt *opt;
    struct signals *signals;
    struct input *input; /* never read: it looks at the files, and knows their names */
    struct sink *sink;
    const char **names;
    struct report report;
    struct batch b; /* what waits to be written */
    size_t cap;     /* of b.outcome */
    uint64_t found, bytes_in;
    struct err fatal;

    pthread_mutex_t lock; /* seen */
    struct report seen;   /* as of the last write, for SIGUSR1 */
};

const struct cli_opt feed_opts[] = {
#define OPT(letter, name, arg, kind, field, help)                                      \
    {                                                                                  \
        letter, name, arg, kind, offsetof(struct filter_opt, field), help              \
    }
    OPT('q', "quiet", NULL, CLI_FLAG, quiet, "no reasons and no progress on stderr"),
    OPT(0, "utf8", "reject|replace", CLI_STR, utf8, "what to do with bytes not UTF-8"),
    OPT(0, "on-error", "skip|fail", CLI_STR, on_error, "what to do with a bad record"),
    OPT(0, "rejects", "FILE", CLI_STR, rejects, "bad records go here, as they came"),
    OPT(0, "errors", "FILE", CLI_STR, errors, "why, a JSON object for each"),
    OPT(0, "max-errors", "N|P%", CLI_STR, max_errors, "more bad records end the run"),
    OPT(0, "stats", "FILE", CLI_STR, stats, "counts and seconds, as JSON"),
    OPT(0, "progress", NULL, CLI_FLAG, progress, "show progress on stderr in any case"),
    { 0 },
#undef OPT
};

/* ---- opening ---- */

static int
check_options(const struct cli *c, const struct filter_opt *o, struct err *e)
{
    if (c->argc == 0 && isatty(STDIN_FILENO))
        return err_set(e, ERR_USAGE,
                       "usage: %s [option ...] [file ...]; reads standard input, which "
                       "is a terminal",
                       c->tool);
    if (o->utf8 && strcmp(o->utf8, "reject") != 0 && strcmp(o->utf8, "replace") != 0)
        return err_set(e, ERR_USAGE, "--utf8 is reject or replace, not '%s'", o->utf8);
    if (o->on_error && strcmp(o->on_error, "skip") != 0 &&
        strcmp(o->on_error, "fail") != 0)
        return err_set(e, ERR_USAGE, "--on-error is skip or fail, not '%s'",
                       o->on_error);
    return 0;
}

static void
tell(void *arg)
{
    struct feed *f = arg;

    report_tell(&f->seen, &f->lock);
}

static int
open_all(struct feed *f, const struct cli *c, struct err *e)
{
    struct input_opt in = { .stop_fd = -1 };

    if (check_options(c, f->opt, e))
        return -1;
    f->names = mem_zero((size_t)c->argc + 2, sizeof *f->names);
    for (int i = 0; i < c->argc; i++)
        f->names[i] = c->argv[i];
    if (c->argc == 0)
        f->names[0] = "-";
    f->signals = signals_open(tell, f);
    if (!(f->input = input_open(f->names, &in, e)) ||
        outfile_check_options(f->opt, f->names, e) ||
        !(f->sink = sink_open(c->tool, f->opt, &f->report, e)))
        return -1;
    f->report.bytes_total = input_size(f->input);
    report_begin(&f->report, f->opt);
    f->seen = f->report;
    return 0;
}

struct feed *
feed_open(const struct cli *c, const struct filter_opt *opt, struct err *e)
{
    struct feed *f = mem_zero(1, sizeof *f);

    e->code = ERR_NONE;
    f->opt = opt;
    f->report.tool = c->tool;
    f->report.threads = 1;
    f->report.start = pool_clock();
    pthread_mutex_init(&f->lock, NULL);
    file_guard();
    if (open_all(f, c, e) == 0)
        return f;
    (void)feed_close(f, c, e); /* the caller, who has e, gives the status */
    return NULL;
}

int
feed_stop_fd(const struct feed *f)
{
    return signals_fd(f->signals);
}

const char *const *
feed_names(const struct feed *f)
{
    return f->names;
}

uint64_t *
feed_bytes_in(struct feed *f)
{
    return &f->bytes_in;
}

/* ---- running ---- */

int
feed_flush(struct feed *f)
{
    struct batch *b = &f->b;
    double t0 = pool_clock();
    int rc;

    if (f->fatal.code != ERR_NONE)
        return -1;
    if (b->in.n_line == 0)
        return 0;
    rc = sink_write(f->sink, f->input, b, &f->fatal);
    f->report.bytes_in = f->bytes_in;
    f->report.seconds_write += pool_clock() - t0;
    report_show(&f->report, pool_clock());
    b->in.n_line = b->in.data.n = b->out.n = 0;
    arena_reset(&b->arena);
    pthread_mutex_lock(&f->lock);
    f->seen = f->report;
    pthread_mutex_unlock(&f->lock);
    return rc;
}

/* Room for one more item. */
static void
grow(struct feed *f)
{
    struct batch *b = &f->b;
    size_t n = b->in.n_line, cap = f->cap ? 2 * f->cap : 256;

    if (n < f->cap)
        return;
    b->in.line = mem_grow(b->in.line, n * sizeof *b->in.line, cap * sizeof *b->in.line);
    b->outcome = mem_grow(b->outcome, n * sizeof *b->outcome, cap * sizeof *b->outcome);
    b->in.cap_line = f->cap = cap;
}

static void
keep_reason(struct arena *a, const struct feed_item *item, struct outcome *o)
{
    o->member = arena_str(a, item->member);
    o->e = arena_copy(a, item->why, sizeof *item->why);
}

int
feed_put(struct feed *f, const struct feed_item *item)
{
    struct batch *b = &f->b;
    struct outcome *o;

    grow(f);
    f->found += item->kind != OUT_PIECE;
    b->in.line[b->in.n_line] = (struct line){
        .kind = LINE_MORE, /* to --rejects as it is, nothing appended */
        .file = item->file,
        .at = b->in.data.n,
        .n = item->raw.n,
        .number = item->line,
        .byte = item->byte,
    };
    buf_str(&b->in.data, item->raw);
    buf_str(&b->out, item->out);
    o = &b->outcome[b->in.n_line++];
    *o = (struct outcome){ .kind = item->kind, .out_end = b->out.n };
    if (item->kind == OUT_REJECTED)
        keep_reason(&b->arena, item, o);
    if (b->out.n + b->in.data.n < FLUSH_BYTES && b->in.n_line < FLUSH_ITEMS)
        return 0;
    return feed_flush(f);
}

/* ---- closing ---- */

/* Everything that was found went somewhere: the sum that must be right. */
static int
check_sum(const struct feed *f, struct err *e)
{
    const struct report *r = &f->report;

    if (r->in == r->blank + r->done + r->passed + r->rejected && r->in == f->found)
        return 0;
    return err_set(e, ERR_OUTPUT,
                   "records were lost: %llu found, %llu counted; this is a bug, do not "
                   "trust the output",
                   (unsigned long long)f->found, (unsigned long long)r->in);
}

static int
status_of(const struct feed *f, const struct err *e)
{
    if (e->code != ERR_NONE)
        return err_exit(e->code);
    return f->report.rejected > 0 ? 1 : 0;
}

static void
release(struct feed *f)
{
    signals_close(f->signals);
    input_close(f->input);
    input_batch_release(&f->b.in);
    arena_release(&f->b.arena);
    buf_free(&f->b.out);
    mem_free(f->b.outcome);
    mem_free(f->names);
    pthread_mutex_destroy(&f->lock);
    mem_free(f);
}

/* The last items, the limits that are known only now, the counts. */
static void
finish(struct feed *f, int sig, struct err *e)
{
    struct err late = { 0 };

    (void)feed_flush(f);
    if (f->fatal.code != ERR_NONE)
        *e = f->fatal; /* an error of the output or a limit came first */
    if (e->code == ERR_NONE && !sig)
        (void)sink_finish(f->sink, e);
    if (e->code == ERR_NONE)
        (void)check_sum(f, e);
    if (sink_close(f->sink, &late) && e->code == ERR_NONE)
        *e = late;
}

int
feed_close(struct feed *f, const struct cli *c, struct err *e)
{
    struct err late = { 0 };
    int status, sig, opened;

    if (f == NULL)
        return cli_fail(c, e);
    opened = f->sink != NULL;
    sig = f->signals ? signals_stopped(f->signals) : 0;
    report_show_end(&f->report);
    if (opened)
        finish(f, sig, e);
    f->report.bytes_in = f->bytes_in;
    f->report.stopped = sig ? signals_name(sig) : NULL;
    status = status_of(f, e);
    if (opened &&
        report_write(&f->report, sig ? 128 + sig : status, f->opt->stats, &late) &&
        e->code == ERR_NONE) {
        *e = late;
        status = status_of(f, e);
    }
    if (opened && e->code != ERR_NONE)
        cli_fail(c, e);
    release(f);
    if (sig)
        signals_die(sig);
    return status;
}
