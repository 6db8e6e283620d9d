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

static float
largest(const float *x, size_t ld, size_t n, size_t dim)
{
    float max = 0.0f;

    for (size_t j = 0; j < n; j++)
        for (size_t c = 0; c < dim; c++)
            if (!(fabsf(x[j * ld + c]) <= max)) /* a NaN stays */
                max = isnan(max) ? max : fabsf(x[j * ld + c]);
    return max;
}

static int32_t
whole(float x, float up)
{
    return (int32_t)rintf(x * up);
}

/* The weight of each key for the query q */
static void
weigh16(const struct kernel_attend *h, const struct attend16_scales *s, const float *q,
        int32_t *weight)
{
    int32_t max = INT32_MIN;

    for (size_t j = 0; j < h->n; j++) {
        weight[j] = 0;
        for (size_t l = 0; l < h->dim; l++)
            weight[j] += whole(q[l], s->up_q) * whole(h->key[j * h->ld + l], s->up_key);
        max = weight[j] > max ? weight[j] : max;
    }
    for (size_t j = 0; j < h->n; j++) {
        float x = (float)(weight[j] - max) * s->scale;
        weight[j] = (int32_t)rintf(exp_weight_coarse(v_set1(x)).f[0]);
    }
}

/* The sum of the weights, each times its value in the column c where there is one */
static float
sum16(const struct kernel_attend *h, const struct attend16_scales *s,
      const int32_t *weight, const float *column)
{
    float all = 0.0f;

    for (size_t from = 0; from < h->n; from += KERNEL_ATTEND16_KEYS) {
        int32_t sum = 0;
        for (size_t j = from; j < h->n && j < from + KERNEL_ATTEND16_KEYS; j++)
            sum += weight[j] * (column ? whole(column[j * h->ld], s->up_value) : 1);
        all += (float)sum;
    }
    return all;
}

static void
attend16(const struct kernel_attend *h)
{
    int32_t *weight = (int32_t *)(void *)h->work;
    struct attend16_scales s;
    int good = attend16_scales(h, largest(h->q, h->ld, h->n, h->dim),
                               largest(h->key, h->ld, h->n, h->dim),
                               largest(h->value, h->ld, h->n, h->dim), &s);

    for (size_t i = 0; i < h->n; i++) {
        float *out = h->out + i * h->ld_out, factor = 0.0f;

        if (good) {
            weigh16(h, &s, h->q + i * h->ld, weight);
            factor = s.step_value / sum16(h, &s, weight, NULL);
        }
        for (size_t c = 0; c < h->dim; c++)
            out[c] = good ? sum16(h, &s, weight, h->value + c) * factor : NAN;
    }
}

void
attend_ref_fill(struct kernels *k)
{
    k->attend = attend;
    k->attend16 = attend16;
}
