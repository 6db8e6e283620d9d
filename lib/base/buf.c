/* buf.c - bytes that grow */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void
buf_grow(struct buf *b, size_t n)
{
    size_t want = mem_add(b->n, n);
    size_t cap = b->cap > SIZE_MAX / 2 ? SIZE_MAX : b->cap * 2;

    if (cap < want)
        cap = want;
    if (cap < 256)
        cap = 256;
    b->p = mem_grow(b->p, b->n, cap);
    b->cap = cap;
}

void
buf_puts(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void
buf_u64(struct buf *b, uint64_t v)
{
    char digit[20];
    size_t i = sizeof digit;

    do
        digit[--i] = (char)('0' + v % 10);
    while (v /= 10);
    buf_add(b, digit + i, sizeof digit - i);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0) {
        vsnprintf(buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void
buf_free(struct buf *b)
{
    mem_free(b->p);
    *b = (struct buf){ 0 };
}
