/* allowed.c - which words a translation may use */
#include "infer/allowed.h"

#include "base/mem.h"

void
allowed_init(struct allowed *a)
{
    int32_t *id;

    a->n_common = marian_vocab(a->m);
    if (a->lex == NULL || a->n_common < ALLOWED_SHARE)
        return;
    a->n_common /= ALLOWED_SHARE;
    id = arena_alloc(&a->mem, a->n_common * sizeof *id);
    for (size_t i = 0; i < a->n_common; i++)
        id[i] = (int32_t)i;
    a->common = marian_words_new(a->m, id, a->n_common, &a->mem);
}

void
allowed_release(struct allowed *a)
{
    arena_release(&a->mem);
}

static void
allow(const struct allowed *a, uint64_t *bits, int32_t id)
{
    if ((size_t)id >= a->n_common && !allowed_never(a, id))
        bits[id / 64] |= UINT64_C(1) << id % 64;
}

/* The set bits below n in rising order; all of them are cleared. */
static size_t
take_bits(uint64_t *bits, size_t n, int32_t *id)
{
    size_t count = 0;

    for (size_t i = 0; i <= (n - 1) / 64; i++)
        for (; bits[i]; bits[i] &= bits[i] - 1)
            id[count++] = (int32_t)(i * 64) + __builtin_ctzll(bits[i]);
    return count;
}

/* Words that go with the source's, and the source's own, or names could not be copied;
 * and those that are frequent, or end a sentence, where they are not common. */
void
allowed_words(const struct allowed *a, uint64_t **bits, const int32_t *id, size_t n,
              struct arena *mem, struct allowed_words *to)
{
    size_t n_vocab = marian_vocab(a->m), most;

    *to = (struct allowed_words){ 0 };
    if (a->common == NULL)
        return;
    if (*bits == NULL)
        *bits = mem_zero((n_vocab + 63) / 64, sizeof **bits);
    most = shortlist_frequent(a->lex) + n + 1;
    for (size_t i = a->n_common; i < shortlist_frequent(a->lex); i++)
        allow(a, *bits, (int32_t)i);
    for (size_t i = 0; i < n; i++) {
        struct shortlist_words list = shortlist_get(a->lex, id[i]);

        if (a->copies)
            allow(a, *bits, id[i]);
        for (size_t k = 0; k < list.n; k++)
            allow(a, *bits, list.id[k]);
        most += list.n;
    }
    allow(a, *bits, a->eos);
    to->id = arena_alloc(mem, (most < n_vocab ? most : n_vocab) * sizeof *to->id);
    to->n = take_bits(*bits, n_vocab, to->id);
    if (to->n > 0)
        to->own = marian_words_new(a->m, to->id, to->n, mem);
}
