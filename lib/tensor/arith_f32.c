/* arith_f32.c - weights and sums in f32: panel[n_in][gemm_nr] floats */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/arith.h"
#include "tensor/panel.h"

static void
measure(struct pack *p, const struct pack_matrix *w)
{
    (void)w;
    p->nr = p->k->gemm_nr;
    p->head_bytes = 0;
    /* nr floats are whole cache lines. */
    p->panel_bytes = mem_mul(p->n_in, p->nr * sizeof(float));
}

static float *
panel_at(const struct pack *p, size_t j)
{
    return (float *)(void *)arith_panel(p, j);
}

/* Inputs [l, l + n) of panel j */
static void
pack_chunk(struct pack *p, const struct pack_matrix *w, size_t j, size_t l, size_t n)
{
    size_t row = j * p->nr, width = arith_width(p, j);
    float *panel = panel_at(p, j) + l * p->nr;
    const float *here = arith_in_place(w, row, width);
    float rows[KERNEL_MAX_NR * ARITH_CHUNK];

    if (here) {
        p->k->pack_f32(here + l, p->n_in, width, n, panel);
        return;
    }
    arith_read(w, row, width, l, n, rows, ARITH_CHUNK);
    p->k->pack_f32(rows, ARITH_CHUNK, width, n, panel);
}

static void
pack(struct pack *p, const struct pack_matrix *w, size_t j)
{
    for (size_t l = 0; l < p->n_in; l += ARITH_CHUNK)
        pack_chunk(p, w, j, l, p->n_in - l < ARITH_CHUNK ? p->n_in - l : ARITH_CHUNK);
}

static void
take(struct pack *p, size_t j, const struct pack *from, const int32_t *row)
{
    float *to = panel_at(p, j);

    memset(to, 0, p->panel_bytes);
    for (size_t i = 0; i < arith_width(p, j); i++) {
        size_t r = (size_t)row[i];
        const float *column = panel_at(from, r / p->nr) + r % p->nr;

        for (size_t l = 0; l < p->n_in; l++)
            to[l * p->nr + i] = column[l * p->nr];
    }
}

static struct arith_rows
rows_new(const struct pack *p, size_t m, struct arena *mem)
{
    size_t ld = p->n_in + 16; /* see rows() */

    return (struct arith_rows){
        .f32 = { arena_alloc(mem, mem_mul(m, mem_mul(ld, sizeof(float)))), ld }
    };
}

static void
rows_put(const struct pack *p, struct arith_rows *to, size_t row, size_t l, float *y,
         size_t ldy, size_t m, size_t n, const float *bias, int gelu)
{
    float *x = to->f32.x + row * to->f32.ld + l;

    if (gelu)
        p->k->bias_gelu(y, ldy, m, n, bias);
    else if (bias)
        p->k->bias(y, ldy, m, n, bias);
    for (size_t r = 0; r < m; r++)
        memcpy(x + r * to->f32.ld, y + r * ldy, n * sizeof *x);
}

/* As they are, unless the rows are so far apart that the same places of all rows fall
 * into the same few sets of L1 (a way is 4 KB): then by a copy at a better distance. */
static struct arith_rows
rows(const struct pack *p, const float *x, size_t ldx, size_t m, struct arena *work)
{
    struct arith_rows to;

    if (m < p->k->gemm_mr || ldx % 512 != 0)
        return (struct arith_rows){ .f32 = { (float *)(uintptr_t)x, ldx } };
    to = rows_new(p, m, work);
    for (size_t r = 0; r < m; r++)
        memcpy(to.f32.x + r * to.f32.ld, x + r * ldx, p->n_in * sizeof *x);
    return to;
}

static void
multiply(const struct pack *p, size_t j, const struct arith_rows *x, size_t row,
         size_t m, const float *bias, float *y, size_t ldy)
{
    (void)bias;
    panel_multiply(p->k, x->f32.x + row * x->f32.ld, x->f32.ld, panel_at(p, j), p->n_in,
                   y, ldy, m, arith_width(p, j), x->ahead);
}

const struct arith_ops arith_f32 = { .name = "f32",
                                     .version = 1,
                                     .measure = measure,
                                     .pack = pack,
                                     .take = take,
                                     .rows = rows,
                                     .rows_new = rows_new,
                                     .rows_put = rows_put,
                                     .multiply = multiply };
