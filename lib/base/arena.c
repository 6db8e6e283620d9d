/* arena.c - memory that is given back all at once */
#include "base/arena.h"

#include <stdint.h>

#include "base/mem.h"

struct arena_block {
    struct arena_block *next;
    size_t cap, used; /* of the bytes behind the header */
};

#define HEADER   MEM_ALIGN /* room for the struct, and data stays aligned */
#define MIN_SIZE ((size_t)64 << 10)

static void
push(struct arena *a, size_t n)
{
    size_t cap = n < MIN_SIZE ? MIN_SIZE : n;
    struct arena_block *b;

    if (a->total > cap && a->total < SIZE_MAX / 4)
        cap = a->total; /* doubling: few blocks, whatever the batch needs */
    b = mem_alloc(mem_add(cap, HEADER));
    *b = (struct arena_block){ .next = a->head, .cap = cap };
    a->head = b;
    a->total += cap;
}

void *
arena_alloc(struct arena *a, size_t n)
{
    size_t want = n > SIZE_MAX - MEM_ALIGN
                      ? SIZE_MAX
                      : (n + MEM_ALIGN - 1) / MEM_ALIGN * MEM_ALIGN;
    char *p;

    if (a->head == NULL || want > a->head->cap - a->head->used)
        push(a, want);
    p = (char *)a->head + HEADER + a->head->used;
    a->head->used += want;
    return p;
}

void *
arena_copy(struct arena *a, const void *p, size_t n)
{
    char *copy = arena_alloc(a, n + 1);

    if (n > 0)
        memcpy(copy, p, n);
    copy[n] = '\0';
    return copy;
}

struct str
arena_str(struct arena *a, struct str s)
{
    return (struct str){ arena_copy(a, s.p, s.n), s.n };
}

void
arena_reset(struct arena *a)
{
    size_t total = a->total;

    /* One block that holds all that the last batch took, so that the next one fits. */
    if (a->head && a->head->next) {
        arena_release(a);
        push(a, total);
    }
    if (a->head)
        a->head->used = 0;
}

void
arena_release(struct arena *a)
{
    while (a->head) {
        struct arena_block *next = a->head->next;
        mem_free(a->head);
        a->head = next;
    }
    a->total = 0;
}
