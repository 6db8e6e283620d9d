/* unpack.c - bzip2, xz, zstd and lz4 streams, by libarchive */
#include "source/unpack.h"

#include <archive.h>

#include "base/mem.h"
#include "source/arcin.h"

struct unpack_stream {
    struct stream s, *in;
    struct arcin arcin;
    struct archive *a;
    enum kind kind;
    struct guard *guard;
    int layer, opened;
};

/* libarchive would run a program for a filter that it was built without. */
static int
choose(struct archive *a, enum kind kind)
{
    switch (kind) {
    case KIND_BZIP2: return archive_read_support_filter_bzip2(a);
    case KIND_XZ: return archive_read_support_filter_xz(a);
    case KIND_ZSTD: return archive_read_support_filter_zstd(a);
    case KIND_LZ4: return archive_read_support_filter_lz4(a);
    default: return ARCHIVE_FATAL;
    }
}

/* 1: there is data; 0: none at all. */
static int
open_reader(struct unpack_stream *t, struct err *e)
{
    struct archive_entry *entry;
    int rc;

    t->opened = 1;
    if (choose(t->a, t->kind) != ARCHIVE_OK)
        return err_set(e, ERR_INPUT, "this libarchive cannot read %s data",
                       kind_name(t->kind));
    archive_read_support_format_raw(t->a);
    archive_read_support_format_empty(t->a);
    t->arcin.in = t->in;
    if (arcin_open(&t->arcin, t->a, e))
        return -1;
    rc = archive_read_next_header(t->a, &entry);
    if (rc == ARCHIVE_EOF)
        return 0;
    return rc == ARCHIVE_OK ? 1 : arcin_error(&t->arcin, t->a, e);
}

/* At the end: were all bytes part of the data? */
static long
check_end(struct unpack_stream *t, struct err *e)
{
    uint64_t used = (uint64_t)archive_filter_bytes(t->a, -1);
    const char *p;
    long n = t->in->at == used ? stream_take(t->in, &p, e) : 0;

    if (n < 0)
        return -1;
    if (t->in->at == used)
        return 0;
    return err_set(e, ERR_INPUT, "the bytes at offset %llu, behind %s data, are none",
                   (unsigned long long)used, kind_name(t->kind));
}

static long
unpack_more(struct stream *s, const char **p, struct err *e)
{
    struct unpack_stream *t = (struct unpack_stream *)s;
    const void *block;
    la_int64_t offset;
    size_t n = 0;
    int rc = t->opened ? 1 : open_reader(t, e);

    if (rc <= 0)
        return rc < 0 ? -1 : check_end(t, e);
    do
        rc = archive_read_data_block(t->a, &block, &n, &offset);
    while (rc == ARCHIVE_OK && n == 0);
    if (rc == ARCHIVE_EOF)
        return check_end(t, e);
    if (rc != ARCHIVE_OK) {
        arcin_error(&t->arcin, t->a, e);
        if (!t->arcin.failed)
            err_wrap(e, "%s data is damaged near offset %llu", kind_name(t->kind),
                     (unsigned long long)archive_filter_bytes(t->a, -1));
        return -1;
    }
    *p = block;
    return guard_out(t->guard, t->layer, n, e) ? -1 : (long)n;
}

static void
unpack_free(struct stream *s)
{
    struct unpack_stream *t = (struct unpack_stream *)s;

    archive_read_free(t->a);
    stream_free(t->in);
    mem_free(t);
}

struct stream *
unpack_open(struct stream *in, enum kind kind, struct guard *guard, int layer)
{
    struct unpack_stream *t = mem_zero(1, sizeof *t);

    t->s.more = unpack_more;
    t->s.free = unpack_free;
    t->in = in;
    t->kind = kind;
    t->guard = guard;
    t->layer = layer;
    t->a = archive_read_new();
    return &t->s;
}
