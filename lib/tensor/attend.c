/* attend.c - multi-head self-attention over sequences packed end to end */
#include "tensor/attend.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/panel.h"

/* One head of one sequence */
struct head {
    const struct kernels *k;
    size_t n, dim;            /* tokens; floats of a head */
    size_t ld, ld_out;        /* of q, key and v; of out */
    const float *q, *key, *v; /* [n, dim] */
    float *out;               /* [n, dim] */
    float *keys, *values;     /* [n, dim] in panels */
    float *scores;            /* [block, ld_scores] */
    size_t block, ld_scores;
};

/* Panels over n outputs, rounded up to whole ones */
static size_t
round_up(const struct kernels *k, size_t n)
{
    return (n + k->gemm_nr - 1) / k->gemm_nr * k->gemm_nr;
}

/* Keys are the weights of the scores: [n, dim] as a linear layer has it. */
static void
pack_keys(const struct head *h)
{
    size_t nr = h->k->gemm_nr;

    for (size_t j = 0; j < h->n; j += nr)
        h->k->pack_f32(h->key + j * h->ld, h->ld, h->n - j < nr ? h->n - j : nr, h->dim,
                       h->keys + j * h->dim);
}

/* Values are weights that stand transposed already: rows are copied. */
static void
pack_values(const struct head *h)
{
    size_t nr = h->k->gemm_nr;

    for (size_t j = 0; j < h->dim; j += nr) {
        size_t width = h->dim - j < nr ? h->dim - j : nr;
        float *panel = h->values + j * h->n;

        for (size_t i = 0; i < h->n; i++) {
            memcpy(panel + i * nr, h->v + i * h->ld + j, width * sizeof *panel);
            memset(panel + i * nr + width, 0, (nr - width) * sizeof *panel);
        }
    }
}

/* Queries [row, row + m): scores, softmax, weighted sum of the values */
static void
attend_rows(const struct head *h, size_t row, size_t m)
{
    size_t nr = h->k->gemm_nr;
    float scale = 1.0f / sqrtf((float)h->dim);

    for (size_t j = 0; j < h->n; j += nr)
        panel_multiply(h->k, h->q + row * h->ld, h->ld, h->keys + j * h->dim, h->dim,
                       h->scores + j, h->ld_scores, m, h->n - j < nr ? h->n - j : nr);
    h->k->softmax(h->scores, h->ld_scores, m, h->n, scale);
    for (size_t j = 0; j < h->dim; j += nr)
        panel_multiply(h->k, h->scores, h->ld_scores, h->values + j * h->n, h->n,
                       h->out + row * h->ld_out + j, h->ld_out, m,
                       h->dim - j < nr ? h->dim - j : nr);
}

static void
attend_head(const struct head *h)
{
    pack_keys(h);
    pack_values(h);
    for (size_t row = 0; row < h->n; row += h->block)
        attend_rows(h, row, h->n - row < h->block ? h->n - row : h->block);
}

/* Memory for the longest sequence, used by all */
static void
take_memory(struct head *h, size_t longest, struct arena *work)
{
    h->ld_scores = round_up(h->k, longest);
    h->block = panel_rows(h->k, longest, h->ld_scores);
    arena_reset(work);
    h->keys = arena_alloc(work, mem_mul(h->ld_scores, h->dim * sizeof(float)));
    h->values =
        arena_alloc(work, mem_mul(longest, round_up(h->k, h->dim) * sizeof(float)));
    h->scores = arena_alloc(work, mem_mul(h->block, h->ld_scores * sizeof(float)));
}

void
attend(const struct kernels *k, const struct attend_shape *shape, const float *qkv,
       const size_t *start, size_t n_seq, float *out, struct arena *work)
{
    size_t d = shape->n_head * shape->head_dim, longest = 0;
    struct head h = { .k = k, .dim = shape->head_dim, .ld = 3 * d, .ld_out = d };

    for (size_t s = 0; s < n_seq; s++)
        if (start[s + 1] - start[s] > longest)
            longest = start[s + 1] - start[s];
    take_memory(&h, longest, work);
    for (size_t s = 0; s < n_seq; s++)
        for (size_t i = 0; i < shape->n_head; i++) {
            h.n = start[s + 1] - start[s];
            h.q = qkv + start[s] * h.ld + i * h.dim;
            h.key = h.q + d;
            h.v = h.q + 2 * d;
            h.out = out + start[s] * d + i * h.dim;
            attend_head(&h);
        }
}
