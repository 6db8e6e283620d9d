/* ops.c - small things done to rows of activations */
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

void
ops_mean(const struct kernels *k, const float *x, size_t ldx, size_t m, size_t n,
         float *out)
{
    memset(out, 0, n * sizeof *out);
    for (size_t r = 0; r < m; r++)
        k->axpy(out, x + r * ldx, 1.0f, n);
    k->scale(out, 1.0f / (float)m, n);
}

void
ops_normalize(const struct kernels *k, float *x, size_t n)
{
    float length = sqrtf(k->dot(x, x, n));

    k->scale(x, 1.0f / (length > 1e-12f ? length : 1e-12f), n);
}

void
ops_add_norm(const struct kernels *k, float *x, size_t ldx, size_t m, size_t n,
             const struct kernel_norm *norm)
{
    k->add_norm(x, ldx, m, n, norm);
}

void
ops_scale(const struct kernels *k, float *x, float a, size_t n)
{
    k->scale(x, a, n);
}

void
ops_add_scaled(const struct kernels *k, float *y, float a, const float *x, size_t n)
{
    k->axpy(y, x, a, n);
}

void
ops_bias_tanh(const struct kernels *k, float *y, const float *b, size_t n)
{
    k->bias(y, n, 1, n, b);
    k->tanh(y, n);
}

void
ops_bias_gelu(const struct kernels *k, float *y, const float *b, size_t n)
{
    k->bias_gelu(y, n, 1, n, b);
}

void
ops_bias_relu(const struct kernels *k, float *y, const float *b, size_t n)
{
    k->bias(y, n, 1, n, b);
    for (size_t i = 0; i < n; i++)
        y[i] = y[i] < 0.0f ? 0.0f : y[i]; /* NaN stays */
}

void
ops_sigmoid(const struct kernels *k, float *y, size_t n)
{
    k->scale(y, -1.0f, n);
    k->exp(y, n);
    for (size_t i = 0; i < n; i++)
        y[i] = 1.0f / (1.0f + y[i]);
}

#define SWISH 256 /* at once */

void
ops_swish(const struct kernels *k, float *y, size_t n)
{
    float part[SWISH];

    for (size_t at = 0, m; at < n; at += m) {
        m = n - at < SWISH ? n - at : SWISH;
        memcpy(part, y + at, m * sizeof *part);
        ops_sigmoid(k, part, m);
        for (size_t i = 0; i < m; i++)
            y[at + i] *= part[i];
    }
}

float
ops_dot(const struct kernels *k, const float *x, const float *y, size_t n)
{
    return k->dot(x, y, n);
}

void
ops_softmax(const struct kernels *k, float *x, size_t n, float scale)
{
    k->softmax(x, n, 1, n, scale);
}

static inline float
clip(float x, float low, float high)
{
    x = x < low ? low : x;
    return x > high ? high : x;
}

/* By fours, which compilers make vectors of. */
void
ops_clip(float *y, const float *x, size_t n, float low, float high)
{
    size_t i = 0;

    for (; i + 4 <= n; i += 4) {
        float v[4];

        for (int k = 0; k < 4; k++)
            v[k] = clip(x[i + k], low, high);
        memcpy(y + i, v, sizeof v);
    }
    for (; i < n; i++)
        y[i] = clip(x[i], low, high);
}
