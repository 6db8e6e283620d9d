/* ftkept.c - the n-gram buckets of a pruned fastText model that have a row */
#include "infer/ftkept.h"

#include "base/mem.h"

/* Bits that any file may ask for, and how many more for each bucket that it keeps: the
 * usual 2,000,000 buckets always fit. */
#define BITS_FREE ((size_t)8 << 20)
#define BITS_EACH 128

static int
make(struct ftkept *t, size_t buckets, size_t n_kept, struct err *e)
{
    size_t words = buckets / 64 + 1;

    if (buckets > BITS_FREE + BITS_EACH * n_kept)
        return err_set(e, ERR_MODEL, "%zu n-grams kept of %zu are too few", n_kept,
                       buckets);
    t->bit = mem_try(words * sizeof *t->bit);
    t->before = mem_try(words * sizeof *t->before);
    t->row = mem_try(n_kept * sizeof *t->row + 1);
    if (t->bit == NULL || t->before == NULL || t->row == NULL)
        return err_set(e, ERR_NOMEM, "no memory for %zu n-grams", n_kept);
    for (size_t i = 0; i < words; i++)
        t->bit[i] = 0;
    return 0;
}

/* Such a pair is never looked for. */
static int
is_idle(struct ftbin_kept k, const struct ftbin *f)
{
    return k.bucket < 0 || (uint32_t)k.bucket >= f->bucket;
}

int
ftkept_init(struct ftkept *t, const struct ftbin *f, struct err *e)
{
    if (make(t, f->bucket, f->n_kept, e))
        return -1;
    for (size_t i = 0; i < f->n_kept; i++) {
        struct ftbin_kept k = ftbin_kept(f, i);
        if (!is_idle(k, f))
            t->bit[k.bucket / 64] |= (uint64_t)1 << k.bucket % 64;
    }
    for (size_t i = 0; i <= f->bucket / 64; i++) {
        t->before[i] = (uint32_t)t->n;
        t->n += (size_t)__builtin_popcountll(t->bit[i]);
    }
    for (size_t i = 0; i < f->n_kept; i++) { /* of two for one bucket the last counts */
        struct ftbin_kept k = ftbin_kept(f, i);
        if (!is_idle(k, f))
            t->row[ftkept_rank(t, (uint32_t)k.bucket)] = k.row;
    }
    return 0;
}

void
ftkept_release(struct ftkept *t)
{
    mem_free(t->bit);
    mem_free(t->before);
    mem_free(t->row);
    *t = (struct ftkept){ 0 };
}
