/* attend_ref.c - attention of one head: the definition */
#include "kernel/attend16.h"
#include "kernel/kernel_fill.h"
#include "kernel/ref/vec_ref.h"

#include "kernel/math_body.h"

/* score[n] of one query; returns the largest. NaN are passed over, the sum has them. */
static float
score(const struct kernel_attend *h, const float *q, float *score)
{
    float max = -INFINITY;

    for (size_t j = 0; j < h->n; j++) {
        score[j] = 0.0f;
        for (size_t l = 0; l < h->dim; l++)
            score[j] = fmaf(h->key[j * h->ld + l], q[l], score[j]);
        max = score[j] > max ? score[j] : max;
    }
    return max;
}

/* The same for scores that have their scale and what the distance from query i adds. */
static float
add_relative(const struct kernel_attend *h, size_t i, float *score)
{
    float max = -INFINITY;

    for (size_t j = 0; j < h->n; j++) {
        score[j] = fmaf(score[j], h->scale, h->relative[(ptrdiff_t)i - (ptrdiff_t)j]);
        max = score[j] > max ? score[j] : max;
    }
    return max;
}

/* Scores to weights; returns their sum, which is one of sums. */
static float
weigh(float *score, size_t n, float scale, float max)
{
    float sum = 0.0f, some = 0.0f;

    for (size_t j = 0; j < n; j++) {
        score[j] = exp_weight16(v_set1((score[j] - max) * scale)).f[0];
        some += score[j];
        if (j % KERNEL_ATTEND_SUM == KERNEL_ATTEND_SUM - 1 || j == n - 1) {
            sum += some;
            some = 0.0f;
        }
    }
    return sum;
}

static void
attend(const struct kernel_attend *h)
{
    for (size_t i = 0; i < h->n; i++) {
        float max = score(h, h->q + i * h->ld, h->work), scale = h->scale, inv;

        if (h->relative) {
            max = add_relative(h, i, h->work);
            scale = 1.0f;
        }
        inv = 1.0f / weigh(h->work, h->n, scale, max);

        for (size_t c = 0; c < h->dim; c++) {
            float sum = 0.0f;
            for (size_t j = 0; j < h->n; j++)
                sum = fmaf(h->work[j], h->value[j * h->ld + c], sum);
            h->out[i * h->ld_out + c] = sum * inv;
        }
    }
}

/* ---- in whole numbers ---- */

static void
largest(const float *x, size_t ldx, size_t m, size_t n, float *most)
{
    for (size_t c = 0; c < n; c++) {
        most[c] = 0.0f;
        for (size_t j = 0; j < m; j++)
            if (!(fabsf(x[j * ldx + c]) <= most[c])) /* a NaN stays */
                most[c] = isnan(most[c]) ? most[c] : fabsf(x[j * ldx + c]);
    }
}

static int32_t
whole(float x, float up)
{
    return (int32_t)rintf(x * up);
}

/* 2^(15 - x / 2^ATTEND16_BITS), rounded */
static int32_t
power(uint32_t x)
{
    uint32_t f = x << (16 - ATTEND16_BITS) & 0xffff, w = f * WEIGHT_3 >> 16;

    w = f * (WEIGHT_2 - w) >> 16;
    w = f * (WEIGHT_1 - w) >> 16;
    w = (WEIGHT_0 - w) >> (x >> ATTEND16_BITS);
    return (int32_t)((w + 1) / 2);
}

/* The scales of a head; 0: some number is not finite, or too large. */
static int
scales16(const struct kernel_attend *h, struct attend16_scales *s)
{
    float q = 0.0f, key = 0.0f;

    for (size_t c = 0; c < h->dim; c++) {
        if (isnan(h->most_q[c]) || isnan(h->most_key[c]) ||
            !(h->most_value[c] < INFINITY))
            return 0;
        q = fmaxf(h->most_q[c], q);
        key = fmaxf(h->most_key[c], key);
    }
    return attend16_scales(h, q, key, s);
}

/* The weight of each key for the query q */
static void
weigh16(const struct kernel_attend *h, const struct attend16_scales *s, const float *q,
        int32_t *weight)
{
    int32_t max = INT32_MIN;
    float base;

    for (size_t j = 0; j < h->n; j++) {
        weight[j] = 0;
        for (size_t l = 0; l < h->dim; l++)
            weight[j] += whole(q[l], s->up_q) * whole(h->key[j * h->ld + l], s->up_key);
        max = weight[j] > max ? weight[j] : max;
    }
    base = fmaf(ROUNDER + (float)max, s->scale, ATTEND16_BASE);
    for (size_t j = 0; j < h->n; j++) {
        float x = fmaf(ROUNDER + (float)weight[j], -s->scale, base);
        weight[j] = power((uint32_t)(fminf(x, ATTEND16_END) - ROUNDER));
    }
}

/* The sum of the weights, each times its value times up in the column where there is
 * one */
static float
sum16(const struct kernel_attend *h, const int32_t *weight, const float *column,
      float up)
{
    float all = 0.0f;

    for (size_t from = 0; from < h->n; from += KERNEL_ATTEND16_KEYS) {
        int32_t sum = 0;
        for (size_t j = from; j < h->n && j < from + KERNEL_ATTEND16_KEYS; j++)
            sum += weight[j] * (column ? whole(column[j * h->ld], up) : 1);
        all += (float)sum;
    }
    return all;
}

/* out[dim] of one query */
static void
sum_values(const struct kernel_attend *h, const int32_t *weight, float *out)
{
    float factor = 1.0f / sum16(h, weight, NULL, 0.0f);

    for (size_t c = 0; c < h->dim; c++) {
        float most = h->most_value[c], limit = KERNEL_ATTEND16_VALUE;

        out[c] = 0.0f;
        if (most >= ATTEND16_LEAST)
            out[c] =
                sum16(h, weight, h->value + c, limit / most) * factor * (most / limit);
    }
}

static void
attend16(const struct kernel_attend *h)
{
    int32_t *weight = (int32_t *)(void *)h->work;
    struct attend16_scales s;
    int good = scales16(h, &s);

    for (size_t i = 0; i < h->n; i++) {
        float *out = h->out + i * h->ld_out;

        if (good) {
            weigh16(h, &s, h->q + i * h->ld, weight);
            sum_values(h, weight, out);
        }
        for (size_t c = 0; !good && c < h->dim; c++)
            out[c] = NAN;
    }
}

void
attend_ref_fill(struct kernels *k)
{
    k->attend = attend;
    k->largest = largest;
    k->attend16 = attend16;
}
