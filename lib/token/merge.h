/*
 * merge.h - the merges of byte pair encoding: best pair first, until there is none
 *
 * A word is a list of symbols. Of all neighbours, the pair with the lowest rank is made
 * one, of equals the leftmost; then again. With a heap of pairs it takes n log n; pairs
 * that are out of date are found out when they come up.
 *
 *     merge_begin(&m);
 *     merge_push(&m, id, at, n);                    for each symbol
 *     merge_run(&m, pair, model);
 *     for (size_t i = 0; i < m.n; i = m.symbol[i].next) ...
 *
 * Owns:    its lists, which grow with the longest word.    Threads: one owner.
 * Limits:  2^31 symbols.
 * Source:  Sennrich et al., "Neural Machine Translation of Rare Words with Subword
 *          Units", 2016 (P16-1162).
 */
#ifndef TOKEN_MERGE_H
#define TOKEN_MERGE_H

#include <stddef.h>
#include <stdint.h>

struct merge_symbol {
    int32_t id;     /* the caller's; of a merged one, as pair() says */
    uint32_t at, n; /* its bytes in the word; n is 0 once it has been merged away */
    uint32_t prev, next; /* first: prev is its own place; last: next is the count */
};

struct merge {
    struct merge_symbol *symbol;
    uint64_t *heap; /* rank << 32 | place of the left one */
    size_t n, cap, n_heap, cap_heap;
};

#define MERGE_NONE UINT32_MAX

/* The rank of a pair, and the id that it becomes; MERGE_NONE: they stay apart. */
typedef uint32_t merge_pair(const void *model, const struct merge_symbol *left,
                            const struct merge_symbol *right, int32_t *id);

void merge_begin(struct merge *m);
void merge_push(struct merge *m, int32_t id, size_t at, size_t n);
void merge_run(struct merge *m, merge_pair *pair, const void *model);
void merge_release(struct merge *m);

#endif
