/* examples.c - texts with labels to learn from */
#include "cli/examples.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "infer/vectors.h"
#include "learn/metrics.h"

static int
by_bytes(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

/* The different labels, sorted. */
static int
name_labels(struct examples *x, const struct str *row, struct err *e)
{
    struct map *seen = map_new(64);
    int rc = 0;

    x->name = mem_alloc(mem_mul(x->n, sizeof *x->name) + 1);
    for (size_t i = 0; i < x->n; i++)
        if (map_put(seen, row[2 * i + 1], 0))
            x->name[x->n_label++] = row[2 * i + 1];
    map_free(seen);
    if (x->n_label < 2)
        rc = err_set(e, ERR_INPUT,
                     "%zu records, %zu labels: at least two labels are needed", x->n,
                     x->n_label);
    else if (x->n_label > METRICS_LABELS)
        rc =
            err_set(e, ERR_INPUT, "%zu labels: at most %d", x->n_label, METRICS_LABELS);
    else
        qsort(x->name, x->n_label, sizeof *x->name, by_bytes);
    return rc;
}

static void
number_labels(struct examples *x, const struct str *row)
{
    struct map *number = map_new(x->n_label);

    for (size_t i = 0; i < x->n_label; i++)
        map_put(number, x->name[i], (int32_t)i);
    x->count = mem_zero(x->n_label, sizeof *x->count);
    x->label = mem_alloc(x->n * sizeof *x->label);
    for (size_t i = 0; i < x->n; i++) {
        x->label[i] = map_find(number, row[2 * i + 1], 0);
        x->count[x->label[i]]++;
    }
    map_free(number);
}

int
examples_make(struct examples *x, const struct str *row, size_t n, struct err *e)
{
    *x = (struct examples){ .n = n };
    if (name_labels(x, row, e)) {
        examples_release(x);
        return -1;
    }
    number_labels(x, row);
    x->text = mem_alloc(n * sizeof *x->text);
    x->print = mem_alloc(n * sizeof *x->print);
    for (size_t i = 0; i < n; i++) {
        x->text[i] = row[2 * i];
        x->print[i] = hash_bytes(row[2 * i]);
    }
    vectors_sha(row, 2 * n, x->sha);
    return 0;
}

void
examples_release(struct examples *x)
{
    mem_free(x->text);
    mem_free(x->label);
    mem_free(x->print);
    mem_free(x->name);
    mem_free(x->count);
    *x = (struct examples){ 0 };
}
