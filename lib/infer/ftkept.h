/*
 * ftkept.h - the n-gram buckets of a pruned fastText model that have a row
 *
 * A bit for each bucket, and for each 64 of them how many bits are set before: a kept
 * bucket's rank is found with two loads, and most that are not kept cost one.
 *
 * Owns:   its memory.  Threads: constant once made.
 * Limits: buckets of which far too few are kept for a file of its size are refused.
 */
#ifndef INFER_FTKEPT_H
#define INFER_FTKEPT_H

#include <stdint.h>

#include "format/ftbin.h"

struct ftkept {
    uint64_t *bit;    /* [bucket / 64 + 1] */
    uint32_t *before; /* the same */
    uint32_t *row;    /* [n]: by rank, the row behind those of the words */
    size_t n;
};

/* Of a model that is pruned. ERR_MODEL, ERR_NOMEM. */
int ftkept_init(struct ftkept *t, const struct ftbin *f, struct err *e);
void ftkept_release(struct ftkept *t);

static inline uint32_t
ftkept_has(const struct ftkept *t, uint32_t bucket)
{
    return (uint32_t)(t->bit[bucket / 64] >> bucket % 64) & 1;
}

/* How many kept buckets are below this one, which is kept. */
static inline uint32_t
ftkept_rank(const struct ftkept *t, uint32_t bucket)
{
    uint64_t below = t->bit[bucket / 64] & (((uint64_t)1 << bucket % 64) - 1);

    return t->before[bucket / 64] + (uint32_t)__builtin_popcountll(below);
}

#endif
