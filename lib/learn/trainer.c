/* trainer.c - a linear head on vectors or words */
#include "learn/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "learn/metrics.h"

#define ROUGH 1e-5  /* gradients of fits that are only compared, */
#define FINE  1e-10 /* and of the one that is kept */

static const double grid[TRAINER_GRID] = { 0.1, 0.3, 1, 3, 10, 30, 100 };
static const double shares[TRAINER_SHARES] = { 0.0625, 0.125, 0.25, 0.5, 1 };

struct job {
    const struct trainer_set *set;
    const struct trainer_opt *opt;
    struct trainer *t;
    double *x;         /* [n, d]: the vectors less their mean; NULL: words */
    double *mean;      /* [d]; of words 0, as most of them are */
    double *weight;    /* [n_label], or NULL */
    unsigned char *in; /* [n]: the fold */
    size_t size;       /* numbers of a fit */
    double *gram;      /* [d, d]; NULL: words */
    struct logit_shape *shape[TRAINER_GRID];
    double *w;    /* [folds, n_grid, size] */
    double *z;    /* [n, n_label]: held-out scores */
    double share; /* of the rows that are fitted on */
    double *rows; /* [folds]: how many were */
};

/* ---- the rows ---- */

static int
fold_of(const struct job *j, size_t i)
{
    uint64_t h = num_mix(j->set->print[i] ^ num_mix(j->opt->seed));

    return (int)(h % (uint64_t)j->opt->folds);
}

/* Less their mean: the same fit, as b is free, in far fewer steps. */
static void
center(struct job *j)
{
    const size_t n = j->set->n, d = j->set->d;

    j->x = mem_alloc(mem_mul(n, d * sizeof *j->x));
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < d; l++)
            j->mean[l] += (double)j->set->vec[i * d + l];
    for (size_t l = 0; l < d; l++)
        j->mean[l] /= (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < d; l++)
            j->x[i * d + l] = (double)j->set->vec[i * d + l] - j->mean[l];
}

static void
set_gram(struct job *j)
{
    struct logit_rows all = { .x = j->x, .n = j->set->n, .d = j->set->d };

    j->gram = mem_alloc(all.d * mem_mul(all.d, sizeof *j->gram));
    logit_gram(&all, j->gram);
}

static void
set_weights(struct job *j)
{
    const size_t n = j->set->n, k = j->set->n_label;

    if (!j->opt->balance)
        return;
    j->weight = mem_zero(k, sizeof *j->weight);
    for (size_t i = 0; i < n; i++)
        j->weight[j->set->label[i]]++;
    for (size_t l = 0; l < k; l++)
        if (j->weight[l] > 0)
            j->weight[l] = (double)n / ((double)k * j->weight[l]);
}

static double
weight_of(const struct job *j, int32_t label)
{
    return j->weight ? j->weight[label] : 1;
}

/* Is row i among the share of its fold's fellows? Larger shares hold the smaller. */
static int
in_share(const struct job *j, size_t i)
{
    uint64_t h = num_mix(~j->set->print[i] ^ num_mix(j->opt->seed));

    return j->share >= 1 || (double)(h >> 11) * 0x1p-53 < j->share;
}

/* Row i behind those that r has. */
static void
add_row(const struct job *j, size_t i, struct logit_rows *r)
{
    const size_t d = j->set->d;

    if (j->x)
        memcpy((double *)(uintptr_t)r->x + r->n * d, j->x + i * d, d * sizeof *r->x);
    else
        ((struct logit_sparse *)(uintptr_t)r->sparse)[r->n] = j->set->sparse[i];
    ((int32_t *)(uintptr_t)r->label)[r->n++] = j->set->label[i];
}

/* Copy the rows of a fold, or of all others as far as they are in the share. */
static struct logit_rows
gather(const struct job *j, int fold, int others)
{
    const size_t d = j->set->d, n = j->set->n;
    struct logit_rows r = { .label = mem_alloc(mem_mul(n, sizeof *r.label)),
                            .weight = j->weight,
                            .d = d,
                            .n_label = j->set->n_label };

    if (j->x)
        r.x = mem_alloc(mem_mul(n, d * sizeof *r.x));
    else
        r.sparse = mem_alloc(mem_mul(n, sizeof *r.sparse));
    for (size_t i = 0; i < n; i++)
        if (others ? j->in[i] != fold && in_share(j, i) : j->in[i] == fold)
            add_row(j, i, &r);
    return r;
}

static void
drop(struct logit_rows *r)
{
    mem_free((void *)(uintptr_t)r->x);
    mem_free((void *)(uintptr_t)r->sparse);
    mem_free((void *)(uintptr_t)r->label);
}

/* ---- temperature ---- */

/* How the loss changes with 1 / T: it rises with it, as the loss is convex in it. */
static double
slope(const double *z, const int32_t *label, size_t n, size_t k, double sharp,
      double *p)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++, z += k) {
        double mean = 0;
        for (size_t l = 0; l < k; l++)
            p[l] = z[l] * sharp;
        num_softmax(p, k, p);
        for (size_t l = 0; l < k; l++)
            mean += p[l] * z[l];
        sum += mean - z[label[i]];
    }
    return sum;
}

