/* logits.c - questions about a row of logits */
#include "tensor/logits.h"

#include <math.h>
#include <string.h>

#include "base/num.h"

#define CHUNK 4096 /* floats that stay in the first cache */
#define LANES 8

float
logits_max(const struct kernels *k, const float *x, size_t n)
{
    return k->max(x, n);
}

size_t
logits_best(const struct kernels *k, const float *x, size_t n)
{
    float best = -INFINITY;
    size_t at = n;

    for (size_t i = 0; i < n; i += CHUNK) {
        float max = k->max(x + i, n - i < CHUNK ? n - i : CHUNK);
        if (max != max)
            return n;
        if (max > best) {
            best = max;
            at = i;
        }
    }
    while (at < n && x[at] != best)
        at++;
    return at;
}

/* By eights, which compilers make vectors of. */
static void
lower(float *y, const float *x, size_t n, float max, float scale)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        float v[LANES];
        for (size_t l = 0; l < LANES; l++)
            v[l] = (x[i + l] - max) * scale;
        memcpy(y + i, v, sizeof v);
    }
    for (; i < n; i++)
        y[i] = (x[i] - max) * scale;
}

/* Lanes that are summed side by side, then added in order */
static double
block_sum(const float *x, size_t n)
{
    double lane[LANES] = { 0 }, sum = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lane[l] += (double)x[i + l];
    for (; i < n; i++)
        lane[i % LANES] += (double)x[i];
    for (size_t l = 0; l < LANES; l++)
        sum += lane[l];
    return sum;
}

double
logits_exp(const struct kernels *k, const float *x, size_t n, float max, float scale,
           float *out, double *sum)
{
    float own[LOGITS_BLOCK];
    double total = 0;

    for (size_t i = 0; i < n; i += LOGITS_BLOCK) {
        size_t m = n - i < LOGITS_BLOCK ? n - i : LOGITS_BLOCK;
        float *y = out ? out + i : own;
        double part;
        lower(y, x + i, m, max, scale);
        k->exp(y, m);
        part = block_sum(y, m);
        if (sum)
            sum[i / LOGITS_BLOCK] = part;
        total += part;
    }
    return total;
}

double
logits_log_sum(const struct kernels *k, const float *x, size_t n)
{
    float max = k->max(x, n);

    if (!(max > -INFINITY && max < INFINITY))
        return (double)NAN;
    return (double)max + num_log(logits_exp(k, x, n, max, 1.0f, NULL, NULL));
}
