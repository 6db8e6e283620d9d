/*
 * result.h - what a tool said about one text (the inside of filter.h)
 *
 * Owns: nothing; values are spans of the worker's buffer.  Threads: one worker.
 */
#ifndef CLI_RESULT_H
#define CLI_RESULT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "cli/filter.h"

struct result_span {
    size_t at, n;
    int there;
};

/* Where the values of a batch are written, one after another. */
struct result_pad {
    struct buf text;
    struct result_span *open; /* being written */
    struct arena *arena;
};

struct filter_result {
    struct result_pad *pad;
    struct result_span member[FILTER_MEMBERS];
    size_t tokens, kept; /* kept > 0 with `how` set: overlong */
    const char *how;
    struct err *e; /* rejected */
};

void result_begin(struct filter_result *r, struct result_pad *pad);
void result_close(struct result_pad *pad); /* the last value is whole */
struct str result_value(const struct filter_result *r, int k);

/* As bytes that do not depend on the pad, and back: for --dedup. */
void result_pack(const struct filter_result *r, struct buf *b);
void result_unpack(struct filter_result *r, struct str bytes);

#endif
