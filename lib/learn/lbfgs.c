/* lbfgs.c - the minimum of a smooth convex function of many variables */
#include "learn/lbfgs.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#define MEMORY 10    /* pairs that are kept */
#define DOWN   1e-4  /* Wolfe: a step brings this share of what its slope promised, */
#define FLAT   0.9   /* and ends where the slope is below this share of it */
#define NOISE  1e-11 /* share of a value that may be rounding */
#define TRIES  40    /* of one line search */

struct state {
    size_t n;
    lbfgs_value *value;
    lbfgs_scale *scale;
    void *arg;
    double *x, *g, f;        /* where we are */
    double *to, *to_g, to_f; /* where the line search looks */
    double *p;               /* direction */
    double *s, *y;           /* [MEMORY, n]: steps, and what they did to the gradient */
    double s_y[MEMORY];      /* their products */
    int n_pair, newest;
    struct lbfgs_end end;
};

static double
dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void
add(double *y, double a, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

static double
largest(const double *g, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        if (!(fabs(g[i]) <= most))
            most = fabs(g[i]);
    return most;
}

/* p = -H g by the two loops over the pairs. */
static void
set_direction(struct state *t)
{
    double alpha[MEMORY];

    for (size_t i = 0; i < t->n; i++)
        t->p[i] = -t->g[i];
    for (int k = 0; k < t->n_pair; k++) {
        int j = (t->newest - k + MEMORY) % MEMORY;
        alpha[j] = dot(t->s + (size_t)j * t->n, t->p, t->n) / t->s_y[j];
        add(t->p, -alpha[j], t->y + (size_t)j * t->n, t->n);
    }
    if (t->scale) {
        t->scale(t->arg, t->p);
    } else if (t->n_pair > 0) {
        const double *y = t->y + (size_t)t->newest * t->n;
        double scale = t->s_y[t->newest] / dot(y, y, t->n);
        for (size_t i = 0; i < t->n; i++)
            t->p[i] *= scale;
    }
    for (int k = t->n_pair - 1; k >= 0; k--) {
        int j = (t->newest - k + MEMORY) % MEMORY;
        double beta = dot(t->y + (size_t)j * t->n, t->p, t->n) / t->s_y[j];
        add(t->p, alpha[j] - beta, t->s + (size_t)j * t->n, t->n);
    }
}

/* The slope at x + a p; sets `to`. */
static double
look(struct state *t, double a)
{
    memcpy(t->to, t->x, t->n * sizeof *t->to);
    add(t->to, a, t->p, t->n);
    t->to_f = t->value(t->arg, t->to, t->to_g);
    t->end.values++;
    return dot(t->to_g, t->p, t->n);
}

static int
is_good(const struct state *t, double a, double slope0, double slope)
{
    double noise = NOISE * fabs(t->f);

    if (!(fabs(slope) <= FLAT * fabs(slope0)))
        return 0;
    return t->to_f <= t->f + DOWN * a * slope0 ||
           (t->to_f <= t->f + noise && slope <= (2 * DOWN - 1) * slope0);
}

/* A step that is good. The function is convex: a slope that is up, or a value that is
 * higher, means too far, all else too near. 0: there is none. */
static int
search(struct state *t, double a)
{
    double slope0 = dot(t->g, t->p, t->n);
    double near = 0, near_slope = slope0, far = INFINITY, far_slope = 0;

    if (!(slope0 < 0))
        return 0;
    for (int i = 0; i < TRIES; i++) {
        double slope = look(t, a), part = 0.5;
        if (is_good(t, a, slope0, slope))
            return 1;
        if (slope > 0 || !(t->to_f <= t->f + NOISE * fabs(t->f))) {
            far = a;
            far_slope = slope;
        } else {
            near = a;
            near_slope = slope;
        }
        if (isinf(far)) {
            a *= 4;
            continue;
        }
        if (far_slope > 0) /* where a line through the slopes is zero */
            part = near_slope / (near_slope - far_slope);
        part = part < 0.1 ? 0.1 : part > 0.9 ? 0.9 : part;
        a = near + part * (far - near);
    }
    return 0;
}

/* Go to where the search ended, and remember the step. */
static void
move(struct state *t)
{
    int j = t->n_pair > 0 ? (t->newest + 1) % MEMORY : 0;
    double *s = t->s + (size_t)j * t->n, *y = t->y + (size_t)j * t->n, s_y;

    for (size_t i = 0; i < t->n; i++) {
        s[i] = t->to[i] - t->x[i];
        y[i] = t->to_g[i] - t->g[i];
    }
    memcpy(t->x, t->to, t->n * sizeof *t->x);
    memcpy(t->g, t->to_g, t->n * sizeof *t->g);
    t->f = t->to_f;
    s_y = dot(s, y, t->n);
    if (!(s_y > 0)) /* rounding: a pair that is not convex must not count */
        return;
    t->s_y[j] = s_y;
    t->newest = j;
    t->n_pair += t->n_pair < MEMORY;
}

static void
run(struct state *t, double tolerance, int max_steps)
{
    t->f = t->value(t->arg, t->x, t->g);
    t->end.values = 1;
    t->end.gradient = largest(t->g, t->n);
    while (t->end.gradient > tolerance && t->end.steps < max_steps) {
        double first = t->n_pair || t->scale ? 1 : 1 / sqrt(dot(t->g, t->g, t->n));
        set_direction(t);
        if (!search(t, first)) {
            if (t->n_pair == 0)
                break;
            t->n_pair = 0; /* once more, straight down */
            continue;
        }
        move(t);
        t->end.steps++;
        t->end.gradient = largest(t->g, t->n);
    }
    t->end.converged = t->end.gradient <= tolerance;
}

struct lbfgs_end
lbfgs(size_t n, double *x, lbfgs_value *value, void *arg, const struct lbfgs_opt *opt)
{
    struct state t = {
        .n = n, .value = value, .scale = opt->scale, .arg = arg, .x = x
    };
    double *all = mem_zero(2 * MEMORY + 4, mem_mul(n, sizeof *all));

    t.g = all;
    t.to = all + n;
    t.to_g = all + 2 * n;
    t.p = all + 3 * n;
    t.s = all + 4 * n;
    t.y = t.s + MEMORY * n;
    run(&t, opt->tolerance > 0 ? opt->tolerance : 1e-8,
        opt->max_steps > 0 ? opt->max_steps : 2000);
    mem_free(all);
    return t.end;
}
