/* arcin.c - libarchive reads from our streams */
#include "source/arcin.h"

#include <archive.h>
#include <errno.h>

static void
keep_tail(struct arcin *t, const char *p, size_t n)
{
    struct buf *b = &t->tail;

    if (n > t->keep) {
        p += n - t->keep;
        n = t->keep;
    }
    if (b->n > t->keep - n) {
        size_t drop = b->n - (t->keep - n);
        memmove(b->p, b->p + drop, b->n - drop);
        b->n -= drop;
    }
    buf_add(b, p, n);
}

static la_ssize_t
read_block(struct archive *a, void *arg, const void **p)
{
    struct arcin *t = arg;
    static const char zeros[512];
    const char *block = NULL;
    long n;

    if (t->lead) {
        t->lead = 0;
        *p = zeros;
        return sizeof zeros;
    }
    n = t->failed ? -1 : stream_take(t->in, &block, &t->e);
    *p = block;
    if (n < 0) {
        t->failed = 1;
        archive_set_error(a, EIO, "%s", t->e.msg);
        return ARCHIVE_FATAL;
    }
    if (t->keep)
        keep_tail(t, block, (size_t)n);
    return n;
}

static la_int64_t
seek_to(struct archive *a, void *arg, la_int64_t to, int whence)
{
    struct arcin *t = arg;
    int64_t at = stream_seek(t->in, to, whence);

    if (at >= 0)
        return at;
    archive_set_error(a, ESPIPE, "it leads out of the file");
    return ARCHIVE_FATAL;
}

int
arcin_open(struct arcin *t, struct archive *a, struct err *e)
{
    archive_read_set_read_callback(a, read_block);
    if (t->in->seek && !t->lead)
        archive_read_set_seek_callback(a, seek_to);
    archive_read_set_callback_data(a, t);
    return archive_read_open1(a) == ARCHIVE_OK ? 0 : arcin_error(t, a, e);
}

int
arcin_error(const struct arcin *t, struct archive *a, struct err *e)
{
    const char *text = archive_error_string(a);

    if (t->failed) {
        *e = t->e;
        return -1;
    }
    return err_set(e, ERR_INPUT, "%s", text ? text : "damaged");
}

int
arcin_drain(struct arcin *t, struct err *e)
{
    const char *p;
    long n;

    while ((n = stream_take(t->in, &p, e)) > 0)
        if (t->keep)
            keep_tail(t, p, (size_t)n);
    return n < 0 ? -1 : 0;
}