/* To so many digits that other processors, whose fits differ in the last bits, come to
 * the same number. */
static double
rounded(double x, int digits)
{
    char text[40];

    snprintf(text, sizeof text, "%.*e", digits - 1, x);
    return strtod(text, NULL);
}

double
trainer_temperature(const double *z, const int32_t *label, size_t n, size_t n_label)
{
    double *p = mem_alloc(n_label * sizeof *p), low = 0.05, high = 20;

    for (int i = 0; i < 24; i++) {
        double sharp = sqrt(low * high);
        if (slope(z, label, n, n_label, sharp, p) > 0)
            high = sharp;
        else
            low = sharp;
    }
    mem_free(p);
    return rounded(1 / sqrt(low * high), 3);
}

/* ---- held-out scores ---- */

static void
each_fold(struct job *j, void (*part)(void *arg, int fold))
{
    if (j->opt->pool)
        pool_run(j->opt->pool, j->opt->folds, part, j);
    else
        for (int f = 0; f < j->opt->folds; f++)
            part(j, f);
}

/* One fold, all C, from the smallest on: each fit begins where the last one ended. */
static void
fit_fold(void *arg, int fold)
{
    struct job *j = arg;
    struct logit_rows r = gather(j, fold, 1);
    const int n_grid = j->t->n_grid;

    for (int i = 0; i < n_grid; i++) {
        double *w = j->w + (size_t)(fold * n_grid + i) * j->size;
        struct logit_opt opt = { j->t->grid[i].c, j->shape[i], ROUGH };
        if (i > 0)
            memcpy(w, w - j->size, j->size * sizeof *w);
        logit_fit(&r, &opt, w);
    }
    drop(&r);
}

/* Scores of the rows of a fold by w, to their places in j->z. */
static void
score_fold(struct job *j, int fold, const double *w)
{
    const size_t k = j->set->n_label;
    struct logit_rows r = gather(j, fold, 0);
    double *z = mem_alloc(mem_mul(r.n, k * sizeof *z));

    logit_scores(&r, w, z);
    for (size_t i = 0, at = 0; i < j->set->n; i++)
        if (j->in[i] == fold)
            memcpy(j->z + i * k, z + k * at++, k * sizeof *z);
    mem_free(z);
    drop(&r);
}

static size_t
best_of(const double *z, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (z[i] > z[best])
            best = i;
    return best;
}

/* The loss of the scores of row i at a temperature; p [n_label] gets probabilities. */
static double
row_loss(const struct job *j, size_t i, double temperature, double *p)
{
    const size_t k = j->set->n_label;
    const double *z = j->z + i * k;

    for (size_t l = 0; l < k; l++)
        p[l] = z[l] / temperature;
    return num_softmax(p, k, p) - z[j->set->label[i]] / temperature;
}

/* What the grid's point i makes of all rows, each held out once. */
static void
measure(struct job *j, int i)
{
    struct trainer_point *point = &j->t->grid[i];
    const size_t n = j->set->n, k = j->set->n_label;
    double *p = mem_alloc(k * sizeof *p), total = 0;

    for (int f = 0; f < j->opt->folds; f++)
        score_fold(j, f, j->w + (size_t)(f * j->t->n_grid + i) * j->size);
    point->temperature = trainer_temperature(j->z, j->set->label, n, k);
    for (size_t r = 0; r < n; r++) {
        const int32_t y = j->set->label[r];
        point->loss += weight_of(j, y) * row_loss(j, r, point->temperature, p);
        point->right += best_of(j->z + r * k, k) == (size_t)y;
        total += weight_of(j, y);
    }
    point->loss /= total;
    point->right /= (double)n;
    mem_free(p);
}

static void
choose(struct job *j)
{
    struct trainer *t = j->t;

    t->n_grid = j->opt->c > 0 ? 1 : TRAINER_GRID;
    for (int i = 0; i < t->n_grid; i++)
        t->grid[i].c = j->opt->c > 0 ? j->opt->c : grid[i];
    j->w = mem_zero((size_t)(j->opt->folds * t->n_grid), j->size * sizeof *j->w);
    for (int i = 0; i < t->n_grid && j->gram; i++)
        j->shape[i] = logit_shape_new(j->gram, j->set->d, j->set->n_label, t->grid[i].c,
                                      1 - 1.0 / j->opt->folds);
    each_fold(j, fit_fold);
    for (int i = 0; i < t->n_grid; i++) {
        measure(j, i);
        if (t->grid[i].loss < t->grid[t->best].loss)
            t->best = i;
    }
    t->c = t->grid[t->best].c;
    for (int f = 0; f < j->opt->folds; f++) /* j->z: those of the best again */
        score_fold(j, f, j->w + (size_t)(f * t->n_grid + t->best) * j->size);
}

