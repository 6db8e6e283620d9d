/* report.c - counts of a run */
#include "cli/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sha.h"
#include "json/jout.h"

static void
count(struct buf *b, const char *name, uint64_t n)
{
    buf_printf(b, ",\"%s\":%llu", name, (unsigned long long)n);
}

static void
real(struct buf *b, const char *name, double x, int digits)
{
    buf_printf(b, ",\"%s\":", name);
    jout_double(b, x, digits);
}

static void
text(struct buf *b, const char *name, const char *s)
{
    buf_printf(b, ",\"%s\":", name);
    if (s)
        jout_str(b, str_of(s));
    else
        buf_puts(b, "null");
}

static void
model(const struct report *r, struct buf *b)
{
    char hex[SHA_HEX];
    struct err e;

    if (r->model.name == NULL)
        return;
    buf_puts(b, ",\"model\":{\"name\":");
    jout_str(b, str_of(r->model.name));
    text(b, "sha256",
         r->model.file && sha_file(r->model.file, hex, &e) == 0 ? hex : NULL);
    text(b, "precision", r->model.precision);
    buf_char(b, '}');
}

void
report_json(const struct report *r, int status, struct buf *b)
{
    double total = pool_clock() - r->start;
    const char *sep = "";

    buf_puts(b, "{\"tool\":");
    jout_str(b, str_of(r->tool));
    text(b, "version", TEXTMILL_VERSION);
    count(b, "exit", (uint64_t)status);
    text(b, "stopped", r->stopped);
    count(b, "in", r->in);
    count(b, "blank", r->blank);
    count(b, "done", r->done);
    count(b, "passed", r->passed);
    count(b, "kept", r->kept);
    count(b, "rejected", r->rejected);
    count(b, "out", r->consumes ? 0 : r->done + r->more + r->passed + r->kept);
    buf_puts(b, ",\"errors\":{");
    for (int i = 1; i < ERR_CODES; i++)
        if (r->by_code[i]) {
            buf_printf(b, "%s\"%s\":%llu", sep, err_name((enum err_code)i),
                       (unsigned long long)r->by_code[i]);
            sep = ",";
        }
    buf_char(b, '}');
    count(b, "overlong", r->overlong);
    count(b, "folded", r->folded);
    count(b, "tokens", r->tokens);
    count(b, "bytes_in", r->bytes_in);
    count(b, "bytes_out", r->bytes_out);
    buf_puts(b, ",\"done_to\":{\"file\":");
    jout_str(b, str_of(r->file ? r->file : ""));
    count(b, "byte", r->byte);
    buf_puts(b, "},\"seconds\":{\"total\":");
    jout_double(b, total, 3);
    real(b, "read", r->seconds_read, 3);
    real(b, "record", r->seconds_record, 3);
    real(b, "work", r->seconds_work, 3);
    real(b, "write", r->seconds_write, 3);
    buf_char(b, '}');
    real(b, "records_per_second", total > 0 ? (double)r->in / total : 0, 1);
    real(b, "tokens_per_second", total > 0 ? (double)r->tokens / total : 0, 1);
    count(b, "peak_bytes", mem_peak());
    count(b, "threads", (uint64_t)r->threads);
    text(b, "isa", cpu_name(cpu_level()));
    model(r, b);
    if (r->result.n > 0) {
        buf_puts(b, ",\"result\":");
        buf_str(b, r->result);
    }
    buf_char(b, '}');
}

/* One write: lines of the tools of a pipe must not mix. */
static int
append_line(const char *path, const struct buf *b, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    int rc = fd < 0 ? -1 : file_write_all(fd, b->p, b->n);

    if (fd >= 0 && close(fd))
        rc = -1;
    return rc ? err_set(e, ERR_OUTPUT, "cannot write '%s': %s", path, strerror(errno))
              : 0;
}

int
report_write(const struct report *r, int status, const char *path, struct err *e)
{
    const char *shared = getenv("TEXTMILL_REPORT");
    struct buf b = { 0 };
    int rc = 0;

    if (!path && !(shared && *shared))
        return 0;
    report_json(r, status, &b);
    buf_char(&b, '\n');
    if (path)
        rc = outfile_appends(path) ? append_line(path, &b, e)
                                   : file_replace(path, b.p, b.n, e);
    if (shared && *shared && append_line(shared, &b, e))
        rc = -1;
    buf_free(&b);
    return rc;
}

