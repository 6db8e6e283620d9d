/* variants.c - the best of all ways to choose one of several for each part */
#include "infer/variants.h"

struct variants_way {
    const struct variants_way *before; /* NULL: this is the first part */
    size_t pick;
    double sum;
};

/* Keep a way among the n best; of equal ones the first comes first. How many. */
static size_t
insert(struct variants_way *best, size_t n, size_t most, struct variants_way w)
{
    size_t i = n < most ? n : most - 1;

    if (n == most && !(w.sum > best[i].sum))
        return n;
    for (; i > 0 && w.sum > best[i - 1].sum; i--)
        best[i] = best[i - 1];
    best[i] = w;
    return n < most ? n + 1 : n;
}

void
variants_add(struct variants *v, const double *gain, size_t n)
{
    struct variants_way *best = arena_alloc(v->mem, v->most * sizeof *best);
    size_t ways = v->parts ? v->n : 1, count = 0;

    for (size_t i = 0; i < ways; i++)
        for (size_t k = 0; k < n; k++) {
            struct variants_way w = { NULL, k, gain[k] };

            if (v->parts) {
                w.before = v->way[i];
                w.sum += w.before->sum;
            }
            count = insert(best, count, v->most, w);
        }
    v->way = arena_alloc(v->mem, count * sizeof *v->way);
    for (v->n = 0; v->n < count; v->n++)
        v->way[v->n] = &best[v->n];
    v->parts++;
}

double
variants_read(const struct variants *v, size_t i, size_t *pick)
{
    const struct variants_way *w = v->way[i];
    double sum = w->sum;

    for (size_t k = v->parts; k-- > 0; w = w->before)
        pick[k] = w->pick;
    return sum;
}
