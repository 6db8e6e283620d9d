/* merge.c - the merges of byte pair encoding: best pair first, until there is none */
#include "token/merge.h"

#include "base/mem.h"

void
merge_begin(struct merge *m)
{
    m->n = m->n_heap = 0;
}

void
merge_push(struct merge *m, int32_t id, size_t at, size_t n)
{
    size_t i = m->n;

    if (i == m->cap) {
        m->cap = m->cap ? 2 * m->cap : 256;
        m->symbol = mem_grow(m->symbol, i * sizeof *m->symbol,
                             mem_mul(m->cap, sizeof *m->symbol));
    }
    m->symbol[i] = (struct merge_symbol){ id, (uint32_t)at, (uint32_t)n,
                                          (uint32_t)(i ? i - 1 : 0), (uint32_t)i + 1 };
    m->n++;
}

void
merge_release(struct merge *m)
{
    mem_free(m->symbol);
    mem_free(m->heap);
    *m = (struct merge){ 0 };
}

/* ---- a heap with the least on top ---- */

static void
heap_push(struct merge *m, uint64_t key)
{
    size_t i = m->n_heap;

    if (i == m->cap_heap) {
        m->cap_heap = m->cap_heap ? 2 * m->cap_heap : 256;
        m->heap = mem_grow(m->heap, i * sizeof *m->heap,
                           mem_mul(m->cap_heap, sizeof *m->heap));
    }
    m->n_heap++;
    for (; i > 0 && m->heap[(i - 1) / 2] > key; i = (i - 1) / 2)
        m->heap[i] = m->heap[(i - 1) / 2];
    m->heap[i] = key;
}

static uint64_t
heap_pop(struct merge *m)
{
    uint64_t top = m->heap[0], key = m->heap[--m->n_heap];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < m->n_heap) {
        if (child + 1 < m->n_heap && m->heap[child + 1] < m->heap[child])
            child++;
        if (m->heap[child] >= key)
            break;
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = key;
    return top;
}

/* ---- merges ---- */

static uint32_t
rank_at(const struct merge *m, uint32_t left, merge_pair *pair, const void *model,
        int32_t *id)
{
    const struct merge_symbol *s = &m->symbol[left];

    return s->next < m->n ? pair(model, s, &m->symbol[s->next], id) : MERGE_NONE;
}

static void
offer(struct merge *m, uint32_t left, merge_pair *pair, const void *model)
{
    int32_t id;
    uint32_t rank = rank_at(m, left, pair, model, &id);

    if (rank != MERGE_NONE)
        heap_push(m, (uint64_t)rank << 32 | left);
}

/* The right one becomes part of the left one. */
static void
join(struct merge *m, uint32_t left, int32_t id)
{
    struct merge_symbol *s = &m->symbol[left], *gone = &m->symbol[s->next];

    s->id = id;
    s->n += gone->n;
    s->next = gone->next;
    gone->n = 0;
    if (s->next < m->n)
        m->symbol[s->next].prev = left;
}

void
merge_run(struct merge *m, merge_pair *pair, const void *model)
{
    for (size_t i = 0; i + 1 < m->n; i++)
        offer(m, (uint32_t)i, pair, model);
    while (m->n_heap > 0) {
        uint64_t key = heap_pop(m);
        uint32_t left = (uint32_t)key;
        int32_t id;
        /* Does the left one still exist, with a neighbour of that rank? */
        if (m->symbol[left].n == 0 ||
            rank_at(m, left, pair, model, &id) != (uint32_t)(key >> 32))
            continue;
        join(m, left, id);
        offer(m, left, pair, model);
        if (left > 0)
            offer(m, m->symbol[left].prev, pair, model);
    }
}
