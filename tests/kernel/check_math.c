/*
 * check_math.c - kernels against mathematics, that is libm in double
 *
 * exp, erf and tanh are walked through their f32 inputs in steps of STEP
 * representations; with TEXTMILL_EXHAUSTIVE=1 through all 2^32. The largest error is
 * printed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define STEP  4099 /* a prime */
#define BLOCK 1024

static float
from_bits(uint32_t bits)
{
    float f;

    memcpy(&f, &bits, sizeof f);
    return f;
}

/* |got - want| in units of the last place of want as an f32 */
static double
ulps(double want, float got)
{
    int exponent;

    if (isnan(want) || isinf((float)want) || isnan(got) || isinf(got))
        return (isnan(want) && isnan(got)) || (float)want == got ? 0 : INFINITY;
    frexp(want, &exponent);
    return fabs(want - (double)got) /
           ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

/* What one function has shown so far */
struct walk {
    void (*fn)(float *, size_t);
    double (*math)(double);
    double worst; /* ulp */
    float at;
};

/* n <= BLOCK inputs: the same bits as the reference, and how far from mathematics */
static void
walk_block(struct check *c, struct walk *w, void (*ref)(float *, size_t),
           const float *x, size_t n)
{
    float y[BLOCK], same[BLOCK];

    memcpy(y, x, n * sizeof *y);
    w->fn(y, n);
    if (ref) {
        memcpy(same, x, n * sizeof *same);
        ref(same, n);
        check_same(c, same, y, n, "block at %a", (double)x[0]);
    }
    for (size_t i = 0; i < n; i++) {
        double error = ulps(w->math((double)x[i]), y[i]);
        if (error > w->worst) {
            w->worst = error;
            w->at = x[i];
        }
    }
}

static void
check_function(struct check *c, void (*ref)(float *, size_t),
               void (*fn)(float *, size_t), double (*math)(double), double limit)
{
    int all = getenv("TEXTMILL_EXHAUSTIVE") && c->got->level == cpu_detect();
    uint64_t step = all ? 1 : STEP, next = check_below(c, (size_t)step);
    struct walk w = { .fn = fn, .math = math };
    float x[BLOCK];

    while (next >> 32 == 0) {
        size_t n = 0;
        for (; n < BLOCK && next >> 32 == 0; n++, next += step)
            x[n] = from_bits((uint32_t)next);
        walk_block(c, &w, all ? NULL : ref, x, n); /* the reference would take hours */
    }
    printf("# largest error %.3f ulp, at %a\n", w.worst, (double)w.at);
    check_true(c, w.worst <= limit, "more than %g ulp", limit);
}

/* What exp promises: nothing below 2^-126 but zero. */
static double
exp_to_zero(double x)
{
    return exp(x) < 0x1p-126 ? 0 : exp(x);
}

void
check_math_exp(struct check *c)
{
    check_function(c, c->ref->exp, c->got->exp, exp_to_zero, 2);
}

void
check_math_erf(struct check *c)
{
    check_function(c, c->ref->erf, c->got->erf, erf, 2);
}

void
check_math_tanh(struct check *c)
{
    check_function(c, c->ref->tanh, c->got->tanh, tanh, 2);
}

/* Relative to what it is made from: x/2 and x/2 * erf cancel for negative x. */
void
check_math_gelu(struct check *c)
{
    const float zero[16] = { 0 };
    double worst = 0;

    for (int i = -400000; i < 400000; i += 16) {
        float y[16];
        for (int j = 0; j < 16; j++)
            y[j] = (float)(i + j) * 3e-5f;
        c->got->bias_gelu(y, 16, 1, 16, zero);
        for (int j = 0; j < 16; j++) {
            double x = (double)((float)(i + j) * 3e-5f);
            double error = fabs(x / 2 * (1 + erf(x / sqrt(2))) - (double)y[j]);
            worst = fmax(worst, error / (fabs(x) + 1e-30));
        }
    }
    printf("# largest error %.2e of |x|\n", worst);
    check_true(c, worst < 1.5e-7, "more than 1.5e-7 of |x|");
}

void
check_math_norm(struct check *c)
{
    size_t n = 384;
    float *x = check_fill(c, n, CHECK_TAME), *gamma = check_fill(c, n, CHECK_TAME);
    float *beta = check_fill(c, n, CHECK_TAME), *y = check_copy(c, x, n);
    struct kernel_norm p = { .gamma = gamma, .beta = beta, .eps = 1e-5f };
    double mean = 0, spread = 0;

    c->got->add_norm(y, n, 1, n, &p);
    for (size_t i = 0; i < n; i++)
        mean += (double)x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        spread += ((double)x[i] - mean) * ((double)x[i] - mean) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double want = ((double)x[i] - mean) / sqrt(spread + 1e-5) * (double)gamma[i] +
                      (double)beta[i];
        check_true(c, fabs(want - (double)y[i]) < 2e-6, "[%zu] is %g, must be %g", i,
                   (double)y[i], want);
    }
}

void
check_math_softmax(struct check *c)
{
    for (const int *size = check_sizes; *size >= 0; size++) {
        size_t n = (size_t)*size;
        float *x = check_fill(c, n, CHECK_TAME), *y = check_copy(c, x, n);
        double sum = 0;

        c->got->softmax(y, n, 1, n, 0.7f);
        for (size_t i = 0; i < n; i++)
            sum += exp((double)x[i] * (double)0.7f);
        for (size_t i = 0; i < n; i++) {
            double want = exp((double)x[i] * (double)0.7f) / sum;
            check_true(c, fabs(want - (double)y[i]) < 1e-6 * want,
                       "n %zu: [%zu] is %g, must be %g", n, i, (double)y[i], want);
        }
        check_drop(c);
    }
}

void
check_math_gemm(struct check *c)
{
    size_t m = 7, n = c->got->gemm_nr, k = 384;
    float *a = check_fill(c, m * k, CHECK_TAME), *w = check_fill(c, n * k, CHECK_TAME);
    float *panel = check_floats(c, n * k), *y = check_floats(c, m * n);

    c->got->pack_f32(w, k, n, k, panel);
    c->got->gemm_f32(a, k, panel, k, y, n, m, n, 0);
    for (size_t i = 0; i < m * n; i++) {
        double want = 0, size = 0;
        for (size_t l = 0; l < k; l++) {
            double term = (double)a[i / n * k + l] * (double)w[i % n * k + l];
            want += term;
            size += fabs(term);
        }
        check_true(c, fabs(want - (double)y[i]) < 2e-6 * size,
                   "[%zu] is %g, must be %g", i, (double)y[i], want);
    }
}
