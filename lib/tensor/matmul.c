/*
 * matmul.c - a linear layer over the rows of a batch, and what follows it
 *
 * The blocking of Goto and van de Geijn ("Anatomy of High-Performance Matrix
 * Multiplication", 2008) with the roles of a tall product: a block of rows stays in L2
 * while the panels of weights, read once per block, pass through L1.
 */
#include "tensor/matmul.h"

#include "tensor/arith.h"
#include "tensor/panel.h"

/* Rows that go through a panel at once: what comes of them stays in L1 until its end is
 * done. A multiple of the rows that every kernel takes at once. */
#define CHUNK 96

struct matmul_rows {
    const struct pack *w; /* what they will be multiplied by */
    size_t n;
    struct arith_rows rows;
};

/* What can be done as soon as the columns of panel j are there. A norm brings the bias
 * with it. */
static void
end_panel(const struct pack *w, size_t j, float *y, size_t ldy, size_t m,
          const struct matmul_end *end)
{
    size_t at = j * w->nr, n = arith_width(w, j);

    if (end->bias == NULL)
        return;
    if (end->gelu)
        w->k->bias_gelu(y + at, ldy, m, n, end->bias + at);
    else if (end->norm.gamma == NULL)
        w->k->bias(y + at, ldy, m, n, end->bias + at);
}

/* What needs whole rows: those from `row` on. */
static void
end_rows(const struct pack *w, size_t row, float *y, size_t ldy, size_t m,
         const struct matmul_end *end)
{
    int late = !end->gelu && !w->ops->adds_bias;
    struct kernel_norm norm = { .bias = late ? end->bias : NULL,
                                .residual = end->norm.residual,
                                .ld_residual = end->norm.ld,
                                .gamma = end->norm.gamma,
                                .beta = end->norm.beta,
                                .eps = end->norm.eps };

    if (norm.residual)
        norm.residual += row * norm.ld_residual;
    if (norm.gamma)
        w->k->add_norm(y, ldy, m, w->n_out, &norm);
}

/* The biases of panel j, where the product adds them: a GELU in floats has them with
 * it, one that makes the next product's rows can do without. */
static const float *
early_bias(const struct pack *w, size_t j, const struct matmul_end *end)
{
    int early = w->ops->adds_bias && (end->next || !end->gelu);

    return early && end->bias ? end->bias + j * w->nr : NULL;
}

/* Panels [from, to) of a product, and the memory it works in */
struct part {
    const struct pack *w;
    size_t from, to;
    struct arena *work;
};

static size_t
part_columns(const struct pack *w, size_t panel)
{
    return panel < w->n_panel ? panel * w->nr : w->n_out;
}

/* What comes behind the n panels from j on */
static struct kernel_ahead
behind(const struct part *p, size_t j, size_t n)
{
    size_t next = j + n < p->to ? j + n : p->to;
    size_t more = p->to - next < n ? p->to - next : n;

    return (struct kernel_ahead){ arith_panel(p->w, next), more * p->w->panel_bytes };
}

/* Rows [row, row + m) of x: these panels of y and their ends. */
static void
multiply_rows(const struct part *p, const struct arith_rows *x, size_t row, size_t m,
              float *y, size_t ldy, const struct matmul_end *end)
{
    const struct pack *w = p->w;
    struct arith_rows rows = *x;

    for (size_t j = p->from; j < p->to; j++)
        for (size_t r = 0; r < m; r += CHUNK) {
            size_t n = m - r < CHUNK ? m - r : CHUNK;
            const float *bias = early_bias(w, j, end);

            rows.ahead = ahead_share(behind(p, j, 1), r, n, m);
            arith_multiply(w, j, &rows, row + r, n, bias, y + r * ldy + j * w->nr, ldy);
            if (bias == NULL)
                end_panel(w, j, y + r * ldy, ldy, n, end);
        }
}

/* Panels that are whole blocks of the next product, too */
static size_t
group_of(const struct pack *w, const struct matmul_rows *next)
{
    size_t block = next ? next->w->ops->block : 0;

    return block > w->nr ? block / w->nr : 1;
}

/* Rows of the next product, m of them from `to` on: a group of panels at once, by way
 * of a tile in L1. */
