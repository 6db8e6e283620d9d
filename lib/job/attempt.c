/* attempt.c - runs of the command on a shard, one at a time */
#include "job/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "job/badlines.h"

#define MAX_REPORT ((size_t)16 << 20)
#define MAX_ERRORS ((size_t)1 << 30)

int
attempt_open(struct attempt *a, const struct attempt_env *env, size_t shard,
             struct err *e)
{
    static const char *const suffix[ATTEMPT_FILES] = { ".out",       ".errs",
                                                       ".report",    ".arcat",
                                                       ".arcaterrs", ".log" };
    *a = (struct attempt){ .env = env, .shard = shard };
    for (int i = 0; i < ATTEMPT_FILES; i++)
        a->fd[i] = -1;
    for (int i = 0; i < ATTEMPT_FILES; i++)
        if ((a->fd[i] = jobdir_temp(env->dir, shard, suffix[i], a->path[i], e)) < 0)
            return -1;
    a->sha = sha_new();
    return 0;
}

void
attempt_close(struct attempt *a)
{
    char hex[SHA_HEX];

    for (int i = 0; i < ATTEMPT_FILES; i++)
        if (a->fd[i] >= 0) {
            close(a->fd[i]);
            unlink(a->path[i]);
        }
    if (a->sha)
        sha_end(a->sha, hex);
    buf_free(&a->errors);
    buf_free(&a->poison);
    tally_release(&a->mark.tally);
}

/* Is there a reason to stop by now? */
static int
must_stop(const struct attempt_env *env, int patience)
{
    struct pollfd p[] = { { env->stop, POLLIN, 0 }, { env->stop_write, 0, 0 } };

    return poll(p, 2, patience) > 0;
}

static int
is_request(int status)
{
    return status == 128 + SIGTERM || status == 128 + SIGINT || status == 128 + SIGHUP;
}

/* A request to stop may reach a whole group of processes, and the tools before us. */
static int
patience_for(const struct bashpipe_end *end)
{
    int asked = end->n_stage == 0 && is_request(end->bash);

    for (unsigned i = 0; i < end->n_stage; i++)
        asked |= is_request(end->status[i]);
    return asked ? 500 : 0;
}

/* What the output has behind the first `from` bytes: lines and bytes, and a newline at
 * its end, which a raw output may lack. */
