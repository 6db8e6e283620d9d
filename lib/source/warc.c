/* warc.c - archives of the web to records */
#include "source/warc.h"

#include <stdlib.h>
#include <strings.h>

#include "source/charset.h"
#include "source/html.h"
#include "source/http.h"
#include "source/mime.h"
#include "source/plain.h"

#define HEAD_MAX ((size_t)1 << 20)

struct warc {
    struct reader *r;
    struct stream *in;
    struct buf head, block;
    uint64_t offset; /* of the record */
    uint64_t length; /* of its block */
};

/* ---- one record's text ---- */

static int
is_page(struct str type)
{
    return mime_is(type, "text/html") || mime_is(type, "application/xhtml+xml");
}

static int
is_text(struct str type)
{
    return is_page(type) ||
           (mime_is(type, "text/") && !mime_is(type, "text/css") &&
            !mime_is(type, "text/javascript") && !mime_is(type, "text/ecmascript")) ||
           mime_is(type, "application/json") || mime_is(type, "application/xml") ||
           mime_is(type, "application/ld+json") ||
           mime_is(type, "application/rss+xml") ||
           mime_is(type, "application/atom+xml");
}

static void
put_field(struct reader *r, struct str head, const char *field, const char *name)
{
    struct str value;

    if (!mime_field(head, field, &value))
        return;
    if (value.n > 1 && value.p[0] == '<' && value.p[value.n - 1] == '>')
        value = (struct str){ value.p + 1, value.n - 2 };
    reader_text(r, str_of(name), value);
}

/* Members "title" and "text". */
static int
put_text(struct reader *r, struct str type, struct str body, struct err *e)
{
    struct buf charset = { 0 }, text = { 0 };
    char name[CHARSET_NAME];
    const char *declared = NULL;
    int rc;

    if (mime_param(type, "charset", &charset) &&
        charset_name(buf_span(&charset), 1, name))
        declared = name;
    buf_free(&charset);
    if (is_page(type))
        return html_members(r, body, declared, e);
    rc = plain_convert(r, body, declared ? declared : r->opt.from_charset, &text, e);
    if (rc == 0)
        reader_text(r, STR("text"), buf_span(&text));
    buf_free(&text);
    return rc;
}

/* The record of a block that is text. type: its own, without HTTP. */
static int
put_record(struct warc *w, struct str head, struct str type, struct str raw,
           struct http *http)
{
    struct reader *r = w->r;
    struct str body = raw;
    struct buf kind = { 0 };
    struct err e;

    reader_begin(r);
    put_field(r, head, "warc-target-uri", "url");
    put_field(r, head, "warc-date", "date");
    put_field(r, head, "warc-record-id", "id");
    if (http) {
        body = buf_span(&http->body);
        reader_number(r, STR("status"), (uint64_t)http->status);
    }
    while (kind.n < type.n && type.p[kind.n] != ';')
        buf_char(&kind, type.p[kind.n]);
    reader_text(r, STR("type"), buf_span(&kind));
    buf_free(&kind);
    return put_text(r, type, body, &e) ? reader_bad(r, 0, w->offset, raw, &e)
                                       : reader_end(r, 0, w->offset, raw);
}

static int
take_block(struct warc *w)
{
    struct str head = buf_span(&w->head), raw = buf_span(&w->block);
    struct str type, kind;
    struct http http = { 0 };
    struct err e;
    int rc;

    mime_field(head, "content-type", &type);
    mime_field(head, "warc-type", &kind);
    if (!mime_is(type, "application/http"))
        return is_text(type) ? put_record(w, head, type, raw, NULL)
                             : reader_passed(w->r);
    if (http_parse(raw, w->r->opt.max_text, &http, &e))
        rc = is_text(http.type) || http.status == 0
                 ? reader_bad(w->r, 0, w->offset, raw, &e)
                 : reader_passed(w->r);
    else
        rc = is_text(http.type) ? put_record(w, head, http.type, raw, &http)
                                : reader_passed(w->r);
    buf_free(&http.body);
    return rc;
}

/* ---- the file ---- */

/* The bytes from one record's block to the next record. */
static size_t
skip_breaks(struct warc *w)
{
    size_t n = 0;
    const char *p;

    while (stream_peek(w->in, 1, 0, &p) == 1 && (*p == '\r' || *p == '\n')) {
        stream_skip(w->in, 1);
        n++;
    }
    return n;
}

