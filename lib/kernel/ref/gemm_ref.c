/* gemm_ref.c - the matrix product: the definition */
#include <math.h>

#include "kernel/kernel_fill.h"

#define NR 16

static void
gemm(const float *a, size_t lda, const float *panel, size_t k, float *c, size_t ldc,
     size_t m, size_t n, int more)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            float sum = more ? c[i * ldc + j] : 0.0f;
            for (size_t l = 0; l < k; l++)
                sum = fmaf(a[i * lda + l], panel[l * NR + j], sum);
            c[i * ldc + j] = sum;
        }
}

static void
pack(const float *w, size_t ldw, size_t n, size_t k, float *panel)
{
    for (size_t l = 0; l < k; l++)
        for (size_t j = 0; j < NR; j++)
            panel[l * NR + j] = j < n ? w[j * ldw + l] : 0.0f;
}

void
gemm_ref_fill(struct kernels *k)
{
    k->gemm_nr = NR;
    k->gemm_mr = 4;
    k->gemm_f32 = gemm;
    k->pack_f32 = pack;
}
