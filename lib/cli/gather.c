/* gather.c - what several threads have seen of the records */
#include "cli/gather.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

struct part {
    unsigned long long seq;
    size_t n;          /* rows */
    struct str *field; /* [n, n_field], and behind them their bytes */
};

struct gather {
    pthread_mutex_t lock;
    size_t n_field;
    struct part *part;
    size_t n, cap; /* parts */
    struct str *row;
};

struct gather *
gather_new(size_t n_field)
{
    struct gather *g = mem_zero(1, sizeof *g);

    pthread_mutex_init(&g->lock, NULL);
    g->n_field = n_field;
    return g;
}

void
gather_free(struct gather *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->n; i++)
        mem_free(g->part[i].field);
    mem_free(g->part);
    mem_free(g->row);
    pthread_mutex_destroy(&g->lock);
    mem_free(g);
}

static struct str *
copy(const struct str *field, size_t n)
{
    size_t bytes = n * sizeof *field;
    struct str *to;
    char *p;

    for (size_t i = 0; i < n; i++)
        bytes += field[i].n;
    to = mem_alloc(bytes);
    p = (char *)(to + n);
    for (size_t i = 0; i < n; p += field[i++].n) {
        to[i] = (struct str){ p, field[i].n };
        if (field[i].n > 0)
            memcpy(p, field[i].p, field[i].n);
    }
    return to;
}

void
gather_add(struct gather *g, unsigned long long seq, const struct str *field, size_t n)
{
    struct part part = { seq, n, copy(field, n * g->n_field) };
    size_t size = sizeof part;

    pthread_mutex_lock(&g->lock);
    if (g->n == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 64;
        g->part = mem_grow(g->part, g->n * size, cap * size);
        g->cap = cap;
    }
    g->part[g->n++] = part;
    pthread_mutex_unlock(&g->lock);
}

static int
by_seq(const void *a, const void *b)
{
    const struct part *x = a, *y = b;

    return (x->seq > y->seq) - (x->seq < y->seq);
}

const struct str *
gather_rows(struct gather *g, size_t *n)
{
    size_t at = 0, all = 0;

    for (size_t i = 0; i < g->n; i++)
        all += g->part[i].n;
    if (g->n > 0)
        qsort(g->part, g->n, sizeof *g->part, by_seq);
    g->row = mem_alloc(mem_mul(all, g->n_field * sizeof *g->row) + 1);
    for (size_t i = 0; i < g->n; i++) {
        size_t k = g->part[i].n * g->n_field;
        if (k > 0)
            memcpy(g->row + at, g->part[i].field, k * sizeof *g->row);
        at += k;
    }
    *n = all;
    return g->row;
}
