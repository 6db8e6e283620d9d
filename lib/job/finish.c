/* finish.c - all shards are done: check, join, say so */
#define _GNU_SOURCE
#include "job/finish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "job/jobreport.h"
#include "json/jout.h"
#include "json/json.h"

#define CHUNK ((size_t)1 << 20)

/* A file of the job that is being joined. */
struct joined {
    const char *name, *suffix; /* of the whole, of the shards' parts */
    char temp[PATH_MAX];
    int fd;
    uint64_t bytes;
    struct sha *sha;
    char hex[SHA_HEX];
};

static int
begin(struct joined *j, const struct jobdir *d, struct err *e)
{
    char path[PATH_MAX];

    jobdir_path(d, j->name, path);
    j->sha = sha_new();
    j->fd = jobdir_beside(path, j->temp, e);
    return j->fd < 0 ? -1 : 0;
}

static void
drop(struct joined *j)
{
    char hex[SHA_HEX];

    if (j->fd >= 0) {
        close(j->fd);
        unlink(j->temp);
    }
    if (j->sha)
        sha_end(j->sha, hex);
    j->fd = -1;
    j->sha = NULL;
}

/* Append a shard's file. hex: the hash that it must have, or NULL. 1: it is damaged. */
static int
append(struct joined *j, const char *path, uint64_t size, const char *hex,
       struct buf *chunk, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
    struct sha *sha = sha_new();
    char now[SHA_HEX];
    uint64_t got = 0;
    ssize_t n = 0;

    while (fd >= 0 && rc == 0 && (n = read(fd, buf_room(chunk, CHUNK), CHUNK)) > 0) {
        sha_add(sha, chunk->p, (size_t)n);
        sha_add(j->sha, chunk->p, (size_t)n);
        got += (uint64_t)n;
        if (file_write_all(j->fd, chunk->p, (size_t)n))
            rc = err_set(e, ERR_OUTPUT, "cannot write '%s': %s", j->temp,
                         strerror(errno));
    }
    sha_end(sha, now);
    if (fd >= 0)
        close(fd);
    if (rc == 0 && (fd < 0 || n < 0 || got != size || (hex && strcmp(hex, now) != 0)))
        rc = 1;
    j->bytes += got;
    return rc;
}

static int
join_shard(const struct jobdir *d, size_t shard, const struct shardmark *mark,
           struct joined j[3], struct buf *chunk, struct err *e)
{
    const uint64_t size[] = { mark->out_bytes, mark->errors_bytes, mark->poison_bytes };
    char path[PATH_MAX];
    int rc = 0;

    for (int k = 0; k < 3 && rc == 0; k++) {
        jobdir_shard(d, shard, j[k].suffix, path);
        if (size[k] > 0)
            rc = append(&j[k], path, size[k], k ? NULL : mark->out_sha, chunk, e);
    }
    return rc;
}

/* All shards in order. 1: some were damaged, and are undone now. */
static int
join(const struct jobdir *d, const struct manifest *m, struct joined j[3],
     struct jobreport *report, struct err *e)
{
    struct buf chunk = { 0 };
    int damaged = 0, rc = 0;

    for (size_t i = 0; i < m->n_shard && rc == 0; i++) {
        struct shardmark mark;
        int good = shardmark_read(d, m, i, &mark);
        rc = good ? join_shard(d, i, &mark, j, &chunk, e) : 1;
        if (rc == 0)
            jobreport_add(report, i, &mark);
        if (rc == 1) {
            shardmark_remove(d, i);
            damaged = 1;
            rc = 0;
        }
        tally_release(&mark.tally);
    }
    buf_free(&chunk);
    return rc ? rc : damaged;
}

/* Give the joined files their places; errors and quarantine only if there is any. */
static int
place(const struct jobdir *d, struct joined *j, struct err *e)
{
    char path[PATH_MAX];
    int fd = j->fd;

    jobdir_path(d, j->name, path);
    sha_end(j->sha, j->hex);
    j->sha = NULL;
    if (j->bytes == 0 && strcmp(j->suffix, ".out") != 0) {
        unlink(path);
        drop(j);
        return 0;
    }
    j->fd = -1;
    return jobdir_commit(fd, j->temp, path, e);
}

static int
write_success(const struct jobdir *d, const struct manifest *m,
              const struct jobreport *r, const struct joined *out, struct err *e)
{
    struct buf b = { 0 };
    char path[PATH_MAX];
    int rc;

    buf_printf(&b, "{\"job\":\"%s\",\"exit\":%d,\"version\":", m->id,
               jobreport_status(r));
    jout_str(&b, str_of(m->version));
    buf_puts(&b, ",\"command\":");
    jout_str(&b, str_of(m->command));
    buf_puts(&b, ",\"made_by\":");
    buf_str(&b, m->tools);
    buf_printf(&b, ",\"inputs\":%zu,\"shards\":%zu,\"result_bytes\":%llu", m->n_input,
               m->n_shard, (unsigned long long)out->bytes);
    buf_printf(&b, ",\"result_sha256\":\"%s\",", out->hex);
    tally_write(&r->sum, &b);
    buf_puts(&b, "}\n");
    jobdir_path(d, "_SUCCESS", path);
    rc = jobdir_replace(path, b.p, b.n, e);
    buf_free(&b);
    return rc;
}

int
finish_job(const struct jobdir *d, const struct manifest *m,
           const struct finish_opt *opt, int *status, struct err *e)
{
    struct joined j[3] = {
        { .name = "result.jsonl", .suffix = ".out", .fd = -1 },
        { .name = "errors.jsonl", .suffix = ".errors", .fd = -1 },
        { .name = "quarantine.jsonl", .suffix = ".poison", .fd = -1 }
    };
    struct jobreport report;
    int rc = 0;

    jobreport_init(&report, m, opt->seconds);
    for (int k = 0; k < 3 && rc == 0; k++)
        rc = begin(&j[k], d, e);
    if (rc == 0)
        rc = join(d, m, j, &report, e);
    for (int k = 0; k < 3 && rc == 0; k++)
        rc = place(d, &j[k], e);
    if (rc == 0)
        rc = jobreport_write(&report, d, e) || jobdir_sync(d->path, e) ||
                     write_success(d, m, &report, &j[0], e)
                 ? -1
                 : 0;
    for (int k = 0; k < 3; k++)
        drop(&j[k]);
    *status = jobreport_status(&report);
    jobreport_release(&report);
    if (rc == 0 && !opt->keep)
        finish_clear(d);
    return rc;
}

int
finish_done(const struct jobdir *d, const struct manifest *m, int *status,
            struct err *e)
{
    char path[PATH_MAX];
    struct buf b = { 0 };
    struct err why;
    struct json v;
    int64_t n = 0;
    int rc;

    jobdir_path(d, "_SUCCESS", path);
    if (!file_exists(path))
        return 0;
    rc = file_read(path, (size_t)16 << 20, &b, e);
    if (rc == 0 && (json_scan(b.p, b.n, NULL, 0, &v, &why) ||
                    !json_is(json_get(v, "job"), str_of(m->id)) ||
                    !json_int(json_get(v, "exit"), 0, 1, &n)))
        rc = err_set(e, ERR_INPUT, "'%s' is that of another job", path);
    *status = (int)n;
    buf_free(&b);
    return rc ? -1 : 1;
}

void
finish_clear(const struct jobdir *d)
{
    char path[PATH_MAX];

    jobdir_path(d, "shards", path);
    jobdir_remove(path);
}
