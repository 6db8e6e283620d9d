/* bashpipe.c - one run of the user's pipe, by bash */
#define _GNU_SOURCE
#include "job/bashpipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "job/spawn.h"

#define CHUNK    ((size_t)1 << 16)
#define PATIENCE 1000 /* milliseconds between looks whether bash is there */

struct run {
    const struct bashpipe *p;
    struct intake *in;
    pid_t bash;
    int feed, status; /* our ends: its input, -1 when closed; what PIPESTATUS says */
    double deadline;  /* of a command that was told to stop; 0: it was not */
    char chunk[CHUNK], said[512]; /* said: ended by NUL, as r is cleared */
    size_t at, n, n_said;
};

static int
start(struct run *r, struct err *e)
{
    const struct bashpipe *p = r->p;
    const char *argv[] = { "bash", "-c", NULL, "millrun", NULL };
    struct spawn s = { .argv = argv, .fd = { -1, p->out, p->err, -1 } };
    int in[2] = { -1, -1 }, status[2] = { -1, -1 };
    struct buf script = { 0 };

    /* The newline ends a comment that the command may end in. */
    buf_printf(&script, "%s\necho $? \"${PIPESTATUS[@]}\" >&%d", p->command, SPAWN_FD);
    buf_char(&script, '\0');
    argv[2] = script.p;
    s.env[0][0] = "TEXTMILL_REPORT", s.env[0][1] = p->report;
    s.env[1][0] = "TEXTMILL_ERRORS", s.env[1][1] = p->errors;
    s.env[2][0] = "LC_ALL", s.env[2][1] = "C.UTF-8";
    s.env[3][0] = p->threads ? "TEXTMILL_THREADS" : NULL, s.env[3][1] = p->threads;
    r->bash = -1;
    if (spawn_pipe(in, e) == 0 && spawn_pipe(status, e) == 0) {
        s.fd[0] = in[0];
        s.fd[3] = status[1];
        r->bash = spawn_start(&s, e);
    }
    buf_free(&script);
    if (in[0] >= 0)
        close(in[0]);
    if (status[1] >= 0)
        close(status[1]);
    r->feed = in[1];
    r->status = status[0];
    if (r->bash < 0)
        return -1;
    /* (A larger pipe would be more work for nothing when we are killed.) */
    (void)fcntl(r->feed, F_SETFL, O_NONBLOCK);
    return 0;
}

static void
close_feed(struct run *r)
{
    if (r->feed >= 0)
        close(r->feed);
    r->feed = -1;
}

/* Write what the pipe takes. -1: the intake failed. */
static int
feed(struct run *r, struct bashpipe_end *end, struct err *e)
{
    ssize_t k;

    if (r->at == r->n) {
        long n = r->in ? intake_read(r->in, r->chunk, sizeof r->chunk, e) : 0;
        if (n < 0)
            return -1;
        if (n == 0) {
            end->fed = 1;
            close_feed(r);
            return 0;
        }
        r->at = 0;
        r->n = (size_t)n;
    }
    k = write(r->feed, r->chunk + r->at, r->n - r->at);
    if (k >= 0)
        r->at += (size_t)k;
    else if (errno == EPIPE) {
        end->early = 1;
        close_feed(r);
    }
    return 0;
}

/* Read what bash says at the end. 1: all of it is here, or will never be. */
static int
listen_to(struct run *r)
{
    ssize_t n = read(r->status, r->said + r->n_said, sizeof r->said - 1 - r->n_said);

    if (n < 0)
        return errno != EINTR;
    r->n_said += (size_t)n;
    return n == 0 || r->n_said == sizeof r->said - 1 || r->said[r->n_said - 1] == '\n';
}

static int
is_set(const struct pollfd *p, short events)
{
    return p->fd >= 0 && (p->revents & events);
}

/* Tell the children of bash, not bash itself, which has to say how they ended. Their
 * input stays open: if it ended in the middle of a line, that would be a line. 0: there
 * are none. */
