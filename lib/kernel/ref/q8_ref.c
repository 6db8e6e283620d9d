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
gemm(const struct kernel_q8 *a, const struct kernel_q8_panel *w, size_t k,
     const float *bias, float *c, size_t ldc, size_t m, size_t n)
{
    for (size_t r = 0; r < m; r++)
        for (size_t j = 0; j < n; j++) {
            float sum = bias ? bias[j] : 0.0f;

            for (size_t b = 0, l = 0; l < k; b++, l += a->block) {
                const float *scale = a->scale + r * a->ld_scale + 2 * b;
                size_t end = k - l < a->block ? k : l + a->block;
                int32_t d = dot(a->q + r * a->ld, w->q, l, end, j);

                sum = fmaf(scale[1], w->sum[b * NR + j], sum);
                sum = fmaf((float)d, scale[0] * w->step[b * NR + j], sum);
            }
            c[r * ldc + j] = sum;
        }
}

void
q8_ref_fill(struct kernels *k)
{
    k->q8_nr = NR;
    k->q8_mr = 4;
    k->gemm_q8 = gemm;
}
