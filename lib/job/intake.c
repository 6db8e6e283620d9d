/* intake.c - the bytes of a shard */
#define _GNU_SOURCE
#include "job/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "job/spawn.h"

struct intake {
    const struct manifest *m;
    const struct manifest_shard *shard;
    struct intake_lines lines;
    int fd;
    pid_t arcat;   /* 0: none */
    uint64_t left; /* bytes of the range that are not read */
    uint64_t line; /* of the shard: the one that is being read */
    uint64_t n_lines, n_bytes;
    char last;       /* byte handed out */
    int ended;       /* all of the shard was read */
    struct sha *sha; /* NULL: of an archive */
};

/* arcat [options] --shard=K/N -- FILE; its options are words for a shell. */
static int
start_arcat(struct intake *in, const char *report, const char *errors, struct err *e)
{
    const char *path = in->m->input[in->shard->input].path;
    char shard[64];
    struct buf script = { 0 };
    const char *argv[] = { "bash", "-c", NULL, "arcat", shard, path, NULL };
    struct spawn s = { .argv = argv, .fd = { -1, -1, -1, -1 } };
    int fd[2];

    snprintf(shard, sizeof shard, "--shard=%llu/%llu",
             (unsigned long long)in->shard->from + 1,
             (unsigned long long)in->shard->to);
    /* Told to read a part, arcat cannot say the numbers of lines. */
    buf_printf(&script, "exec arcat %s %s -- \"$2\" </dev/null",
               in->m->arcat ? in->m->arcat : "", in->shard->to > 1 ? "\"$1\"" : "");
    buf_char(&script, '\0');
    argv[2] = script.p;
    s.env[0][0] = "TEXTMILL_REPORT";
    s.env[0][1] = report;
    s.env[1][0] = "TEXTMILL_ERRORS";
    s.env[1][1] = errors;
    if (spawn_pipe(fd, e) == 0) {
        s.fd[1] = fd[1];
        in->fd = fd[0];
        in->arcat = spawn_start(&s, e);
        close(fd[1]);
    }
    buf_free(&script);
    return in->arcat > 0 ? 0 : -1;
}

static int
open_range(struct intake *in, struct err *e)
{
    const char *path = in->m->input[in->shard->input].path;

    in->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0 || lseek(in->fd, (off_t)in->shard->from, SEEK_SET) < 0)
        return err_set(e, ERR_INPUT, "cannot open '%s': %s", path, strerror(errno));
    in->left = in->shard->to - in->shard->from;
    in->sha = sha_new();
    return 0;
}

struct intake *
intake_open(const struct manifest *m, size_t shard, struct intake_lines lines,
            const char *report, const char *errors, struct err *e)
{
    struct intake *in = mem_zero(1, sizeof *in);
    struct err ignored;
    int status;

    *in = (struct intake){
        .m = m, .shard = &m->shard[shard], .lines = lines, .fd = -1, .last = '\n'
    };
    if (manifest_by_arcat(m, shard) ? start_arcat(in, report, errors, e) == 0
                                    : open_range(in, e) == 0)
        return in;
    (void)intake_close(in, &status, &ignored);
    return NULL;
}

/* Of n bytes at p that begin in the middle of line in->line, keep those of the lines
 * that are wanted: they are moved to p. How many they are. */
static size_t
select_lines(struct intake *in, char *p, size_t n)
{
    size_t kept = 0;

    if (in->lines.from == 0 && in->lines.to == UINT64_MAX)
        return n;
    for (size_t at = 0; at < n;) {
        const char *nl = memchr(p + at, '\n', n - at);
        size_t end = nl ? (size_t)(nl - p) + 1 : n;
        if (in->line >= in->lines.from && in->line < in->lines.to) {
            memmove(p + kept, p + at, end - at);
            kept += end - at;
        }
        in->line += nl != NULL;
        at = end;
    }
    return kept;
}

static void
count(struct intake *in, const char *p, size_t n)
{
    const char *end = p + n;

    if (n == 0)
        return;
    in->n_bytes += n;
    in->last = end[-1];
    for (; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        in->n_lines++;
}

/* Bytes as they are in the shard; 0 at its end. */
static ssize_t
read_raw(struct intake *in, char *p, size_t cap, struct err *e)
{
    const char *path = in->m->input[in->shard->input].path;
    ssize_t n;

    if (!in->arcat && cap > in->left)
        cap = (size_t)in->left;
    if (cap == 0)
        return 0;
    while ((n = read(in->fd, p, cap)) < 0 && errno == EINTR)
        ;
    if (n < 0)
        return err_set(e, ERR_INPUT, "cannot read '%s': %s", path, strerror(errno));
    if (in->arcat)
        return n;
    if (n == 0)
        return err_set(e, ERR_INPUT, "'%s' became shorter while it was read", path);
    sha_add(in->sha, p, (size_t)n);
    in->left -= (uint64_t)n;
    return n;
}

long
intake_read(struct intake *in, char *p, size_t cap, struct err *e)
{
    while (!in->ended) {
        ssize_t n = read_raw(in, p, cap, e);
        size_t kept;
        if (n < 0)
            return -1;
        in->ended = n == 0;
        kept = select_lines(in, p, (size_t)n);
        count(in, p, kept);
        if (kept > 0)
            return (long)kept;
    }
    return 0;
}

uint64_t
intake_n_lines(const struct intake *in)
{
    return in->n_lines + (in->last != '\n');
}

uint64_t
intake_n_bytes(const struct intake *in)
{
    return in->n_bytes;
}

int
intake_close(struct intake *in, int *status, struct err *e)
{
    int ended = in->ended || (in->left == 0 && !in->arcat), rc = 0;
    char hex[SHA_HEX];

    *status = 0;
    if (in->fd >= 0)
        close(in->fd);
    if (in->arcat > 0) {
        *status = spawn_wait(in->arcat);
        if (ended && *status > 1)
            rc = err_set(e, ERR_INPUT, "arcat ended with %d", *status);
    }
    if (in->sha) {
        sha_end(in->sha, hex);
        if (ended && strcmp(hex, in->shard->sha256) != 0)
            rc = err_set(e, ERR_INPUT, "'%s' is not what it was when this job began",
                         in->m->input[in->shard->input].path);
    }
    mem_free(in);
    return rc;
}
