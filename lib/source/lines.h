/*
 * lines.h - a stream cut into lines, and the readers of texts that are lines
 *
 * A line is handed out where it lies in the stream's block; only one that spans
 * blocks is copied. What is longer than max comes in pieces, so that memory stays
 * bounded.
 *
 * Owns: the carry; the stream is borrowed.  Threads: one owner.
 */
#ifndef SOURCE_LINES_H
#define SOURCE_LINES_H

#include "source/reader.h"

enum lines_kind {
    LINES_WHOLE = 1,
    LINES_LONG, /* the first piece of a line that is too long */
    LINES_MORE  /* a further one */
};

struct lines {
    struct stream *in;
    size_t max;
    const char *p; /* of the block, not handed out yet: */
    size_t n;
    struct buf carry;
    int in_long, taken;            /* taken: the carry was handed out */
    uint64_t number, offset, next; /* of the line handed out; offset of the next one */
};

void lines_begin(struct lines *l, struct stream *in, size_t max);
void lines_release(struct lines *l);

/* The next line with its end, until the next call: an enum lines_kind, 0 at the end, -1
 * with e (the piece of a line before damage is dropped). */
int lines_next(struct lines *l, struct str *raw, struct err *e);

/* Without its end: "\n", "\r\n" or nothing. */
static inline struct str
lines_text(struct str raw)
{
    if (raw.n > 0 && raw.p[raw.n - 1] == '\n')
        raw.n -= raw.n > 1 && raw.p[raw.n - 2] == '\r' ? 2 : 1;
    return raw;
}

int lines_is_blank(struct str text);

/* Readers (reader.h): a record a line of text; lines that are records already, which
 * get _src unless they have one. to: lines that begin at or behind this offset are
 * not ours. */
int lines_read(struct reader *r, uint64_t to, struct err *e);
int lines_read_jsonl(struct reader *r, uint64_t to, struct err *e);

#endif
