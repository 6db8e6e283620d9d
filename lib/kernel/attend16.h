/*
 * attend16.h - the scales of the kernel `attend16`, for all levels
 */
#ifndef KERNEL_ATTEND16_H
#define KERNEL_ATTEND16_H

#include <math.h>

#include "kernel/inline.h"
#include "kernel/kernel.h"

/* What numbers become whole with */
struct attend16_scales {
    float up_q, up_key, up_value;
    float scale;      /* of a score, which becomes an exponent of 2 */
    float step_value; /* 1 / up_value, but 0 where that is 0 */
};

INLINE int
attend16_scale(float most, float limit, float *up, float *step)
{
    *up = most >= 0x1p-100f ? limit / most : 0.0f;
    *step = most >= 0x1p-100f ? most / limit : 0.0f;
    return most < INFINITY;
}

/* From the largest numbers without their signs; 0: some number is not finite, or too
 * large. */
INLINE int
attend16_scales(const struct kernel_attend *a, float q, float key, float value,
                struct attend16_scales *s)
{
    float limit = floorf(sqrtf(0x1p30f / (float)a->dim)) - 1.0f, step_q, step_key;
    int good;

    limit = limit < 32766.0f ? limit : 32766.0f;
    good = attend16_scale(q, limit, &s->up_q, &step_q) &
           attend16_scale(key, limit, &s->up_key, &step_key) &
           attend16_scale(value, KERNEL_ATTEND16_VALUE, &s->up_value, &s->step_value);
    s->scale = step_q * step_key * (a->scale * 0x1.715476p+0f /* 1 / ln(2) */);
    return good && s->scale < INFINITY;
}

#endif
