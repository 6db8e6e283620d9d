/* unarc.c - the members of tar, zip, cpio, ar and 7z archives, by libarchive */
#define _GNU_SOURCE /* newlocale */
#include "source/unarc.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdio.h>

#include "base/mem.h"
#include "source/arcin.h"

#define HOLE       ((size_t)64 << 10) /* zeros of a sparse file in one block */
#define TRAILER    128     /* bytes of the last entry of cpio, in any of its kinds */
#define ZIP_END    66000   /* bytes in which a zip's directory ends: with its comment */
#define FOUND_NONE (-1000) /* no status of libarchive */

struct unarc {
    struct arcin arcin;
    struct archive *a;
    struct archive_entry *entry;
    enum kind kind;
    struct guard *guard;
    int layer, opened, over;
    int found;         /* a header that was found behind damage: libarchive's status */
    uint64_t stuck_at; /* where the last damage was */
    uint64_t lead;     /* bytes before the archive that it does not have */
    /* the current member's data */
    struct stream data;
    int64_t at;        /* so much of it was given out */
    const char *block; /* waits until the hole before it was given out */
    size_t n;
    int64_t offset; /* of the block */
    /* names come out as UTF-8 bytes, whatever the user's locale */
    locale_t locale;
};

/* ---- the data of a member ---- */

static int
damaged(struct unarc *u, int rc, struct err *e)
{
    u->over |= rc == ARCHIVE_FATAL;
    return arcin_error(&u->arcin, u->a, e);
}

/* The next block of libarchive. 1, 0: the end, -1. */
static int
next_block(struct unarc *u, struct err *e)
{
    const void *p = NULL;
    la_int64_t offset = 0;
    size_t n = 0;
    int rc;

    do
        rc = archive_read_data_block(u->a, &p, &n, &offset);
    while (rc == ARCHIVE_OK && n == 0);
    if (rc == ARCHIVE_EOF)
        return 0;
    /* A wrong checksum is but a warning there. */
    if (rc != ARCHIVE_OK)
        return damaged(u, rc, e);
    if (offset < u->at)
        return err_set(e, ERR_INPUT, "its parts overlap");
    u->block = p;
    u->n = n;
    u->offset = offset;
    return 1;
}

static long
data_more(struct stream *s, const char **p, struct err *e)
{
    static const char zeros[HOLE];
    struct unarc *u = (struct unarc *)((char *)s - offsetof(struct unarc, data));
    size_t n;

    if (u->n == 0) {
        int rc = next_block(u, e);
        int64_t size = archive_entry_size(u->entry);
        if (rc < 0)
            return -1;
        if (rc == 0 && (u->kind != KIND_TAR || !archive_entry_size_is_set(u->entry) ||
                        size <= u->at))
            return 0;
        if (rc == 0) { /* a hole at the end */
            u->offset = size;
            u->block = zeros;
        }
    }
    if (u->offset > u->at) {
        n = u->offset - u->at < (int64_t)HOLE ? (size_t)(u->offset - u->at) : HOLE;
        *p = zeros;
    } else {
        n = u->n;
        *p = u->block;
        u->n = 0;
    }
    u->at += (int64_t)n;
    return guard_out(u->guard, u->layer, n, e) ? -1 : (long)n;
}

static void
data_free(struct stream *s)
{
    (void)s; /* a part of struct unarc */
}

static void
data_reset(struct unarc *u)
{
    buf_free(&u->data.head);
    u->data = (struct stream){ .more = data_more, .free = data_free };
    u->at = 0;
    u->n = 0;
}

struct stream *
unarc_data(struct unarc *u)
{
    return &u->data;
}

/* ---- members ---- */

struct unarc *
unarc_open(struct stream *in, enum kind kind, struct guard *guard, int layer)
{
    struct unarc *u = mem_zero(1, sizeof *u);

    u->kind = kind;
    u->found = FOUND_NONE;
    u->stuck_at = UINT64_MAX;
    u->guard = guard;
    u->layer = layer;
    u->a = archive_read_new();
    u->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    u->arcin.in = in;
    data_reset(u);
    return u;
}

void
unarc_close(struct unarc *u)
{
    if (u == NULL)
        return;
    archive_read_free(u->a);
    if (u->locale)
        freelocale(u->locale);
    buf_free(&u->data.head);
    buf_free(&u->arcin.tail);
    mem_free(u);
}

int
unarc_over(const struct unarc *u)
{
    return u->over;
}

static int
open_reader(struct unarc *u, struct err *e)
{
    u->opened = 1;
    switch (u->kind) {
    case KIND_TAR:
        /* Without this the second of two tars is dropped. A block of zeros in front
         * makes libarchive take what follows for a tar even if its first header is
         * damaged. */
        archive_read_support_format_tar(u->a);
        archive_read_set_options(u->a, "read_concatenated_archives");
        u->arcin.lead = 1;
        u->lead = 512;
        break;
    case KIND_ZIP:
        archive_read_support_format_zip(u->a);
        u->arcin.keep = ZIP_END;
        break;
    case KIND_CPIO: archive_read_support_format_cpio(u->a); break;
    case KIND_AR: archive_read_support_format_ar(u->a); break;
    case KIND_7Z: archive_read_support_format_7zip(u->a); break;
    default: return err_set(e, ERR_INPUT, "no archive");
    }
    return arcin_open(&u->arcin, u->a, e);
}