/* The held-out probabilities of the head that was chosen. */
static void
calibrate(struct job *j)
{
    const size_t n = j->set->n, k = j->set->n_label;
    struct trainer *t = j->t;
    double *p = mem_alloc(k * sizeof *p);

    t->temperature = t->grid[t->best].temperature;
    t->held = mem_alloc(mem_mul(n, k * sizeof *t->held));
    for (size_t i = 0; i < n; i++) {
        t->loss += row_loss(j, i, t->temperature, p) / (double)n;
        for (size_t l = 0; l < k; l++)
            t->held[i * k + l] = (float)p[l];
    }
    mem_free(p);
}

/* ---- learning curve ---- */

static void
curve_fold(void *arg, int fold)
{
    struct job *j = arg;
    struct logit_rows r = gather(j, fold, 1);
    struct logit_opt opt = { j->t->c, j->shape[j->t->best], ROUGH };
    double *w = mem_zero(j->size, sizeof *w);

    j->rows[fold] = (double)r.n;
    if (r.n > 0)
        logit_fit(&r, &opt, w);
    score_fold(j, fold, w);
    drop(&r);
    mem_free(w);
}

static void
draw_curve(struct job *j)
{
    const size_t n = j->set->n, k = j->set->n_label;
    struct metrics_counts *m = metrics_counts_new(k);
    double *keep = j->z;

    j->z = mem_zero(n, k * sizeof *j->z); /* the others are for the temperature */
    j->rows = mem_zero((size_t)j->opt->folds, sizeof *j->rows);
    for (int s = 0; s < TRAINER_SHARES; s++) {
        struct trainer_share *at = &j->t->curve[j->t->n_curve++];
        at->share = j->share = shares[s];
        each_fold(j, curve_fold);
        for (int f = 0; f < j->opt->folds; f++)
            at->rows += j->rows[f] / j->opt->folds;
        metrics_clear(m);
        for (size_t i = 0; i < n; i++)
            metrics_add(m, (size_t)j->set->label[i], best_of(j->z + i * k, k));
        at->right = metrics_accuracy(m);
        at->macro_f1 = metrics_macro_f1(m);
    }
    mem_free(j->rows);
    mem_free(j->z);
    j->z = keep;
    metrics_counts_free(m);
}

/* ---- the head ---- */

/* A weight as the file shall have it. Many thousand words have one for each label: a
 * thousandth is far below what a fit on other texts would change. */
static double
weight(const struct job *j, double x)
{
    return j->x ? rounded(x, 6) : rint(x * 1000) / 1000;
}

/* The fit on all rows, of vectors as they are. */
static void
fit_all(struct job *j)
{
    const size_t n = j->set->n, d = j->set->d, k = j->set->n_label;
    struct logit_rows r = { j->x, j->set->label, j->weight, n, d, k, j->set->sparse };
    struct logit_opt opt = { j->t->c, j->shape[j->t->best], FINE };
    double *w = mem_zero(j->size, sizeof *w);

    j->t->converged = logit_fit(&r, &opt, w).converged;
    j->t->weights = mem_alloc(k * d * sizeof(float));
    j->t->bias = mem_alloc(k * sizeof(float));
    for (size_t l = 0; l < k; l++) {
        double b = w[k * d + l];
        for (size_t i = 0; i < d; i++) {
            b -= w[l * d + i] * j->mean[i];
            j->t->weights[l * d + i] = (float)weight(j, w[l * d + i]);
        }
        j->t->bias[l] = (float)rounded(b, 6);
    }
    mem_free(w);
}

struct trainer *
trainer_run(const struct trainer_set *set, const struct trainer_opt *opt)
{
    struct trainer *t = mem_zero(1, sizeof *t);
    struct job j = { .set = set, .opt = opt, .t = t, .share = 1 };

    logit_init();
    j.size = set->n_label * (set->d + 1);
    j.mean = mem_zero(set->d, sizeof *j.mean);
    j.in = mem_alloc(set->n);
    j.z = mem_zero(set->n, set->n_label * sizeof *j.z);
    if (set->sparse == NULL) {
        center(&j);
        set_gram(&j);
    }
    set_weights(&j);
    for (size_t i = 0; i < set->n; i++)
        j.in[i] = (unsigned char)fold_of(&j, i);
    choose(&j);
    calibrate(&j);
    if (opt->curve)
        draw_curve(&j);
    fit_all(&j);
    for (int i = 0; i < t->n_grid; i++)
        logit_shape_free(j.shape[i]);
    mem_free(j.gram);
    mem_free(j.w);
    mem_free(j.z);
    mem_free(j.in);
    mem_free(j.weight);
    mem_free(j.mean);
    mem_free(j.x);
    return t;
}

void
trainer_free(struct trainer *t)
{
    if (t == NULL)
        return;
    mem_free(t->weights);
    mem_free(t->bias);
    mem_free(t->held);
    mem_free(t);
}
