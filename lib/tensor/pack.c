/* pack.c - the weights of a linear layer, laid out for the matrix product */
#include "tensor/pack.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/arith.h"
#include "tensor/packfile.h"

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

int
pack_arith_version(enum arith arith)
{
    return ariths[arith]->version;
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

/* n_out, or 0: the shape is refused. */
static size_t
count_rows(const struct pack_rows *rows, size_t n_part, size_t n_in, struct err *e)
{
    size_t n_out = 0;

    for (size_t i = 0; i < n_part; i++) {
        if (rows[i].n == 0 || n_in == 0 ||
            quant_bytes(rows[i].type, n_in) == SIZE_MAX) {
            err_set(e, ERR_MODEL, "weights of %zu x %zu %s cannot be", rows[i].n, n_in,
                    quant_name(rows[i].type));
            return 0;
        }
        if (rows[i].n > INT_MAX - n_out) {
            err_set(e, ERR_MODEL, "weights of more than %d rows", INT_MAX);
            return 0;
        }
        n_out += rows[i].n;
    }
    if (n_out == 0)
        err_set(e, ERR_MODEL, "weights of no rows");
    return n_out;
}

/* The panels, packed here. 0 or -1. */
static int
make_panels(struct pack *p, const struct arith_source *src, struct pool *pool,
            struct err *e)
{
    p->own = p->panels = mem_try(mem_mul(p->n_panel, p->panel_bytes));
    if (p->own == NULL)
        return err_set(e, ERR_NOMEM, "no memory for weights of %zu x %zu", p->n_out,
                       p->n_in);
    pack_all(p, src, pool);
    return 0;
}

/* The same, from the file if they are there, and if not, for it. */
static int
share_panels(struct pack *p, const struct arith_source *src, const struct pack_opt *opt,
             struct err *e)
{
    struct packfile_shape shape = { p->n_out, p->n_in, p->n_panel, p->panel_bytes,
                                    packfile_print(src->part, src->n_part, src->n_in) };
    const void *panels = packfile_next(opt->file, &shape);

    if (panels) {
        p->panels = (unsigned char *)(uintptr_t)panels;
        return 0;
    }
    if (make_panels(p, src, opt->pool, e))
        return -1;
    packfile_add(opt->file, &shape, p->panels);
    return 0;
}

struct pack *
pack_new(const struct pack_opt *opt, const struct pack_rows *rows, size_t n_part,
         size_t n_in, struct err *e)
{
    const struct kernels *k = opt->kernels;
    struct arith_source src = { rows, n_part, n_in };
    struct pack want = { .ops = ariths[opt->arith], .k = k, .n_in = n_in };
    struct pack *p;

    if ((want.n_out = count_rows(rows, n_part, n_in, e)) == 0)
        return NULL;
    want.n_panel = (want.n_out - 1) / k->gemm_nr + 1;
    want.panel_bytes = want.ops->panel_bytes(k, n_in);
    if (opt->file ? share_panels(&want, &src, opt, e)
                  : make_panels(&want, &src, opt->pool, e))
        return NULL;
    p = mem_alloc(sizeof *p);
    *p = want;
    return p;
}

void
pack_free(struct pack *p)
{
    if (p)
        mem_free(p->own);
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
    return sizeof *p + (p->own ? p->n_panel * p->panel_bytes : 0);
}
