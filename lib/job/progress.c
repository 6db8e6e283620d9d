/* progress.c - how far a job is */
#define _GNU_SOURCE
#include "job/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "json/jout.h"

struct progress {
    pthread_mutex_t lock;
    int quiet, terminal, shown;
    double start, last;
    size_t shards, done, before;
    uint64_t lines, bad, bytes, bytes_before, total;
};

struct progress *
progress_new(int quiet)
{
    struct progress *p = mem_zero(1, sizeof *p);

    pthread_mutex_init(&p->lock, NULL);
    p->quiet = quiet;
    p->terminal = isatty(STDERR_FILENO);
    p->start = p->last = pool_clock();
    return p;
}

void
progress_free(struct progress *p)
{
    if (p == NULL)
        return;
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

void
progress_begin(struct progress *p, size_t shards, uint64_t bytes, size_t shards_before,
               uint64_t bytes_before)
{
    pthread_mutex_lock(&p->lock);
    p->shards = shards;
    p->done = p->before = shards_before;
    p->total = bytes;
    p->bytes_before = bytes_before;
    p->start = pool_clock();
    pthread_mutex_unlock(&p->lock);
}

void
progress_add(struct progress *p, uint64_t lines, uint64_t bad, uint64_t bytes)
{
    pthread_mutex_lock(&p->lock);
    p->done++;
    p->lines += lines;
    p->bad += bad;
    p->bytes += bytes;
    pthread_mutex_unlock(&p->lock);
}

/* Seconds that are left, by bytes where shards are cut by them; below 0: unknown. */
static double
left(const struct progress *p, double passed)
{
    uint64_t todo = p->total - p->bytes_before;

    if (p->done == p->before || p->shards == 0)
        return -1;
    if (p->bytes > 0 && p->bytes <= todo)
        return passed * ((double)todo / (double)p->bytes - 1);
    return passed * (double)(p->shards - p->done) / (double)(p->done - p->before);
}

void
progress_show(struct progress *p)
{
    double now = pool_clock(), passed = now - p->start, eta;
    char line[200], more[40] = "";

    pthread_mutex_lock(&p->lock);
    if (!p->quiet && now - p->last >= (p->terminal ? 1 : 60)) {
        p->last = now;
        p->shown = 1;
        eta = left(p, passed);
        if (eta >= 0)
            snprintf(more, sizeof more, ", %ld:%02ld:%02ld left", (long)eta / 3600,
                     (long)eta / 60 % 60, (long)eta % 60);
        snprintf(line, sizeof line,
                 "millrun: %zu of %zu shards, %llu records, %.0f/s, %llu bad%s",
                 p->done, p->shards, (unsigned long long)p->lines,
                 passed > 0 ? (double)p->lines / passed : 0, (unsigned long long)p->bad,
                 more);
        fprintf(stderr, p->terminal ? "\r\033[K%s" : "%s\n", line);
    }
    pthread_mutex_unlock(&p->lock);
}

void
progress_end(struct progress *p)
{
    if (p->shown && p->terminal)
        fputs("\r\033[K", stderr);
}

void
progress_say(struct progress *p, const char *text)
{
    pthread_mutex_lock(&p->lock);
    if (!p->quiet)
        fprintf(stderr, "%smillrun: %s\n", p->shown && p->terminal ? "\r\033[K" : "",
                text);
    pthread_mutex_unlock(&p->lock);
}

void
progress_tell(void *arg)
{
    struct progress *p = arg;
    struct buf b = { 0 };
    double passed, eta;

    pthread_mutex_lock(&p->lock);
    passed = pool_clock() - p->start;
    eta = left(p, passed);
    buf_printf(&b, "{\"tool\":\"millrun\",\"shards\":%zu,\"done\":%zu", p->shards,
               p->done);
    buf_printf(&b, ",\"records\":%llu,\"bad\":%llu,\"bytes_in\":%llu,\"seconds\":",
               (unsigned long long)p->lines, (unsigned long long)p->bad,
               (unsigned long long)p->bytes);
    jout_double(&b, passed, 1);
    if (eta >= 0) {
        buf_puts(&b, ",\"left\":");
        jout_double(&b, eta, 1);
    }
    buf_puts(&b, "}\n");
    pthread_mutex_unlock(&p->lock);
    (void)file_write_all(STDERR_FILENO, b.p, b.n);
    buf_free(&b);
}
