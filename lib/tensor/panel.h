/*
 * panel.h - one panel of a product in f32, of any depth
 *
 * The kernel is fastest while its panel stays in L1, so a deep one is taken in parts,
 * and the sums go on where they stood: the same chain of additions, the same bits.
 */
#ifndef TENSOR_PANEL_H
#define TENSOR_PANEL_H

#include <stddef.h>

#include "kernel/kernel.h"

/* c[m, n] = a[m, k] * panel[k, n], n <= gemm_nr; see gemm_f32 in kernel_list.h. What
 * lies ahead is asked for. */
void panel_multiply(const struct kernels *kern, const float *a, size_t lda,
                    const float *panel, size_t k, float *c, size_t ldc, size_t m,
                    size_t n, struct kernel_ahead ahead);

/* How many rows of n floats to work on at once, so that they stay in L2; at most m,
 * at least 1, and in shares of nearly equal size. */
size_t panel_rows(const struct kernels *kern, size_t m, size_t n);

#endif
