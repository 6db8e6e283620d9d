/*
 * buf.h - bytes that grow
 *
 *     struct buf b = { 0 };
 *     buf_puts(&b, "{\"n\":");
 *     buf_u64(&b, n);
 *     buf_free(&b);
 *
 * Owns its bytes. Growth does not fail (mem.h); whoever feeds it from input bounds the
 * input first. A zeroed struct is an empty buffer.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
    char *p;
    size_t n, cap;
};

void buf_grow(struct buf *b, size_t n); /* at least n more; for buf_room() */

/* Room for n more bytes behind the n that are there; returns where they go. The caller
 * adds to b->n what it wrote. */
static inline char *
buf_room(struct buf *b, size_t n)
{
    if (n > b->cap - b->n || b->p == NULL)
        buf_grow(b, n);
    return b->p + b->n;
}

static inline void
buf_add(struct buf *b, const void *p, size_t n)
{
    char *to = buf_room(b, n);

    if (n > 0)
        memcpy(to, p, n);
    b->n += n;
}

static inline void
buf_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

static inline void
buf_char(struct buf *b, char c)
{
    *buf_room(b, 1) = c;
    b->n++;
}

/* What it holds, until it grows; its p is never NULL. */
static inline struct str
buf_span(const struct buf *b)
{
    return (struct str){ b->p ? b->p : "", b->n };
}

void buf_puts(struct buf *b, const char *s);
void buf_u64(struct buf *b, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_free(struct buf *b); /* and empty again */

#endif
