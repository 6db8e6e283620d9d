/* test_logits.c - the largest of a row, and sums of exponentials, at every level */
#include "tensor/logits.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "tap.h"

#define N 20011

static const size_t sizes[] = { 1, 7, 16, 511, 512, 513, 4096, 4097, N };

#define SIZES (sizeof sizes / sizeof *sizes)

static void
fill(float *x)
{
    for (size_t i = 0; i < N; i++)
        x[i] = (float)(num_mix(i) % 40000) / 1000 - 25;
}

static void
test_log_sum(float *x)
{
    const struct kernels *k = kernel_best();
    double worst = 0;

    fill(x);
    for (size_t s = 0; s < SIZES; s++) {
        double sum = 0;
        for (size_t i = 0; i < sizes[s]; i++)
            sum += exp((double)x[i]);
        worst = fmax(worst, fabs(logits_log_sum(k, x, sizes[s]) - log(sum)));
    }
    tap_ok(worst < 1e-6, "log of the sum of exponentials within %.1e of libm", worst);
    x[3] = NAN;
    tap_ok(isnan(logits_log_sum(k, x, N)) && isnan(logits_log_sum(k, x, 0)),
           "log of the sum: NaN, nothing");
    x[3] = -INFINITY;
    tap_ok(isfinite(logits_log_sum(k, x, N)), "log of the sum: -infinity is nothing");
}

static void
test_best(float *x)
{
    const struct kernels *k = kernel_best();
    int good = 0;

    fill(x);
    for (size_t s = 0; s < SIZES; s++) {
        size_t want = 0;
        for (size_t i = 0; i < sizes[s]; i++)
            want = x[i] > x[want] ? i : want;
        good += logits_best(k, x, sizes[s]) == want &&
                logits_max(k, x, sizes[s]) == x[want];
    }
    tap_ok(good == SIZES, "the first of the largest");
    x[N - 1] = NAN;
    tap_ok(logits_best(k, x, N) == N && isnan(logits_max(k, x, N)), "none: NaN");
    x[0] = x[1] = -INFINITY;
    tap_ok(logits_best(k, x, 2) == 2 && logits_best(k, x, 0) == 0, "none: -infinity");
}

static void
test_levels(float *x)
{
    static float y[2][N];
    static double sum[2][N / LOGITS_BLOCK + 1];
    double total[2];
    int same = 1;

    fill(x);
    for (int level = CPU_REF; level <= (int)cpu_level(); level++)
        for (size_t s = 0; s < SIZES; s++) {
            size_t n = sizes[s], at = level > CPU_REF;
            if (level == CPU_AVXVNNI && !cpu_has_avxvnni())
                continue;
            for (size_t ref = 0; ref <= at; ref++)
                total[ref] =
                    logits_exp(kernel_get(ref ? (enum cpu_level)level : CPU_REF), x, n,
                               15, 0.7f, y[ref], sum[ref]);
            same &= at == 0 ||
                    (total[0] == total[1] && memcmp(y[0], y[1], n * sizeof **y) == 0);
        }
    tap_ok(same, "the same sums at every level up to %s", cpu_name(cpu_level()));
}

int
main(void)
{
    float *x = mem_alloc(N * sizeof *x);

    test_log_sum(x);
    test_best(x);
    test_levels(x);
    mem_free(x);
    return tap_done();
}
