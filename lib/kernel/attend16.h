/*
 * attend16.h - the scales of the kernel `attend16`, for all levels
 */
#ifndef KERNEL_ATTEND16_H
#define KERNEL_ATTEND16_H

#include <math.h>

#include "kernel/inline.h"
#include "kernel/kernel.h"
#include "kernel/ref/vec_ref.h" /* where no other came first */

/* x of a score is a float whose low 16 bits count 2^-ATTEND16_BITS: one, a margin for
 * what the sums before it were rounded, and how far the score is below the largest, as
 * an exponent of 2. At the end no weight is left. */
#define ATTEND16_BITS 10
#define ATTEND16_BASE (0x1.8p23f + 1032.0f)
#define ATTEND16_END  (0x1.8p23f + 16384.0f)

#define ATTEND16_ZERO 127 /* stands for 0 in numbers from 0 to 254 */

#define ATTEND16_LEAST 0x1p-100f /* what is smaller becomes 0 */

/* What numbers become whole with */
struct attend16_scales {
    float up;    /* of the numbers of queries and keys, when their columns are even */
    float scale; /* of a score: to 2^-ATTEND16_BITS of an exponent of 2 */
};

/* The largest number of a column of queries and of keys when they are made even */
INLINE struct v16
attend16_both(struct v16 q, struct v16 key)
{
    return v_mul(v_sqrt(q), v_sqrt(key));
}

/* From the largest numbers without their signs; 0: too large */
INLINE int
attend16_scales(const struct kernel_attend *a, float both, struct attend16_scales *s)
{
    float limit = floorf(sqrtf(0x1p22f / (float)a->dim)), step;

    limit = limit < ATTEND16_ZERO ? limit : ATTEND16_ZERO;
    s->up = both >= ATTEND16_LEAST ? limit / both : 0.0f;
    step = both >= ATTEND16_LEAST ? both / limit : 0.0f;
    s->scale = step * step * (a->scale * 0x1.715476p+10f /* 2^10 / ln(2) */);
    if (!(s->scale < INFINITY))
        return 0;
    s->scale = s->scale < 8.0f ? s->scale : 8.0f;
    return 1;
}

#endif
