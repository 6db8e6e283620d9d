/* reader.c - what readers of texts share: where we are, and the record being made */
#include "source/reader.h"

#include "base/sha.h"
#include "text/utf8.h"
#include "json/jout.h"
#include "json/stops.h"

/* ---- names ---- */

/* A name is data: what is not UTF-8 is shown with U+FFFD, and whole as member_b64. */
static void
put_name(struct reader *r, struct str name, const char *key)
{
    struct buf *b = &r->tail;

    buf_printf(b, ",\"%s\":", key);
    r->name.n = 0;
    utf8_repair(&r->name, name.p, name.n);
    jout_str(b, buf_span(&r->name));
    if (utf8_valid(name.p, name.n) == name.n)
        return;
    buf_printf(b, ",\"%s_b64\":\"", key);
    jout_base64(b, name.p, name.n);
    buf_char(b, '"');
}

void
reader_start(struct reader *r)
{
    r->tail.n = 0;
    r->from = r->from_line = 0;
    r->no_line = 0;
    put_name(r, str_of(r->archive), "archive");
    r->name.n = 0;
    if (r->in_archive)
        put_name(r, r->member, "member");
    if (r->has_mtime)
        buf_printf(&r->tail, ",\"mtime\":%lld", (long long)r->mtime);
}

void
reader_release(struct reader *r)
{
    buf_free(&r->json);
    buf_free(&r->tail);
    buf_free(&r->name);
    buf_free(&r->pad);
}

/* ---- the record ---- */

void
reader_begin(struct reader *r)
{
    r->json.n = 0;
    buf_char(&r->json, '{');
    r->n_member = 0;
    r->e.code = ERR_NONE;
}

/* A string with quotes, checked and escaped in one walk. -1 at what is not UTF-8. */
static int
put_string(struct buf *b, struct str s, size_t *bad)
{
    const char *p = s.p, *end = s.p + s.n, *stop;
    struct stops stops;

    buf_char(b, '"');
    stops_begin(&stops, p, s.n);
    while (p < end && (stop = stops_next(&stops, p)) <= end) {
        buf_add(b, p, (size_t)(stop - p));
        if (stop == end)
            break;
        if ((unsigned char)*stop >= 0x80) {
            *bad = (size_t)(stop - s.p);
            return -1;
        }
        jout_escape(b, *stop);
        p = stop + 1;
    }
    buf_char(b, '"');
    return 0;
}

static void
put_key(struct reader *r, struct str name)
{
    if (r->n_member++ > 0)
        buf_char(&r->json, ',');
    jout_str(&r->json, name);
    buf_char(&r->json, ':');
}

void
reader_text(struct reader *r, struct str name, struct str value)
{
    size_t from, bad;

    put_key(r, name);
    from = r->json.n;
    if (put_string(&r->json, value, &bad) == 0)
        return;
    r->json.n = from;
    if (r->opt.replace) {
        r->pad.n = 0;
        utf8_repair(&r->pad, value.p, value.n);
        jout_str(&r->json, buf_span(&r->pad));
    } else if (r->e.code == ERR_NONE) {
        err_set(&r->e, ERR_UTF8,
                "byte %zu of '%.*s' is not UTF-8; if its charset is known, give "
                "--from-charset",
                bad, (int)(name.n < 40 ? name.n : 40), name.p);
    }
}

void
reader_number(struct reader *r, struct str name, uint64_t value)
{
    put_key(r, name);
    buf_u64(&r->json, value);
}

void
reader_src(struct reader *r, uint64_t line, uint64_t offset, struct buf *b)
{
    buf_char(b, '{');
    buf_add(b, r->tail.p + 1, r->tail.n - 1);
    if (line > 0 && !r->no_line) {
        buf_puts(b, ",\"line\":");
        buf_u64(b, line + r->from_line);
    }
    buf_puts(b, ",\"offset\":");
    buf_u64(b, offset + r->from);
    buf_char(b, '}');
}

/* ---- out ---- */

static int
put(struct reader *r, const struct reader_item *item)
{
    r->ended |= r->opt.put(r->opt.arg, item) != 0;
    return r->ended ? -1 : 0;
}

static struct str
shown_name(const struct reader *r)
{
    return r->in_archive ? buf_span(&r->name) : STR("");
}

int
reader_put(struct reader *r, uint64_t line, uint64_t offset, struct str out)
{
    return put(r, &(struct reader_item){ .what = READER_RECORD,
                                         .member = shown_name(r),
                                         .line = line + r->from_line,
                                         .offset = offset + r->from,
                                         .out = out });
}

int
reader_end(struct reader *r, uint64_t line, uint64_t offset, struct str raw)
{
    if (r->e.code != ERR_NONE)
        return reader_bad(r, line, offset, raw, &r->e);
    put_key(r, STR("_src"));
    reader_src(r, line, offset, &r->json);
    buf_add(&r->json, "}\n", 2);
    return reader_put(r, line, offset, buf_span(&r->json));
}

int
reader_end_whole(struct reader *r, struct str bytes)
{
    char hex[SHA_HEX];
    size_t n = r->tail.n;
    int rc;

    sha_hex(bytes.p, bytes.n, hex);
    buf_printf(&r->tail, ",\"size\":%zu,\"sha256\":\"%s\"", bytes.n, hex);
    rc = reader_end(r, 0, r->member_offset, bytes);
    r->tail.n = n;
    return rc;
}

int
reader_blank(struct reader *r, uint64_t line, uint64_t offset)
{
    return put(r, &(struct reader_item){ .what = READER_BLANK,
                                         .member = shown_name(r),
                                         .line = line + r->from_line,
                                         .offset = offset + r->from });
}

int
reader_passed(struct reader *r)
{
    return put(r,
               &(struct reader_item){ .what = READER_PASSED, .member = shown_name(r) });
}

int
reader_bad(struct reader *r, uint64_t line, uint64_t offset, struct str raw,
           const struct err *why)
{
    return put(r, &(struct reader_item){ .what = READER_BAD,
                                         .member = shown_name(r),
                                         .line = line + r->from_line,
                                         .offset = offset + r->from,
                                         .raw = raw,
                                         .why = why });
}

int
reader_bad_more(struct reader *r, struct str raw)
{
    return put(r, &(struct reader_item){ .what = READER_BAD, .raw = raw, .more = 1 });
}
