/* driver.c - a job from its plan to _SUCCESS */
#define _GNU_SOURCE
#include "job/driver.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/file.h"
#include "base/pool.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "job/cut.h"
#include "job/finish.h"
#include "job/placer.h"
#include "job/probe.h"
#include "job/progress.h"
#include "job/shardmark.h"
#include "job/spawn.h"
#include "job/until.h"

#define STOPPED    75  /* exit status: run it again */
#define TICK       200 /* milliseconds */
#define MAX_ROUNDS 3   /* of workers, without a shard being done */

struct driver {
    const struct driver_opt *opt;
    struct jobdir dir;
    struct manifest m;
    struct placer_opt place;
    struct probe probe;
    struct signals *signals;
    struct progress *progress;
    int hold, locks;
    time_t until; /* 0: no end */
    char threads[16];
    double start;
    int fatal; /* status that a worker told, with */
    char why[400];
    struct buf said; /* the beginning of a line that a worker says */
};

/* ---- before the work ---- */

static int
should_stop(const struct driver *d)
{
    return signals_stopped(d->signals) || (d->until && time(NULL) >= d->until);
}

/* Workers x tools x threads that fit the processors: a thread each, and a processor for
 * each tool of a pipe. What the user says comes first. */
static void
set_places(struct driver *d)
{
    unsigned tools = d->probe.n_tool ? d->probe.n_tool : 1;
    int cpus = cpu_count(), n = d->opt->workers, threads;
    const char *set = getenv("TEXTMILL_THREADS");

    if (n == 0)
        n = (unsigned)cpus > tools ? cpus / (int)tools : 1;
    threads = cpus / (n * (int)tools);
    snprintf(d->threads, sizeof d->threads, "%d", threads > 1 ? threads : 1);
    d->place.threads = set && *set ? set : d->threads;
    d->place.workers = n;
    d->place.hosts = d->opt->hosts;
    d->place.job = d->m.id;
    d->place.max_poison = d->opt->max_poison;
}

static int
plan(struct driver *d, const char *path, struct err *e)
{
    struct buf b = { 0 };
    int rc;

    d->m = (struct manifest){ .version = cli_version(),
                              .command = d->opt->command,
                              .arcat = d->opt->arcat,
                              .block = d->opt->block ? d->opt->block : DRIVER_BLOCK,
                              .stages = d->probe.stages,
                              .tools = buf_span(&d->probe.tools) };
    rc = cut_inputs(&d->m, d->opt->inputs, d->opt->n_input, e);
    if (rc == 0) {
        struct manifest back;
        manifest_write(&d->m, &b);
        if (manifest_parse(&back, buf_span(&b)))
            rc = jobdir_replace(path, b.p, b.n, e);
        else
            rc = err_set(e, ERR_USAGE, "the command or a file's name is not UTF-8");
        manifest_release(&back);
    }
    buf_free(&b);
    manifest_release(&d->m);
    return rc ? rc : manifest_load(&d->m, path, e);
}

/* Is this the job that the folder is about? */
static int
same_job(const struct driver *d, struct err *e)
{
    const struct driver_opt *opt = d->opt;
    const struct manifest *m = &d->m;

    if (strcmp(m->command, opt->command) != 0)
        return err_set(e, ERR_USAGE, "'%s' is a job of another command: %.200s",
                       opt->dir, m->command);
    if ((m->arcat == NULL) != (opt->arcat == NULL) ||
        (m->arcat && strcmp(m->arcat, opt->arcat) != 0))
        return err_set(e, ERR_USAGE, "'%s' is a job with another --arcat", opt->dir);
    if (opt->block && opt->block != m->block)
        return err_set(e, ERR_USAGE, "'%s' is a job with --block=%llu", opt->dir,
                       (unsigned long long)m->block);
    if (strcmp(m->version, cli_version()) != 0)
        return err_set(e, ERR_MODEL, "'%s' was begun by version %s, this is %s",
                       opt->dir, m->version, cli_version());
    if (!str_eq(m->tools, buf_span(&d->probe.tools)) || m->stages != d->probe.stages)
        return err_set(e, ERR_MODEL,
                       "'%s' was begun with other tools or models: %.*s; use another "
                       "--dir",
                       opt->dir, (int)(m->tools.n < 200 ? m->tools.n : 200),
                       m->tools.p);
    return cut_check(m, opt->inputs, opt->n_input, e);
}

static int
find_plan(struct driver *d, struct err *e)
{
    char path[PATH_MAX];
    int fd = signals_fd(d->signals), rc;

    if (probe_run(&d->probe, &d->dir, d->opt->command, NULL, fd, e))
        return -1;
    jobdir_path(&d->dir, "manifest.jsonl", path);
    if (!file_exists(path))
        return plan(d, path, e);
    rc = manifest_load(&d->m, path, e);
    return rc ? rc : same_job(d, e);
}

/* ---- the work ---- */

static void
take_line(struct driver *d, char *line)
{
    unsigned long long shard, lines, bad, bytes;
    int status, n = 0;

    if (sscanf(line, "done %llu %llu %llu %llu", &shard, &lines, &bad, &bytes) == 4)
        progress_add(d->progress, lines, bad, bytes);
    else if (sscanf(line, "fatal %d %n", &status, &n) == 1 && n > 0 && status > 0 &&
             d->fatal == 0) {
        d->fatal = status;
        snprintf(d->why, sizeof d->why, "%s", line + n);
    }
}

