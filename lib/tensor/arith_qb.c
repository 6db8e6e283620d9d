/*
 * arith_qb.c - weights as they are stored in blocks, activations in 8 bits or 16
 *
 * Not an arithmetic with a name of its own: it is how i8, i8b32 and i16 multiply by a
 * matrix whose parts all are of a block type. Such weights are integers already; they
 * would be rounded once more for nothing. Nothing is lost here: panels hold the
 * integers and scales that the model's file has (kernel/qb.h), so that a product with
 * few rows, as it waits for memory, reads no more than the file's size.
 *
 * Activations are rounded by themselves, 32 at a time: rows_qb in kernel_list.h; the
 * product: gemm_qb. Few activations of a language model are far larger than the others,
 * so a block is rounded about its middle, which gains one bit where it has such a one;
 * the middles are multiplied by the sums of the blocks of weights, in f32. Those of 16
 * bits, 256 at a time, have no need of that. How large inputs usually are is of no use:
 * to balance weights would be to round them.
 *
 * Parts of several types become bytes with scales that all of them have.
 */
#include <string.h>

#include "base/mem.h"
#include "kernel/qb.h"
#include "tensor/arith.h"

#define MIXED_ZERO 128

/* A panel: what kernel/qb.h says, then the sums of each column's blocks, as panels of a
 * product in f32 [n_in / 32, gemm_nr], of which there are qb_nr / gemm_nr. */

static size_t
round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* ---- what panels look like ---- */

