/* arith.c - what arithmetics have in common: weights in parts, rows in pairs */
#include "tensor/arith.h"

#include <stdint.h>

/* The part that holds row *r; *r becomes its number in that part. */
static const struct pack_rows *
find_part(const struct pack_matrix *w, size_t *r)
{
    const struct pack_rows *part = w->part;

    while (*r >= part->n)
        *r -= part++->n;
    return part;
}

static const unsigned char *
row_at(const struct pack_matrix *w, const struct pack_rows *part, size_t r)
{
    return (const unsigned char *)part->w + r * quant_bytes(part->type, w->n_in);
}

const void *
arith_stored(const struct pack_matrix *w, size_t r, enum quant_type *type)
{
    const struct pack_rows *part = find_part(w, &r);

    *type = part->type;
    return row_at(w, part, r);
}

void
arith_read(const struct pack_matrix *w, size_t r, size_t n, size_t l, size_t k,
           float *to, size_t ld)
{
    const struct pack_rows *part = find_part(w, &r);

    for (size_t i = 0; i < n; i++, r++) {
        for (; r == part->n; part++)
            r = 0;
        quant_to_f32(part->type, row_at(w, part, r) + quant_bytes(part->type, l),
                     to + i * ld, k);
    }
}

const float *
arith_in_place(const struct pack_matrix *w, size_t r, size_t n)
{
    const struct pack_rows *part = find_part(w, &r);
    const void *row = row_at(w, part, r);

    if (part->type != QUANT_F32 || n > part->n - r ||
        (uintptr_t)row % sizeof(float) != 0)
        return NULL;
    return row;
}

/* Rows of pairs at once: they stay in L1 until they are added. */
#define PAIRS 24

void
arith_multiply(const struct pack *p, size_t j, const struct arith_rows *x, size_t row,
               size_t m, const float *bias, float *y, size_t ldy)
{
    float c[2 * PAIRS * KERNEL_MAX_Q8_NR];
    struct arith_rows some;

    if (!p->ops->pairs) {
        p->ops->multiply(p, j, x, row, m, bias, y, ldy);
        return;
    }
    some = *x;
    for (size_t r = 0; r < m; r += PAIRS) {
        size_t now = m - r < PAIRS ? m - r : PAIRS;

        some.ahead = ahead_share(x->ahead, r, now, m);
        p->ops->multiply(p, j, &some, row + r, 2 * now, NULL, c, p->nr);
        p->k->add_pairs(c, p->nr, y + r * ldy, ldy, now, arith_width(p, j), bias);
    }
}
