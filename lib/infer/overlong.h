/*
 * overlong.h - what is done with a text that is longer than the model takes
 *
 * --overlong=error|truncate|chunk|skip; see textmill-records(5).
 */
#ifndef INFER_OVERLONG_H
#define INFER_OVERLONG_H

#include <stddef.h>

#include "base/err.h"

enum overlong {
    OVERLONG_NONE,     /* it was not too long */
    OVERLONG_ERROR,    /* the record is rejected with ERR_OVERLONG */
    OVERLONG_TRUNCATE, /* the tokens beyond the limit are dropped */
    OVERLONG_CHUNK,    /* cut into chunks, the results are merged */
    OVERLONG_SKIP,     /* the record is left as it is */
    OVERLONG_HOWS
};

const char *overlong_name(enum overlong how);  /* "chunk" */
enum overlong overlong_find(const char *name); /* OVERLONG_NONE: no such policy */

/* A span of a text's tokens. */
struct overlong_chunk {
    size_t at, n;
};

/* How many chunks n tokens make with at most `limit` in each; 1 for no tokens. */
size_t overlong_count(size_t n, size_t limit);

/* Chunk i of n_chunk: consecutive, and as equal as can be, since a last chunk of three
 * tokens has nothing to say; the first ones are a token longer where need be. */
struct overlong_chunk overlong_cut(size_t n, size_t n_chunk, size_t i);

#endif
