/*
 * q8_load_body.h - activations on their way to integers
 *
 * A part of rows_body.h, with the rules that stand there.
 */
#ifndef KERNEL_Q8_LOAD_BODY_H
#define KERNEL_Q8_LOAD_BODY_H

#include "kernel/kernel.h"
#include "kernel/math_body.h"
#include "kernel/ref/vec_ref.h" /* where no other came first */

/* Numbers of `count` vectors, a constant, n of which count, after what comes first;
 * those that do not count are anything. exact: gelu_coarse, not gelu_bytes. */
INLINE void
q8_load(const float *x, const struct kernel_q8_first *first, size_t n, size_t count,
        int exact, struct v16 v[KERNEL_MAX_BLOCK / 16])
{
    UNROLL(12)
    for (size_t i = 0; i < KERNEL_MAX_BLOCK / 16; i++) {
        size_t l = 16 * i;

        v[i] = i < count ? v_load_n(x + l, n - l, 0.0f) : v_set1(0.0f);
    }
    if (first->gelu && exact) {
        UNROLL(3)
        for (size_t i = 0; i < count; i += 4)
            gelu_coarse(v + i);
    } else if (first->gelu) {
        gelu_bytes(count > 4 ? 6 : 4, v);
        if (count > 6)
            gelu_bytes(6, v + 6);
    }
    if (first->factor) {
        UNROLL(12)
        for (size_t i = 0; i < count; i++)
            v[i] = v_mul(v[i], v_load_n(first->factor + 16 * i, n - 16 * i, 0.0f));
    }
}

/* v * up to the nearest integers, which adding 1.5 * 2^23 makes of them */
INLINE struct v16
q8_round(struct v16 v, struct v16 up)
{
    const struct v16 round = v_set1(0x1.8p23f);

    return v_sub(v_fma(v, up, round), round);
}

#endif
