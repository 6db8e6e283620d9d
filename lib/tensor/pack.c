/* pack.c - the weights of a linear layer, laid out for the matrix product */
#include "tensor/pack.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/arith.h"
#include "tensor/packfile.h"

static const struct arith_ops *const ariths[ARITHS] = {
    [ARITH_F32] = &arith_f32,
    [ARITH_I8] = &arith_i8,
    [ARITH_I8B32] = &arith_i8_b32,
    [ARITH_I16] = &arith_i8_a16,
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

static const struct arith_ops *
ops_in_blocks(enum arith arith)
{
    return ariths[arith]->pairs ? &arith_qb_a16 : &arith_qb;
}

/* A file may have matrices of both layouts. */
int
pack_arith_version(enum arith arith)
{
    return arith == ARITH_F32
               ? ariths[arith]->version
               : ariths[arith]->version + ops_in_blocks(arith)->version - 1;
}

/* How an arithmetic multiplies by a matrix: 8 bits do not round what is in blocks of
 * integers already. */
static const struct arith_ops *
ops_for(enum arith arith, const struct pack_matrix *w)
{
    if (arith == ARITH_F32 || !arith_qb_fits(w))
        return ariths[arith];
    return ops_in_blocks(arith);
}

struct job {
    struct pack *p;
    const struct pack_matrix *w;
};

static void
pack_part(void *arg, int j)
{
    struct job *job = arg;

    job->p->ops->pack(job->p, job->w, (size_t)j);
}

static void
pack_all(struct pack *p, const struct pack_matrix *w, struct pool *pool)
{
    struct job job = { p, w };

    if (p->ops->pack_head)
        p->ops->pack_head(p, w);
    if (pool)
        pool_run(pool, (int)p->n_panel, pack_part, &job);
    else
        for (int j = 0; j < (int)p->n_panel; j++)
            pack_part(&job, j);
}

/* n_out, or 0: the shape is refused. */
static size_t
count_rows(const struct pack_matrix *w, struct err *e)
{
    size_t n_out = 0;

    for (size_t i = 0; i < w->n_part; i++) {
        const struct pack_rows *part = &w->part[i];
        if (part->n == 0 || w->n_in == 0 ||
            quant_bytes(part->type, w->n_in) == SIZE_MAX) {
            err_set(e, ERR_MODEL, "weights of %zu x %zu %s cannot be", part->n, w->n_in,
                    quant_name(part->type));
            return 0;
        }
        if (part->n > INT_MAX - n_out) {
            err_set(e, ERR_MODEL, "weights of more than %d rows", INT_MAX);
            return 0;
        }
        n_out += part->n;
    }
    if (n_out == 0)
        err_set(e, ERR_MODEL, "weights of no rows");
    return n_out;
}

/* Head and panels; SIZE_MAX: too many. */
static size_t
all_bytes(const struct pack *p)
{
    return mem_add(p->head_bytes, mem_mul(p->n_panel, p->panel_bytes));
}

/* They are packed here. 0 or -1. */
static int
make_panels(struct pack *p, const struct pack_matrix *w, struct pool *pool,
            struct err *e)
{
    p->own = p->head = mem_try(all_bytes(p));
    if (p->own == NULL)
        return err_set(e, ERR_NOMEM, "no memory for weights of %zu x %zu", p->n_out,
                       p->n_in);
    pack_all(p, w, pool);
    return 0;
}

static struct packfile_shape
shape_of(const struct pack *p, const struct pack_matrix *w)
{
    return (struct packfile_shape){ p->n_out, p->n_in, all_bytes(p),
                                    packfile_print(w->part, w->n_part, w->n_in) };
}

/* The same, from the file if they are there, and if not, for it. */
static int
share_panels(struct pack *p, const struct pack_matrix *w, const struct pack_opt *opt,
             struct err *e)
{
    struct packfile_shape shape = shape_of(p, w);
    const void *packed = packfile_next(opt->file, &shape);

    if (packed) {
        p->head = (unsigned char *)(uintptr_t)packed;
        return 0;
    }
    if (make_panels(p, w, opt->pool, e))
        return -1;
    packfile_add(opt->file, &shape, p->head);
    return 0;
}

/* What it will be, without panels; n_out 0: an error. */
static struct pack
plan(const struct pack_opt *opt, const struct pack_matrix *w, struct err *e)
{
    struct pack want = { .ops = ops_for(opt->arith, w),
                         .k = opt->kernels,
                         .n_in = w->n_in };

    if ((want.n_out = count_rows(w, e)) == 0)
        return want;
    want.ops->measure(&want, w);
    want.n_panel = (want.n_out - 1) / want.nr + 1;
    return want;
}

int
pack_is_kept(const struct pack_opt *opt, const struct pack_matrix *w)
{
    struct packfile_shape shape;
    struct err ignored; /* pack_new() will say it */
    struct pack want;

    if (opt->file == NULL || (want = plan(opt, w, &ignored)).n_out == 0)
        return 0;
    shape = shape_of(&want, w);
    return packfile_has(opt->file, &shape);
}

struct pack *
pack_new(const struct pack_opt *opt, const struct pack_matrix *w, struct err *e)
{
    struct pack want = plan(opt, w, e), *p;

    if (want.n_out == 0)
        return NULL;
    if (opt->file ? share_panels(&want, w, opt, e)
                  : make_panels(&want, w, opt->pool, e))
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

struct pack *
pack_take(const struct pack *from, const int32_t *row, size_t n, struct arena *mem)
{
    struct pack *p = arena_alloc(mem, sizeof *p);

    *p = *from;
    p->own = NULL;
    p->n_out = n;
    p->n_panel = (n - 1) / p->nr + 1;
    p->head = arena_alloc(mem, all_bytes(p));
    if (p->head_bytes)
        memcpy(p->head, from->head, p->head_bytes);
    for (size_t j = 0; j < p->n_panel; j++)
        p->ops->take(p, j, from, row + j * p->nr);
    return p;
}

size_t
pack_size(enum arith arith, enum quant_type type, size_t n_out, size_t n_in)
{
    struct pack_rows rows = { type, NULL, n_out };
    struct pack_matrix w = { .part = &rows, .n_part = 1, .n_in = n_in };
    struct pack p = { .ops = ops_for(arith, &w), .k = kernel_best(), .n_in = n_in };

    if (n_out == 0 || n_in == 0)
        return 0;
    p.n_out = n_out;
    p.ops->measure(&p, &w);
    p.n_panel = (n_out - 1) / p.nr + 1;
    return all_bytes(&p);
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
    return sizeof *p + (p->own ? all_bytes(p) : 0);
}
