/* twins.c - texts of one batch that are the same */
#include "cli/twins.h"

void
twins_init(struct twins *t, struct arena *a, size_t n)
{
    t->mask = 15;
    while (t->mask < 2 * n)
        t->mask = t->mask * 2 + 1;
    t->slot = arena_alloc(a, (t->mask + 1) * sizeof *t->slot);
    memset(t->slot, 0, (t->mask + 1) * sizeof *t->slot);
}

size_t
twins_find(struct twins *t, struct str text, uint64_t hash, size_t i)
{
    size_t at = hash & t->mask;

    for (; t->slot[at].text.p; at = (at + 1) & t->mask)
        if (str_eq(t->slot[at].text, text))
            return t->slot[at].first;
    t->slot[at] = (struct twins_slot){ text, i };
    return i;
}
