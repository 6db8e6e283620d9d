/*
 * result.h - what a tool says about one text
 *
 *     jout_f32(result_put(r, 0), x);       the value of the member -o names
 *     result_tokens(r, n);
 *
 * or result_reject(). Values are written one after another to the worker's pad, so one
 * is whole before the next begins.
 *
 * Owns: nothing; values are spans of the pad.  Threads: one worker.
 */
#ifndef CLI_RESULT_H
#define CLI_RESULT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define RESULT_MEMBERS 4 /* a tool writes at most so many */

struct result;

/* Write the JSON value of the tool's member k (filter_tool.suffix[k]) to the returned
 * buffer. A member that is not put is not written. */
struct buf *result_put(struct result *r, int k);

/* A further record for the same text, behind those that it has: another result, to be
 * put its members. What the functions below say is said of the first one. */
struct result *result_more(struct result *r);

void result_tokens(struct result *r, size_t n);
/* The text has more tokens than the model takes. how: "truncate", "chunk". */
void result_overlong(struct result *r, size_t tokens, size_t kept, const char *how);
void result_reject(struct result *r, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- for the loop (filter.h) ---- */

struct result_span {
    size_t at, n;
};

/* Where the values of a batch are written. */
struct result_pad {
    struct buf text;
    struct result_span *open; /* being written */
    struct arena *arena;
};

struct result {
    struct result_pad *pad;
    unsigned there; /* a bit for each member that was put: only those are set */
    struct result_span member[RESULT_MEMBERS];
    size_t tokens, kept;
    const char *how; /* a literal; NULL: not overlong */
    struct err *e;   /* rejected */
    struct result *more;
};

void result_begin(struct result *r, struct result_pad *pad);
void result_close(struct result_pad *pad); /* the last value is whole */
static inline int
result_has(const struct result *r, int k)
{
    return r->there >> k & 1;
}
/* Empty when it was not put. */
struct str result_value(const struct result *r, int k);

/* A value as -r prints it: a string's text with line ends escaped, any other value as
 * it is. */
void result_raw(struct str value, struct buf *scratch, struct buf *out);

/* As bytes that do not depend on the pad, and back: for --dedup. */
void result_pack(const struct result *r, struct buf *b);
void result_unpack(struct result *r, struct str bytes);

#endif
