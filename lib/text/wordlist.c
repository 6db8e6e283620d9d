/* wordlist.c - the words and pairs that are in enough of some texts */
#include "text/wordlist.h"

#include <stdlib.h>

#include "base/mem.h"

struct seen {
    struct str word;
    size_t texts, last; /* in how many, and the last of them */
};

struct all {
    struct seen *seen;
    size_t n, cap;
    struct map *number;
};

static void
see(struct all *all, struct str word, size_t text)
{
    struct seen *s;
    int32_t i = map_find(all->number, word, -1);

    if (i < 0) {
        if (all->n == all->cap) {
            size_t cap = all->cap ? 2 * all->cap : 1024;
            all->seen = mem_grow(all->seen, all->n * sizeof *all->seen,
                                 mem_mul(cap, sizeof *all->seen));
            all->cap = cap;
        }
        i = (int32_t)all->n++;
        map_put(all->number, word, i);
        all->seen[i] = (struct seen){ .word = word };
    }
    s = &all->seen[i];
    if (s->texts == 0 || s->last != text)
        s->texts++;
    s->last = text;
}

/* How many are in at least `min` texts? */
static size_t
count(const struct all *all, size_t min)
{
    size_t n = 0;

    for (size_t i = 0; i < all->n; i++)
        n += all->seen[i].texts >= min;
    return n;
}

static int
by_bytes(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

static void
keep(struct wordlist *l, const struct all *all)
{
    size_t n = count(all, l->min), at = 0;

    l->word = mem_alloc(mem_mul(n, sizeof *l->word) + 1);
    l->number = map_new(n);
    l->n = n;
    for (size_t i = 0; i < all->n; i++)
        if (all->seen[i].texts >= l->min)
            l->word[at++] = all->seen[i].word;
    if (n > 0)
        qsort(l->word, n, sizeof *l->word, by_bytes);
    for (size_t i = 0; i < n; i++)
        map_put(l->number, l->word[i], (int32_t)i);
}

void
wordlist_make(struct wordlist *l, const struct wordbag *bag, size_t n,
              const struct wordlist_opt *opt)
{
    struct all all = { .number = map_new(1024) };

    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < wordbag_count(&bag[t]); i++)
            see(&all, wordbag_feature(&bag[t], i), t);
    *l = (struct wordlist){ .min = opt->min };
    while (count(&all, l->min) > opt->max)
        l->min++;
    keep(l, &all);
    map_free(all.number);
    mem_free(all.seen);
}

void
wordlist_release(struct wordlist *l)
{
    mem_free(l->word);
    map_free(l->number);
    *l = (struct wordlist){ 0 };
}
