/*
 * arena.h - memory that is given back all at once
 *
 * The lifetime "batch" of the library: a worker allocates while it works on a batch and
 * resets at the end. No frees in the middle. Blocks are aligned to 64 bytes.
 *
 *     struct arena a = { 0 };
 *     float *h = arena_alloc(&a, mem_mul(n_tok, sizeof *h));
 *     arena_reset(&a);      keeps the memory for the next batch
 *     arena_release(&a);    gives it back
 *
 * Threads: one owner.  A zeroed struct is an empty arena.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

struct arena_block;

struct arena {
    struct arena_block *head; /* the block in use, older ones behind it */
    size_t total;             /* bytes in all blocks */
};

void *arena_alloc(struct arena *a, size_t n); /* never NULL (mem.h), not cleared */

/* Its own n bytes, and a NUL behind them; p may be NULL where n is 0. */
void *arena_copy(struct arena *a, const void *p, size_t n);
struct str arena_str(struct arena *a, struct str s); /* the same */

void arena_reset(struct arena *a);
void arena_release(struct arena *a);

#endif
