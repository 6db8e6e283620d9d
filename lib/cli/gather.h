/*
 * gather.h - what several threads have seen of the records, in the order of the input
 *
 *     struct gather *g = gather_new(2);                 two fields a row
 *     gather_add(g, b->seq, field, n);                  by any thread: field [n, 2]
 *     const struct str *row = gather_rows(g, &n);       when all are done: [n, 2]
 *     gather_free(g);
 *
 * Owns: copies of the fields, in memory.  Threads: as above.
 */
#ifndef CLI_GATHER_H
#define CLI_GATHER_H

#include <stddef.h>

#include "base/str.h"

struct gather;

struct gather *gather_new(size_t n_field);
void gather_free(struct gather *g); /* NULL is fine */

/* The rows of the batch number seq, each batch once. */
void gather_add(struct gather *g, unsigned long long seq, const struct str *field,
                size_t n);

/* [*n, n_field], until gather_free(); after the last gather_add(), once. */
const struct str *gather_rows(struct gather *g, size_t *n);

#endif
