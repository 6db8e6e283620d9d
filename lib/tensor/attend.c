/* attend.c - multi-head self-attention over sequences packed end to end */
#include "tensor/attend.h"

#include <math.h>

#include "base/mem.h"

/* Scratch for the longest sequence, used by all */
static float *
take_memory(const size_t *start, size_t n_seq, size_t dim, int in16, struct arena *work)
{
    size_t longest = 0, words;

    for (size_t s = 0; s < n_seq; s++)
        if (start[s + 1] - start[s] > longest)
            longest = start[s + 1] - start[s];
    arena_reset(work);
    words =
        in16 ? kernel_attend16_work(longest, dim) : kernel_attend_work(longest, dim);
    return arena_alloc(work, mem_mul(words, sizeof(float)));
}

void
attend_relative(const struct kernels *k, const struct attend_shape *shape,
                const struct attend_distance *distance, const float *qkv,
                const size_t *start, size_t n_seq, float *out, struct arena *work)
{
    size_t d = shape->n_head * shape->head_dim;
    int in16 = shape->in16 && !distance;
    float *most = NULL;
    struct kernel_attend h = { .dim = shape->head_dim, .ld = 3 * d, .ld_out = d };

    h.scale = 1.0f / sqrtf((float)h.dim);
    h.work = take_memory(start, n_seq, h.dim, in16, work);
    if (in16)
        most = arena_alloc(work, mem_mul(h.ld, sizeof *most));
    for (size_t s = 0; s < n_seq; s++) {
        h.n = start[s + 1] - start[s];
        if (in16)
            k->largest(qkv + start[s] * h.ld, h.ld, h.n, h.ld, most);
        for (size_t i = 0; i < shape->n_head; i++) {
            h.q = qkv + start[s] * h.ld + i * h.dim;
            h.key = h.q + d;
            h.value = h.q + 2 * d;
            h.out = out + start[s] * d + i * h.dim;
            if (distance)
                h.relative =
                    distance->add + i * (2 * distance->n - 1) + distance->n - 1;
            if (in16) {
                h.most_q = most + i * h.dim;
                h.most_key = h.most_q + d;
                h.most_value = h.most_q + 2 * d;
                k->attend16(&h);
            } else {
                k->attend(&h);
            }
        }
    }
}

void
attend(const struct kernels *k, const struct attend_shape *shape, const float *qkv,
       const size_t *start, size_t n_seq, float *out, struct arena *work)
{
    attend_relative(k, shape, NULL, qkv, start, n_seq, out, work);
}
