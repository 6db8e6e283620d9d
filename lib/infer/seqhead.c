/* seqhead.c - the labels that a checkpoint was trained for */
#include "infer/seqhead.h"

#include <math.h>

#include "base/mem.h"
#include "model/taskhead.h"

struct seqhead {
    struct labeler l;
    struct taskhead *head;
};

static int
add_scores(const struct labeler *l, struct embedder_work *w, float *vec, float part,
           float *row)
{
    const struct seqhead *h = (const struct seqhead *)l;
    float *logits = arena_alloc(&w->batch, mem_mul(l->n, sizeof *logits));

    taskhead_run(h->head, vec, (size_t)embedder_dim(l->embedder), 1, logits,
                 &w->model.scratch);
    for (size_t i = 0; i < l->n; i++)
        if (!isfinite(logits[i]))
            return -1;
    ops_add_scaled(l->k, row, part, logits, l->n);
    return 0;
}

static void
close_head(struct labeler *l)
{
    struct seqhead *h = (struct seqhead *)l;

    taskhead_close(h->head);
    mem_free(h);
}

/* The head reads the first token: that is a way of pooling. */
static int
open_model(struct seqhead *h, const struct embedder_opt *opt, struct err *e)
{
    struct embedder_opt embed = { .session = opt->session,
                                  .overlong = opt->overlong,
                                  .pooling = "cls" };

    if ((h->l.embedder = embedder_open(&embed, e)) == NULL)
        return -1;
    h->head =
        taskhead_open(embedder_session(h->l.embedder)->model, TASKHEAD_SEQUENCE, e);
    return h->head ? 0 : -1;
}

struct labeler *
seqhead_open(const struct embedder_opt *opt, float temperature, struct err *e)
{
    static const struct labeler_ops ops = { .add_scores = add_scores,
                                            .close = close_head };
    struct seqhead *h = mem_zero(1, sizeof *h);

    h->l.ops = &ops;
    h->l.k = kernel_get(cpu_level());
    if (labeler_set_temperature(&h->l, temperature == 0 ? 1.0f : temperature, e) ||
        open_model(h, opt, e)) {
        labeler_close(&h->l);
        return NULL;
    }
    h->l.n = h->head->n_out;
    h->l.name = h->head->label;
    h->l.independent = h->head->independent;
    return &h->l;
}
