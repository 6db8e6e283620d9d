/* cross.c - attention of one query to tokens of another sequence */
#include "tensor/cross.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* weight [n_head, n] = softmax of the scaled products of query and keys */
static void
weigh(const struct kernels *k, const struct cross_shape *s, const float *query,
      const float *memory, size_t n, float *weight)
{
    size_t dim = s->head_dim, ld = 2 * s->n_head * dim;

    for (size_t t = 0; t < n; t++)
        for (size_t h = 0; h < s->n_head; h++)
            weight[h * n + t] = k->dot(query + h * dim, memory + t * ld + h * dim, dim);
    k->softmax(weight, n, s->n_head, n, 1.0f / sqrtf((float)dim));
}

void
cross(const struct kernels *k, const struct cross_shape *s, const float *query,
      const float *memory, size_t n, float *out, struct arena *work)
{
    size_t dim = s->head_dim, d = s->n_head * dim;
    float *weight;

    arena_reset(work);
    weight = arena_alloc(work, mem_mul(n, s->n_head * sizeof *weight));
    weigh(k, s, query, memory, n, weight);
    memset(out, 0, d * sizeof *out);
    for (size_t t = 0; t < n; t++)
        for (size_t h = 0; h < s->n_head; h++)
            k->axpy(out + h * dim, memory + t * 2 * d + d + h * dim, weight[h * n + t],
                    dim);
}
