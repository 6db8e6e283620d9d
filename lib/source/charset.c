/* charset.c - text in another charset, declared by somebody, to UTF-8 */
#include "source/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define ROOM ((size_t)64 << 10)

/* What browsers take for another charset, since it holds the one named:
 * encoding.spec.whatwg.org, section "Names and labels". */
static const struct {
    const char *label, *name;
} web_names[] = {
    { "iso-8859-1", "CP1252" }, { "latin1", "CP1252" },
    { "l1", "CP1252" },         { "us-ascii", "CP1252" },
    { "ascii", "CP1252" },      { "iso8859-1", "CP1252" },
    { "iso_8859-1", "CP1252" }, { "iso-8859-9", "CP1254" },
    { "latin5", "CP1254" },     { "iso-8859-11", "CP874" },
    { "tis-620", "CP874" },     { "gb2312", "GB18030" },
    { "gbk", "GB18030" },       { "gb_2312-80", "GB18030" },
    { "shift_jis", "CP932" },   { "shift-jis", "CP932" },
    { "sjis", "CP932" },        { "x-sjis", "CP932" },
    { "euc-kr", "CP949" },      { "ks_c_5601-1987", "CP949" },
    { "big5", "BIG5-HKSCS" },   { "utf-16", "UTF-16LE" },
};

static int
is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcasecmp(name, *list) == 0)
            return 1;
    return 0;
}

int
charset_name(struct str declared, int web, char name[CHARSET_NAME])
{
    static const char *const utf8[] = {
        "utf-8",          "utf8", "us-ascii", "ascii", "unicode-1-1-utf-8",
        "ansi_x3.4-1968", NULL
    };

    while (declared.n > 0 && strchr(" \t\"'", declared.p[0])) {
        declared.p++;
        declared.n--;
    }
    while (declared.n > 0 && strchr(" \t\"'", declared.p[declared.n - 1]))
        declared.n--;
    if (declared.n == 0 || declared.n >= CHARSET_NAME)
        return 0;
    /* A slash would be an instruction to iconv. */
    for (size_t i = 0; i < declared.n; i++)
        if (!declared.p[i] ||
            !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                    "-_.:+()",
                    declared.p[i]))
            return 0;
    memcpy(name, declared.p, declared.n);
    name[declared.n] = '\0';
    for (size_t i = 0; web && i < sizeof web_names / sizeof *web_names; i++)
        if (strcasecmp(name, web_names[i].label) == 0)
            strcpy(name, web_names[i].name);
    if (is_one_of(name, utf8))
        name[0] = '\0';
    return 1;
}

const char *
charset_mark(struct str t, size_t *n)
{
    static const struct {
        const char *mark;
        size_t n;
        const char *name;
    } marks[] = { /* UTF-32LE begins as UTF-16LE does */
                  { "\xEF\xBB\xBF", 3, "" },
                  { "\xFF\xFE\0\0", 4, "UTF-32LE" },
                  { "\0\0\xFE\xFF", 4, "UTF-32BE" },
                  { "\xFF\xFE", 2, "UTF-16LE" },
                  { "\xFE\xFF", 2, "UTF-16BE" }
    };

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (t.n >= marks[i].n && memcmp(t.p, marks[i].mark, marks[i].n) == 0) {
            *n = marks[i].n;
            return marks[i].name;
        }
    *n = 0;
    return NULL;
}

static iconv_t
open_charset(const char *name, struct err *e)
{
    iconv_t cd = iconv_open("UTF-8", name);

    if (cd == (iconv_t)-1)
        err_set(e, ERR_UTF8, "there is no charset '%s'", name);
    return cd;
}

/* Convert what can be of *p[*n]; `whole`: nothing follows, so half a character is an
 * error. at: the offset of the text, for messages. */
static int
convert(iconv_t cd, const char *name, char **p, size_t *n, int whole, uint64_t at,
        int replace, size_t max, struct buf *out, struct err *e)
{
    size_t all = *n, from = out->n;

    while (*n > 0) {
        char *to = buf_room(out, ROOM);
        size_t room = ROOM, rc = iconv(cd, p, n, &to, &room);
        int why = errno;
        out->n = (size_t)(to - out->p);
        if (out->n - from > max)
            return err_set(e, ERR_TOO_LONG, "more than %zu bytes in one piece", max);
        if (rc != (size_t)-1 || why == E2BIG)
            continue;
        if (why == EINVAL && !whole)
            break;
        if (!replace)
            return err_set(e, ERR_UTF8, "the byte at offset %llu is not %s",
                           (unsigned long long)(at + all - *n), name);
        buf_add(out, "\xEF\xBF\xBD", 3);
        ++*p;
        --*n;
    }
    if (whole) { /* what the charset holds back for the next character */
        char *to = buf_room(out, ROOM);
        size_t room = ROOM;
        (void)iconv(cd, NULL, NULL, &to, &room);
        out->n = (size_t)(to - out->p);
    }
    return 0;
}

int
charset_convert(const char *name, struct str text, int replace, size_t max,
                struct buf *out, struct err *e)
{
    char *p = (char *)text.p;
    size_t n = text.n;
    iconv_t cd;
    int rc;

    if (*name == '\0') {
        if (n > max)
            return err_set(e, ERR_TOO_LONG, "more than %zu bytes in one piece", max);
        buf_str(out, text);
        return 0;
    }
    if ((cd = open_charset(name, e)) == (iconv_t)-1)
        return -1;
    rc = convert(cd, name, &p, &n, 1, 0, replace, max, out, e);
    iconv_close(cd);
    return rc;
}

/* ---- a stream ---- */

struct charset_stream {
    struct stream s, *in;
    iconv_t cd;
    char name[CHARSET_NAME];
    int replace, ended, failed; /* failed: with e, behind what came out */
    struct err e;
    struct buf rest, out; /* half a character; what came out */
};

static long
charset_more(struct stream *s, const char **p, struct err *e)
{
    struct charset_stream *t = (struct charset_stream *)s;

    t->out.n = 0;
    while (t->out.n == 0 && !t->ended && !t->failed) {
        const char *block = "";
        long n = stream_take(t->in, &block, e);
        char *from;
        size_t left;
        if (n < 0)
            return -1;
        t->ended = n == 0;
        buf_add(&t->rest, block, (size_t)n);
        from = t->rest.p;
        left = t->rest.n;
        t->failed = convert(t->cd, t->name, &from, &left, t->ended, t->in->at - left,
                            t->replace, SIZE_MAX, &t->out, &t->e) != 0;
        if (left > 0)
            memmove(t->rest.p, from, left);
        t->rest.n = left;
    }
    if (t->out.n == 0 && t->failed) {
        *e = t->e;
        return -1;
    }
    *p = t->out.p;
    return (long)t->out.n;
}

static void
charset_free(struct stream *s)
{
    struct charset_stream *t = (struct charset_stream *)s;

    iconv_close(t->cd);
    stream_free(t->in);
    buf_free(&t->rest);
    buf_free(&t->out);
    mem_free(t);
}

struct stream *
charset_stream(struct stream *in, const char *name, int replace, struct err *e)
{
    iconv_t cd = open_charset(name, e);
    struct charset_stream *t;

    if (cd == (iconv_t)-1)
        return NULL;
    t = mem_zero(1, sizeof *t);
    t->s.more = charset_more;
    t->s.free = charset_free;
    t->in = in;
    t->cd = cd;
    memcpy(t->name, name, strlen(name) + 1);
    t->replace = replace;
    return &t->s;
}
