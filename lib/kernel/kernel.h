/*
 * kernel.h - the hot loops, one function pointer each
 *
 *     const struct kernels *k = kernel_get(cpu_level());
 *     float s = k->dot(x, y, n);
 *
 * One answer on every CPU: each level gives, bit for bit, what CPU_REF gives; which
 * bits a NaN has is the one thing left open. That rests on three rules (STYLE.md,
 * Numbers):
 *  - products of matrices: lanes are output columns, so that each output is one chain
 * of fma over k in order, however wide the registers are;
 *  - other sums: element i goes to lane i % 16, and the 16 lanes are added by halves
 *    (i to i + 8, then + 4, + 2, + 1); what is missing from the last 16 is zero;
 *  - exp, erf and tanh are polynomials of our own (math_body.h).
 *
 * Pointers need the alignment of their element. Outputs do not overlap inputs.
 * Leading dimensions (lda, ldy, ...) count floats from one row to the next.
 *
 * Threads: the tables are constant after the first call.
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

#define KERNEL_MAX_NR 32 /* the widest gemm_nr of all levels */

/*
 * add_norm: v = (y + bias) + residual; mean = sum(v) / n;
 * y = fma((v - mean) * (1 / sqrt(sum((v - mean)^2) / n + eps)), gamma, beta)
 * Source: Ba, Kiros, Hinton, "Layer Normalization", 2016.
 */
struct kernel_norm {
    const float *bias;     /* [n] or NULL */
    const float *residual; /* [m, n] or NULL */
    size_t ld_residual;
    const float *gamma, *beta; /* [n] */
    float eps;
};

struct kernels {
    enum cpu_level level;
    size_t gemm_nr; /* columns of a panel: a matter of the level, not of the result */
    size_t gemm_mr; /* rows that gemm_f32 takes at once: multiples of it run best */
#define KERNEL(name, ret, params) ret(*name) params;
#include "kernel/kernel_list.h"
#undef KERNEL
};

/* The kernels of a level. The caller knows that the CPU has it: cpu_level(). */
const struct kernels *kernel_get(enum cpu_level level);

/* Those of cpu_level() at the first call, for code that is called too often to ask. */
const struct kernels *kernel_best(void);

#endif
