/* test_ops.c - mean of rows, and length one */
#include "tensor/ops.h"

#include "tap.h"
#include "tensors.h"

#define M 37
#define N 101

static void
test_mean(const struct kernels *k)
{
    float *x = tensors_random(M * (N + 2), 1), got[N];
    double want[N] = { 0 };

    for (size_t r = 0; r < M; r++)
        for (size_t i = 0; i < N; i++)
            want[i] += (double)x[r * (N + 2) + i] / M;
    ops_mean(k, x, N + 2, M, N, got);
    tap_ok(tensors_apart(got, want, N) < 2e-7, "%s: mean", cpu_name(k->level));
    ops_mean(k, x, N + 2, 1, N, got);
    tap_ok(tensors_same(got, x, N), "%s: mean of one row", cpu_name(k->level));
    mem_free(x);
}

static void
test_normalize(const struct kernels *k)
{
    float *x = tensors_random(N, 1), zero[3] = { 0, 0, 0 },
          tiny[2] = { 3e-15f, 4e-15f };
    double want[N], length = 0;

    for (size_t i = 0; i < N; i++)
        length += (double)x[i] * (double)x[i];
    for (size_t i = 0; i < N; i++)
        want[i] = (double)x[i] / sqrt(length);
    ops_normalize(k, x, N);
    tap_ok(tensors_apart(x, want, N) < 1e-7, "%s: length one", cpu_name(k->level));
    ops_normalize(k, zero, 3);
    tap_ok(zero[0] == 0 && zero[2] == 0, "%s: zero stays zero", cpu_name(k->level));
    ops_normalize(k, tiny, 2);
    tap_ok(fabsf(tiny[0] - 3e-3f) < 1e-8f, "%s: 1e-12 is the least that divides",
           cpu_name(k->level));
    mem_free(x);
}

static void
test_logistic(const struct kernels *k)
{
    float x[] = { 0, 1, -1, 5.5f, -5.5f, 100, -100, 1e30f, -1e30f };
    double want[sizeof x / sizeof *x];
    size_t n = sizeof x / sizeof *x;

    for (size_t i = 0; i < n; i++)
        want[i] = 1 / (1 + exp(-(double)x[i]));
    ops_logistic(k, x, n);
    tap_ok(tensors_apart(x, want, n) < 1e-6 && x[7] == 1 && x[8] == 0,
           "%s: logistic, also of large numbers", cpu_name(k->level));
}

int
main(void)
{
    for (enum cpu_level level = CPU_REF; level <= cpu_detect(); level++) {
        test_mean(kernel_get(level));
        test_normalize(kernel_get(level));
        test_logistic(kernel_get(level));
    }
    return tap_done();
}
