/*
 * twins.h - texts of one batch that are the same
 *
 *     twins_init(&t, arena, n);
 *     first = twins_find(&t, text, hash, i);    i itself when none before is the same
 *
 * Owns: nothing: the table is the arena's, the texts live as long. Threads: one owner.
 */
#ifndef CLI_TWINS_H
#define CLI_TWINS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct twins_slot {
    struct str text; /* p NULL: free */
    size_t first;
};

struct twins {
    size_t mask;
    struct twins_slot *slot;
};

/* For n texts at most. */
void twins_init(struct twins *t, struct arena *a, size_t n);

/* The number under which this text came first: i when that is now. hash is
 * hash_bytes(text). */
size_t twins_find(struct twins *t, struct str text, uint64_t hash, size_t i);

#endif
