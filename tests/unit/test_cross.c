/* test_cross.c - attention to another sequence, and sinusoids, against double */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "tensor/cross.h"
#include "tensor/ops.h"
#include "tensor/wave.h"

#define HEADS 3
#define DIM   5
#define D     (HEADS * DIM)
#define N     7

static float
noise(void)
{
    static unsigned long state = 1;

    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return (float)((double)(state >> 40) / (1 << 23) - 1);
}

static double
expected(const float *q, const float *memory, size_t n, int i)
{
    int h = i / DIM;
    double sum = 0, out = 0;

    for (size_t t = 0; t < n; t++) {
        double s = 0;

        for (int k = h * DIM; k < (h + 1) * DIM; k++)
            s += (double)q[k] * (double)memory[t * 2 * D + (size_t)k];
        s = exp(s / sqrt(DIM));
        sum += s;
        out += s * (double)memory[t * 2 * D + D + (size_t)i];
    }
    return out / sum;
}

/* Tokens that lie apart, in another order: the same bits. */
static void
test_list(const struct cross_shape *shape, const float *q, const float *memory,
          struct arena *work)
{
    const struct kernels *k = kernel_get(cpu_level());
    float room[N * (2 * D + 3)], want[D], out[D];
    const float *list[N];

    for (size_t t = 0; t < N; t++) {
        float *to = room + (N - 1 - t) * (2 * D + 3);

        memcpy(to + 3, memory + t * 2 * D, 2 * D * sizeof *to);
        list[t] = to;
    }
    cross(k, shape, q, memory, N, want, work);
    cross_list(k, shape, q, list, 3, N, out, work);
    tap_ok(memcmp(want, out, sizeof out) == 0, "tokens that lie apart");
}

static void
test_attention(void)
{
    const struct kernels *k = kernel_get(cpu_level());
    struct cross_shape shape = { HEADS, DIM };
    float q[D], memory[N * 2 * D], out[D];
    struct arena work = { 0 };

    for (int i = 0; i < D; i++)
        q[i] = noise();
    for (int i = 0; i < N * 2 * D; i++)
        memory[i] = 2 * noise();
    for (size_t n = 1; n <= N; n++) {
        double worst = 0;

        cross(k, &shape, q, memory, n, out, &work);
        for (int i = 0; i < D; i++)
            worst = fmax(worst, fabs((double)out[i] - expected(q, memory, n, i)));
        tap_ok(worst < 1e-5, "%zu tokens: %g", n, worst);
    }
    test_list(&shape, q, memory, &work);
    arena_release(&work);
}

static void
test_wave(size_t d)
{
    static float to[1024 * 64];
    double worst = 0;
    size_t half = d / 2;

    wave_fill(to, 1024, d, (double)(d / 2 - 1));
    for (size_t t = 0; t < 1024; t++)
        for (size_t i = 0; i < half; i++) {
            double x = (double)t * exp(-(double)i * log(10000) / (double)(half - 1));

            worst = fmax(worst, fabs((double)to[t * d + i] - sin(x)));
            worst = fmax(worst, fabs((double)to[t * d + half + i] - cos(x)));
        }
    tap_ok(worst < 6.1e-8, "sinusoids, %zu wide: %g", d, worst);
}

static void
test_ops(void)
{
    const struct kernels *k = kernel_get(cpu_level());
    float x[] = { -3, -0.5f, 0, 0.5f, 3, 200, -200 }, y[7];

    ops_clip(y, x, 7, -1, 2);
    tap_ok(y[0] == -1 && y[1] == -0.5f && y[3] == 0.5f && y[4] == 2 && y[6] == -1,
           "clip");
    x[2] = NAN;
    ops_clip(y, x, 7, 0, INFINITY);
    tap_ok(y[0] == 0 && isnan(y[2]) && y[5] == 200, "a ReLU; a NaN stays");
    x[2] = 0;
    ops_sigmoid(k, x, 7);
    tap_ok(fabs((double)x[3] - 1 / (1 + exp(-0.5))) < 1e-7 && x[2] == 0.5f &&
               x[5] == 1 && x[6] >= 0 && x[6] < 1e-37f,
           "sigmoid, to the ends");
}

int
main(void)
{
    test_attention();
    test_wave(4);
    test_wave(10);
    test_wave(64);
    test_ops();
    return tap_done();
}
