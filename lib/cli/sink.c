/* sink.c - where the outcomes of a run go, in order */
#include "cli/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "json/jout.h"

#define SHOWN         20   /* reasons on stderr */
#define RAW_MAX       4096 /* bytes of a bad line in --errors */
#define PER_CENT_FROM 100  /* records before a percentage means something */

struct sink {
    const char *tool;
    const struct filter_opt *opt;
    struct report *report;
    int fail;                  /* --on-error=fail */
    uint64_t max_count;        /* --max-errors=N; UINT64_MAX: none */
    double max_share;          /* --max-errors=P%; above 1: none */
    int fd_rejects, fd_errors; /* -1: none */
    const char *errors_name;   /* of the file with the reasons */
    int shared;                /* other tools append to it, too: say who it is */
    struct buf rejects, errors;
    uint64_t hidden; /* reasons that were not shown */
};

static int
parse_limits(struct sink *s, struct err *e)
{
    const char *t = s->opt->max_errors;
    const char *on = s->opt->on_error;
    char *end;

    s->max_count = UINT64_MAX;
    s->max_share = 2;
    s->fail = on && strcmp(on, "fail") == 0;
    if (on && !s->fail && strcmp(on, "skip") != 0 && strcmp(on, "keep") != 0)
        return err_set(e, ERR_USAGE, "--on-error is skip, keep or fail, not '%s'", on);
    if (t == NULL)
        return 0;
    if (strchr(t, '%')) {
        s->max_share = strtod(t, &end) / 100;
        if (end == t || strcmp(end, "%") != 0 ||
            !(s->max_share >= 0 && s->max_share <= 1))
            return err_set(e, ERR_USAGE, "--max-errors: '%s' is no share", t);
        return 0;
    }
    errno = 0;
    s->max_count = strtoull(t, &end, 10);
    if (errno || end == t || *end || t[0] == '-')
        return err_set(e, ERR_USAGE, "--max-errors: '%s' is no number", t);
    return 0;
}

static int
open_file(const char *path, int shared, int *fd, struct err *e)
{
    /* /dev/stderr may be a file that holds more than ours. */
    int mode = shared || (path && outfile_appends(path)) ? O_APPEND : O_TRUNC;

    *fd = -1;
    if (path == NULL)
        return 0;
    *fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | mode, 0666);
    return *fd < 0
               ? err_set(e, ERR_OUTPUT, "cannot write '%s': %s", path, strerror(errno))
               : 0;
}

struct sink *
sink_open(const char *tool, const struct filter_opt *opt, struct report *report,
          struct err *e)
{
    struct sink *s = mem_zero(1, sizeof *s);
    const char *shared = getenv("TEXTMILL_ERRORS");

    *s = (struct sink){
        .tool = tool, .opt = opt, .report = report, .fd_rejects = -1, .fd_errors = -1
    };
    s->shared = !opt->errors && shared && *shared;
    s->errors_name = s->shared ? shared : opt->errors;
    if (parse_limits(s, e) || open_file(opt->rejects, 0, &s->fd_rejects, e) ||
        open_file(s->errors_name, s->shared, &s->fd_errors, e)) {
        struct err ignored;
        sink_close(s, &ignored);
        return NULL;
    }
    return s;
}

static void
error_line(struct sink *s, const char *file, const struct line *l, struct str raw,
           const struct outcome *o)
{
    const struct err *why = o->e;
    struct buf *b = &s->errors;

    buf_puts(b, "{\"file\":");
    jout_str(b, str_of(file));
    if (s->shared)
        buf_printf(b, ",\"tool\":\"%s\"", s->tool);
    if (o->member.n > 0) {
        buf_puts(b, ",\"member\":");
        jout_str(b, o->member);
    }
    if (l->number > 0)
        buf_printf(b, ",\"line\":%llu", (unsigned long long)l->number);
    buf_printf(b,
               ",\"byte\":%llu,\"code\":\"%s\",\"msg\":", (unsigned long long)l->byte,
               err_name(why->code));
    jout_str(b, str_of(why->msg));
    buf_puts(b, ",\"raw_b64\":\"");
    jout_base64(b, raw.p, raw.n < RAW_MAX ? raw.n : RAW_MAX);
    buf_puts(b, "\"}\n");
}

static void
show(struct sink *s, const char *file, const struct line *l, const struct outcome *o)
{
    uint64_t bad = s->report->rejected + s->report->kept;

    if (s->fd_errors >= 0 || s->opt->quiet || s->fail)
        return;
    if (bad > SHOWN) {
        s->hidden++;
        return;
    }
    report_show_end(s->report);
    fprintf(stderr, "%s: %s%s%.*s:%s%llu: %s: %s\n", s->tool, file,
            o->member.n ? ":" : "", (int)o->member.n, o->member.n ? o->member.p : "",
            l->number > 0 ? "" : "byte ",
            (unsigned long long)(l->number > 0 ? l->number : l->byte),
            err_name(o->e->code), o->e->msg);
}

/* A record that could not be done. -1: the run ends here. */
static int
bad(struct sink *s, const struct input *in, const struct batch *b, size_t i,
    struct err *e)
{
    const struct line *l = &b->in.line[i];
    const struct outcome *o = &b->outcome[i];
    struct str raw = { b->in.data.p + l->at, l->n };
    const char *file = input_name(in, l->file);
    struct report *r = s->report;

