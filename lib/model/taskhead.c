/* taskhead.c - what a checkpoint brings on top of its encoder */
#include "model/taskhead.h"

#include <stdint.h>
#include <stdio.h>

#include "base/mem.h"
#include "format/id2label.h"
#include "model/params.h"
#include "tensor/ops.h"

struct full {
    struct taskhead base;
    const struct kernels *k;
    const struct taskhead_kind *kind;
    size_t d;
    float eps;
    const float *dense, *dense_bias; /* [d, d] and [d], or NULL */
    struct params_norm norm;         /* gamma NULL: none */
    const struct weight *out;        /* [n_out, d], as the file has it */
    const float *bias;               /* [n_out] */
    struct id2label labels;
    struct arena vectors; /* what the file has not as floats */
};

/* ---- load ---- */

/* What the class that wrote the checkpoint ends in */
static const char *const suffix[TASKHEADS] = {
    [TASKHEAD_SEQUENCE] = "ForSequenceClassification",
    [TASKHEAD_TOKENS] = "ForTokenClassification",
};
static const char *const purpose[TASKHEADS] = {
    [TASKHEAD_SEQUENCE] = "labels for texts",
    [TASKHEAD_TOKENS] = "labels for tokens",
    [TASKHEAD_MASK] = "words for a mask",
};

/* Two heads of labels may have tensors of the same names: the class tells. */
static int
check_class(const struct model *m, enum taskhead_task task, struct err *e)
{
    char class[100];
    const char *end = suffix[task];

    if (end == NULL)
        return 0;
    if (config_first(m->config, "architectures", class, sizeof class, e))
        return -1;
    if (!str_ends(str_of(class), end))
        return config_bad(m->config, "architectures", e, "'%s' has no %s (...%s does)",
                          class, purpose[task], end);
    return 0;
}

/* Which labels there may be at once */
static int
check_problem(struct full *h, const struct config *c, struct err *e)
{
    char problem[64] = "";

    if (config_opt_str(c, "problem_type", problem, sizeof problem, e))
        return -1;
    if (strcmp(problem, "regression") == 0)
        return config_bad(c, "problem_type", e, "'regression' is not supported");
    h->base.independent =
        h->base.n_out == 1 || strcmp(problem, "multi_label_classification") == 0;
    return 0;
}

static const float *
floats(struct full *h, const struct model *m, const char *name, const char *end,
       size_t rows, size_t n, struct err *e)
{
    char full[160];

    snprintf(full, sizeof full, "%s%s", name, end);
    return params_get(m->weights, full, (int)rows, (int)n, &h->vectors, e);
}

static int
load_dense(struct full *h, const struct model *m, struct err *e)
{
    const struct taskhead_kind *k = h->kind;

    if (k->dense == NULL)
        return 0;
    h->dense = floats(h, m, k->dense, ".weight", h->d, h->d, e);
    if (h->dense == NULL ||
        !(h->dense_bias = floats(h, m, k->dense, ".bias", 0, h->d, e)))
        return -1;
    return k->norm ? params_get_norm(m->weights, k->norm, m->n_embd, &h->vectors,
                                     &h->norm, e)
                   : 0;
}

/* Labels: the tensor says how many, the settings must agree. */
static int
load_labels(struct full *h, const struct model *m, struct err *e)
{
    size_t dim[2] = { 1, h->d };
    const struct weight *t;
    char name[160];

    snprintf(name, sizeof name, "%s.weight", h->kind->out);
    t = weights_find(m->weights, name);
    if (t && t->n_dim == 2) {
        dim[0] = t->dim[0];
        if (dim[0] < 1 || dim[0] > TASKHEAD_LABELS)
            return err_set(e, ERR_MODEL, "%s: tensor '%s' has %zu labels, not 1 to %d",
                           weights_path(m->weights), name, dim[0], TASKHEAD_LABELS);
    }
    if ((h->out = weights_get(m->weights, name, 2, dim, e)) == NULL)
        return -1;
    h->base.n_out = dim[0];
    if (id2label_read(&h->labels, m->config, dim[0], e))
        return -1;
    h->base.label = h->labels.name;
    h->bias = floats(h, m, h->kind->out, ".bias", 0, dim[0], e);
    return h->bias ? 0 : -1;
}