static int
same_form(const struct qsplit_form *a, const struct qsplit_form *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* What holds elements of both */
static struct qsplit_form
unite(const struct qsplit_form *a, const struct qsplit_form *b)
{
    if (same_form(a, b))
        return *a;
    return (struct qsplit_form){
        .bits = 8,
        .group = a->group < b->group ? a->group : b->group,
        .mins = a->mins | b->mins,
        .scale = a->scale == b->scale ? a->scale : QSPLIT_F32,
        .zero = MIXED_ZERO,
    };
}

int
arith_qb_fits(const struct pack_matrix *w)
{
    int all = w->n_part > 0;

    for (size_t i = 0; i < w->n_part; i++)
        all &= qsplit_form(w->part[i].type) != NULL;
    return all;
}

static size_t
sums_offset(const struct pack *p)
{
    return round_up(qb_bytes(&p->form, p->nr, p->n_in), MEM_ALIGN);
}

/* Do activations have 16 bits? */
static int
is_wide(const struct pack *p)
{
    return p->ops->bytes == 2;
}

/* Of middles alone, which wide activations do without */
static size_t
sums_bytes(const struct pack *p)
{
    size_t n = is_wide(p) ? 0 : p->n_in / QB_BLOCK * p->nr;

    return round_up(n * sizeof(float), MEM_ALIGN);
}

static void
measure(struct pack *p, const struct pack_matrix *w)
{
    p->nr = p->k->qb_nr;
    p->form = *qsplit_form(w->part[0].type);
    for (size_t i = 1; i < w->n_part; i++)
        p->form = unite(&p->form, qsplit_form(w->part[i].type));
    p->head_bytes = 0;
    /* At most 32 bytes a weight and column: no overflow before this one */
    p->panel_bytes =
        p->n_in > SIZE_MAX / 32 / p->nr ? SIZE_MAX : sums_offset(p) + sums_bytes(p);
}

/* Where the sum of block b of column i of panel j is */
static float *
sum_at(const struct pack *p, size_t j, size_t i, size_t b)
{
    size_t nr = p->k->gemm_nr, blocks = p->n_in / QB_BLOCK;
    unsigned char *sums = arith_panel(p, j) + sums_offset(p);

    return (float *)(void *)sums + (i / nr * blocks + b) * nr + i % nr;
}

/* ---- one column of a panel ---- */

/* Blocks of a column in turn: the first bytes of a block and of its chunk */
struct cursor {
    const struct qsplit_form *form;
    size_t nr, i; /* the column */
    unsigned char *chunk, *block;
};

static struct cursor
cursor_at(const struct pack *p, size_t j, size_t i, size_t l)
{
    struct cursor c = { .form = &p->form, .nr = p->nr, .i = i };
    size_t b = l % QB_CHUNK / QB_BLOCK;

    c.chunk = arith_panel(p, j) + l / QB_CHUNK * qb_chunk_bytes(c.form, c.nr);
    c.block = c.chunk + qb_head_bytes(c.form, c.nr) + b * qb_block_bytes(c.form, c.nr);
    return c;
}

/* Where d (0), m (1) of group g is */
static unsigned char *
scale_at(const struct cursor *c, size_t g, size_t which)
{
    return c->block + g * qb_group_bytes(c->form, c->nr) +
           (which * c->nr + c->i) * qb_scale_bytes(c->form);
}

/* Where D (0), M (1) is */
static unsigned char *
super_at(const struct cursor *c, size_t which)
{
    return c->chunk + 2 * (which * c->nr + c->i);
}

/* Four inputs, the first of which is l in its block, of bytes that are zero before */
static void
put_four(const struct cursor *c, size_t l, const uint8_t *u)
{
    unsigned char *to = c->block + qb_scales_bytes(c->form, c->nr);
    unsigned shift;
    size_t at = qb_u_at(c->form, c->nr, c->i, l, &shift);
    uint32_t four, there;

    memcpy(&four, u, 4);
    if (c->form->bits == 8) {
        memcpy(to + at, &four, 4);
        return;
    }
    memcpy(&there, to + at, 4);
    there |= (four & 0x0F0F0F0F) << shift;
    memcpy(to + at, &there, 4);
    for (unsigned bit = 4; bit < c->form->bits; bit++) {
        at = qb_bit_at(c->nr, c->i, l, bit, &shift);
        for (unsigned i = 0; i < 4; i++)
            to[at] = (unsigned char)(to[at] | (u[i] >> bit & 1) << (shift + i));
    }
}

static void
get_four(const struct cursor *c, size_t l, uint8_t *u)
{
    const unsigned char *from = c->block + qb_scales_bytes(c->form, c->nr);
    unsigned shift;
    size_t at = qb_u_at(c->form, c->nr, c->i, l, &shift);

    for (size_t i = 0; i < 4; i++)
        u[i] =
            (uint8_t)(c->form->bits == 8 ? from[at + i] : from[at + i] >> shift & 15);
    for (unsigned bit = 4; bit < c->form->bits && c->form->bits < 8; bit++) {
        at = qb_bit_at(c->nr, c->i, l, bit, &shift);
        for (unsigned i = 0; i < 4; i++)
            u[i] = (uint8_t)(u[i] | (from[at] >> (shift + i) & 1) << bit);
    }
}

/* ---- pack ---- */

/* d or m of group g of the panel's form */
static void
put_scale(const struct cursor *c, const struct qsplit_form *f, const struct qsplit *x,
          size_t g, size_t which, size_t to)
{
    unsigned char *at = scale_at(c, to, which);
    float v = which ? qsplit_m(f, x, g) : qsplit_d(f, x, g);

    if (which && !f->mins)
        return; /* stays zero */
    if (c->form->scale == QSPLIT_F16)
        memcpy(at, which ? &x->m[g] : &x->d[g], 2);
    else if (c->form->scale == QSPLIT_SUPER)
        memcpy(at, which ? &x->t[g] : &x->s[g], 1);
    else
        memcpy(at, &v, sizeof v);
}

/* Block b of what was taken apart, of form f */
static void
put_block(const struct cursor *c, const struct qsplit_form *f, struct qsplit *x,
          size_t b)
{
    uint8_t *u = x->u + b * QB_BLOCK;

    for (size_t g = 0; g < QB_BLOCK / c->form->group; g++)
        for (size_t which = 0; which < (c->form->mins ? 2 : 1); which++)
            put_scale(c, f, x, (b * QB_BLOCK + g * c->form->group) / f->group, which,
                      g);
    if (!same_form(f, c->form))
        for (size_t l = 0; l < QB_BLOCK; l++)
            u[l] = (uint8_t)((f->levels ? qsplit_level(u[l]) : u[l]) - f->zero +
                             MIXED_ZERO);
    for (size_t l = 0; l < QB_BLOCK; l += 4)
        put_four(c, l, u + l);
}

/* The sums of n elements, block by block */
static void
put_sums(struct pack *p, size_t j, size_t i, size_t l, enum quant_type type,
         const void *stored, size_t n)
{
    float w[QB_CHUNK];

    quant_to_f32(type, stored, w, n);
    for (size_t b = 0; b < n / QB_BLOCK; b++) {
        double sum = 0.0;

        for (size_t at = b * QB_BLOCK; at < (b + 1) * QB_BLOCK; at++)
            sum += (double)w[at];
        *sum_at(p, j, i, l / QB_BLOCK + b) = (float)sum;
    }
}

/* Inputs [l, l + n) of column i of panel j, all of one chunk */
static void
pack_chunk(struct pack *p, const struct pack_matrix *w, size_t j, size_t i, size_t l,
           size_t n)
{
    enum quant_type type;
    const unsigned char *row = arith_stored(w, j * p->nr + i, &type);
    const struct qsplit_form *f = qsplit_form(type);
    struct cursor c = cursor_at(p, j, i, l);
    struct qsplit x;

    if (!is_wide(p))
        put_sums(p, j, i, l, type, row + quant_bytes(type, l), n);
    qsplit_take(type, row + quant_bytes(type, l), n, &x);
    if (c.form->scale == QSPLIT_SUPER) {
        memcpy(super_at(&c, 0), &x.d[0], 2);
        if (f->mins)
            memcpy(super_at(&c, 1), &x.m[0], 2);
    }
    for (size_t b = 0; b < n / QB_BLOCK; b++) {
        put_block(&c, f, &x, b);
        c.block += qb_block_bytes(c.form, c.nr);
    }
}

static void
pack(struct pack *p, const struct pack_matrix *w, size_t j)
{
    memset(arith_panel(p, j), 0, p->panel_bytes);
    for (size_t l = 0; l < p->n_in; l += QB_CHUNK)
        for (size_t i = 0; i < arith_width(p, j); i++)
            pack_chunk(p, w, j, i, l, p->n_in - l < QB_CHUNK ? p->n_in - l : QB_CHUNK);
}

/* The block at l of a column to that of another */
static void
take_block(const struct cursor *to, const struct cursor *from)
{
    uint8_t four[4];

    for (size_t which = 0; which < (to->form->mins ? 2 : 1); which++) {
        for (size_t g = 0; g < QB_BLOCK / to->form->group; g++)
            memcpy(scale_at(to, g, which), scale_at(from, g, which),
                   qb_scale_bytes(to->form));
        if (to->form->scale == QSPLIT_SUPER)
            memcpy(super_at(to, which), super_at(from, which), 2);
    }
    for (size_t l = 0; l < QB_BLOCK; l += 4) {
        get_four(from, l, four);
        put_four(to, l, four);
    }
}

static void
take(struct pack *p, size_t j, const struct pack *from, const int32_t *row)
{
    memset(arith_panel(p, j), 0, p->panel_bytes);
    for (size_t i = 0; i < arith_width(p, j); i++)
        for (size_t l = 0; l < p->n_in; l += QB_BLOCK) {
            size_t r = (size_t)row[i];
            struct cursor a = cursor_at(p, j, i, l);
            struct cursor b = cursor_at(from, r / p->nr, r % p->nr, l);

            take_block(&a, &b);
            if (!is_wide(p))
                *sum_at(p, j, i, l / QB_BLOCK) =
                    *sum_at(from, r / p->nr, r % p->nr, l / QB_BLOCK);
        }
}

/* ---- multiply ---- */

static struct arith_rows
rows_new(const struct pack *p, size_t m, struct arena *mem)
{
    struct arith_rows to = {
        .qb = { .group = p->form.group, .zero = p->form.zero, .wide = is_wide(p) }
    };
    struct kernel_qb *qb = &to.qb;

    /* Not a multiple of 512 apart, so that rows do not meet in a few sets of L1. */
    qb->ld = round_up(p->n_in, 64) + 64;
    qb->ld_step = (p->n_in + p->ops->block - 1) / p->ops->block;
    qb->ld_group = p->n_in / qb->group;
    qb->q = arena_alloc(mem, mem_mul(m, qb->wide ? 2 * qb->ld : qb->ld));
    qb->step = arena_alloc(mem, mem_mul(m, qb->ld_step * sizeof *qb->step));
    if (!qb->wide)
        qb->mid = arena_alloc(mem, mem_mul(m, qb->ld_step * sizeof *qb->mid));
    qb->start = arena_alloc(mem, mem_mul(m, qb->ld_group * sizeof *qb->start));
    qb->sum = arena_alloc(mem, mem_mul(m, qb->ld_group * sizeof *qb->sum));
    return to;
}

/* As qb_at(), and where mid begins */
static struct kernel_qb
rows_at(const struct kernel_qb *a, size_t row, size_t l)
{
    struct kernel_qb at = qb_at(a, row, l);

    if (!a->wide)
        at.mid += row * a->ld_step + l / QB_BLOCK;
    return at;
}

static void
rows_put(const struct pack *p, struct arith_rows *rows, size_t row, size_t l, float *y,
         size_t ldy, size_t m, size_t n, const float *bias, int gelu)
{
    struct kernel_q8_first first = { gelu, NULL };
    struct kernel_qb to = rows_at(&rows->qb, row, l);

    if (bias)
        p->k->bias(y, ldy, m, n, bias);
    p->k->rows_qb(y, ldy, m, n, &first, &to);
}

static struct arith_rows
rows(const struct pack *p, const float *x, size_t ldx, size_t m, struct arena *work)
{
    const struct kernel_q8_first nothing = { 0 };
    struct arith_rows to = rows_new(p, m, work);

    p->k->rows_qb(x, ldx, m, p->n_in, &nothing, &to.qb);
    return to;
}

static void
multiply(const struct pack *p, size_t j, const struct arith_rows *x, size_t row,
         size_t m, const float *bias, float *y, size_t ldy)
{
    struct kernel_qb_panel w = { &p->form, arith_panel(p, j) };
    struct kernel_qb at = rows_at(&x->qb, row, 0);
    size_t n = arith_width(p, j), nr = p->k->gemm_nr;

    p->k->gemm_qb(&at, &w, p->n_in, bias, y, ldy, m, n);
    for (size_t i = 0; i < n && !at.wide; i += nr)
        p->k->gemm_f32(at.mid, at.ld_step, sum_at(p, j, i, 0), p->n_in / QB_BLOCK,
                       y + i, ldy, m, n - i < nr ? n - i : nr, 1);
}

#define ARITH_QB(label, layout, inputs, each)                                          \
    {                                                                                  \
        .name = label, .version = layout, .block = inputs, .bytes = each,              \
        .measure = measure, .pack = pack, .take = take, .rows = rows,                  \
        .rows_new = rows_new, .rows_put = rows_put, .multiply = multiply,              \
        .adds_bias = 1                                                                 \
    }

const struct arith_ops arith_qb = ARITH_QB("qb", 2, QB_BLOCK, 1);
const struct arith_ops arith_qb_a16 = ARITH_QB("qb16", 3, KERNEL_WIDE_STEP, 2);
