/* rows_ref.c - rows_body.h at this level */
#include "kernel/kernel_fill.h"
#include "kernel/ref/vec_ref.h"
#include "kernel/rows_body.h"

void
rows_ref_fill(struct kernels *k)
{
    rows_fill(k);
}
