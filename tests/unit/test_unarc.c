/* test_unarc.c - kinds, limits, streams, damaged gzip and tar */
#include <stdio.h>

#include "gathered.h"
#include "source/gunzip.h"
#include "source/kind.h"
#include "source/lines.h"
#include "source/unarc.h"

static void
kinds(void)
{
    char tar[512] = "name";

    tap_ok(kind_magic(STR("\x1f\x8b\x08")) == KIND_GZIP, "gzip");
    tap_ok(kind_magic(STR("BZh91AY&SY")) == KIND_BZIP2, "bzip2");
    tap_ok(kind_magic(STR("BZhello wor")) == KIND_NONE, "no bzip2");
    tap_ok(kind_magic(STR("070707,1234,this is a table of numbers, as long as the head "
                          "of a cpio archive is")) == KIND_NONE,
           "a table is no cpio");
    memcpy(tar + 257, "ustaR", 6);
    tap_ok(kind_magic((struct str){ tar, 512 }) == KIND_TAR, "tar, one letter damaged");
    tap_ok(kind_magic((struct str){ tar, 511 }) == KIND_NONE, "too short for a tar");
    tap_ok(kind_suffix(STR("A.HTML")) == KIND_HTML, "a name");
    tap_ok(kind_suffix(STR("html")) == KIND_TEXT, "a name without a point");
    tap_ok(str_is(kind_unpacked(STR("a.csv.gz")), "a.csv"), "a.csv.gz");
    tap_ok(str_is(kind_unpacked(STR("a.tgz")), ".tar"), "a.tgz");
    tap_ok(kind_promised(STR("x.warc")) == KIND_WARC, "a promise");
}

static void
limits(void)
{
    struct guard_opt o = { .max_ratio = 200, .max_members = 2, .max_depth = 3 };
    struct guard g;
    struct err e;

    guard_reset(&g, &o);
    g.in = 1000;
    tap_ok(guard_out(&g, 0, GUARD_RATIO_FROM - 1, &e) == 0, "below the threshold");
    tap_ok(guard_out(&g, 0, 1, &e) && e.code == ERR_LIMIT && g.hit, "the ratio");
    tap_ok(guard_out(&g, 0, UINT64_MAX, &e), "a sum that wraps");
    guard_reset(&g, &o);
    g.in = UINT64_MAX;
    g.size = 1000;
    tap_ok(guard_out(&g, 0, GUARD_RATIO_FROM, &e), "a file read many times over");
    tap_ok(!guard_member(&g, &e) && !guard_member(&g, &e) && guard_member(&g, &e),
           "members");
    tap_ok(!guard_layer(&g, 2, &e) && guard_layer(&g, 3, &e), "layers");
}

static struct stream *
bytes(const char *p, size_t n)
{
    struct buf b = { 0 };

    buf_add(&b, p, n);
    return stream_memory(&b);
}

static void
streams(void)
{
    struct stream *s = bytes("0123456789", 10), *part;
    struct buf b = { 0 };
    const char *p;
    struct err e;

    tap_ok(stream_peek(s, 4, 0, &p) == 4 && memcmp(p, "0123", 4) == 0, "a look");
    stream_skip(s, 1);
    part = stream_part(s, 3);
    tap_ok(stream_all(part, 9, &b, &e) == 0 && b.n == 3 && b.p[0] == '1', "a part");
    stream_free(part);
    tap_ok(s->at == 4, "where it is");
    part = stream_part(s, 7);
    b.n = 0;
    tap_ok(stream_all(part, 9, &b, &e) && e.code == ERR_INPUT, "a part too short");
    stream_free(part);
    stream_seek(s, 0, SEEK_SET);
    b.n = 0;
    tap_ok(stream_all(s, 9, &b, &e) && e.code == ERR_TOO_LONG, "too much");
    stream_free(s);
    buf_free(&b);
}

/* gzip of "a\n", stored: 10 of header, 7 of data, CRC, length. */
#define GZ                                                                             \
    "\x1f\x8b\x08\0\0\0\0\0\0\3\1\2\0\xfd\xff"                                         \
    "a\n\x07\xa1\xea\xdd\2\0\0\0"

static void
gzip(const char *p, size_t n, const char *want, const char *name)
{
    struct guard_opt o = { 0 };
    struct gathered g;
    struct guard guard;

    guard_reset(&guard, &o);
    gathered_begin(&g, (struct str){ p, n });
    g.r.in = gunzip_open(g.r.in, &guard, 0);
    gathered_is(&g, lines_read(&g.r, UINT64_MAX, &g.e), want, name);
}

static void
gzips(void)
{
#define A    "{\"text\":\"a\"}\n"
#define G(s) s, sizeof s - 1
    char bad[] = GZ;

    gzip(G(GZ), A, "gzip");
    gzip(G(GZ GZ), A A, "two");
    gzip(G(GZ "\0\0\0"), A, "zeros behind it");
    gzip(G(GZ "x"), A "!!input", "another byte behind it");
    for (size_t n = 1; n < sizeof bad - 1; n += 4)
        gzip(bad, n, n < 17 ? "!!input" : A "!!input", "cut");
    bad[17] ^= 1;
    gzip(bad, sizeof bad - 1, A "!!input", "the CRC");
    bad[17] ^= 1;
    bad[21] ^= 1;
    gzip(bad, sizeof bad - 1, A "!!input", "the length");
}

/* A member of a tar: its header and one block. */
static void
add_member(struct buf *b, const char *name, const char *text)
{
    char h[512] = "", block[512] = "";
    unsigned sum = 8 * ' ';

    snprintf(h, 100, "%s", name);
    memcpy(h + 100, "0000644", 7);
    snprintf(h + 124, 12, "%011o", (unsigned)strlen(text));
    memcpy(h + 136, "00000000000", 11);
    h[156] = '0';
    memcpy(h + 257, "ustar\00000", 8);
    for (int i = 0; i < 512; i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum);
    snprintf(block, 512, "%s", text);
    buf_add(b, h, 512);
    buf_add(b, block, 512);
}

/* Names of members with '!' for damage. */
static void
tar(struct buf *b, size_t n, const char *want, const char *name)
{
    struct guard_opt o = { 0 };
    struct stream *in = bytes(b->p, n);
    struct unarc_member m;
    struct guard guard;
    struct unarc *u;
    char got[100] = "";
    struct err e;
    int rc;

    guard_reset(&guard, &o);
    u = unarc_open(in, KIND_TAR, &guard, 0);
    while ((rc = unarc_next(u, &m, &e)) != 0 || !unarc_over(u))
        strncat(got, rc < 0 ? "!" : m.name.p, 20);
    tap_ok(strcmp(got, want) == 0, "%s: %s", name, got);
    unarc_close(u);
    stream_free(in);
}

static void
tars(void)
{
    static const char zeros[1024];
    struct buf b = { 0 };

    add_member(&b, "a", "1");
    add_member(&b, "b", "2");
    tar(&b, 2048, "ab!", "no end mark");
    buf_add(&b, zeros, 1024);
    tar(&b, b.n, "ab", "a tar");
    tar(&b, 1024, "a!", "cut between members");
    tar(&b, 1024 + 600, "ab!", "cut in a member that is not read");
    tar(&b, 0, "!", "nothing");
    b.p[5] ^= 1;
    tar(&b, b.n, "!b", "a damaged first header");
    b.p[1024 + 5] ^= 1;
    tar(&b, b.n, "!", "two of them");
    buf_free(&b);
}

int
main(void)
{
    kinds();
    limits();
    streams();
    gzips();
    tars();
    return tap_done();
}