/* What the workers say; 0: they are gone. */
static int
hear(struct driver *d, int fd)
{
    char chunk[4096], *end;
    ssize_t n = read(fd, chunk, sizeof chunk);

    if (n <= 0)
        return n < 0 && errno == EINTR;
    buf_add(&d->said, chunk, (size_t)n);
    while ((end = memchr(d->said.p, '\n', d->said.n)) != NULL) {
        size_t k = (size_t)(end - d->said.p) + 1;
        *end = '\0';
        take_line(d, d->said.p);
        memmove(d->said.p, d->said.p + k, d->said.n - k);
        d->said.n -= k;
    }
    if (d->said.n > 65536) /* some other program speaks there */
        d->said.n = 0;
    return 1;
}

/* One round of workers: until they have ended, or somebody has had enough. */
static int
round_of_workers(struct driver *d, struct err *e)
{
    struct placer p;
    int open = 1;

    if (placer_start(&p, &d->dir, &d->place, e))
        return -1;
    while (open && !d->fatal && !should_stop(d)) {
        struct pollfd fd[] = { { p.said, POLLIN, 0 },
                               { signals_fd(d->signals), POLLIN, 0 } };
        int n = poll(fd, 2, TICK);
        if (n > 0 && fd[0].revents)
            open = hear(d, p.said);
        progress_show(d->progress);
    }
    if (open && should_stop(d))
        progress_say(d->progress, "finishing what is in flight, a minute at most; "
                                  "asked again it ends at once");
    placer_finish(&p);
    return 0;
}

/* How many shards are not done. begin: tell the progress where it begins. */
static size_t
missing(struct driver *d, int begin, int *busy)
{
    uint64_t bytes = 0, before = 0;
    size_t n = 0;

    *busy = 0;
    for (size_t i = 0; i < d->m.n_shard; i++) {
        const struct manifest_shard *s = &d->m.shard[i];
        uint64_t size = manifest_by_arcat(&d->m, i) ? 0 : s->to - s->from;
        int done = shardmark_there(&d->dir, i);
        n += !done;
        bytes += size;
        before += done ? size : 0;
        *busy |= !done && jobdir_busy(d->locks, i);
    }
    if (begin)
        progress_begin(d->progress, d->m.n_shard, bytes, d->m.n_shard - n, before);
    return n;
}

/* All shards. 0: done; else the exit status. */
static int
work(struct driver *d, struct err *e)
{
    int busy, idle = 0;
    size_t n = missing(d, 1, &busy), before;

    while (n > 0) {
        before = n;
        if (should_stop(d))
            return STOPPED;
        if (round_of_workers(d, e))
            return err_exit(e->code);
        n = missing(d, 0, &busy);
        if (d->fatal) {
            err_set(e, ERR_INPUT, "%s", d->why);
            return d->fatal;
        }
        if (should_stop(d))
            return n > 0 ? STOPPED : 0;
        idle = n < before ? 0 : idle + 1;
        /* Workers of a driver that was killed may be at work still: they stop soon. */
        if (n > 0 && busy) {
            poll(NULL, 0, TICK);
            idle = 0;
        } else if (idle >= MAX_ROUNDS) {
            err_set(e, ERR_OUTPUT, "%zu shards cannot be done: no worker gets through",
                    n);
            return 5;
        }
    }
    return 0;
}

/* Join what is done; a shard that is damaged is done anew, a few times. */
static int
work_and_finish(struct driver *d, struct err *e)
{
    int status, job = 0, rc = 1;

    for (int i = 0; i < MAX_ROUNDS && rc == 1; i++) {
        struct finish_opt f = { .keep = d->opt->keep };
        if ((status = work(d, e)) != 0)
            return status;
        f.seconds = pool_clock() - d->start;
        rc = finish_job(&d->dir, &d->m, &f, &job, e);
    }
    if (rc == 1)
        err_set(e, ERR_OUTPUT, "shards do not stay as they are written");
    return rc ? err_exit(e->code) : job;
}

static int
run(struct driver *d, struct err *e)
{
    int status, done;

    if (find_plan(d, e))
        return should_stop(d) ? STOPPED : err_exit(e->code);
    if ((done = finish_done(&d->dir, &d->m, &status, e)) != 0) {
        if (done > 0 && !d->opt->keep)
            finish_clear(&d->dir);
        return done > 0 ? status : err_exit(e->code);
    }
    set_places(d);
    if ((d->locks = jobdir_locks(&d->dir, e)) < 0)
        return err_exit(e->code);
    return work_and_finish(d, e);
}

int
driver_run(const struct driver_opt *opt, struct err *e)
{
    struct driver d = { .opt = opt, .hold = -1, .locks = -1, .start = pool_clock() };
    int status;

    d.place.n_host = opt->hosts ? placer_hosts(opt->hosts, e) : 1;
    if (d.place.n_host < 0 ||
        (opt->until && (d.until = until_next(opt->until, time(NULL), e)) < 0) ||
        jobdir_open(&d.dir, opt->dir, 1, e))
        return err_exit(e->code);
    if ((d.hold = jobdir_hold(&d.dir, e)) < 0)
        return e->code == ERR_LIMIT ? STOPPED : err_exit(e->code);
    signal(SIGPIPE, SIG_IGN);
    spawn_own_path();
    d.progress = progress_new(opt->quiet);
    d.signals = signals_open(progress_tell, d.progress);
    jobdir_sweep(&d.dir);
    status = run(&d, e);
    progress_end(d.progress);
    signals_close(d.signals);
    progress_free(d.progress);
    manifest_release(&d.m);
    probe_release(&d.probe);
    buf_free(&d.said);
    if (d.locks >= 0)
        close(d.locks);
    close(d.hold);
    return status;
}
