/* placer.c - GNU parallel, which starts the workers */
#define _GNU_SOURCE
#include "job/placer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "job/spawn.h"
#include "job/worker.h"

#define MAX_HOSTS  ((size_t)1 << 20)
#define STOP_TICKS 100 /* of 0.1 seconds to stop, beside the workers' patience */
#define SLOT       ",SLOT,"

int
placer_hosts(const char *path, struct err *e)
{
    struct buf b = { 0 };
    int n = 0;

    if (file_read(path, MAX_HOSTS, &b, e)) {
        buf_free(&b);
        e->code = ERR_USAGE;
        return -1;
    }
    buf_char(&b, '\0');
    for (char *p = b.p, *line; (line = strsep(&p, "\n")) != NULL;) {
        line += strspn(line, " \t");
        n += *line && *line != '#';
    }
    buf_free(&b);
    return n ? n : err_set(e, ERR_USAGE, "'%s' names no hosts", path);
}

/* NAME='value', where it is set: an ssh brings no variables along. */
static void
pass_on(struct buf *b, const char *name, const char *value)
{
    if (value == NULL)
        return;
    buf_printf(b, " %s=", name);
    spawn_quote(b, value);
}

/* env VARIABLES millrun --worker --job=ID --dir=OUT ,SLOT, */
static void
worker_line(struct buf *b, const struct jobdir *d, const struct placer_opt *opt)
{
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);

    program[n > 0 ? n : 0] = '\0';
    buf_puts(b, "env");
    pass_on(b, "TEXTMILL_THREADS", opt->threads);
    if (opt->hosts) {
        pass_on(b, "TEXTMILL_MODELS", getenv("TEXTMILL_MODELS"));
        pass_on(b, "TEXTMILL_CATALOGUE", getenv("TEXTMILL_CATALOGUE"));
        pass_on(b, "TEXTMILL_ISA", getenv("TEXTMILL_ISA"));
    }
    buf_char(b, ' ');
    spawn_quote(b, *program ? program : "millrun");
    buf_printf(b, " --worker%s --job=%s --max-poison=%d --dir=",
               opt->hosts ? " --probe" : "", opt->job, opt->max_poison);
    spawn_quote(b, d->path);
    buf_puts(b, " " SLOT);
    buf_char(b, '\0');
}

/* parallel [options] LINE ::: 1 2 3 */
static const char **
make_argv(const struct placer_opt *opt, const char *line, const char *jobs,
          struct buf *slots)
{
    int total = opt->workers * opt->n_host, n = 0;
    const char **argv = mem_zero((size_t)total + 32, sizeof *argv);
    static const char *const fixed[] = { "parallel",  "--plain", "--will-cite", "-u",
                                         "--retries", "20",      "-I",          SLOT };

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        argv[n++] = fixed[i];
    argv[n++] = "-j";
    argv[n++] = jobs;
    if (opt->hosts) {
        argv[n++] = "--sshloginfile";
        argv[n++] = opt->hosts;
        argv[n++] = "--filter-hosts";
    }
    argv[n++] = line;
    argv[n++] = ":::";
    for (int i = 0; i < total; i++)
        buf_printf(slots, "%d%c", i + 1, '\0');
    for (size_t at = 0; at < slots->n; at += strlen(slots->p + at) + 1)
        argv[n++] = slots->p + at;
    return argv;
}

/* It remembers there how long a command line may be. What it found under a limit of the
 * user (of files, say: a length below 0) must not be what it believes for ever. */
static void
forget(const struct jobdir *d)
{
    char path[PATH_MAX];

    jobdir_path(d, "shards/tmp", path);
    jobdir_remove(path);
}

int
placer_start(struct placer *p, const struct jobdir *d, const struct placer_opt *opt,
             struct err *e)
{
    struct buf line = { 0 }, slots = { 0 };
    char jobs[16], tmp[PATH_MAX];
    struct spawn s = { .fd = { -1, -1, -1, -1 }, .session = 1 };
    int pipe[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    *p = (struct placer){ .pid = -1, .said = -1 };
    p->ticks = opt->hosts ? 0 : STOP_TICKS + 10 * WORKER_PATIENCE;
    worker_line(&line, d, opt);
    snprintf(jobs, sizeof jobs, "%d", opt->workers);
    s.argv = make_argv(opt, line.p, jobs, &slots);
    /* Its own files go beside ours: another disk may be full. */
    jobdir_path(d, "shards", tmp);
    forget(d);
    s.env[0][0] = "TMPDIR", s.env[0][1] = tmp;
    s.env[1][0] = "PARALLEL_HOME", s.env[1][1] = tmp;
    s.env[2][0] = "PARALLEL_SHELL", s.env[2][1] = "/bin/sh";
    s.env[3][0] = "PARALLEL";
    if (spawn_pipe(pipe, e) == 0) {
        s.fd[0] = null;
        s.fd[1] = pipe[1];
        p->pid = spawn_start(&s, e);
        p->said = pipe[0];
        close(pipe[1]);
    }
    if (null >= 0)
        close(null);
    mem_free((void *)s.argv);
    buf_free(&line);
    buf_free(&slots);
    return p->pid < 0 ? -1 : 0;
}

static int
wait_for(pid_t pid, int ticks)
{
    for (; ticks > 0; ticks--) {
        if (spawn_ended(pid))
            return 1;
        poll(NULL, 0, 100);
    }
    return 0;
}

void
placer_finish(struct placer *p)
{
    if (p->said >= 0)
        close(p->said);
    p->said = -1;
    if (p->pid < 0)
        return;
    /* The workers see that nobody listens, and end; then parallel does. A SIGTERM to it
     * is two to each worker, 0.2 seconds apart: that is for those that do not end, and
     * for other machines, where parallel may be waiting for an ssh. */
    if (!wait_for(p->pid, p->ticks)) {
        kill(p->pid, SIGTERM);
        if (!wait_for(p->pid, STOP_TICKS))
            kill(-p->pid, SIGKILL);
    }
    spawn_finish(p->pid);
    p->pid = -1;
}
