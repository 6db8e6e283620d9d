/* shardwork.c - a shard from its first try to its place */
#include "job/shardwork.h"

#include <unistd.h>

#include "base/pool.h"
#include "job/badlines.h"
#include "job/shardpart.h"

#define TRIES 2

/* Put a record aside. */
static enum attempt_result
put_aside(struct attempt *a, uint64_t line, struct err *e)
{
    struct tally t = { 0 };
    struct buf raw = { 0 };
    enum attempt_result rc;

    if (++a->n_poison > a->env->max_poison) {
        err_set(e, ERR_INPUT,
                "shard %zu: more than %llu records bring the command down; the last "
                "time it ended with %s",
                a->shard, (unsigned long long)a->env->max_poison, a->how);
        return ATTEMPT_FATAL;
    }
    rc = attempt_look(a, (struct intake_lines){ line, line + 1 }, &raw, &t, e);
    if (rc == ATTEMPT_DONE) {
        if (raw.n > 0 && raw.p[raw.n - 1] != '\n')
            buf_char(&raw, '\n');
        badlines_poison(&a->errors, a->env->manifest, a->shard, line, a->how,
                        (struct str){ raw.p, raw.n ? raw.n - 1 : 0 });
        buf_str(&a->poison, buf_span(&raw));
        a->mark.tally.poison++;
        a->mark.tally.lines_in++;
        a->mark.tally.bytes_in += raw.n;
    }
    buf_free(&raw);
    return rc;
}

/* Halve what fails, from the left to the right, until a record is alone. */
static enum attempt_result
bisect(struct attempt *a, struct err *e)
{
    struct intake_lines stack[66]; /* one for each time that 2^64 can be halved */
    enum attempt_result rc = ATTEMPT_DONE;
    size_t n = 0;
    int first = 1;

    stack[n++] = (struct intake_lines){ a->n_before, a->n_lines };
    while (n > 0 && rc == ATTEMPT_DONE) {
        struct intake_lines l = stack[--n];
        int alone = l.to - l.from == 1;
        /* All of it has failed already. */
        rc = first && !alone ? ATTEMPT_FAILED : attempt_try(a, l, e);
        first = 0;
        if (rc == ATTEMPT_FAILED && alone &&
            (rc = attempt_try(a, l, e)) == ATTEMPT_FAILED)
            rc = put_aside(a, l.from, e);
        if (rc == ATTEMPT_FAILED) {
            uint64_t middle = l.from + (l.to - l.from) / 2;
            stack[n++] = (struct intake_lines){ middle, l.to };
            stack[n++] = (struct intake_lines){ l.from, middle };
            rc = ATTEMPT_DONE;
        }
    }
    return rc;
}

/* Count the lines, with what arcat has to say of them; then look for the bad ones. */
static enum attempt_result
by_halves(struct attempt *a, struct err *e)
{
    const struct manifest *m = a->env->manifest;
    struct tally t = { 0 };
    enum attempt_result rc = attempt_look(a, INTAKE_ALL, NULL, &t, e);

    if (rc == ATTEMPT_DONE && a->n_lines == a->n_before) {
        err_set(e, ERR_INPUT, "shard %zu: on no input the command ends with %s",
                a->shard, a->how);
        rc = ATTEMPT_FATAL;
    }
    if (rc == ATTEMPT_DONE && manifest_by_arcat(m, a->shard) &&
        attempt_add_arcat(a, &t, e))
        rc = ATTEMPT_FATAL;
    if (rc == ATTEMPT_DONE)
        rc = bisect(a, e);
    tally_add(&a->mark.tally, &t);
    tally_release(&t);
    return rc;
}

/* The lines of b as the shard's file of that suffix; none when there are none. */
static int
commit_lines(struct attempt *a, const struct buf *b, const char *suffix, struct err *e)
{
    char path[PATH_MAX];

    jobdir_shard(a->env->dir, a->shard, suffix, path);
    if (b->n > 0)
        return jobdir_replace(path, b->p, b->n, e);
    unlink(path);
    return 0;
}

static enum attempt_result
commit(struct attempt *a, struct err *e)
{
    char path[PATH_MAX];
    int fd = a->fd[ATTEMPT_OUT];

    jobdir_shard(a->env->dir, a->shard, ".out", path);
    a->fd[ATTEMPT_OUT] = -1;
    a->mark.out_bytes = a->out_bytes;
    a->mark.errors_bytes = a->errors.n;
    a->mark.poison_bytes = a->poison.n;
    sha_end(a->sha, a->mark.out_sha);
    a->sha = NULL;
    if (jobdir_commit(fd, a->path[ATTEMPT_OUT], path, e) ||
        commit_lines(a, &a->errors, ".errors", e) ||
        commit_lines(a, &a->poison, ".poison", e) ||
        shardmark_write(a->env->dir, a->env->manifest, a->shard, &a->mark, e))
        return ATTEMPT_FATAL;
    shardpart_remove(a);
    return ATTEMPT_DONE;
}

enum attempt_result
shardwork_run(struct attempt *a, struct err *e)
{
    double start = pool_clock();
    enum attempt_result rc = ATTEMPT_FAILED;
    uint64_t before;

    if (shardpart_read(a, e))
        return ATTEMPT_FATAL;
    before = a->n_before;
    for (int i = 0; i < TRIES && (rc == ATTEMPT_FAILED || rc == ATTEMPT_WRONG); i++)
        rc = attempt_try(a, (struct intake_lines){ before, UINT64_MAX }, e);
    if (rc == ATTEMPT_FAILED)
        rc = by_halves(a, e);
    a->mark.tally.seconds += pool_clock() - start;
    if (rc == ATTEMPT_STOPPED && a->n_before > before && shardpart_write(a, e))
        return ATTEMPT_FATAL;
    return rc == ATTEMPT_DONE ? commit(a, e) : rc;
}