/* Words: the word embeddings, unless the settings say that they are not shared. */
static int
load_words(struct full *h, const struct model *m, struct err *e)
{
    size_t dim[2] = { (size_t)m->n_vocab, h->d };
    int tied = 1;
    char name[160];

    if (config_opt_bool(m->config, "tie_word_embeddings", &tied, e))
        return -1;
    snprintf(name, sizeof name, "%s.weight", h->kind->out);
    h->out = tied ? m->word : weights_get(m->weights, name, 2, dim, e);
    h->base.n_out = dim[0];
    if (h->out == NULL)
        return -1;
    if (weights_find(m->weights, h->kind->bias))
        h->bias = floats(h, m, h->kind->bias, "", 0, dim[0], e);
    else
        h->bias = floats(h, m, h->kind->out, ".bias", 0, dim[0], e);
    return h->bias ? 0 : -1;
}

struct taskhead *
taskhead_open(const struct model *m, enum taskhead_task task, struct err *e)
{
    struct full *h;

    if (m->ops->head == NULL) {
        err_set(e, ERR_MODEL, "a model of type '%s' has no %s here", m->ops->type,
                purpose[task]);
        return NULL;
    }
    h = mem_zero(1, sizeof *h);
    h->k = kernel_get(cpu_level());
    h->kind = &m->ops->head[task];
    h->d = (size_t)m->n_embd;
    h->eps = m->eps;
    if (check_class(m, task, e) == 0 && load_dense(h, m, e) == 0 &&
        (task == TASKHEAD_MASK ? load_words(h, m, e) : load_labels(h, m, e)) == 0 &&
        (task != TASKHEAD_SEQUENCE || check_problem(h, m->config, e) == 0))
        return &h->base;
    taskhead_close(&h->base);
    return NULL;
}

void
taskhead_close(struct taskhead *base)
{
    struct full *h = (struct full *)base;

    if (h == NULL)
        return;
    id2label_release(&h->labels);
    arena_release(&h->vectors);
    mem_free(h);
}

/* ---- run ---- */

/* Rows of a product are read once for all of x: y[i, o] = dot(x[i], w[o]). */
static void
multiply(const struct full *h, const struct weight *w, const float *x, size_t ldx,
         size_t n, float *y, size_t n_out, float *row)
{
    size_t bytes = quant_bytes(w->type, h->d);
    const char *p = w->data;
    int in_place = w->type == QUANT_F32 && (uintptr_t)p % sizeof(float) == 0;

    for (size_t o = 0; o < n_out; o++, p += bytes) {
        const float *r = (const void *)p;
        if (!in_place) {
            quant_to_f32(w->type, p, row, h->d);
            r = row;
        }
        for (size_t i = 0; i < n; i++)
            y[i * n_out + o] = ops_dot(h->k, x + i * ldx, r, h->d);
    }
}

/* y [n, d] = norm(act(x D^T + b)) */
static void
transform(const struct full *h, const float *x, size_t ldx, size_t n, float *y)
{
    struct weight dense = { .type = QUANT_F32, .data = h->dense };
    struct kernel_norm norm = { .gamma = h->norm.gamma,
                                .beta = h->norm.beta,
                                .eps = h->eps };

    multiply(h, &dense, x, ldx, n, y, h->d, NULL);
    for (float *r = y; r < y + n * h->d; r += h->d)
        switch (h->kind->act) {
        case TASKHEAD_TANH: ops_bias_tanh(h->k, r, h->dense_bias, h->d); break;
        case TASKHEAD_RELU: ops_bias_relu(h->k, r, h->dense_bias, h->d); break;
        case TASKHEAD_GELU: ops_bias_gelu(h->k, r, h->dense_bias, h->d); break;
        }
    if (norm.gamma)
        ops_add_norm(h->k, y, h->d, n, h->d, &norm);
}

void
taskhead_run(const struct taskhead *base, const float *x, size_t ldx, size_t n,
             float *logits, struct arena *work)
{
    const struct full *h = (const struct full *)base;
    size_t n_out = h->base.n_out;
    float *row, *y;

    arena_reset(work);
    row = arena_alloc(work, h->d * sizeof *row);
    if (h->dense) {
        y = arena_alloc(work, mem_mul(n, h->d * sizeof *y));
        transform(h, x, ldx, n, y);
        x = y;
        ldx = h->d;
    }
    multiply(h, h->out, x, ldx, n, logits, n_out, row);
    for (size_t i = 0; i < n; i++)
        ops_add_scaled(h->k, logits + i * n_out, 1.0f, h->bias, n_out);
}
