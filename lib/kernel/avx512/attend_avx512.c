/* attend_avx512.c - attend_body.h at this level: tiles of 16 rows */
#include "kernel/avx512/vec_avx512.h"

#include "kernel/attend16_body.h"
#include "kernel/attend_body.h"

static void
attend(const struct kernel_attend *a)
{
    attend_head(a, 16);
}

static void
largest(const float *x, size_t ldx, size_t m, size_t n, float *most)
{
    largest_of_columns(x, ldx, m, n, most);
}

static void
attend16(const struct kernel_attend *a)
{
    attend_head16(a, 16);
}

void
attend_avx512_fill(struct kernels *k)
{
    k->attend = attend;
    k->largest = largest;
    k->attend16 = attend16;
}
