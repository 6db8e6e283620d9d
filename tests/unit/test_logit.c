/* test_logit.c - fits against scikit-learn's */
#include "learn/logit.h"

#include <math.h>

#include "base/mem.h"
#include "goldlearn.h"
#include "tap.h"

/* scikit-learn stops where values stop to fall, with gradients of about 1e-6. */
#define NEAR 1e-5

struct data {
    struct logit_rows r;
    double c, *x, *weight, *want;
    int32_t *label;
};

static void
read_data(const struct goldlearn *g, struct data *d)
{
    size_t n;

    d->x = goldlearn_list(g, "x", &n);
    d->label = jfloats_ids(&g->j, "label", &n);
    d->want = goldlearn_list(g, "scores", &n);
    d->c = goldlearn_number(g, "C");
    d->weight = NULL;
    d->r = (struct logit_rows){ .x = d->x,
                                .label = d->label,
                                .n = (size_t)goldlearn_number(g, "n"),
                                .d = (size_t)goldlearn_number(g, "d"),
                                .n_label = (size_t)goldlearn_number(g, "k") };
    if (goldlearn_number(g, "balance") == 0)
        return;
    d->weight = calloc(d->r.n_label, sizeof *d->weight);
    for (size_t i = 0; i < d->r.n; i++)
        d->weight[d->label[i]]++;
    for (size_t k = 0; k < d->r.n_label; k++)
        d->weight[k] = (double)d->r.n / ((double)d->r.n_label * d->weight[k]);
    d->r.weight = d->weight;
}

/* Scores less those of label 0, which the fit is free to shift. */
static double
apart(const struct data *d, const double *w)
{
    size_t k = d->r.n_label;
    double *z = malloc(d->r.n * k * sizeof *z), most = 0;

    logit_scores(&d->r, w, z);
    for (size_t i = 0; i < d->r.n; i++)
        for (size_t l = 0; l < k; l++)
            most = fmax(most, fabs(z[i * k + l] - z[i * k] - d->want[i * k + l]));
    free(z);
    return most;
}

static void
test_fit(const struct data *d, int shaped)
{
    double *w = mem_zero(logit_size(&d->r), sizeof *w), *gram = NULL;
    struct logit_opt opt = { .c = d->c, .tolerance = 1e-10 };
    struct logit_shape *shape = NULL;
    struct lbfgs_end end;

    if (shaped) {
        gram = mem_zero(d->r.d, d->r.d * sizeof *gram);
        logit_gram(&d->r, gram);
        opt.shape = shape = logit_shape_new(gram, d->r.d, d->r.n_label, d->c, 1);
    }
    end = logit_fit(&d->r, &opt, w);
    tap_ok(end.converged && apart(d, w) < NEAR,
           "%zu x %zu, %zu labels, C %g%s%s: scores off by %.1e after %d steps", d->r.n,
           d->r.d, d->r.n_label, d->c, d->weight ? ", balanced" : "",
           shaped        ? ", shaped"
           : d->r.sparse ? ", sparse"
                         : "",
           apart(d, w), end.steps);
    logit_shape_free(shape);
    mem_free(gram);
    mem_free(w);
}

/* The same rows as sparse ones: every number that is not 0. */
static void
test_sparse(struct data *d)
{
    const double *x = d->r.x;
    struct logit_sparse *row = malloc(d->r.n * sizeof *row);
    int32_t *column = malloc(d->r.n * d->r.d * sizeof *column);

    for (size_t i = 0; i < d->r.n; i++) {
        double *value = malloc(d->r.d * sizeof *value);
        row[i] = (struct logit_sparse){ column + i * d->r.d, value, 0 };
        for (size_t k = 0; k < d->r.d; k++)
            if (x[i * d->r.d + k] != 0) {
                column[i * d->r.d + row[i].n] = (int32_t)k;
                value[row[i].n++] = x[i * d->r.d + k];
            }
    }
    d->r.sparse = row;
    d->r.x = NULL;
    test_fit(d, 0);
    for (size_t i = 0; i < d->r.n; i++)
        free((void *)(uintptr_t)row[i].value);
    free(column);
    free(row);
}

int
main(void)
{
    struct goldlearn g;
    struct data d;

    logit_init();
    goldlearn_open(&g);
    while (goldlearn_next(&g, "logit")) {
        read_data(&g, &d);
        test_fit(&d, 0);
        test_fit(&d, 1);
        test_sparse(&d);
        free(d.x);
        free(d.label);
        free(d.want);
        free(d.weight);
    }
    goldlearn_close(&g);
    return tap_done();
}
