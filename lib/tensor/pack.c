/* pack.c - the weights of a linear layer, laid out for the matrix product */
#include "tensor/pack.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/arith.h"

static const struct arith_ops *const ariths[ARITHS] = {
    [ARITH_F32] = &arith_f32,
};

const char *
pack_arith_name(enum arith arith)
{
    return ariths[arith]->name;
}

int
pack_arith_find(const char *name)
{
    for (int i = 0; i < ARITHS; i++)
        if (strcmp(ariths[i]->name, name) == 0)
            return i;
    return -1;
}

struct job {
    struct pack *p;
    struct arith_source src;
};

static void
pack_part(void *arg, int j)
{
    struct job *job = arg;

    job->p->ops->pack(job->p, &job->src, (size_t)j);
}

static void
pack_all(struct pack *p, const struct arith_source *src, struct pool *pool)
{
    struct job job = { .p = p, .src = *src };

    if (pool)
        pool_run(pool, (int)p->n_panel, pack_part, &job);
    else
        for (int j = 0; j < (int)p->n_panel; j++)
            pack_part(&job, j);
}

struct pack *
pack_new(enum arith arith, enum quant_type type, const void *w, size_t n_out,
         size_t n_in, const struct kernels *k, struct pool *pool, struct err *e)
{
    struct arith_source src = { type, w, quant_bytes(type, n_in) };
    struct pack want = { .ops = ariths[arith], .k = k, .n_out = n_out, .n_in = n_in };
    struct pack *p;

    if (n_out == 0 || n_in == 0 || src.row_bytes == SIZE_MAX)
        err_set(e, ERR_MODEL, "weights of %zu x %zu %s cannot be", n_out, n_in,
                quant_name(type));
    else if (n_out > INT_MAX)
        err_set(e, ERR_MODEL, "weights of %zu rows, at most %d", n_out, INT_MAX);
    else {
        want.n_panel = (n_out - 1) / k->gemm_nr + 1;
        want.panel_bytes = want.ops->panel_bytes(k, n_in);
        want.panels = mem_try(mem_mul(want.n_panel, want.panel_bytes));
        if (want.panels == NULL)
            err_set(e, ERR_NOMEM, "no memory for weights of %zu x %zu", n_out, n_in);
    }
    if (want.panels == NULL)
        return NULL;
    p = mem_alloc(sizeof *p);
    *p = want;
    pack_all(p, &src, pool);
    return p;
}

void
pack_free(struct pack *p)
{
    if (p)
        mem_free(p->panels);
    mem_free(p);
}

size_t
pack_n_out(const struct pack *p)
{
    return p->n_out;
}

size_t
pack_n_in(const struct pack *p)
{
    return p->n_in;
}

size_t
pack_bytes(const struct pack *p)
{
    return sizeof *p + p->n_panel * p->panel_bytes;
}