    r->by_code[o->e->code]++;
    if (o->kind == OUT_REJECTED && s->fd_rejects >= 0) {
        buf_add(&s->rejects, raw.p, l->n + l->end_n);
        if (l->end_n == 0 && l->kind == LINE_WHOLE)
            buf_char(&s->rejects, '\n'); /* the last line of a file had no end */
    }
    if (s->fd_errors >= 0)
        error_line(s, file, l, raw, o);
    show(s, file, l, o);
    if (s->fail)
        return err_set(e, ERR_INPUT, "%s:%llu: %s: %s", file,
                       (unsigned long long)l->number, err_name(o->e->code), o->e->msg);
    if (r->rejected + r->kept > s->max_count)
        return err_set(e, ERR_INPUT, "more than %llu bad records",
                       (unsigned long long)s->max_count);
    if (r->in >= PER_CENT_FROM &&
        (double)(r->rejected + r->kept) > s->max_share * (double)r->in)
        return err_set(e, ERR_INPUT, "%llu of %llu records are bad: more than %s",
                       (unsigned long long)(r->rejected + r->kept),
                       (unsigned long long)r->in, s->opt->max_errors);
    return 0;
}

/* Count one record. -1: the run ends behind it. */
static int
account(struct sink *s, const struct input *in, const struct batch *b, size_t i,
        struct err *e)
{
    const struct outcome *o = &b->outcome[i];
    const struct line *l = &b->in.line[i];
    struct report *r = s->report;

    r->bytes_in += l->n + l->end_n;
    if (o->kind == OUT_PIECE) {
        if (s->fd_rejects >= 0)
            buf_add(&s->rejects, b->in.data.p + l->at, l->n + l->end_n);
        return 0;
    }
    r->in++;
    r->tokens += o->tokens;
    r->overlong += (uint64_t)o->overlong;
    r->folded += (uint64_t)o->folded;
    r->more += o->more;
    switch (o->kind) {
    case OUT_BLANK: r->blank++; return 0;
    case OUT_DONE: r->done++; return 0;
    case OUT_PASSED: r->passed++; return 0;
    case OUT_KEPT: r->kept++; break;
    default: r->rejected++; break;
    }
    return bad(s, in, b, i, e);
}

/* -1 with ERR_OUTPUT. */
static int
flush(int fd, const char *name, struct buf *b, struct err *e)
{
    int rc = fd >= 0 && b->n > 0 ? file_write_lines(fd, b->p, b->n) : 0;

    b->n = 0;
    return rc ? err_set(e, ERR_OUTPUT, "cannot write %s: %s", name, strerror(errno))
              : 0;
}

/* Where the input is by now, for the progress. */
static void
locate(struct report *r, const struct input *in, const struct line *l)
{
    r->file = input_name(in, l->file);
    r->byte = l->byte + l->n + l->end_n;
}

int
sink_write(struct sink *s, const struct input *in, const struct batch *b, struct err *e)
{
    struct buf out = { b->out.p, 0, b->out.cap };
    struct err late;
    size_t n = 0;
    int rc = 0;

    for (; n < b->in.n_line && rc == 0; n++) {
        rc = account(s, in, b, n, e);
        out.n = b->outcome[n].out_end;
    }
    if (n > 0)
        locate(s->report, in, &b->in.line[n - 1]);
    if (!s->opt->dry_run) {
        s->report->bytes_out += out.n;
        /* An output that cannot be written outranks a limit that was reached. */
        if (flush(STDOUT_FILENO, "the output", &out, &late) ||
            flush(s->fd_rejects, s->opt->rejects, &s->rejects, &late) ||
            flush(s->fd_errors, s->errors_name, &s->errors, &late)) {
            *e = late;
            return -1;
        }
    }
    return rc;
}

int
sink_finish(struct sink *s, struct err *e)
{
    const struct report *r = s->report;

    if ((double)(r->rejected + r->kept) > s->max_share * (double)r->in)
        return err_set(e, ERR_INPUT, "%llu of %llu records are bad: more than %s",
                       (unsigned long long)(r->rejected + r->kept),
                       (unsigned long long)r->in, s->opt->max_errors);
    return 0;
}

static int
close_checked(int fd, const char *name, struct err *e)
{
    return fd >= 0 && close(fd)
               ? err_set(e, ERR_OUTPUT, "cannot write %s: %s", name, strerror(errno))
               : 0;
}

int
sink_close(struct sink *s, struct err *e)
{
    int rc = 0;

    if (s == NULL)
        return 0;
    if (s->hidden && !s->opt->quiet)
        fprintf(stderr, "%s: %llu more bad records; --errors=FILE names them all\n",
                s->tool, (unsigned long long)s->hidden);
    rc |= close_checked(STDOUT_FILENO, "the output", e);
    rc |= close_checked(s->fd_rejects, s->opt->rejects, e);
    rc |= close_checked(s->fd_errors, s->errors_name, e);
    buf_free(&s->rejects);
    buf_free(&s->errors);
    mem_free(s);
    return rc;
}
