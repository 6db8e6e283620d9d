/*
 * attend16.h - the scales of the kernel `attend16`, for all levels
 */
#ifndef KERNEL_ATTEND16_H
#define KERNEL_ATTEND16_H

#include <math.h>

#include "kernel/inline.h"
#include "kernel/kernel.h"

/* x of a score is a float whose low 16 bits count 2^-ATTEND16_BITS: one, a margin for
 * what the sums before it were rounded, and how far the score is below the largest, as
 * an exponent of 2. At the end no weight is left. */
#define ATTEND16_BITS 10
#define ATTEND16_BASE (0x1.8p23f + 1032.0f)
#define ATTEND16_END  (0x1.8p23f + 16384.0f)

#define ATTEND16_LEAST 0x1p-100f /* what is smaller becomes 0 */

/* What numbers become whole with */
struct attend16_scales {
    float up_q, up_key;
    float scale; /* of a score: to 2^-ATTEND16_BITS of an exponent of 2 */
};

INLINE int
attend16_scale(float most, float limit, float *up, float *step)
{
    *up = most >= ATTEND16_LEAST ? limit / most : 0.0f;
    *step = most >= ATTEND16_LEAST ? most / limit : 0.0f;
    return most < INFINITY;
}

/* From the largest numbers without their signs; 0: some number is not finite, or too
 * large. */
INLINE int
attend16_scales(const struct kernel_attend *a, float q, float key,
                struct attend16_scales *s)
{
    float limit = floorf(sqrtf(0x1p22f / (float)a->dim)), step_q, step_key;
    int good = attend16_scale(q, limit, &s->up_q, &step_q) &
               attend16_scale(key, limit, &s->up_key, &step_key);

    s->scale = step_q * step_key * (a->scale * 0x1.715476p+10f /* 2^10 / ln(2) */);
    good = good && s->scale < INFINITY;
    /* Beyond 8 the margin of ATTEND16_BASE would be less than what rounding adds. */
    s->scale = s->scale < 8.0f ? s->scale : 8.0f;
    return good;
}

#endif
