/* logit.c - multinomial logistic regression */
#include "learn/logit.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

#define BLOCK 128 /* rows that stay in the cache between the two products */

/* Second derivatives where all labels are equally probable, one label's block of them:
 * (C / n_label) x^T x + penalty, as L L^T. */
struct logit_shape {
    size_t d;
    double *l; /* [d, d], the lower half */
};

struct fit {
    const struct logit_rows *r;
    const struct logit_shape *shape;
    double c, penalty;
    double *z; /* [BLOCK, n_label] */
};

void
logit_init(void)
{
    openblas_set_num_threads(1);
}

/* z [n_label] += W * a sparse row */
static void
add_products(const struct logit_sparse *s, const double *w, const struct logit_rows *r,
             double *z)
{
    for (size_t l = 0; l < r->n_label; l++, w += r->d)
        for (size_t i = 0; i < s->n; i++)
            z[l] += s->value[i] * w[s->column[i]];
}

/* g [n_label, d] += z [n_label] times a sparse row */
static void
add_slopes(const struct logit_sparse *s, const double *z, const struct logit_rows *r,
           double *g)
{
    for (size_t l = 0; l < r->n_label; l++, g += r->d)
        for (size_t i = 0; i < s->n; i++)
            g[s->column[i]] += z[l] * s->value[i];
}

/* z [n, n_label] = rows [from, from + n) of x * W^T + b */
static void
scores(const struct logit_rows *r, const double *w, size_t from, size_t n, double *z)
{
    const double *b = w + r->n_label * r->d;
    int k = (int)r->n_label, d = (int)r->d;

    for (size_t i = 0; i < n; i++)
        memcpy(z + i * r->n_label, b, r->n_label * sizeof *z);
    if (r->sparse) {
        for (size_t i = 0; i < n; i++)
            add_products(&r->sparse[from + i], w, r, z + i * r->n_label);
        return;
    }
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, k, d, 1,
                r->x + from * r->d, d, w, d, 1, z, k);
}

/* z becomes what its rows add to the gradient of the scores; returns their loss. */
static double
row_losses(const struct fit *f, size_t from, size_t n, double *z)
{
    const struct logit_rows *r = f->r;
    double loss = 0;

    for (size_t i = 0; i < n; i++, z += r->n_label) {
        int32_t y = r->label[from + i];
        double weight = f->c * (r->weight ? r->weight[y] : 1), own = z[y];
        loss += weight * (num_softmax(z, r->n_label, z) - own);
        z[y] -= 1;
        for (size_t j = 0; j < r->n_label; j++)
            z[j] *= weight;
    }
    return loss;
}

/* g += what the z of rows [from, from + n) make of it */
static void
add_gradient(const struct logit_rows *r, const double *z, size_t from, size_t n,
             double *g)
{
    double *b = g + r->n_label * r->d;
    int k = (int)r->n_label, d = (int)r->d;

    if (r->sparse)
        for (size_t i = 0; i < n; i++)
            add_slopes(&r->sparse[from + i], z + i * r->n_label, r, g);
    else
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, k, d, (int)n, 1, z, k,
                    r->x + from * r->d, d, 1, g, d);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < r->n_label; j++)
            b[j] += z[i * r->n_label + j];
}

static double
value(void *arg, const double *w, double *g)
{
    const struct fit *f = arg;
    const struct logit_rows *r = f->r;
    size_t n_w = r->n_label * r->d;
    double loss = 0, squares = 0;

    for (size_t i = 0; i < n_w; i++) {
        squares += w[i] * w[i];
        g[i] = f->penalty * w[i];
    }
    memset(g + n_w, 0, r->n_label * sizeof *g);
    for (size_t at = 0, n; at < r->n; at += n) {
        n = r->n - at < BLOCK ? r->n - at : BLOCK;
        scores(r, w, at, n, f->z);
        loss += row_losses(f, at, n, f->z);
        add_gradient(r, f->z, at, n, g);
    }
    return loss + f->penalty * squares / 2;
}

/* ---- shape ---- */

void
logit_gram(const struct logit_rows *r, double *gram)
{
    int d = (int)r->d;

    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, d, (int)r->n, 1, r->x, d, 0,
                gram, d);
}

/* a [d, d], positive definite, the lower half of it, to L. */
static void
cholesky(double *a, size_t d)
{
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * d + j] - cblas_ddot((int)j, a + i * d, 1, a + j * d, 1);
            a[i * d + j] = i == j ? sqrt(sum) : sum / a[j * d + j];
        }
}

static double
penalty_of(size_t n_label)
{
    return n_label == 2 ? 2 : 1;
}

struct logit_shape *
logit_shape_new(const double *gram, size_t d, size_t n_label, double c, double share)
{
    struct logit_shape *s = mem_zero(1, sizeof *s);
    double scale = c * share / (double)n_label;

    s->d = d;
    s->l = mem_zero(d, d * sizeof *s->l);
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++)
            s->l[i * d + j] =
                scale * gram[i * d + j] + (i == j ? penalty_of(n_label) : 0);
    cholesky(s->l, d);
    return s;
}

void
logit_shape_free(struct logit_shape *s)
{
    if (s)
        mem_free(s->l);
    mem_free(s);
}

/* W by the blocks, b by its own second derivative. */
static void
scale(void *arg, double *p)
{
    const struct fit *f = arg;
    const struct logit_rows *r = f->r;
    int d = (int)r->d;
    double *b = p + r->n_label * r->d;

    for (size_t i = 0; i < r->n_label; i++) {
        double *row = p + i * r->d;
        cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, d,
                    f->shape->l, d, row, 1);
        cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, d, f->shape->l,
                    d, row, 1);
        b[i] *= (double)r->n_label / (f->c * (double)r->n);
    }
}

/* ---- fit ---- */

struct lbfgs_end
logit_fit(const struct logit_rows *r, const struct logit_opt *opt, double *w)
{
    struct fit f = {
        .r = r, .shape = opt->shape, .c = opt->c, .penalty = penalty_of(r->n_label)
    };
    struct lbfgs_opt how = { .scale = opt->shape ? scale : NULL,
                             .tolerance = opt->tolerance };
    struct lbfgs_end end;

    f.z = mem_alloc(mem_mul(BLOCK * r->n_label, sizeof *f.z));
    end = lbfgs(logit_size(r), w, value, &f, &how);
    mem_free(f.z);
    return end;
}

void
logit_scores(const struct logit_rows *r, const double *w, double *z)
{
    for (size_t at = 0, n; at < r->n; at += n) {
        n = r->n - at < BLOCK ? r->n - at : BLOCK;
        scores(r, w, at, n, z + at * r->n_label);
    }
}
