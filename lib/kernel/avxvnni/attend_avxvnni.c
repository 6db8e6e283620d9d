/* attend_avxvnni.c - attend16_body.h at this level: tiles of 6 rows */
#include "kernel/avxvnni/dot_avxvnni.h"

#include "kernel/attend16_body.h"

static void
attend16(const struct kernel_attend *a)
{
    attend_head16(a, 6);
}

void
attend_avxvnni_fill(struct kernels *k)
{
    k->attend16 = attend16;
}