static void
multiply_next(const struct part *p, const struct arith_rows *x, size_t row, size_t m,
              size_t to, const struct matmul_end *end)
{
    const struct pack *w = p->w, *next = end->next->w;
    size_t group = group_of(w, end->next), ld = group * w->nr;
    struct arith_rows rows = *x;
    float *y = arena_alloc(p->work, CHUNK * ld * sizeof *y);

    for (size_t j = p->from; j < p->to; j += group)
        for (size_t r = 0; r < m; r += CHUNK) {
            size_t n = m - r < CHUNK ? m - r : CHUNK, l = j * w->nr;

            for (size_t i = 0; i < group && j + i < p->to; i++) {
                rows.ahead =
                    ahead_share(behind(p, j, group), group * r + i * n, n, group * m);
                arith_multiply(w, j + i, &rows, row + r, n, early_bias(w, j + i, end),
                               y + i * w->nr, ld);
            }
            next->ops->rows_put(next, &end->next->rows, to + r, l, y, ld, n,
                                w->n_out - l < ld ? w->n_out - l : ld,
                                end->bias && !w->ops->adds_bias ? end->bias + l : NULL,
                                end->gelu);
        }
}

/* Rows [row, row + m) of x become those of y, or of the next product, from `to` on. */
static void
multiply(const struct part *p, const struct arith_rows *x, size_t row, size_t m,
         size_t to, float *y, size_t ldy, const struct matmul_end *end)
{
    if (end->next) {
        multiply_next(p, x, row, m, to, end);
        return;
    }
    multiply_rows(p, x, row, m, y + to * ldy, ldy, end);
    end_rows(p->w, to, y + to * ldy, ldy, m, end);
}

static const struct matmul_end nothing = { 0 };

/* Of m rows, so that they stay in L2 in the form that w multiplies */
static size_t
rows_at_once(const struct pack *w, size_t m)
{
    return panel_rows(w->k, m, w->n_in * w->ops->bytes / sizeof(float));
}

/* Part `part` of `parts` */
static struct part
part_of(const struct pack *w, size_t part, size_t parts, const struct matmul_rows *next,
        struct arena *work)
{
    size_t group = group_of(w, next), n = (w->n_panel + group - 1) / group;
    size_t from = n * part / parts * group, to = n * (part + 1) / parts * group;

    return (struct part){ w, from, to < w->n_panel ? to : w->n_panel, work };
}

struct matmul_span
matmul_part_span(const struct pack *w, size_t part, size_t parts,
                 const struct matmul_rows *next)
{
    struct part p = part_of(w, part, parts, next, NULL);

    return (struct matmul_span){ part_columns(w, p.from), part_columns(w, p.to) };
}

void
matmul_part(const struct pack *w, size_t part, size_t parts, const float *x, size_t ldx,
            size_t n_tok, float *y, size_t ldy, const struct matmul_end *end,
            struct arena *work)
{
    const struct matmul_end *ends = end ? end : &nothing;
    struct part p = part_of(w, part, parts, ends->next, work);
    size_t block = rows_at_once(w, n_tok);

    for (size_t row = 0; row < n_tok && p.from < p.to; row += block) {
        size_t m = n_tok - row < block ? n_tok - row : block;
        struct arith_rows rows;

        arena_reset(work);
        rows = w->ops->rows(w, x + row * ldx, ldx, m, work);
        multiply(&p, &rows, 0, m, row, y, ldy, ends);
    }
}

void
matmul(const struct pack *w, const float *x, size_t ldx, size_t n_tok, float *y,
       size_t ldy, const struct matmul_end *end, struct arena *work)
{
    matmul_part(w, 0, 1, x, ldx, n_tok, y, ldy, end, work);
}

struct matmul_rows *
matmul_rows_new(const struct pack *w, size_t n_tok, struct arena *mem)
{
    struct matmul_rows *r = arena_alloc(mem, sizeof *r);

    *r = (struct matmul_rows){ w, n_tok, w->ops->rows_new(w, n_tok, mem) };
    return r;
}

void
matmul_rows_set(struct matmul_rows *to, size_t row, const float *x, size_t ldx,
                size_t n)
{
    const struct pack *w = to->w;

    /* Without a bias and a GELU the rows are only read. */
    w->ops->rows_put(w, &to->rows, row, 0, (float *)(uintptr_t)x, ldx, n, w->n_in, NULL,
                     0);
}

void
matmul_rows_part(const struct matmul_rows *x, size_t part, size_t parts, float *y,
                 size_t ldy, const struct matmul_end *end, struct arena *work)
{
    const struct matmul_end *ends = end ? end : &nothing;
    struct part p = part_of(x->w, part, parts, ends->next, work);
    size_t block = rows_at_once(x->w, x->n);

    for (size_t row = 0; row < x->n && p.from < p.to; row += block) {
        size_t m = x->n - row < block ? x->n - row : block;

        arena_reset(work);
        multiply(&p, &x->rows, row, m, row, y, ldy, ends);
    }
}

void
matmul_rows(const struct matmul_rows *x, float *y, size_t ldy,
            const struct matmul_end *end, struct arena *work)
{
    matmul_rows_part(x, 0, 1, y, ldy, end, work);
}
