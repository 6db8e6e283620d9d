/* q8_ref.c - the matrix product in 8 bits: the definition */
#include <math.h>

#include "kernel/kernel_fill.h"

#define NR 16

/* The sum of q * w.q over [l, end) for one row and column j */
static int32_t
dot(const uint8_t *q, const int8_t *w, size_t l, size_t end, size_t j)
{
    int32_t sum = 0;

    for (; l < end; l++)
        sum += q[l] * w[l / 4 * NR * 4 + j * 4 + l % 4];
    return sum;
}

static void
gemm(const struct kernel_q8 *a, const struct kernel_q8_panel *w, size_t k, size_t from,
     size_t to, float *c, size_t ldc, size_t m, size_t n)
{
    for (size_t r = 0; r < m; r++)
        for (size_t j = 0; j < n; j++) {
            float *out = c + r * ldc + j, sum = from > 0 ? *out : 0.0f;

            for (size_t b = from; b < to; b++) {
                const float *scale = a->scale + r * a->ld_scale + 2 * b;
                size_t end = k - b * a->block < a->block ? k : (b + 1) * a->block;
                int32_t d = dot(a->q + r * a->ld, w->q, b * a->block, end, j);

                sum = fmaf(scale[1], w->sum[b * NR + j], sum);
                sum = fmaf((float)d, scale[0] * w->step[b * NR + j], sum);
            }
            *out = sum;
        }
}

void
q8_ref_fill(struct kernels *k)
{
    k->q8_nr = NR;
    k->q8_mr = 4;
    k->q8_zero = 0;
    k->gemm_q8 = gemm;
}
