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
#define CHUNK 48

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
    struct kernel_norm norm = { .bias = end->gelu ? NULL : end->bias,
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

static void
multiply_rows(const struct pack *w, const float *x, size_t ldx, size_t m, float *y,
              size_t ldy, const struct matmul_end *end, struct arena *work)
{
    struct arith_rows rows;

    arena_reset(work);
    rows = w->ops->rows(w, x, ldx, m, work);
    for (size_t j = 0; j < w->n_panel; j++)
        for (size_t r = 0; r < m; r += CHUNK) {
            size_t n = m - r < CHUNK ? m - r : CHUNK;

            w->ops->multiply(w, j, &rows, r, n, y + r * ldy + j * w->nr, ldy);
            end_panel(w, j, y + r * ldy, ldy, n, end);
        }
}

void
matmul(const struct pack *w, const float *x, size_t ldx, size_t n_tok, float *y,
       size_t ldy, const struct matmul_end *end, struct arena *work)
{
    static const struct matmul_end nothing = { 0 };
    size_t block = panel_rows(w->k, n_tok, w->n_in);

    if (end == NULL)
        end = &nothing;
    for (size_t row = 0; row < n_tok; row += block) {
        size_t m = n_tok - row < block ? n_tok - row : block;
        float *rows = y + row * ldy;

        multiply_rows(w, x + row * ldx, ldx, m, rows, ldy, end, work);
        end_rows(w, row, rows, ldy, m, end);
    }
}
