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

/* Against libm in double, at a few biases; NaN stays NaN. */
static void
test_acts(const struct kernels *k)
{
    float *x = tensors_random(N, 3), *b = tensors_random(N, 4), *y = tensors_zero(N);
    double tanh_[N], gelu[N], relu[N], sigmoid[N], swish[N];

    for (size_t i = 0; i < N; i++) {
        double v = (double)(x[i] *= 6) + (double)b[i];
        tanh_[i] = tanh(v);
        gelu[i] = v / 2 * (1 + erf(v / sqrt(2)));
        relu[i] = v > 0 ? v : 0;
        sigmoid[i] = 1 / (1 + exp(-(double)x[i]));
        swish[i] = (double)x[i] * sigmoid[i];
    }
#define TRY(call, want)                                                                \
    memcpy(y, x, N * sizeof *y);                                                       \
    call;                                                                              \
    tap_ok(tensors_apart(y, want, N) < 1e-6, "%s: " #want, cpu_name(k->level))
    TRY(ops_bias_tanh(k, y, b, N), tanh_);
    TRY(ops_bias_gelu(k, y, b, N), gelu);
    TRY(ops_bias_relu(k, y, b, N), relu);
    TRY(ops_sigmoid(k, y, N), sigmoid);
    TRY(ops_swish(k, y, N), swish);
#undef TRY
    y[0] = NAN;
    ops_bias_relu(k, y, b, N);
    tap_ok(isnan(y[0]) && y[1] >= 0, "%s: relu keeps NaN", cpu_name(k->level));
    y[0] = -1000, y[1] = 1000;
    ops_sigmoid(k, y, 2);
    tap_ok(y[0] == 0 && y[1] == 1, "%s: sigmoid of large numbers", cpu_name(k->level));
    mem_free(x);
    mem_free(b);
    mem_free(y);
}

int
main(void)
{
    for (enum cpu_level level = CPU_REF; level <= cpu_detect(); level++) {
        test_mean(kernel_get(level));
        test_normalize(kernel_get(level));
        test_acts(kernel_get(level));
    }
    return tap_done();
}
