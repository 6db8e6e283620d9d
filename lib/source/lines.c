/* lines.c - a stream cut into lines, and the readers of texts that are lines */
#include "source/lines.h"

#include <string.h>

#include "json/json.h"
#include "json/splice.h"

void
lines_begin(struct lines *l, struct stream *in, size_t max)
{
    *l = (struct lines){ .in = in, .max = max };
}

void
lines_release(struct lines *l)
{
    buf_free(&l->carry);
}

/* The line handed out begins where the one before ended. */
static int
hand_out(struct lines *l, enum lines_kind kind, struct str *raw, const char *p,
         size_t n)
{
    *raw = (struct str){ p, n };
    l->offset = l->next;
    l->next += n;
    l->number += kind != LINES_MORE;
    return kind;
}

/* The carry and n bytes of the block are one line, or a piece of one. */
static int
from_carry(struct lines *l, enum lines_kind kind, struct str *raw, size_t n)
{
    buf_add(&l->carry, l->p, n);
    l->p += n;
    l->n -= n;
    l->taken = 1;
    return hand_out(l, kind, raw, l->carry.p, l->carry.n);
}

int
lines_next(struct lines *l, struct str *raw, struct err *e)
{
    if (l->taken)
        l->carry.n = 0;
    l->taken = 0;
    for (;;) {
        const char *nl = l->n > 0 ? memchr(l->p, '\n', l->n) : NULL;
        size_t n = nl ? (size_t)(nl - l->p) + 1 : l->n;
        int is_long = l->in_long || n + l->carry.n > l->max + 2;
        long got;
        /* The first piece of a long one, all pieces, or the end of a whole one. */
        if (is_long && n + l->carry.n > 0) {
            enum lines_kind kind = l->in_long ? LINES_MORE : LINES_LONG;
            l->in_long = nl == NULL;
            return from_carry(l, kind, raw, n);
        }
        if (nl && l->carry.n == 0) {
            const char *p = l->p;
            l->p += n;
            l->n -= n;
            return hand_out(l, LINES_WHOLE, raw, p, n);
        }
        if (nl)
            return from_carry(l, LINES_WHOLE, raw, n);
        buf_add(&l->carry, l->p, n);
        l->n = 0;
        got = stream_take(l->in, &l->p, e);
        if (got < 0)
            return -1;
        l->n = (size_t)got;
        if (got == 0)
            return l->carry.n > 0 ? from_carry(l, LINES_WHOLE, raw, 0) : 0;
    }
}

int
lines_is_blank(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r')
            return 0;
    return 1;
}

/* ---- readers ---- */

static int
text_line(struct reader *r, const struct lines *l, struct str raw)
{
    reader_begin(r);
    reader_text(r, STR("text"), lines_text(raw));
    return reader_end(r, l->number, l->offset, raw);
}

/* -1 with e: no object. */
static int
scan(struct str text, struct json_watch *src, struct json *v, struct err *e)
{
    if (json_scan(text.p, text.n, src, 1, v, e))
        return -1;
    if (v->type != JSON_OBJECT)
        return err_set(e, ERR_NOT_OBJECT, "no object");
    return src->count < 2 ? 0 : err_set(e, ERR_EXISTS, "member '_src' is there twice");
}

static int
json_line(struct reader *r, const struct lines *l, struct str raw)
{
    struct json_watch src = { .name = STR("_src") };
    struct str text = lines_text(raw);
    struct splice s;
    struct json v;
    struct err e;

    if (scan(text, &src, &v, &e))
        return reader_bad(r, l->number, l->offset, raw, &e);
    r->json.n = r->pad.n = 0;
    splice_begin(&s, text, v);
    if (src.count == 0) {
        reader_src(r, l->number, l->offset, &r->pad);
        splice_append(&s, STR("\"_src\":"), buf_span(&r->pad));
    }
    splice_end(&s, &r->json);
    buf_char(&r->json, '\n');
    return reader_put(r, l->number, l->offset, buf_span(&r->json));
}

static int
long_line(struct reader *r, const struct lines *l, struct str raw)
{
    struct err e;

    err_set(&e, ERR_TOO_LONG, "a line of more than %zu bytes (--max-text)", l->max);
    return reader_bad(r, l->number, l->offset, raw, &e);
}

static int
read_lines(struct reader *r, uint64_t to,
           int (*line)(struct reader *r, const struct lines *l, struct str raw),
           struct err *e)
{
    struct lines l;
    struct str raw;
    int rc, ours = 1;

    lines_begin(&l, r->in, r->opt.max_text);
    while ((rc = lines_next(&l, &raw, e)) > 0) {
        int out;
        if (rc != LINES_MORE && l.offset + r->from >= to)
            break;
        if (rc != LINES_MORE)
            ours = reader_wants(r);
        if (!ours)
            continue;
        if (rc == LINES_WHOLE)
            out = lines_is_blank(lines_text(raw)) ? reader_blank(r, l.number, l.offset)
                                                  : line(r, &l, raw);
        else
            out = rc == LINES_LONG ? long_line(r, &l, raw) : reader_bad_more(r, raw);
        if (out)
            break;
    }
    lines_release(&l);
    return rc < 0 || r->ended ? -1 : 0;
}

int
lines_read(struct reader *r, uint64_t to, struct err *e)
{
    return read_lines(r, to, text_line, e);
}

int
lines_read_jsonl(struct reader *r, uint64_t to, struct err *e)
{
    return read_lines(r, to, json_line, e);
}
