/*
 * variants.h - the best of all ways to choose one of several for each part
 *
 * Parts are added one by one; a way is as good as the sum of what its choices have.
 *
 *     struct variants v = { .most = 5, .mem = &arena };
 *     variants_add(&v, gain, n);                     for every part: gain [n], n > 0
 *     for (size_t i = 0; i < v.n; i++)
 *         variants_read(&v, i, pick);                pick [v.parts]
 *
 * Threads: one owner.
 */
#ifndef INFER_VARIANTS_H
#define INFER_VARIANTS_H

#include <stddef.h>

#include "base/arena.h"

struct variants_way;

struct variants {
    size_t most; /* ways that are kept */
    struct arena *mem;

    const struct variants_way **way; /* [n], best first; before the first part none */
    size_t n, parts;
};

void variants_add(struct variants *v, const double *gain, size_t n);

/* What way i takes of each part; the sum of their gains. */
double variants_read(const struct variants *v, size_t i, size_t *pick);

#endif
