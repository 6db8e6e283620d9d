/* shardmark.c - what says that a shard is done */
#include "job/shardmark.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "json/jout.h"

#define MAX_MARK ((size_t)1 << 20)

static void
set_host(char host[64])
{
    if (gethostname(host, 64))
        strcpy(host, "?");
    host[63] = '\0';
    for (char *p = host; *p; p++)
        if (*p < ' ' || *p == '"' || *p == '\\' || *p > '~')
            *p = '?';
}

int
shardmark_write(const struct jobdir *d, const struct manifest *m, size_t shard,
                struct shardmark *mark, struct err *e)
{
    char path[PATH_MAX];
    struct buf b = { 0 };
    int rc;

    set_host(mark->host);
    buf_printf(&b, "{\"job\":\"%s\",\"shard\":%zu,\"host\":\"%s\"", m->id, shard,
               mark->host);
    buf_printf(&b, ",\"out_bytes\":%llu,\"out_sha256\":\"%s\"",
               (unsigned long long)mark->out_bytes, mark->out_sha);
    buf_printf(&b, ",\"errors_bytes\":%llu,\"poison_bytes\":%llu,",
               (unsigned long long)mark->errors_bytes,
               (unsigned long long)mark->poison_bytes);
    tally_write(&mark->tally, &b);
    buf_puts(&b, "}\n");
    jobdir_shard(d, shard, ".json", path);
    rc = jobdir_replace(path, b.p, b.n, e);
    buf_free(&b);
    return rc;
}

static int
get_text(struct json v, const char *name, char *text, size_t cap)
{
    struct json s = json_get(v, name);

    if (s.type != JSON_STRING || s.n - 2 >= cap)
        return 0;
    memcpy(text, s.p + 1, s.n - 2);
    text[s.n - 2] = '\0';
    return 1;
}

/* A size that the mark tells, and the file of that suffix has; no file has size 0. */
static int
get_size(const struct jobdir *d, size_t shard, const char *suffix, struct json v,
         const char *name, uint64_t *n)
{
    char path[PATH_MAX];
    struct stat st;
    int64_t size;

    if (!json_int(json_get(v, name), 0, INT64_MAX, &size))
        return 0;
    *n = (uint64_t)size;
    jobdir_shard(d, shard, suffix, path);
    if (stat(path, &st))
        return size == 0 && strcmp(suffix, ".out") != 0;
    return (uint64_t)st.st_size == *n;
}

static int
parse(const struct jobdir *d, const struct manifest *m, size_t shard, struct str text,
      struct shardmark *mark)
{
    struct err ignored;
    struct json v;

    return json_scan(text.p, text.n, NULL, 0, &v, &ignored) == 0 &&
           json_is(json_get(v, "job"), str_of(m->id)) &&
           get_text(v, "host", mark->host, sizeof mark->host) &&
           get_text(v, "out_sha256", mark->out_sha, sizeof mark->out_sha) &&
           get_size(d, shard, ".out", v, "out_bytes", &mark->out_bytes) &&
           get_size(d, shard, ".errors", v, "errors_bytes", &mark->errors_bytes) &&
           get_size(d, shard, ".poison", v, "poison_bytes", &mark->poison_bytes) &&
           tally_parse(&mark->tally, v, &ignored) == 0;
}

int
shardmark_read(const struct jobdir *d, const struct manifest *m, size_t shard,
               struct shardmark *mark)
{
    char path[PATH_MAX];
    struct buf b = { 0 };
    struct err ignored;
    int done;

    *mark = (struct shardmark){ 0 };
    jobdir_shard(d, shard, ".json", path);
    done = file_read(path, MAX_MARK, &b, &ignored) == 0 &&
           parse(d, m, shard, buf_span(&b), mark);
    buf_free(&b);
    return done;
}

int
shardmark_there(const struct jobdir *d, size_t shard)
{
    char path[PATH_MAX];

    jobdir_shard(d, shard, ".json", path);
    return file_exists(path);
}

void
shardmark_remove(const struct jobdir *d, size_t shard)
{
    char path[PATH_MAX];

    jobdir_shard(d, shard, ".json", path);
    unlink(path);
}
