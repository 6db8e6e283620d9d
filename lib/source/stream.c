/* stream.c - bytes block by block: a file, memory, a part of another stream */
#include "source/stream.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define BLOCK ((size_t)256 << 10)

/* ---- any stream ---- */

/* Make the next block the current one. 1: there is one. */
static int
fetch(struct stream *s)
{
    long n;

    if (s->ended || s->failed)
        return 0;
    n = s->more(s, &s->p, &s->e);
    s->n = n > 0 ? (size_t)n : 0;
    s->ended = n == 0;
    s->failed = n < 0;
    return n > 0;
}

long
stream_take(struct stream *s, const char **p, struct err *e)
{
    size_t n;

    if (s->n == 0 && !fetch(s)) {
        if (s->failed)
            *e = s->e;
        return s->failed ? -1 : 0;
    }
    n = s->n;
    *p = s->p;
    s->p += n;
    s->n = 0;
    s->at += n;
    return (long)n;
}

size_t
stream_peek(struct stream *s, size_t n, int lines, const char **p)
{
    while (s->n < n && !s->ended && !s->failed) {
        struct buf all = { 0 };
        /* No magic has a line's end in it but that of ar, its eighth byte. */
        if (lines && s->n > 0 && memchr(s->p, '\n', s->n) &&
            !(s->n < 8 && s->p[0] == '!'))
            break;
        buf_add(&all, s->p, s->n);
        if (fetch(s))
            buf_add(&all, s->p, s->n);
        buf_free(&s->head);
        s->head = all;
        s->p = all.p;
        s->n = all.n;
    }
    *p = s->p;
    return s->n < n ? s->n : n;
}

void
stream_skip(struct stream *s, size_t n)
{
    if (n == 0)
        return;
    s->p += n;
    s->n -= n;
    s->at += n;
}

int
stream_all(struct stream *s, size_t max, struct buf *b, struct err *e)
{
    const char *p;
    size_t from = b->n;
    long n;

    while ((n = stream_take(s, &p, e)) > 0) {
        if ((size_t)n > max - (b->n - from))
            return err_set(e, ERR_TOO_LONG, "more than %zu bytes in one piece", max);
        buf_add(b, p, (size_t)n);
    }
    return n < 0 ? -1 : 0;
}

int64_t
stream_seek(struct stream *s, int64_t to, int whence)
{
    int64_t at = s->seek(s, to, whence);

    if (at >= 0) {
        s->at = (uint64_t)at;
        s->n = 0;
        s->ended = s->failed = 0;
    }
    return at;
}

int
stream_resume(struct stream *s)
{
    if (s->resume == NULL || !s->failed)
        return 0;
    s->failed = 0;
    s->n = 0;
    s->resume(s);
    return 1;
}

void
stream_free(struct stream *s)
{
    struct buf head;

    if (s == NULL)
        return;
    head = s->head;
    s->head = (struct buf){ 0 };
    s->free(s);
    buf_free(&head);
}

/* ---- a file ---- */

struct file_stream {
    struct stream s;
    struct stream_file f;
    char *block;
};

/* 1: there is something to read; 0: we were asked to stop. */
static int
wait_for(struct file_stream *t)
{
    struct pollfd fds[2] = { { .fd = t->f.fd, .events = POLLIN },
                             { .fd = t->f.stop_fd, .events = POLLIN } };
    nfds_t n = t->f.stop_fd < 0 ? 1 : 2;
    int rc = poll(fds, n, 0);

    if (rc == 0) {
        t->f.pause(t->f.arg);
        while ((rc = poll(fds, n, -1)) < 0 && errno == EINTR)
            ;
    }
    return !(rc > 0 && n == 2 && fds[1].revents);
}

