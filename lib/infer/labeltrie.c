/* labeltrie.c - labels as a tree of their tokens, to be scored in one pass */
#include "infer/labeltrie.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A label while the tree is made. */
struct entry {
    const int32_t *id;
    size_t n;
    uint32_t number;
};

/* Labels [from, to) go through a node. */
struct range {
    uint32_t from, to;
};

struct maker {
    struct labeltrie *t;
    struct entry *label; /* [n_label], sorted */
    struct range *range; /* [n_node] */
    int32_t end;
};

/* As if each label were ended by a token that comes before all others. */
static int
by_tokens(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    for (size_t i = 0; i < x->n && i < y->n; i++)
        if (x->id[i] != y->id[i])
            return x->id[i] < y->id[i] ? -1 : 1;
    return (x->n > y->n) - (x->n < y->n);
}

static int
begins(const struct entry *x, const struct entry *y)
{
    return x->n <= y->n && memcmp(x->id, y->id, x->n * sizeof *x->id) == 0;
}

/* Of sorted labels, one that begins another begins its neighbour, too. */
static int
check(const struct maker *m, struct err *e)
{
    for (size_t i = 1; i < m->t->n_label; i++) {
        const struct entry *x = &m->label[i - 1], *y = &m->label[i];
        if (!begins(x, y))
            continue;
        if (x->n == y->n)
            return err_set(e, ERR_USAGE, "labels %u and %u have the same tokens",
                           x->number + 1, y->number + 1);
        if (m->end < 0)
            return err_set(e, ERR_USAGE,
                           "label %u is the beginning of label %u: an end token is "
                           "needed to tell them apart",
                           x->number + 1, y->number + 1);
    }
    return 0;
}

static int
is_plain(const struct labeltrie_label *label, int32_t end)
{
    for (size_t i = 0; i < label->n; i++)
        if (label->id[i] < 0 || label->id[i] == end)
            return 0;
    return label->n > 0;
}

static int
take_labels(struct maker *m, const struct labeltrie_label *label, size_t n,
            size_t *tokens, struct err *e)
{
    if (n == 0 || n > LABELTRIE_TOKENS)
        return err_set(e, ERR_USAGE, "%zu labels, 1 to %zu are supported", n,
                       LABELTRIE_TOKENS);
    m->label = mem_zero(n, sizeof *m->label);
    m->t->n_label = n;
    for (size_t i = 0; i < n; i++) {
        if (!is_plain(&label[i], m->end))
            return err_set(e, ERR_USAGE,
                           "label %zu has no tokens, or one that ends a text", i + 1);
        if (label[i].n >= LABELTRIE_TOKENS - *tokens)
            return err_set(e, ERR_LIMIT, "the labels have more than %zu tokens",
                           LABELTRIE_TOKENS);
        *tokens += label[i].n + 1;
        m->label[i] = (struct entry){ label[i].id, label[i].n, (uint32_t)i };
    }
    qsort(m->label, n, sizeof *m->label, by_tokens);
    return check(m, e);
}

static void
reserve(struct maker *m, size_t nodes)
{
    struct labeltrie *t = m->t;

    t->token = mem_alloc(nodes * sizeof *t->token);
    t->parent = mem_alloc(nodes * sizeof *t->parent);
    t->depth = mem_alloc(nodes * sizeof *t->depth);
    t->first = mem_alloc((nodes + 1) * sizeof *t->first);
    t->run = mem_alloc(nodes * sizeof *t->run);
    t->leaf = mem_alloc(t->n_label * sizeof *t->leaf);
    m->range = mem_alloc(nodes * sizeof *m->range);
}

static void
add_node(struct maker *m, int32_t token, uint32_t parent, struct range labels)
{
    struct labeltrie *t = m->t;

    t->token[t->n_node] = token;
    t->parent[t->n_node] = parent;
    t->depth[t->n_node] = token < 0 ? 0 : t->depth[parent] + 1;
    m->range[t->n_node++] = labels;
}

/* The children of a node: its labels by their next token, the shortest label, which
 * ends here, first. */
static void
add_children(struct maker *m, uint32_t node)
{
    struct range r = m->range[node];
    uint32_t depth = m->t->depth[node], i = r.from, from;

    if (m->label[i].n < depth)
        return; /* it is the end token */
    if (m->label[i].n == depth) {
        m->t->leaf[m->label[i].number] = m->end < 0 ? node : (uint32_t)m->t->n_node;
        if (m->end >= 0)
            add_node(m, m->end, node, (struct range){ i, i + 1 });
        i++;
    }
    while (i < r.to) {
        int32_t token = m->label[i].id[depth];
        for (from = i; i < r.to && m->label[i].id[depth] == token;)
            i++;
        add_node(m, token, node, (struct range){ from, i });
    }
}

static void
grow(struct maker *m)
{
    struct labeltrie *t = m->t;

    add_node(m, -1, 0, (struct range){ 0, (uint32_t)t->n_label });
    for (uint32_t i = 0; i < t->n_node; i++) {
        t->first[i] = (uint32_t)t->n_node;
        add_children(m, i);
        if (i > 0 && t->first[i] < t->n_node)
            t->run[t->n_run++] = i;
    }
    t->first[t->n_node] = (uint32_t)t->n_node;
}

struct labeltrie *
labeltrie_make(const struct labeltrie_label *label, size_t n, int32_t end,
               struct err *e)
{
    struct maker m = { .t = mem_zero(1, sizeof *m.t), .end = end };
    size_t tokens = 0;

    if (take_labels(&m, label, n, &tokens, e)) {
        labeltrie_free(m.t);
        m.t = NULL;
    } else {
        reserve(&m, tokens + 1);
        grow(&m);
    }
    mem_free(m.label);
    mem_free(m.range);
    return m.t;
}

void
labeltrie_free(struct labeltrie *t)
{
    if (t == NULL)
        return;
    mem_free(t->token);
    mem_free(t->parent);
    mem_free(t->depth);
    mem_free(t->first);
    mem_free(t->run);
    mem_free(t->leaf);
    mem_free(t);
}

int
labeltrie_fit(const struct labeltrie *t, const float *logp, float *fit, struct err *e)
{
    double *sum = mem_alloc(t->n_node * sizeof *sum), best = -INFINITY;
    int none = 0;

    sum[0] = 0;
    for (size_t i = 1; i < t->n_node; i++)
        sum[i] = sum[t->parent[i]] + (double)logp[i];
    for (size_t i = 0; i < t->n_label; i++) {
        none |= isnan(sum[t->leaf[i]]);
        best = sum[t->leaf[i]] > best ? sum[t->leaf[i]] : best;
    }
    for (size_t i = 0; i < t->n_label; i++) /* far below the best is as good as none */
        fit[i] = (float)fmax(sum[t->leaf[i]] - best, -1e30);
    mem_free(sum);
    return none || !isfinite(best)
               ? err_set(e, ERR_NAN, "the labels have no finite log-probabilities")
               : 0;
}