static int
tell_to_stop(struct run *r)
{
    char path[64], list[256], *at = list, *stop;
    int fd, told = 0;
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)r->bash,
             (long)r->bash);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd >= 0 ? read(fd, list, sizeof list - 1) : -1;
    if (fd >= 0)
        close(fd);
    list[n > 0 ? n : 0] = '\0';
    for (long pid; (pid = strtol(at, &stop, 10)) > 0 && stop != at; at = stop)
        told |= kill((pid_t)pid, SIGTERM) == 0;
    r->deadline = pool_clock() + r->p->patience;
    return told;
}

/* We were asked to stop: 1: end it. */
static int
asked(struct run *r)
{
    if (r->deadline > 0)
        return pool_clock() >= r->deadline;
    return r->p->patience == 0 || !tell_to_stop(r);
}

/* Feed and wait until bash has ended. -1: the intake failed. */
static int
pump(struct run *r, struct bashpipe_end *end, struct err *e)
{
    for (;;) {
        int told = r->deadline > 0;
        struct pollfd p[] = { { told ? -1 : r->feed, POLLOUT, 0 },
                              { r->status, POLLIN, 0 },
                              { told ? -1 : r->p->stop, POLLIN, 0 },
                              { told ? -1 : r->p->stop_write, 0, 0 } };
        int n = poll(p, 4, PATIENCE);
        if (n < 0 && errno != EINTR)
            return err_set(e, ERR_LIMIT, "cannot wait: %s", strerror(errno));
        if (told ||
            (n > 0 && (is_set(&p[2], POLLIN | POLLHUP) || is_set(&p[3], POLLERR)))) {
            end->stopped = asked(r);
            end->told = !end->stopped;
            if (end->stopped)
                return 0;
        }
        if (n > 0 && is_set(&p[1], POLLIN | POLLHUP) && listen_to(r))
            return 0;
        if (n > 0 && is_set(&p[0], POLLOUT | POLLERR) && feed(r, end, e))
            return -1;
        /* A job left in the background can keep the descriptor that bash had. */
        if (n == 0 && spawn_ended(r->bash))
            return 0;
    }
}

/* "STATUS STAGE...": what the command ended with, and the stages of the last pipe in
 * it. Those are not about the command if it is no pipe but a loop, and end with
 * something else. */
static void
parse_status(struct run *r, struct bashpipe_end *end)
{
    char *at = r->said, *stop;
    long all = strtol(at, &stop, 10);

    if (r->n_said == 0 || r->said[r->n_said - 1] != '\n' || stop == at)
        return;
    for (at = stop; end->n_stage < BASHPIPE_STAGES; at = stop) {
        long v = strtol(at, &stop, 10);
        if (stop == at)
            break;
        end->status[end->n_stage++] = (int)v;
    }
    if (end->n_stage == 0 || end->status[end->n_stage - 1] != all) {
        end->status[0] = (int)all;
        end->n_stage = 1;
    }
}

int
bashpipe_run(const struct bashpipe *p, struct intake *in, struct bashpipe_end *end,
             struct err *e)
{
    struct run r = { .p = p, .in = in };
    int rc = start(&r, e);

    *end = (struct bashpipe_end){ 0 };
    if (rc == 0) {
        rc = pump(&r, end, e);
        close_feed(&r);
        if (rc || end->stopped)
            kill(-r.bash, SIGKILL);
        /* What the pipe may have left behind must not write any more. */
        end->bash = spawn_finish(r.bash);
        parse_status(&r, end);
    }
    close_feed(&r);
    if (r.status >= 0)
        close(r.status);
    return rc;
}

int
bashpipe_good(const struct bashpipe_end *end)
{
    for (unsigned i = 0; i < end->n_stage; i++)
        if (end->status[i] != 0 && end->status[i] != 1)
            return 0;
    return end->n_stage > 0;
}

void
bashpipe_say(const struct bashpipe_end *end, char *text, size_t cap)
{
    size_t n = 0;

    text[0] = '\0';
    if (end->n_stage == 0)
        snprintf(text, cap, "bash itself: %d", end->bash);
    for (unsigned i = 0; i < end->n_stage && n < cap; i++)
        n += (size_t)snprintf(text + n, cap - n, "%s%d", i ? " " : "", end->status[i]);
}