/* tar ends with blocks of zeros: without them, something may have been cut off. */
static int
check_tar(const struct unarc *u, uint64_t end, uint64_t size, struct err *e)
{
    if (end < u->lead)
        end = u->lead;
    return size + u->lead >= end + 512
               ? 0
               : err_set(e, ERR_INPUT, "the archive has no end mark: it was cut");
}

/* zip ends with a directory of its members, which is read last or not at all. */
static int
check_zip(const struct buf *tail, struct err *e)
{
    for (size_t i = 0; i + 22 <= tail->n; i++) /* its length */
        if (memcmp(tail->p + i, "PK\5\6", 4) == 0)
            return 0;
    return err_set(e, ERR_INPUT, "the archive's directory has no end: it was cut");
}

/* libarchive was content. Where it would be so with bytes that it passed over, look at
 * where it stands. */
static int
check_end(struct unarc *u, struct unarc_member *m, struct err *e)
{
    uint64_t end = (uint64_t)archive_read_header_position(u->a);
    uint64_t now = (uint64_t)archive_filter_bytes(u->a, 0);

    u->over = 1;
    if (u->kind == KIND_CPIO)
        return now - end <= TRAILER
                   ? 0
                   : err_set(e, ERR_INPUT, "a damaged header, and members are lost");
    if (u->kind == KIND_7Z)
        return 0;
    if (u->kind == KIND_ZIP && u->arcin.in->seek) {
        int64_t size = stream_seek(u->arcin.in, 0, SEEK_END);
        size -= size > ZIP_END ? ZIP_END : size;
        (void)stream_seek(u->arcin.in, size, SEEK_SET);
        u->arcin.tail.n = 0;
    }
    if (arcin_drain(&u->arcin, e))
        return -1;
    if (u->kind == KIND_ZIP)
        return check_zip(&u->arcin.tail, e);
    if (u->kind == KIND_TAR) {
        m->offset = u->arcin.in->at;
        return check_tar(u, end, u->arcin.in->at, e);
    }
    return u->arcin.in->at <= end + 1 /* of padding */
               ? 0
               : err_set(e, ERR_INPUT, "a damaged header, and members are lost");
}

/* What has no type (ar), or one that files with data do not have. */
static int
is_file(struct archive_entry *entry)
{
    unsigned type = archive_entry_filetype(entry);

    if (archive_entry_hardlink(entry) || type == AE_IFLNK || type == AE_IFDIR)
        return 0;
    return type == AE_IFREG || type == 0 || archive_entry_size(entry) > 0;
}

static void
describe(struct unarc *u, struct unarc_member *m)
{
    const char *name = archive_entry_pathname(u->entry);

    if (name == NULL)
        name = archive_entry_pathname_utf8(u->entry);
    m->name = name ? str_of(name) : STR("");
    m->has_mtime = archive_entry_mtime_is_set(u->entry);
    m->mtime = m->has_mtime ? archive_entry_mtime(u->entry) : 0;
    m->is_file = is_file(u->entry);
    if (u->kind == KIND_AR) /* tables of the format itself */
        m->is_file &= !str_is(m->name, "/") && !str_is(m->name, "//") &&
                      strncmp(m->name.p, "__.SYMDEF", 9) != 0;
}

/* Damage where a header should be. libarchive says so for each 512 bytes until it finds
 * one, which then is the next member. */
static void
resync(struct unarc *u, int rc)
{
    uint64_t at = (uint64_t)archive_read_header_position(u->a);

    while (rc == ARCHIVE_RETRY)
        rc = archive_read_next_header(u->a, &u->entry);
    u->found = rc;
    /* No header and no way forward: it would say the same for ever. */
    if (rc == ARCHIVE_FATAL || u->arcin.failed ||
        (rc != ARCHIVE_OK && rc != ARCHIVE_WARN && rc != ARCHIVE_EOF &&
         at == u->stuck_at))
        u->over = 1;
    u->stuck_at = at;
}

static int
next_header(struct unarc *u, struct unarc_member *m, struct err *e)
{
    int known = u->found != FOUND_NONE;
    int rc = known ? u->found : archive_read_next_header(u->a, &u->entry);
    uint64_t at = (uint64_t)archive_read_header_position(u->a);

    u->found = FOUND_NONE;
    m->offset = at >= u->lead ? at - u->lead : 0;
    if (rc == ARCHIVE_EOF)
        return check_end(u, m, e);
    if (rc == ARCHIVE_OK || rc == ARCHIVE_WARN)
        describe(u, m);
    /* A warning is told, then the member is read all the same. */
    if (rc == ARCHIVE_OK || (rc == ARCHIVE_WARN && known))
        return 1;
    arcin_error(&u->arcin, u->a, e);
    resync(u, rc);
    return -1;
}

int
unarc_next(struct unarc *u, struct unarc_member *m, struct err *e)
{
    locale_t old;
    int rc;

    *m = (struct unarc_member){ .name = STR("") };
    if (u->over)
        return 0;
    data_reset(u);
    old = u->locale ? uselocale(u->locale) : (locale_t)0;
    if (!u->opened && open_reader(u, e)) {
        u->over = 1;
        rc = -1;
    } else {
        rc = next_header(u, m, e);
    }
    if (u->locale)
        uselocale(old);
    if (rc > 0)
        return guard_member(u->guard, e) == 0 ? 1 : (u->over = 1, -1);
    return rc;
}
