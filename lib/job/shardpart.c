/* shardpart.c - the first part of a shard */
#include "job/shardpart.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sha.h"
#include "json/json.h"

#define MAX_PART ((size_t)512 << 20) /* more is done again */

/* Behind the line with the hash */
static int
make_body(const struct attempt *a, struct buf *b, struct err *e)
{
    size_t head;

    buf_printf(b, "{\"job\":\"%s\",\"shard\":%zu,\"lines\":%llu,\"out_bytes\":%llu,",
               a->env->manifest->id, a->shard, (unsigned long long)a->n_before,
               (unsigned long long)a->out_bytes);
    tally_write(&a->mark.tally, b);
    buf_puts(b, "}\n");
    head = b->n;
    if (file_read(a->path[ATTEMPT_OUT], MAX_PART, b, e))
        return -1;
    if (b->n - head != a->out_bytes)
        return err_set(e, ERR_OUTPUT, "'%s' is not as it was written",
                       a->path[ATTEMPT_OUT]);
    buf_str(b, (struct str){ a->errors.p, a->errors.n });
    return 0;
}

int
shardpart_write(const struct attempt *a, struct err *e)
{
    char path[PATH_MAX], sha[SHA_HEX];
    struct buf body = { 0 }, b = { 0 };
    int rc;

    if (a->out_bytes + a->errors.n > MAX_PART)
        return 0;
    rc = make_body(a, &body, e);
    if (rc == 0) {
        sha_hex(body.p, body.n, sha);
        buf_printf(&b, "%s\n", sha);
        buf_str(&b, buf_span(&body));
        jobdir_shard(a->env->dir, a->shard, ".part", path);
        rc = jobdir_replace(path, b.p, b.n, e);
    }
    buf_free(&body);
    buf_free(&b);
    return rc;
}

struct part {
    struct str out, errors;
    int64_t lines;
    struct tally tally;
};

/* 1: text is a part of this shard. */
static int
parse(const struct attempt *a, struct str text, struct part *part)
{
    const char *body = text.p + SHA_HEX, *end;
    char sha[SHA_HEX];
    struct err ignored;
    struct json v;
    int64_t shard, n;

    if (text.n < SHA_HEX)
        return 0;
    text.n -= SHA_HEX;
    sha_hex(body, text.n, sha);
    end = text.n ? memchr(body, '\n', text.n) : NULL;
    if (memcmp(text.p, sha, SHA_HEX - 1) != 0 || end == NULL ||
        json_scan(body, (size_t)(end - body), NULL, 0, &v, &ignored))
        return 0;
    part->out = (struct str){ end + 1, text.n - (size_t)(end + 1 - body) };
    if (!json_is(json_get(v, "job"), str_of(a->env->manifest->id)) ||
        !json_int(json_get(v, "shard"), 0, INT64_MAX, &shard) ||
        (size_t)shard != a->shard ||
        !json_int(json_get(v, "lines"), 0, INT64_MAX, &part->lines) ||
        !json_int(json_get(v, "out_bytes"), 0, (int64_t)part->out.n, &n) ||
        tally_parse(&part->tally, v, &ignored))
        return 0;
    part->errors = (struct str){ part->out.p + n, part->out.n - (size_t)n };
    part->out.n = (size_t)n;
    return 1;
}

int
shardpart_read(struct attempt *a, struct err *e)
{
    char path[PATH_MAX];
    struct buf b = { 0 };
    struct err ignored;
    struct part part;
    int rc = 0;

    jobdir_shard(a->env->dir, a->shard, ".part", path);
    if (file_read(path, 2 * MAX_PART, &b, &ignored) == 0 &&
        parse(a, buf_span(&b), &part)) {
        if (file_write_all(a->fd[ATTEMPT_OUT], part.out.p, part.out.n))
            rc = err_set(e, ERR_OUTPUT, "cannot write '%s': %s", a->path[ATTEMPT_OUT],
                         strerror(errno));
        sha_add(a->sha, part.out.p, part.out.n);
        buf_str(&a->errors, part.errors);
        a->out_bytes = part.out.n;
        a->n_before = (uint64_t)part.lines;
        a->mark.tally = part.tally;
    }
    buf_free(&b);
    return rc;
}

void
shardpart_remove(const struct attempt *a)
{
    char path[PATH_MAX];

    jobdir_shard(a->env->dir, a->shard, ".part", path);
    unlink(path);
}