static int
measure(struct attempt *a, struct tally *t, struct err *e)
{
    int fd = a->fd[ATTEMPT_OUT];
    char chunk[1 << 16], last = '\n';
    off_t at = (off_t)a->out_bytes;
    ssize_t n;

    while ((n = pread(fd, chunk, sizeof chunk, at)) > 0) {
        const char *p = chunk, *end = chunk + n;
        for (; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
            t->lines_out++;
        last = end[-1];
        at += n;
    }
    if (n == 0 && last != '\n') {
        n = file_write_all(fd, "\n", 1);
        t->lines_out++;
        at++;
    }
    t->bytes_out = (uint64_t)at - a->out_bytes;
    return n == 0 ? 0
                  : err_set(e, ERR_OUTPUT, "cannot write '%s': %s",
                            a->path[ATTEMPT_OUT], strerror(errno));
}

/* The output of a run that is right: its bytes go into the hash. */
static int
keep(struct attempt *a, uint64_t n, struct err *e)
{
    char chunk[1 << 16];
    uint64_t end = a->out_bytes + n;

    while (a->out_bytes < end) {
        ssize_t k = pread(a->fd[ATTEMPT_OUT], chunk, sizeof chunk, (off_t)a->out_bytes);
        if (k <= 0)
            return err_set(e, ERR_OUTPUT, "cannot read '%s': %s", a->path[ATTEMPT_OUT],
                           k ? strerror(errno) : "it became shorter");
        sha_add(a->sha, chunk, (size_t)k);
        a->out_bytes += (uint64_t)k;
    }
    return 0;
}

static int
empty(struct attempt *a, enum attempt_file f, uint64_t keep_bytes, struct err *e)
{
    return ftruncate(a->fd[f], (off_t)keep_bytes) == 0
               ? 0
               : err_set(e, ERR_OUTPUT, "cannot cut '%s': %s", a->path[f],
                         strerror(errno));
}

/* As the run before never was. */
static int
clear(struct attempt *a, struct err *e)
{
    return empty(a, ATTEMPT_OUT, a->out_bytes, e) || empty(a, ATTEMPT_ERRORS, 0, e) ||
                   empty(a, ATTEMPT_REPORT, 0, e) || empty(a, ATTEMPT_ARCAT, 0, e) ||
                   empty(a, ATTEMPT_ARCAT_ERRORS, 0, e)
               ? -1
               : 0;
}

/* A status that no second try and no other half can change: a word of the command that
 * is no program, a model that is not there, a disk that is full. */
static int
fatal_status(const struct bashpipe_end *end, const struct tally *t)
{
    if (end->n_stage == 0 && end->bash < 128)
        return 2;
    for (size_t i = 0; i < t->n_tool; i++)
        if (t->tool[i].exit >= 2 && t->tool[i].exit <= 5)
            return t->tool[i].exit;
    for (unsigned i = 0; i < end->n_stage; i++)
        if (end->status[i] == 126 || end->status[i] == 127)
            return 2;
    return 0;
}

static enum attempt_result
fail(struct attempt *a, const struct bashpipe_end *end, const struct tally *t,
     struct err *e)
{
    static const enum err_code code[] = {
        [2] = ERR_USAGE, [3] = ERR_INPUT, [4] = ERR_MODEL, [5] = ERR_OUTPUT
    };
    int status = fatal_status(end, t);

    bashpipe_say(end, a->how, sizeof a->how);
    if (must_stop(a->env, patience_for(end)))
        return ATTEMPT_STOPPED;
    if (status == 0)
        return ATTEMPT_FAILED;
    err_set(e, code[status], "shard %zu: the stages of the command ended with %s",
            a->shard, a->how);
    return ATTEMPT_FATAL;
}

/* The tools of this run must be those that the job began with. */
static int
check_tools(const struct attempt *a, struct str report, struct err *e)
{
    struct buf now = { 0 };
    int rc = tally_tools(report, &now, e);

    if (rc == 0 && !str_eq(buf_span(&now), a->env->manifest->tools))
        rc =
            err_set(e, ERR_MODEL,
                    "shard %zu: other tools or models than this job began with: %.200s",
                    a->shard, now.n ? (buf_char(&now, '\0'), now.p) : "");
    buf_free(&now);
    return rc;
}

static int
add_errors(struct attempt *a, struct intake_lines lines, struct err *e)
{
    const struct manifest *m = a->env->manifest;
    struct buf b = { 0 };
    int rc = file_read(a->path[ATTEMPT_ERRORS], MAX_ERRORS, &b, e) ||
             badlines_add(&a->errors, m, a->shard, buf_span(&b), m->stages == 1,
                          lines.from, e);

    buf_free(&b);
    return rc ? -1 : 0;
}

int
attempt_add_arcat(struct attempt *a, struct tally *t, struct err *e)
{
    struct buf report = { 0 }, errors = { 0 };
    int rc =
        file_read(a->path[ATTEMPT_ARCAT], MAX_REPORT, &report, e) ||
        file_read(a->path[ATTEMPT_ARCAT_ERRORS], MAX_ERRORS, &errors, e) ||
        tally_read(t, buf_span(&report), e) ||
        badlines_arcat(&a->errors, a->env->manifest, a->shard, buf_span(&errors), e);

    buf_free(&report);
    buf_free(&errors);
    return rc ? -1 : 0;
}

/* A run whose stages all ended well: do the counts agree? Then it is kept. */
static enum attempt_result
accept(struct attempt *a, struct intake_lines lines, const struct bashpipe_end *end,
       struct tally *t, struct str report, struct err *e)
{
    const struct manifest *m = a->env->manifest;
    int whole = lines.to == UINT64_MAX, arcat = whole && manifest_by_arcat(m, a->shard);
    size_t errors_before = a->errors.n;

    if (measure(a, t, e) || check_tools(a, report, e) ||
        (arcat && attempt_add_arcat(a, t, e)))
        return ATTEMPT_FATAL;
    for (unsigned i = 0; i < end->n_stage; i++)
        t->status |= end->status[i];
    if (!end->early && tally_check(t, end->n_stage, arcat, e)) {
        a->errors.n = errors_before;
        return must_stop(a->env, 0) ? ATTEMPT_STOPPED : ATTEMPT_WRONG;
    }
    if (add_errors(a, lines, e) || keep(a, t->bytes_out, e))
        return ATTEMPT_FATAL;
    tally_add(&a->mark.tally, t);
    return ATTEMPT_DONE;
}

/* Read those lines without the command, into raw or (NULL) to count them. *status: 1:
 * arcat had bad records. */
static int
read_lines(const struct attempt *a, struct intake_lines lines, struct buf *raw,
           uint64_t *n_lines, uint64_t *n_bytes, int *status, struct err *e)
{
    char chunk[1 << 16];
    struct intake *in =
        intake_open(a->env->manifest, a->shard, lines, a->path[ATTEMPT_ARCAT],
                    a->path[ATTEMPT_ARCAT_ERRORS], e);
    long n;

    if (in == NULL)
        return -1;
    while ((n = intake_read(in, chunk, sizeof chunk, e)) > 0)
        if (raw)
            buf_add(raw, chunk, (size_t)n);
    *n_lines = intake_n_lines(in);
    *n_bytes = intake_n_bytes(in);
    if (intake_close(in, status, n < 0 ? &(struct err){ 0 } : e) || n < 0)
        return -1;
    *status = *status == 1;
    return 0;
}

/* May a run of these lines be stopped in the middle, and go on behind it? */
static int
divisible(const struct attempt *a, struct intake_lines lines)
{
    const struct manifest *m = a->env->manifest;

    return lines.to == UINT64_MAX && m->stages == 1 && m->tools.n > 2 &&
           !manifest_by_arcat(m, a->shard);
}

/* A run that was told to stop, of one tool of ours that gives a line for each it takes:
 * what it finished is kept, if its counts and the lines say the same. */
static enum attempt_result
keep_part(struct attempt *a, struct intake_lines lines, const struct bashpipe_end *end,
          struct tally *t, struct str report, struct err *e)
{
    const struct tally_tool *tool = t->tool;
    struct intake_lines part = lines;
    uint64_t n_lines;
    int status;

    if (!divisible(a, lines) || end->n_stage != 1 || t->n_tool != 1 ||
        tool->in > t->lines_in || tool->out != tool->done + tool->passed + tool->kept ||
        measure(a, t, e) || t->lines_out != tool->out || check_tools(a, report, e))
        return ATTEMPT_STOPPED;
    part.to = lines.from + tool->in;
    if (read_lines(a, part, NULL, &n_lines, &t->bytes_in, &status, e) ||
        n_lines != tool->in)
        return ATTEMPT_STOPPED;
    if (add_errors(a, lines, e) || keep(a, t->bytes_out, e))
        return ATTEMPT_FATAL;
    t->lines_in = tool->in;
    t->status = t->tool->exit = tool->kept + tool->rejected > 0;
    tally_add(&a->mark.tally, t);
    a->n_before = part.to;
    return ATTEMPT_STOPPED;
}

static enum attempt_result
judge(struct attempt *a, struct intake_lines lines, const struct bashpipe_end *end,
      struct tally *t, struct err *e)
{
    struct buf report = { 0 };
    enum attempt_result rc;
    struct err why;

    /* A tool that was killed may have torn its report: that is no other failure. */
    if (file_read(a->path[ATTEMPT_REPORT], MAX_REPORT, &report, e))
        rc = ATTEMPT_FATAL;
    else if (tally_read(t, buf_span(&report), &why) && bashpipe_good(end)) {
        *e = why;
        rc = ATTEMPT_WRONG;
    } else if (end->told && (!end->fed || !bashpipe_good(end)))
        rc = keep_part(a, lines, end, t, buf_span(&report), e);
    else if (!bashpipe_good(end))
        rc = fail(a, end, t, e);
    else
        rc = accept(a, lines, end, t, buf_span(&report), e);
    buf_free(&report);
    return rc;
}

enum attempt_result
attempt_try(struct attempt *a, struct intake_lines lines, struct err *e)
{
    const struct attempt_env *env = a->env;
    struct bashpipe p = { env->manifest->command,
                          a->fd[ATTEMPT_OUT],
                          a->fd[ATTEMPT_LOG],
                          a->path[ATTEMPT_REPORT],
                          a->path[ATTEMPT_ERRORS],
                          env->threads,
                          env->stop,
                          env->stop_write,
                          divisible(a, lines) ? env->patience : 0 };
    struct bashpipe_end end = { 0 };
    struct tally t = { 0 };
    struct intake *in;
    enum attempt_result rc;
    int bad, arcat = 0;

    a->mark.tally.tries++;
    if (clear(a, e) ||
        !(in = intake_open(env->manifest, a->shard, lines, a->path[ATTEMPT_ARCAT],
                           a->path[ATTEMPT_ARCAT_ERRORS], e)))
        return ATTEMPT_FATAL;
    bad = bashpipe_run(&p, in, &end, e);
    t.lines_in = intake_n_lines(in);
    t.bytes_in = intake_n_bytes(in);
    if (intake_close(in, &arcat, bad ? &(struct err){ 0 } : e) && !end.stopped)
        bad = 1;
    t.status = arcat == 1;
    if (end.stopped)
        rc = ATTEMPT_STOPPED;
    else if (bad)
        rc = must_stop(env, 0) ? ATTEMPT_STOPPED : ATTEMPT_FATAL;
    else
        rc = judge(a, lines, &end, &t, e);
    tally_release(&t);
    return rc;
}

enum attempt_result
attempt_look(struct attempt *a, struct intake_lines lines, struct buf *raw,
             struct tally *t, struct err *e)
{
    uint64_t n_lines, n_bytes;

    if (clear(a, e))
        return ATTEMPT_FATAL;
    if (read_lines(a, lines, raw, &n_lines, &n_bytes, &t->status, e))
        return must_stop(a->env, 0) ? ATTEMPT_STOPPED : ATTEMPT_FATAL;
    if (raw == NULL)
        a->n_lines = n_lines;
    return ATTEMPT_DONE;
}

void
attempt_say(const struct attempt *a, struct buf *b)
{
    char tail[2000];
    off_t end = lseek(a->fd[ATTEMPT_LOG], 0, SEEK_END);
    off_t from = end > (off_t)sizeof tail ? end - (off_t)sizeof tail : 0;
    ssize_t n = pread(a->fd[ATTEMPT_LOG], tail, sizeof tail, from);

    if (n > 0)
        buf_add(b, tail, (size_t)n);
}