/* Do both streams go to one terminal? There the line would stand in the records. */
static int
same_terminal(void)
{
    struct stat out, err;

    return isatty(STDOUT_FILENO) && fstat(STDOUT_FILENO, &out) == 0 &&
           fstat(STDERR_FILENO, &err) == 0 && out.st_rdev == err.st_rdev;
}

void
report_begin(struct report *r, const struct filter_opt *opt)
{
    int seen = isatty(STDERR_FILENO);

    r->progress =
        opt->progress || (!opt->quiet && seen && (r->consumes || !same_terminal()));
    r->newline = !seen;
}

/* Seconds that are left, by bytes; below 0: nobody knows. */
static double
left(const struct report *r, double now)
{
    if (r->bytes_total == 0 || r->bytes_in == 0)
        return -1;
    return (now - r->start) * ((double)r->bytes_total / (double)r->bytes_in - 1.0);
}

/* Is it time for a line? Then the next one waits. */
static int
may_show(struct report *r, double now)
{
    if (!r->progress || now - r->shown < (r->newline ? 10 : 0.5))
        return 0;
    r->shown = now;
    return 1;
}

static void
put_left(double seconds, char *p, size_t cap)
{
    snprintf(p, cap, ", %ld:%02ld left", (long)seconds / 60, (long)seconds % 60);
}

void
report_show(struct report *r, double now)
{
    double passed = now - r->start, eta = left(r, now);
    char line[200];
    int n;

    if (!may_show(r, now))
        return;
    n = snprintf(line, sizeof line, "%s: %llu records, %.0f/s", r->tool,
                 (unsigned long long)r->in, passed > 0 ? (double)r->in / passed : 0);
    if (r->tokens && n > 0)
        n += snprintf(line + n, sizeof line - (size_t)n, ", %.0f tokens/s",
                      (double)r->tokens / passed);
    if (r->rejected + r->kept && n > 0)
        n += snprintf(line + n, sizeof line - (size_t)n, ", %llu bad",
                      (unsigned long long)(r->rejected + r->kept));
    if (eta >= 0 && n > 0)
        put_left(eta, line + n, sizeof line - (size_t)n);
    fprintf(stderr, r->newline ? "%s\n" : "\r\033[K%s", line);
}

void
report_step(struct report *r, const char *what, size_t done, size_t of, double now)
{
    double rate;
    char line[200];
    int n;

    if (r->stepped <= 0) {
        r->stepped = now;
        r->step = done;
        r->shown = 0; /* other work: its first line at once */
    }
    if (!may_show(r, now))
        return;
    n = snprintf(line, sizeof line, "%s: %zu of %zu %s", r->tool, done, of, what);
    if (now > r->stepped && done > r->step) {
        rate = (double)(done - r->step) / (now - r->stepped);
        n += snprintf(line + n, sizeof line - (size_t)n, ", %.0f/s", rate);
        put_left((double)(of - done) / rate, line + n, sizeof line - (size_t)n);
    }
    fprintf(stderr, r->newline ? "%s\n" : "\r\033[K%s", line);
}

void
report_show_end(struct report *r)
{
    if (r->progress && !r->newline && r->shown > 0)
        fputs("\r\033[K", stderr);
    r->shown = 0;
}

void
report_progress(const struct report *r, double now, struct buf *b)
{
    double eta = left(r, now);

    buf_puts(b, "{\"tool\":");
    jout_str(b, str_of(r->tool));
    count(b, "records", r->in);
    count(b, "rejected", r->rejected);
    count(b, "tokens", r->tokens);
    count(b, "bytes_in", r->bytes_in);
    real(b, "seconds", now - r->start, 1);
    if (eta >= 0)
        real(b, "left", eta, 1);
    buf_puts(b, "}\n");
}

void
report_tell(const struct report *r, pthread_mutex_t *lock)
{
    struct buf b = { 0 };

    pthread_mutex_lock(lock);
    report_progress(r, pool_clock(), &b);
    pthread_mutex_unlock(lock);
    (void)file_write_all(STDERR_FILENO, b.p, b.n);
    buf_free(&b);
}
