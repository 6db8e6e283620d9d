/*
 * check.h - every kernel at every level against the reference, bit for bit
 *
 * A test is `void check_NAME(struct check *c)` for the KERNEL(NAME, ...) of the list.
 * It draws inputs from c, runs c->ref->NAME and c->got->NAME, and hands both results to
 * check_same(). Buffers end at a page that must not be touched, so one byte too many is
 * a signal, which is caught and counted like any other failure.
 */
#ifndef TESTS_KERNEL_CHECK_H
#define TESTS_KERNEL_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"

struct check {
    const struct kernels *ref, *got;
    uint64_t rng;
    int bad; /* failures so far */
};

/* What floats a test gets: harmless ones, or now and then a zero, a denormal, the
 * largest, an infinity, a NaN. */
enum check_mix { CHECK_TAME, CHECK_WILD, CHECK_MIXES };

/* Sizes on both sides of every vector width and unrolling in use; the last is -1. */
extern const int check_sizes[];

uint64_t check_random(struct check *c);
size_t check_below(struct check *c, size_t n); /* in [0, n) */
float check_float(struct check *c, enum check_mix mix);

/* n bytes that end at a forbidden page, with a watched fence in front; gone after the
 * test, or at check_drop(). */
void *check_bytes(struct check *c, size_t n);
float *check_floats(struct check *c, size_t n); /* not filled */
float *check_fill(struct check *c, size_t n, enum check_mix mix);
float *check_copy(struct check *c, const float *x, size_t n);
void check_drop(struct check *c);

/* Counts a failure unless the n floats are the same bits; any NaN equals any NaN. */
void check_same(struct check *c, const float *want, const float *got, size_t n,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Counts a failure unless `good`. */
void check_true(struct check *c, int good, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define KERNEL(name, ret, params) void check_##name(struct check *c);
#include "kernel/kernel_list.h"
#undef KERNEL

/* Against what mathematics says, at one level; see check_math.c. */
void check_math_exp(struct check *c);
void check_math_erf(struct check *c);
void check_math_tanh(struct check *c);
void check_math_gelu(struct check *c);
void check_math_gelu_q8(struct check *c);
void check_math_pairs_q8(struct check *c);
void check_math_wide_qb(struct check *c);
void check_gemm_wide_qb(struct check *c);
void check_math_norm(struct check *c);
void check_math_softmax(struct check *c);
void check_math_gemm(struct check *c);
void check_math_silu(struct check *c);
void check_math_gelu_tanh(struct check *c);
void check_math_rms_norm(struct check *c);
void check_math_f16(struct check *c);

#endif
