/*
 * tensors.h - random floats, and their comparison, for the tests of lib/tensor
 */
#ifndef TESTS_UNIT_TENSORS_H
#define TESTS_UNIT_TENSORS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/kernel.h"

/* n floats in [-1, 1), the same for the same seed; to be freed by mem_free() */
static inline float *
tensors_random(size_t n, uint32_t seed)
{
    float *x = mem_alloc(n * sizeof *x);

    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223; /* Knuth's and Lewis' constants */
        x[i] = (float)(int32_t)seed * 0x1p-31f;
    }
    return x;
}

static inline float *
tensors_zero(size_t n)
{
    return mem_zero(n, sizeof(float));
}

static inline int
tensors_same(const float *x, const float *y, size_t n)
{
    return memcmp(x, y, n * sizeof *x) == 0;
}

/* The largest |x - y|, NaN where one is */
static inline double
tensors_apart(const float *x, const double *y, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)x[i] - y[i]) <= most))
            most = fabs((double)x[i] - y[i]);
    return most;
}

#endif
