/* attend_ref.c - attention of one head: the definition */
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

void
attend_ref_fill(struct kernels *k)
{
    k->attend = attend;
}
