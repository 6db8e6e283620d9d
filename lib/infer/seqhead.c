/* seqhead.c - the labels that a checkpoint was trained for */
#include "infer/seqhead.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "model/taskhead.h"
#include "tensor/ops.h"

struct seqhead {
    struct embedder *embedder;
    const struct kernels *k;
    struct taskhead *head;
    size_t wide;
};

struct seqhead *
seqhead_open(const struct embedder_opt *opt, struct err *e)
{
    /* The head reads the first token: that is a way of pooling. */
    struct embedder_opt embed = { .session = opt->session,
                                  .overlong = opt->overlong,
                                  .pooling = "cls" };
    struct seqhead *h = mem_zero(1, sizeof *h);
    const struct model *m;

    h->k = kernel_get(cpu_level());
    if ((h->embedder = embedder_open(&embed, e)) != NULL) {
        m = embedder_session(h->embedder)->model;
        h->wide = (size_t)m->n_embd;
        if ((h->head = taskhead_open(m, TASKHEAD_SEQUENCE, e)) != NULL)
            return h;
    }
    seqhead_close(h);
    return NULL;
}

void
seqhead_close(struct seqhead *h)
{
    if (h == NULL)
        return;
    taskhead_close(h->head);
    embedder_close(h->embedder);
    mem_free(h);
}

const struct embedder *
seqhead_embedder(const struct seqhead *h)
{
    return h->embedder;
}

size_t
seqhead_count(const struct seqhead *h)
{
    return h->head->n_out;
}

struct str
seqhead_name(const struct seqhead *h, size_t label)
{
    return h->head->label[label];
}

int
seqhead_independent(const struct seqhead *h)
{
    return h->head->independent;
}

static int
is_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return 0;
    return 1;
}

/* The probabilities of a text from its k pieces, whose logits are [k, n_out]. -1: they
 * are not finite. */
static int
text_row(const struct seqhead *h, const struct embedder_piece *piece,
         const float *logits, size_t k, float *row)
{
    size_t total = 0, n = h->head->n_out;

    memcpy(row, logits, n * sizeof *row);
    for (size_t i = 0; i < k; i++)
        total += piece[i].tokens;
    for (size_t i = 0; i < k && k > 1; i++) {
        float part = (float)piece[i].tokens / (float)total;
        if (i == 0)
            ops_scale(h->k, row, part, n);
        else
            ops_add_scaled(h->k, row, part, logits + i * n, n);
    }
    if (!is_finite(row, n))
        return -1;
    if (h->head->independent)
        ops_sigmoid(h->k, row, n);
    else
        ops_softmax(h->k, row, n, 1.0f);
    return 0;
}

void
seqhead_run(const struct seqhead *h, struct embedder_work *w, const struct str *text,
            size_t n, float *prob, struct embedder_info *info)
{
    struct embedder_pieces p = embedder_pool(h->embedder, w, text, n, info);
    size_t n_out = h->head->n_out;
    float *logits = arena_alloc(&w->batch, mem_mul(p.n, n_out * sizeof *logits));

    if (n > 0)
        memset(prob, 0, mem_mul(n, n_out * sizeof *prob));
    taskhead_run(h->head, p.vec, h->wide, p.n, logits, &w->model.scratch);
    for (size_t i = 0, k; i < p.n; i += k) {
        size_t t = p.piece[i].text;

        for (k = 1; i + k < p.n && p.piece[i + k].text == t;)
            k++;
        if (text_row(h, &p.piece[i], logits + i * n_out, k, prob + t * n_out) == 0)
            continue;
        memset(prob + t * n_out, 0, n_out * sizeof *prob);
        info[t].code = ERR_NAN;
        info[t].kept = 0;
    }
}
