/*
 * bpepairs.h - which two tokens become which, and when: the list of merges
 *
 *     bpepairs_init(&t, n);
 *     bpepairs_add(&t, v, left, right, &e)          n times, in the order of the file
 *     rank = bpepairs_find(&t, left_id, right_id, &id);
 *
 * Threads: constant once filled.
 */
#ifndef TOKEN_BPEPAIRS_H
#define TOKEN_BPEPAIRS_H

#include "token/merge.h"
#include "token/vocab.h"

struct bpepairs_slot {
    int32_t left, right; /* -1: free */
    uint32_t rank;
    int32_t id;
};

struct bpepairs {
    struct bpepairs_slot *slot;
    size_t mask;
    uint32_t n;
};

void bpepairs_init(struct bpepairs *t, size_t n);
void bpepairs_release(struct bpepairs *t);

/* The next merge. ERR_MODEL: one of the two, or what they make, is no token; the pair
 * is there already; there are more than n. */
int bpepairs_add(struct bpepairs *t, const struct vocab *v, struct str left,
                 struct str right, struct err *e);

static inline size_t
bpepairs_hash(int32_t left, int32_t right)
{
    uint64_t h = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * VOCAB_BASE;

    return (size_t)(h >> 32 ^ h >> 12);
}

/* MERGE_NONE: no merge makes one of them. */
static inline uint32_t
bpepairs_find(const struct bpepairs *t, int32_t left, int32_t right, int32_t *id)
{
    for (size_t i = bpepairs_hash(left, right) & t->mask;; i = (i + 1) & t->mask) {
        const struct bpepairs_slot *s = &t->slot[i];
        if (s->left < 0)
            return MERGE_NONE;
        if (s->left == left && s->right == right)
            return *id = s->id, s->rank;
    }
}

#endif
