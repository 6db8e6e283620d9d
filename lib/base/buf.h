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

/* Room for n more bytes behind the n that are there; returns where they go. The caller
 * adds to b->n what it wrote. */
char *buf_room(struct buf *b, size_t n);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_str(struct buf *b, struct str s);
void buf_char(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_free(struct buf *b); /* and empty again */

#endif
