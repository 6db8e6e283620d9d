/* worker.c - take shards that are not done, until there is none */
#define _GNU_SOURCE
#include "job/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/signals.h"
#include "job/attempt.h"
#include "job/probe.h"
#include "job/shardwork.h"
#include "job/spawn.h"

struct worker {
    struct attempt_env env;
    int locks;
};

static int
should_stop(const struct worker *w)
{
    struct pollfd p[] = { { w->env.stop, POLLIN, 0 }, { STDOUT_FILENO, 0, 0 } };

    return poll(p, 2, 0) > 0;
}

/* What cannot be said is told by the marks. */
static void
say(const char *line)
{
    (void)file_write_all(STDOUT_FILENO, line, strlen(line));
}

static void
say_done(size_t shard, const struct tally *t)
{
    char line[200];

    snprintf(line, sizeof line, "done %zu %llu %llu %llu %.0f\n", shard,
             (unsigned long long)t->lines_in, (unsigned long long)tally_bad(t),
             (unsigned long long)t->bytes_in, t->seconds * 1000);
    say(line);
}

static void
say_fatal(const struct attempt *a, const struct err *e)
{
    struct buf b = { 0 };
    char line[400];

    attempt_say(a, &b);
    (void)file_write_all(STDERR_FILENO, b.p, b.n);
    buf_free(&b);
    snprintf(line, sizeof line, "fatal %d %s\n", err_exit(e->code), e->msg);
    say(line);
}

/* 1: the worker must end. */
static int
do_shard(struct worker *w, size_t shard)
{
    enum attempt_result rc = ATTEMPT_FATAL;
    struct err e = { 0 };
    struct attempt a;

    if (attempt_open(&a, &w->env, shard, &e) == 0)
        rc = shardwork_run(&a, &e);
    if (rc == ATTEMPT_DONE)
        say_done(shard, &a.mark.tally);
    else if (rc != ATTEMPT_STOPPED)
        say_fatal(&a, &e);
    attempt_close(&a);
    return rc != ATTEMPT_DONE;
}

/* Go through the shards once; others may be at work on some. */
static int
take_all(struct worker *w, struct err *e)
{
    const struct manifest *m = w->env.manifest;

    for (size_t i = 0; i < m->n_shard; i++) {
        int got, end = 0;
        if (shardmark_there(w->env.dir, i))
            continue;
        if (should_stop(w))
            return 0;
        if ((got = jobdir_take(w->locks, i, e)) < 0)
            return -1;
        /* Somebody may have finished it just before we had the lock. */
        if (got && !shardmark_there(w->env.dir, i))
            end = do_shard(w, i);
        if (got)
            jobdir_leave(w->locks, i);
        if (end)
            return 0;
    }
    return 0;
}

static void
tell_nothing(void *arg)
{
    (void)arg;
}

/* 0: the tools and models of this machine are those that the job began with. */
static int
check_machine(const struct worker *w, struct err *e)
{
    const struct manifest *m = w->env.manifest;
    struct probe p;
    int rc = probe_run(&p, w->env.dir, m->command, w->env.threads, w->env.stop, e);

    if (rc == 0 && !str_eq(buf_span(&p.tools), m->tools))
        rc =
            err_set(e, ERR_MODEL, "other tools or models than the job began with: %.*s",
                    (int)(p.tools.n < 150 ? p.tools.n : 150), p.tools.p);
    probe_release(&p);
    return rc;
}

int
worker_run(const struct jobdir *d, const struct worker_opt *opt, struct err *e)
{
    struct manifest m = { 0 };
    struct worker w = { .env = { d, &m, opt->threads, -1, STDOUT_FILENO,
                                 (uint64_t)opt->max_poison, WORKER_PATIENCE } };
    struct signals *signals;
    char path[PATH_MAX];
    int rc;

    signal(SIGPIPE, SIG_IGN);
    spawn_own_path();
    jobdir_path(d, "manifest.jsonl", path);
    if (manifest_load(&m, path, e))
        return err_exit(e->code);
    rc = opt->job && strcmp(opt->job, m.id) != 0
             ? err_set(e, ERR_INPUT, "'%s' is the manifest of another job", path)
             : 0;
    if (rc == 0)
        rc = w.locks = jobdir_locks(d, e);
    if (rc >= 0) {
        signals = signals_open(tell_nothing, NULL);
        w.env.stop = signals_fd(signals);
        /* One machine that is not as it must be is no reason for the others to stop. */
        if (!opt->probe || check_machine(&w, e) == 0)
            rc = take_all(&w, e);
        signals_close(signals);
        close(w.locks);
    }
    manifest_release(&m);
    return rc < 0 ? err_exit(e->code) : 0;
}