static long
file_more(struct stream *s, const char **p, struct err *e)
{
    struct file_stream *t = (struct file_stream *)s;
    ssize_t n;

    do {
        if (!wait_for(t)) {
            t->f.state->what = STREAM_STOPPED;
            err_set(e, ERR_NONE, "stopped");
            t->f.state->e = *e;
            return -1;
        }
        n = read(t->f.fd, t->block, BLOCK);
    } while (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n < 0) {
        t->f.state->what = STREAM_BROKEN;
        err_set(e, ERR_INPUT, "cannot read '%s': %s", t->f.name, strerror(errno));
        t->f.state->e = *e;
        return -1;
    }
    t->f.guard->in += (uint64_t)n;
    if (t->f.read)
        *t->f.read += (uint64_t)n;
    *p = t->block;
    return n;
}

static int64_t
file_seek(struct stream *s, int64_t to, int whence)
{
    return lseek(((struct file_stream *)s)->f.fd, to, whence);
}

static void
file_free(struct stream *s)
{
    mem_free(((struct file_stream *)s)->block);
    mem_free(s);
}

struct stream *
stream_file(const struct stream_file *f)
{
    struct file_stream *t = mem_zero(1, sizeof *t);
    struct stat st;

    t->f = *f;
    t->block = mem_alloc(BLOCK);
    t->s.more = file_more;
    t->s.free = file_free;
    if (fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode)) {
        off_t at = lseek(f->fd, 0, SEEK_CUR);
        /* Standard input may begin in the middle of a file: offsets would not be ours.
         */
        t->s.seek = at == 0 ? file_seek : NULL;
        f->guard->size = (uint64_t)st.st_size;
    }
    return &t->s;
}

/* ---- memory ---- */

struct memory_stream {
    struct stream s;
    struct buf b;
    size_t at;
};

static long
memory_more(struct stream *s, const char **p, struct err *e)
{
    struct memory_stream *t = (struct memory_stream *)s;
    size_t n = t->b.n - t->at;

    (void)e;
    if (n == 0)
        return 0;
    *p = t->b.p + t->at;
    t->at = t->b.n;
    return (long)n;
}

static int64_t
memory_seek(struct stream *s, int64_t to, int whence)
{
    struct memory_stream *t = (struct memory_stream *)s;
    int64_t size = (int64_t)t->b.n;

    if (whence == SEEK_END && to <= 0 && to >= -size)
        to += size;
    else if (whence != SEEK_SET || to < 0 || to > size)
        return -1;
    t->at = (size_t)to;
    return to;
}

static void
memory_free(struct stream *s)
{
    buf_free(&((struct memory_stream *)s)->b);
    mem_free(s);
}

struct stream *
stream_memory(struct buf *b)
{
    struct memory_stream *t = mem_zero(1, sizeof *t);

    t->b = *b;
    *b = (struct buf){ 0 };
    t->s.more = memory_more;
    t->s.seek = memory_seek;
    t->s.free = memory_free;
    return &t->s;
}

/* ---- a part of another ---- */

struct part_stream {
    struct stream s, *in;
    uint64_t left;
};

static long
part_more(struct stream *s, const char **p, struct err *e)
{
    struct part_stream *t = (struct part_stream *)s;
    size_t n;

    if (t->left == 0)
        return 0;
    if (t->in->n == 0 && !fetch(t->in)) {
        if (!t->in->failed)
            return err_set(e, ERR_INPUT, "it ends %llu bytes too early",
                           (unsigned long long)t->left);
        *e = t->in->e;
        return -1;
    }
    /* Not all of the block need be ours: the rest stays the other's. */
    n = t->in->n < t->left ? t->in->n : (size_t)t->left;
    *p = t->in->p;
    stream_skip(t->in, n);
    t->left -= n;
    return (long)n;
}

static void
part_free(struct stream *s)
{
    mem_free(s);
}

struct stream *
stream_part(struct stream *in, uint64_t n)
{
    struct part_stream *t = mem_zero(1, sizeof *t);

    t->s.more = part_more;
    t->s.free = part_free;
    t->in = in;
    t->left = n;
    return &t->s;
}
