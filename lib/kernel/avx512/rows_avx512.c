/* rows_avx512.c - rows_body.h at this level */
#include "kernel/avx512/vec_avx512.h"
#include "kernel/kernel_fill.h"
#include "kernel/rows_body.h"

void
rows_avx512_fill(struct kernels *k)
{
    rows_fill(k);
}
