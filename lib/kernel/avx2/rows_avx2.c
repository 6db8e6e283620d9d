/* rows_avx2.c - rows_body.h at this level */
#include "kernel/avx2/vec_avx2.h"
#include "kernel/kernel_fill.h"
#include "kernel/rows_body.h"

void
rows_avx2_fill(struct kernels *k)
{
    rows_fill(k);
}
