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
 *    (i to i + 8, then + 4, + 2, + 1); what is missing from the last 16 is zero (the
 *    weights of attention are added in an order of their own, see kernel_list.h);
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
#include "kernel/ahead.h"

#define KERNEL_MAX_NR    32 /* the widest gemm_nr of all levels */
#define KERNEL_MAX_Q8_NR 64
#define KERNEL_MAX_BLOCK 192
#define KERNEL_WIDE_STEP 256

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

/*
 * Rows of a matrix [m, k] in 8 bits, with a step and a lowest value for every block of
 * k (the last one may be shorter): x = step * q + low, q from 0 to 254.
 */
struct kernel_q8 {
    uint8_t *q;   /* [m, ld] */
    float *scale; /* [m, ld_scale]: step and low of block 0, of block 1, ... */
    size_t ld, ld_scale;
    size_t block; /* a multiple of 16, at most KERNEL_MAX_BLOCK */
    int pairs;    /* rows 2r and 2r + 1 are one of 16 bits: its 8 bits, and 8 bits of
                     what these leave: x is the sum of both */
};

/* What is done to rows before they become 8 bits, in this order */
struct kernel_q8_first {
    int gelu;            /* as gelu_bytes of math_body.h has it; where more than 8 bits
                            are kept, or weights are in blocks, gelu_coarse */
    const float *factor; /* [k] or NULL: multiplied by it */
};

/*
 * A panel of weights [k, nr] in 8 bits: w = step * q, q from -127 to 127; nr is q8_nr.
 * Columns that do not count are zero, and so is q from k up to a multiple of 4.
 */
struct kernel_q8_panel {
    const int8_t *q;   /* [k / 4][nr][4] */
    const float *step; /* [blocks][nr] */
    const float *sum;  /* [blocks][nr]: step * the sum of the block's q */

    /* Where the level has q8_arranged, q is as q8_arrange.h says, and so are these. */
    const int32_t *start;  /* [blocks][nr] */
    const uint16_t *order; /* [k / 4] */
    const uint16_t *count; /* [blocks][Q8_KINDS] */

    struct kernel_ahead ahead;
};

/*
 * Rows of a matrix [m, k] for weights in blocks, k a multiple of 32. Of 8 bits: x = mid
 * + step * q with q from -127 to 127; mid and step are of every 32 inputs. Wide, of 16:
 * x = step * q with q = 256 * high + low, both from -127 to 127; step is of every
 * KERNEL_WIDE_STEP inputs.
 */
struct kernel_qb {
    int8_t *q;      /* [m, ld]; wide: [m, 2, ld], the high bytes, then the low ones */
    float *step;    /* [m, ld_step] */
    float *mid;     /* [m, ld_step]; not there when wide */
    int32_t *start; /* [m, ld_group]: -zero times the sum of the group's q */
    float *sum;     /* [m, ld_group]: that sum */
    size_t ld, ld_step, ld_group;
    size_t group; /* of the weights' form: 16 or 32 */
    uint8_t zero; /* of the weights' form */
    int wide;
};

struct qsplit_form;

/* Weights [k, nr] as qb.h says, nr is qb_nr. Columns that do not count have d and m of
 * zero. */
struct kernel_qb_panel {
    const struct qsplit_form *form;
    const void *p;
};

#define KERNEL_ATTEND_SUM 16 /* weights that are added before their sum is */

/* One head of one sequence: n tokens, each with its query, key and value. */
struct kernel_attend {
    const float *q, *key, *value; /* [n, dim] each */
    float *out;                   /* [n, dim] */
    size_t n, dim;
    size_t ld, ld_out; /* of q, key and value; of out */
    float scale;
    const float *relative; /* where i - j is 0, of what is added by i - j; or NULL */
    const float *most_q, *most_key, *most_value; /* [dim] each, for attend16: what
                                                    `largest` gives for their columns */
    float *work; /* [kernel_attend_work(n, dim)], aligned to 64 bytes */
};

/* Floats that the kernel `attend` works in */
static inline size_t
kernel_attend_work(size_t n, size_t dim)
{
    size_t wide = (dim + 15) / 16 * 16;

    return 2 * n * wide + 16 * (n + dim + 1);
}

#define KERNEL_ATTEND16_KEYS  128  /* whose sums of products fit 32 bits */
#define KERNEL_ATTEND16_VALUE 1023 /* the largest value as a whole number */

/* 32-bit words that the kernel `attend16` works in */
static inline size_t
kernel_attend16_work(size_t n, size_t dim)
{
    size_t wide = (dim + 31) / 32 * 16, columns = (dim + 15) / 16 * 16;

    return n * wide + (n + 1) / 2 * columns + 32 * wide + 16 * (n + 2) + 2 * columns;
}

struct kernels {
    enum cpu_level level;
    size_t gemm_nr; /* columns of a panel: a matter of the level, not of the result */
    size_t gemm_mr; /* rows that gemm_f32 takes at once: multiples of it run best */
    size_t q8_nr;   /* the same for gemm_q8, at most KERNEL_MAX_Q8_NR */
    size_t q8_mr;
    int q8_arranged; /* panels of gemm_q8 are as q8_arrange.h says */
    size_t qb_nr;    /* the same for gemm_qb, at most KERNEL_MAX_Q8_NR */
    size_t qb_mr;
#define KERNEL(name, ret, params) ret(*name) params;
#include "kernel/kernel_list.h"
#undef KERNEL
};

/* The kernels of a level. The caller knows that the CPU has it: cpu_level(). */
const struct kernels *kernel_get(enum cpu_level level);

/* Those of cpu_level() at the first call, for code that is called too often to ask. */
const struct kernels *kernel_best(void);

#endif
