/* map.c - from byte strings to numbers */
#include "base/map.h"

#include "base/hash.h"
#include "base/mem.h"

struct slot {
    struct str key; /* p == NULL: free */
    uint32_t hash;
    int32_t value;
};

struct map {
    struct slot *slot;
    size_t mask, count;
};

static uint32_t
hash(struct str key)
{
    return (uint32_t)(hash_bytes(key) >> 32);
}

static struct slot *
look(const struct map *m, struct str key, uint32_t h)
{
    for (size_t i = h & m->mask;; i = (i + 1) & m->mask) {
        struct slot *s = &m->slot[i];
        if (s->key.p == NULL || (s->hash == h && str_eq(s->key, key)))
            return s;
    }
}

static void
resize(struct map *m, size_t n)
{
    struct map bigger = { mem_zero(n, sizeof *m->slot), n - 1, m->count };

    for (size_t i = 0; m->slot && i <= m->mask; i++)
        if (m->slot[i].key.p)
            *look(&bigger, m->slot[i].key, m->slot[i].hash) = m->slot[i];
    mem_free(m->slot);
    *m = bigger;
}

struct map *
map_new(size_t expect)
{
    struct map *m = mem_zero(1, sizeof *m);
    size_t n = 16;

    while (n / 2 < expect)
        n *= 2;
    resize(m, n);
    return m;
}

void
map_free(struct map *m)
{
    if (m)
        mem_free(m->slot);
    mem_free(m);
}

int
map_put(struct map *m, struct str key, int32_t value)
{
    uint32_t h = hash(key);
    struct slot *s;

    if (m->count >= (m->mask + 1) / 2)
        resize(m, (m->mask + 1) * 2);
    s = look(m, key, h);
    if (s->key.p)
        return 0;
    *s = (struct slot){ { key.n ? key.p : "", key.n }, h, value };
    m->count++;
    return 1;
}

int32_t
map_find(const struct map *m, struct str key, int32_t none)
{
    const struct slot *s = look(m, key, hash(key));

    return s->key.p ? s->value : none;
}

size_t
map_count(const struct map *m)
{
    return m->count;
}
