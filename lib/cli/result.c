/* result.c - what a tool said about one text */
#include "cli/result.h"

#include <stdarg.h>
#include <stdio.h>

void
result_begin(struct result *r, struct result_pad *pad)
{
    r->pad = pad;
    r->there = 0; /* the spans are set when they are put */
    r->tokens = r->kept = 0;
    r->how = NULL;
    r->e = NULL;
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

struct packed {
    size_t tokens, kept;
    unsigned there;
    const char *how; /* a literal of the tool: valid as long as the process */
    struct result_span member[RESULT_MEMBERS];
};

void
result_pack(const struct result *r, struct buf *b)
{
    struct packed p = { r->tokens, r->kept, r->there, r->how, { { 0 } } };
    size_t at = 0;

    for (int k = 0; k < RESULT_MEMBERS; k++)
        if (result_has(r, k)) {
            p.member[k] = (struct result_span){ at, r->member[k].n };
            at += r->member[k].n;
        }
    buf_add(b, &p, sizeof p);
    for (int k = 0; k < RESULT_MEMBERS; k++)
        if (result_has(r, k))
            buf_str(b, result_value(r, k));
}

void
result_unpack(struct result *r, struct str bytes)
{
    struct packed p;

    memcpy(&p, bytes.p, sizeof p);
    r->tokens = p.tokens;
    r->kept = p.kept;
    r->how = p.how;
    for (int k = 0; k < RESULT_MEMBERS; k++)
        if (p.there >> k & 1) {
            struct buf *b = result_put(r, k);
            buf_add(b, bytes.p + sizeof p + p.member[k].at, p.member[k].n);
        }
    result_close(r->pad);
}
