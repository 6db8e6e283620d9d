/* result.c - what a tool said about one text */
#include "cli/result.h"

#include <stdarg.h>
#include <stdio.h>

#include "json/json.h"

void
result_begin(struct result *r, struct result_pad *pad)
{
    r->pad = pad;
    r->there = 0; /* the spans are set when they are put */
    r->tokens = r->kept = 0;
    r->how = NULL;
    r->e = NULL;
    r->more = NULL;
}

struct result *
result_more(struct result *r)
{
    r->more = arena_alloc(r->pad->arena, sizeof *r->more);
    result_begin(r->more, r->pad);
    return r->more;
}

void
result_close(struct result_pad *pad)
{
    if (pad->open)
        pad->open->n = pad->text.n - pad->open->at;
    pad->open = NULL;
}

struct buf *
result_put(struct result *r, int k)
{
    struct result_pad *pad = r->pad;

    result_close(pad);
    pad->open = &r->member[k];
    *pad->open = (struct result_span){ .at = pad->text.n };
    r->there |= 1u << k;
    return &pad->text;
}

struct str
result_value(const struct result *r, int k)
{
    if (!result_has(r, k))
        return STR("");
    return (struct str){ r->pad->text.p + r->member[k].at, r->member[k].n };
}

void
result_tokens(struct result *r, size_t n)
{
    r->tokens = n;
}

void
result_overlong(struct result *r, size_t tokens, size_t kept, const char *how)
{
    r->tokens = tokens;
    r->kept = kept;
    r->how = how;
}

void
result_reject(struct result *r, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    r->e = arena_alloc(r->pad->arena, sizeof *r->e);
    r->e->code = code;
    va_start(ap, fmt);
    vsnprintf(r->e->msg, sizeof r->e->msg, fmt, ap);
    va_end(ap);
}

void
result_raw(struct str value, struct buf *scratch, struct buf *out)
{
    struct err e;

    if (value.n == 0 || value.p[0] != '"') {
        buf_str(out, value);
        return;
    }
    scratch->n = 0;
    json_unquote((struct json){ value.p, value.n, JSON_STRING }, scratch, &e);
    for (size_t i = 0; i < scratch->n; i++) {
        if (scratch->p[i] == '\n')
            buf_puts(out, "\\n");
        else if (scratch->p[i] == '\r')
            buf_puts(out, "\\r");
        else
            buf_char(out, scratch->p[i]);
    }
}

struct packed {
    size_t tokens, kept, n; /* n: bytes of the values behind it */
    unsigned there;
    int more;        /* another one follows */
    const char *how; /* a literal of the tool: valid as long as the process */
    struct result_span member[RESULT_MEMBERS];
};

static void
pack_one(const struct result *r, struct buf *b)
{
    struct packed p = { .tokens = r->tokens,
                        .kept = r->kept,
                        .there = r->there,
                        .more = r->more != NULL,
                        .how = r->how };

    for (int k = 0; k < RESULT_MEMBERS; k++)
        if (result_has(r, k)) {
            p.member[k] = (struct result_span){ p.n, r->member[k].n };
            p.n += r->member[k].n;
        }
    buf_add(b, &p, sizeof p);
    for (int k = 0; k < RESULT_MEMBERS; k++)
        if (result_has(r, k))
            buf_str(b, result_value(r, k));
}

void
result_pack(const struct result *r, struct buf *b)
{
    for (; r; r = r->more)
        pack_one(r, b);
}

/* Returns whether another one follows. */
static int
unpack_one(struct result *r, struct str *bytes)
{
    struct packed p;

    memcpy(&p, bytes->p, sizeof p);
    r->tokens = p.tokens;
    r->kept = p.kept;
    r->how = p.how;
    for (int k = 0; k < RESULT_MEMBERS; k++)
        if (p.there >> k & 1) {
            struct buf *b = result_put(r, k);
            buf_add(b, bytes->p + sizeof p + p.member[k].at, p.member[k].n);
        }
    bytes->p += sizeof p + p.n;
    return p.more;
}

void
result_unpack(struct result *r, struct str bytes)
{
    while (unpack_one(r, &bytes))
        r = result_more(r);
    result_close(r->pad);
}
