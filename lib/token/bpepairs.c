/* bpepairs.c - which two tokens become which, and when */
#include "token/bpepairs.h"

#include "base/mem.h"

#define SHOWN(s) (int)((s).n < 60 ? (s).n : 60), (s).p /* for %.*s */

void
bpepairs_init(struct bpepairs *t, size_t n)
{
    size_t slots = 16;

    while (slots / 2 < n)
        slots *= 2;
    t->slot = mem_alloc(mem_mul(slots, sizeof *t->slot));
    memset(t->slot, 0xFF, slots * sizeof *t->slot);
    t->mask = slots - 1;
    t->n = 0;
}

void
bpepairs_release(struct bpepairs *t)
{
    mem_free(t->slot);
    *t = (struct bpepairs){ 0 };
}

static int32_t
find_both(const struct vocab *v, struct str left, struct str right)
{
    struct buf b = { 0 };
    int32_t id;

    buf_str(&b, left);
    buf_str(&b, right);
    id = vocab_find(v, (struct str){ b.p, b.n });
    buf_free(&b);
    return id;
}

int
bpepairs_add(struct bpepairs *t, const struct vocab *v, struct str left,
             struct str right, struct err *e)
{
    struct bpepairs_slot new = { vocab_find(v, left), vocab_find(v, right), t->n,
                                 find_both(v, left, right) };
    size_t i;

    if (new.left < 0 || new.right < 0 || new.id < 0)
        return err_set(e, ERR_MODEL, "merge %u, '%.*s' and '%.*s': not all are tokens",
                       t->n, SHOWN(left), SHOWN(right));
    if (t->n > t->mask / 2)
        return err_set(e, ERR_MODEL, "too many merges");
    for (i = bpepairs_hash(new.left, new.right) & t->mask; t->slot[i].left >= 0;
         i = (i + 1) & t->mask)
        if (t->slot[i].left == new.left && t->slot[i].right == new.right)
            return err_set(e, ERR_MODEL, "merge %u, '%.*s' and '%.*s', is there twice",
                           t->n, SHOWN(left), SHOWN(right));
    t->slot[i] = new;
    t->n++;
    return 0;
}
