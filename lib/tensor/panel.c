/* panel.c - one panel of a product in f32, of any depth */
#include "tensor/panel.h"

#define L1_PANEL ((size_t)24 << 10)  /* bytes of a panel that may be in use at once */
#define STRIP    24                  /* rows between two looks ahead */
#define L2_ROWS  ((size_t)256 << 10) /* bytes of rows that may be in use at once */

void
panel_multiply(const struct kernels *kern, const float *a, size_t lda,
               const float *panel, size_t k, float *c, size_t ldc, size_t m, size_t n,
               struct kernel_ahead ahead)
{
    size_t most = L1_PANEL / (kern->gemm_nr * sizeof(float)), done = 0;
    size_t strips = (m + STRIP - 1) / STRIP;

    if (k == 0)
        kern->gemm_f32(a, lda, panel, 0, c, ldc, m, n, 0);
    /* Parts of nearly equal depth. */
    for (size_t parts = (k + most - 1) / most; parts > 0; parts--) {
        size_t now = (k - done + parts - 1) / parts, steps = strips * parts;

        for (size_t r = 0; r < m; r += STRIP, steps--) {
            ahead_ask(&ahead, steps);
            kern->gemm_f32(a + r * lda + done, lda, panel + done * kern->gemm_nr, now,
                           c + r * ldc, ldc, m - r < STRIP ? m - r : STRIP, n,
                           done > 0);
        }
        done += now;
    }
}

size_t
panel_rows(const struct kernels *kern, size_t m, size_t n)
{
    size_t most = L2_ROWS / sizeof(float) / (n ? n : 1), blocks;

    if (most < kern->gemm_mr)
        most = kern->gemm_mr;
    if (m <= most)
        return m ? m : 1;
    blocks = (m + most - 1) / most;
    return (m + blocks - 1) / blocks;
}
