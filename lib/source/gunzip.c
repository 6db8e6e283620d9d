/* gunzip.c - gzip streams, by zlib */
#include "source/gunzip.h"

#include <string.h>
#include <zlib.h>

#include "base/mem.h"

#define BLOCK     ((size_t)256 << 10)
#define GZIP      (16 + MAX_WBITS)
#define GZIP_ZLIB (32 + MAX_WBITS)

struct gunzip_stream {
    struct stream s, *in;
    struct guard *guard;
    int layer;
    z_stream z;
    int inside; /* a gzip member */
    int lost;   /* damage is behind us: look for the next head */
    int bad;    /* with e, behind the bytes that came out */
    struct err e;
    uint64_t member; /* where it begins */
    int n_member;
    char *block;
};

/* Bytes for zlib. 1: there are some; 0: the end. */
static int
feed(struct gunzip_stream *t, struct err *e)
{
    const char *p;
    long n;

    if (t->z.avail_in > 0)
        return 1;
    n = stream_take(t->in, &p, e);
    if (n <= 0)
        return (int)n;
    t->z.next_in = (unsigned char *)p;
    t->z.avail_in = (unsigned)n;
    return 1;
}

static uint64_t
position(const struct gunzip_stream *t)
{
    return t->in->at - t->z.avail_in;
}

static const char head[] = "\x1f\x8b\x08";

/* Look for the next head, which may lie across blocks, and give it to zlib. 1: it is
 * there; 0: the end. */
static int
find_member(struct gunzip_stream *t, struct err *e)
{
    unsigned char *next;
    unsigned left;
    int same = 0, rc;

    while (same < 3 && (rc = feed(t, e)) == 1) {
        char c = (char)*t->z.next_in++;
        t->z.avail_in--;
        same = c == head[same] ? same + 1 : c == head[0];
    }
    if (same < 3)
        return rc;
    t->lost = 0;
    t->inside = 1;
    t->n_member++;
    t->member = position(t) - 3;
    next = t->z.next_in;
    left = t->z.avail_in;
    t->z.next_in = (unsigned char *)head;
    t->z.avail_in = 3;
    t->z.avail_out = 0;
    if (inflateReset(&t->z) != Z_OK)
        return err_set(e, ERR_INPUT, "zlib fails");
    (void)inflate(&t->z, Z_NO_FLUSH);
    t->z.next_in = next;
    t->z.avail_in = left;
    return 1;
}

static void
gunzip_resume(struct stream *s)
{
    struct gunzip_stream *t = (struct gunzip_stream *)s;

    t->lost = 1;
    t->bad = 0;
}

/* Between members. 1: another one begins; 0: the end. */
static int
begin_member(struct gunzip_stream *t, struct err *e)
{
    int zeros = 0, rc;

    while ((rc = feed(t, e)) == 1 && t->n_member > 0 && *t->z.next_in == 0) {
        t->z.next_in++;
        t->z.avail_in--;
        zeros = 1;
    }
    if (rc <= 0)
        return rc;
    if (t->n_member > 0 && (zeros || *t->z.next_in != 0x1f))
        return err_set(e, ERR_INPUT,
                       "the bytes at offset %llu, behind gzip data, are none",
                       (unsigned long long)position(t));
    t->member = position(t);
    t->inside = 1;
    t->n_member++;
    return inflateReset(&t->z) == Z_OK ? 1 : err_set(e, ERR_INPUT, "zlib fails");
}

static int
damaged(const struct gunzip_stream *t, const char *what, struct err *e)
{
    return err_set(
        e, ERR_INPUT, "gzip data that begins at offset %llu is damaged near %llu: %s",
        (unsigned long long)t->member, (unsigned long long)position(t), what);
}

static long
gunzip_more(struct stream *s, const char **p, struct err *e)
{
    struct gunzip_stream *t = (struct gunzip_stream *)s;
    size_t n = 0;

    while (n == 0 && !t->bad) {
        int rc = t->lost     ? find_member(t, e)
                 : t->inside ? feed(t, e)
                             : begin_member(t, e);
        if (rc < 0)
            return -1;
        if (rc == 0)
            return t->inside && !t->lost ? damaged(t, "it ends too early", e) : 0;
        t->z.next_out = (unsigned char *)t->block;
        t->z.avail_out = BLOCK;
        rc = inflate(&t->z, Z_NO_FLUSH);
        n = BLOCK - t->z.avail_out;
        if (rc == Z_STREAM_END)
            t->inside = 0;
        else if (rc != Z_OK && !(rc == Z_BUF_ERROR && t->z.avail_in == 0))
            t->bad = damaged(t, t->z.msg ? t->z.msg : "no gzip data", &t->e) != 0;
    }
    if (n == 0) {
        *e = t->e;
        return -1;
    }
    *p = t->block;
    return guard_out(t->guard, t->layer, n, e) ? -1 : (long)n;
}

static void
gunzip_free(struct stream *s)
{
    struct gunzip_stream *t = (struct gunzip_stream *)s;

    inflateEnd(&t->z);
    stream_free(t->in);
    mem_free(t->block);
    mem_free(t);
}

struct stream *
gunzip_open(struct stream *in, struct guard *guard, int layer)
{
    struct gunzip_stream *t = mem_zero(1, sizeof *t);

    t->s.more = gunzip_more;
    t->s.resume = gunzip_resume;
    t->s.free = gunzip_free;
    t->in = in;
    t->guard = guard;
    t->layer = layer;
    t->block = mem_alloc(BLOCK);
    (void)inflateInit2(&t->z, GZIP); /* failed: the first inflateReset() says so */
    return &t->s;
}

/* One try with these window bits. */
static int
inflate_all(struct str in, int bits, size_t max, struct buf *b, struct err *e)
{
    z_stream z = { .next_in = (unsigned char *)in.p, .avail_in = (unsigned)in.n };
    size_t from = b->n;
    int rc = inflateInit2(&z, bits);

    while (rc == Z_OK) {
        z.next_out = (unsigned char *)buf_room(b, BLOCK);
        z.avail_out = BLOCK;
        rc = inflate(&z, Z_NO_FLUSH);
        b->n += BLOCK - z.avail_out;
        if (b->n - from > max)
            break;
    }
    inflateEnd(&z);
    if (b->n - from > max)
        return err_set(e, ERR_TOO_LONG, "more than %zu bytes in one piece", max);
    return rc == Z_STREAM_END ? 0
                              : err_set(e, ERR_INPUT, "compressed data is damaged: %s",
                                        rc == Z_BUF_ERROR ? "it ends too early"
                                        : z.msg           ? z.msg
                                                          : "not to be read");
}

int
gunzip_all(struct str in, size_t max, struct buf *b, struct err *e)
{
    size_t from = b->n;

    if (in.n > UINT32_MAX)
        return err_set(e, ERR_TOO_LONG, "more than %u bytes compressed", UINT32_MAX);
    if (inflate_all(in, GZIP_ZLIB, max, b, e) == 0)
        return 0;
    /* Some servers send "deflate" without the header that it ought to have. */
    if (in.n >= 2 && e->code == ERR_INPUT && b->n == from &&
        !(in.p[0] == 0x1f && (unsigned char)in.p[1] == 0x8b))
        return inflate_all(in, -MAX_WBITS, max, b, e);
    return -1;
}
