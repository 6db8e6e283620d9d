/* labeler.c - texts to probabilities of labels */
#include "infer/labeler.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/ops.h"

void
labeler_work_release(struct labeler_work *w)
{
    embedder_work_release(&w->embedder);
    asker_work_release(&w->asker);
    arena_release(&w->mem);
}

int
labeler_set_temperature(struct labeler *l, float t, struct err *e)
{
    if (!(t >= 1e-4f && t <= 1e4f))
        return err_set(e, ERR_USAGE, "temperature %g: must be 0.0001 to 10000",
                       (double)t);
    l->sharpness = 1.0f / t;
    return 0;
}

void
labeler_close(struct labeler *l)
{
    struct embedder *m = l ? l->embedder : NULL;

    if (l)
        l->ops->close(l);
    embedder_close(m);
}

/* The probabilities of a text from its k pieces. */
static int
text_row(const struct labeler *l, struct embedder_work *w,
         const struct embedder_piece *piece, float *vec, size_t k, float *row)
{
    const size_t wide = (size_t)embedder_dim(l->embedder);
    size_t total = 0;

    for (size_t i = 0; i < k; i++)
        total += piece[i].tokens;
    memset(row, 0, l->n * sizeof *row);
    for (size_t i = 0; i < k; i++) {
        float part = k == 1 ? 1.0f : (float)piece[i].tokens / (float)total;
        if (l->ops->add_scores(l, w, vec + i * wide, part, row))
            return -1;
    }
    if (l->independent) {
        ops_scale(l->k, row, l->sharpness, l->n);
        ops_sigmoid(l->k, row, l->n);
    } else {
        ops_softmax(l->k, row, l->n, l->sharpness);
    }
    return isfinite(row[0]) ? 0 : -1; /* softmax makes all of a row NaN, or none */
}

/* All texts by the vectors of a model. */
static void
run_model(const struct labeler *l, struct embedder_work *w, const struct str *text,
          size_t n, float *prob, struct embedder_info *info)
{
    const size_t wide = (size_t)embedder_dim(l->embedder);
    struct embedder_pieces p = embedder_pool(l->embedder, w, text, n, info);

    if (n > 0)
        memset(prob, 0, mem_mul(n, l->n * sizeof *prob));
    for (size_t i = 0, k; i < p.n; i += k) {
        size_t t = p.piece[i].text;
        float *row = prob + t * l->n;

        for (k = 1; i + k < p.n && p.piece[i + k].text == t;)
            k++;
        if (text_row(l, w, &p.piece[i], p.vec + i * wide, k, row) == 0)
            continue;
        memset(row, 0, l->n * sizeof *row);
        info[t].code = ERR_NAN;
        info[t].kept = 0;
    }
}

void
labeler_run(const struct labeler *l, struct labeler_work *w, const struct str *text,
            size_t n, float *prob, struct embedder_info *info)
{
    if (l->embedder)
        run_model(l, &w->embedder, text, n, prob, info);
    else
        l->ops->run(l, w, text, n, prob, info);
}

void
labeler_count(const struct labeler *l, struct labeler_work *w, const struct str *text,
              size_t n, struct embedder_info *info)
{
    if (l->embedder)
        embedder_count(l->embedder, &w->embedder, text, n, info);
    else
        l->ops->run(l, w, text, n, NULL, info);
}

void
labeler_explain(const struct labeler *l, const struct embedder_info *info,
                struct err *e)
{
    if (l->embedder)
        embedder_explain(l->embedder, info, e);
    else if (l->ops->explain)
        l->ops->explain(l, info, e);
    else
        err_set(e, info->code, "the model gives numbers that are not finite");
}

size_t
labeler_best(const struct labeler *l, const float *prob)
{
    size_t best = 0;

    for (size_t i = 1; i < l->n; i++)
        if (prob[i] > prob[best])
            best = i;
    return best;
}
