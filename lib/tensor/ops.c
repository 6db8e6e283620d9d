/* ops.c - small things done to rows of activations */
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

void
ops_mean(const struct kernels *k, const float *x, size_t ldx, size_t m, size_t n,
         float *out)
{
    memset(out, 0, n * sizeof *out);
    for (size_t r = 0; r < m; r++)
        k->axpy(out, x + r * ldx, 1.0f, n);
    k->scale(out, 1.0f / (float)m, n);
}

void
ops_normalize(const struct kernels *k, float *x, size_t n)
{
    float length = sqrtf(k->dot(x, x, n));

    k->scale(x, 1.0f / (length > 1e-12f ? length : 1e-12f), n);
}