/* Read a record's head. 1: it is there; 0: the end; -1: e. */
static int
take_head(struct warc *w, struct err *e)
{
    size_t want = 4096, n, end = 0;
    const char *p;

    w->offset = w->in->at;
    for (;; want *= 2) {
        n = stream_peek(w->in, want, 0, &p);
        if (n == 0)
            return w->in->failed ? (*e = w->in->e, -1) : 0;
        if (n < 5 || memcmp(p, "WARC/", 5) != 0)
            return err_set(e, ERR_INPUT, "no WARC record begins here");
        for (const char *q = p; !end && (q = memchr(q, '\n', n - (size_t)(q - p)));) {
            q++;
            if ((size_t)(q - p) < n && *q == '\n')
                end = (size_t)(q - p) + 1;
            else if (n - (size_t)(q - p) > 1 && q[0] == '\r' && q[1] == '\n')
                end = (size_t)(q - p) + 2;
        }
        if (end || n < want || want >= HEAD_MAX)
            break;
    }
    if (!end && w->in->failed)
        return *e = w->in->e, -1;
    if (!end)
        return err_set(e, ERR_INPUT, "the head of a WARC record has no end");
    w->head.n = 0;
    buf_add(&w->head, p, end);
    stream_skip(w->in, end);
    return 1;
}

static int
parse_length(struct warc *w, struct err *e)
{
    struct str value;
    uint64_t n = 0;

    if (!mime_field(buf_span(&w->head), "content-length", &value) || value.n == 0 ||
        value.n > 18)
        return err_set(e, ERR_INPUT, "a WARC record without its length");
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9')
            return err_set(e, ERR_INPUT, "a WARC record whose length is no number");
        n = 10 * n + (uint64_t)(value.p[i] - '0');
    }
    w->length = n;
    return 0;
}

static int
is_wanted(const struct warc *w)
{
    static const char *const types[] = { "response", "resource", "conversion" };
    struct str value;

    mime_field(buf_span(&w->head), "warc-type", &value);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (mime_is(value, types[i]))
            return w->length > 0;
    return 0;
}

/* The block, into memory if it is to be looked at. -1: e; the end of the block was not
 * reached. */
static int
read_block(struct warc *w, int keep, int *too_long, struct err *e)
{
    struct stream *part = stream_part(w->in, w->length);
    const char *p;
    long n;

    w->block.n = 0;
    *too_long = keep && w->length > w->r->opt.max_text;
    while ((n = stream_take(part, &p, e)) > 0)
        if (keep && !*too_long)
            buf_add(&w->block, p, (size_t)n);
    stream_free(part);
    return n < 0 ? -1 : 0;
}

/* One record. 1: done; 0: the end; -1: damage with e, or the run ended. */
static int
one_record(struct warc *w, struct err *e)
{
    int rc = take_head(w, e), wanted, too_long;
    struct err why;

    if (rc <= 0)
        return rc;
    if (parse_length(w, e))
        return -1;
    wanted = is_wanted(w);
    if (wanted && !reader_wants(w->r))
        wanted = -1; /* another shard's */
    if (read_block(w, wanted > 0, &too_long, e))
        return -1;
    if (too_long) {
        err_set(&why, ERR_TOO_LONG, "a block of %llu bytes (--max-text)",
                (unsigned long long)w->length);
        rc = reader_bad(w->r, 0, w->offset, STR(""), &why);
    } else {
        rc = wanted > 0 ? take_block(w) : wanted == 0 ? reader_passed(w->r) : 0;
    }
    if (rc)
        return -1;
    if (skip_breaks(w) < 2 && !w->in->failed)
        return err_set(e, ERR_INPUT, "a WARC record is not as long as it says");
    return 1;
}

/* Behind damage: to the next line that begins a record. 0: there is none. */
static int
resync(struct warc *w)
{
    int at_line = 0;
    const char *p;

    for (;;) {
        size_t n = stream_peek(w->in, 8, 0, &p), i;
        if (n < 8 && w->in->failed) {
            if (!stream_resume(w->in))
                return 0;
            at_line = 1;
            continue;
        }
        if (n < 8)
            return 0;
        if (at_line && memcmp(p, "WARC/1.", 7) == 0)
            return 1;
        n = w->in->n; /* all of the block */
        for (i = 0; i < n && p[i] != '\n'; i++)
            ;
        at_line = i < n;
        stream_skip(w->in, i < n ? i + 1 : n);
    }
}

int
warc_read(struct reader *r, struct err *e)
{
    struct warc w = { .r = r, .in = r->in };
    int rc;

    skip_breaks(&w);
    while ((rc = one_record(&w, e)) != 0) {
        if (rc > 0)
            continue;
        /* What cannot go on is told by the caller, with e. */
        if (r->ended || e->code == ERR_NONE || e->code == ERR_LIMIT)
            break;
        if (reader_bad(r, 0, w.offset, STR(""), e) || !resync(&w)) {
            rc = r->ended ? -1 : 0;
            break;
        }
    }
    buf_free(&w.head);
    buf_free(&w.block);
    return rc;
}
