/* dedup.c - results of texts that were seen before */
#include "cli/dedup.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/mem.h"

struct entry {
    struct entry *next;
    uint64_t hash;
    size_t n_text, n_result; /* bytes behind the struct */
};

struct dedup {
    pthread_mutex_t lock;
    struct entry **slot;
    struct arena entries;
    size_t mask, count, used, mem;
};

struct dedup *
dedup_new(size_t mem)
{
    struct dedup *d = mem_zero(1, sizeof *d);

    pthread_mutex_init(&d->lock, NULL);
    d->mem = mem;
    d->mask = 4095;
    d->slot = mem_zero(d->mask + 1, sizeof *d->slot);
    return d;
}

static void
forget(struct dedup *d)
{
    memset(d->slot, 0, (d->mask + 1) * sizeof *d->slot);
    arena_reset(&d->entries);
    d->count = d->used = 0;
}

void
dedup_free(struct dedup *d)
{
    if (d == NULL)
        return;
    arena_release(&d->entries);
    pthread_mutex_destroy(&d->lock);
    mem_free(d->slot);
    mem_free(d);
}

static struct entry *
look(const struct dedup *d, struct str text, uint64_t hash)
{
    struct entry *e = d->slot[hash & d->mask];

    while (e && !(e->hash == hash &&
                  str_eq((struct str){ (const char *)(e + 1), e->n_text }, text)))
        e = e->next;
    return e;
}

int
dedup_find(struct dedup *d, struct str text, uint64_t hash, struct buf *out)
{
    const struct entry *e;

    pthread_mutex_lock(&d->lock);
    if ((e = look(d, text, hash)))
        buf_add(out, (const char *)(e + 1) + e->n_text, e->n_result);
    pthread_mutex_unlock(&d->lock);
    return e != NULL;
}

static void
widen(struct dedup *d)
{
    size_t mask = d->mask * 2 + 1;
    struct entry **slot = mem_zero(mask + 1, sizeof *slot);

    for (size_t i = 0; i <= d->mask; i++)
        while (d->slot[i]) {
            struct entry *e = d->slot[i];
            d->slot[i] = e->next;
            e->next = slot[e->hash & mask];
            slot[e->hash & mask] = e;
        }
    mem_free(d->slot);
    d->slot = slot;
    d->mask = mask;
}

void
dedup_add(struct dedup *d, struct str text, uint64_t hash, struct str result)
{
    size_t size = sizeof(struct entry) + text.n + result.n;
    struct entry *e, **slot;

    if (size > d->mem / 4)
        return; /* one large text must not push all others out */
    pthread_mutex_lock(&d->lock);
    if (size > d->mem - d->used)
        forget(d);
    if (!look(d, text, hash)) {
        if (d->count > d->mask)
            widen(d);
        e = arena_alloc(&d->entries, size);
        slot = &d->slot[hash & d->mask];
        *e = (struct entry){ *slot, hash, text.n, result.n };
        memcpy(e + 1, text.p, text.n);
        memcpy((char *)(e + 1) + text.n, result.p, result.n);
        *slot = e;
        d->count++;
        d->used += size;
    }
    pthread_mutex_unlock(&d->lock);
}
