/* cross.c - attention of one query to tokens of another sequence */
#include "tensor/cross.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* Where tokens are: end to end, or each somewhere */
struct tokens {
    const float *memory; /* NULL: see list */
    const float *const *list;
    size_t at, ld;
};

static inline const float *
token(const struct tokens *x, size_t t)
{
    return x->memory ? x->memory + t * x->ld : x->list[t] + x->at;
}

/* weight [n_head, n] = softmax of the scaled products of query and keys */
static void
weigh(const struct kernels *k, const struct cross_shape *s, const float *query,
      const struct tokens *x, size_t n, float *weight)
{
    size_t dim = s->head_dim;

    for (size_t t = 0; t < n; t++)
        for (size_t h = 0; h < s->n_head; h++)
            weight[h * n + t] = k->dot(query + h * dim, token(x, t) + h * dim, dim);
    k->softmax(weight, n, s->n_head, n, 1.0f / sqrtf((float)dim));
}

static void
run(const struct kernels *k, const struct cross_shape *s, const float *query,
    const struct tokens *x, size_t n, float *out, struct arena *work)
{
    size_t dim = s->head_dim, d = s->n_head * dim;
    float *weight;

    arena_reset(work);
    weight = arena_alloc(work, mem_mul(n, s->n_head * sizeof *weight));
    weigh(k, s, query, x, n, weight);
    memset(out, 0, d * sizeof *out);
    for (size_t t = 0; t < n; t++)
        for (size_t h = 0; h < s->n_head; h++)
            k->axpy(out + h * dim, token(x, t) + d + h * dim, weight[h * n + t], dim);
}

void
cross(const struct kernels *k, const struct cross_shape *s, const float *query,
      const float *memory, size_t n, float *out, struct arena *work)
{
    struct tokens x = { .memory = memory, .ld = 2 * s->n_head * s->head_dim };

    run(k, s, query, &x, n, out, work);
}

void
cross_list(const struct kernels *k, const struct cross_shape *s, const float *query,
           const float *const *list, size_t at, size_t n, float *out,
           struct arena *work)
{
    struct tokens x = { .list = list, .at = at };

    run(k, s, query, &x, n, out, work);
}
