/* test_lbfgs.c - minima that are known */
#include "learn/lbfgs.h"

#include <math.h>

#include "tap.h"

#define N 50

/* A quadratic whose axes differ by 1e3, with its minimum at i + 1. */
static double
bowl(void *arg, const double *x, double *g)
{
    double f = 0;

    (void)arg;
    for (int i = 0; i < N; i++) {
        double a = pow(10, 3.0 * i / (N - 1)), d = x[i] - (i + 1);
        f += a * d * d / 2;
        g[i] = a * d;
    }
    return f;
}

/* log cosh: flat far away, its minimum at 3; 1e9 is added to drown differences. */
static double
well(void *arg, const double *x, double *g)
{
    double shift = *(double *)arg;

    g[0] = tanh(x[0] - 3);
    return shift + log(cosh(x[0] - 3));
}

static void
scale_bowl(void *arg, double *p)
{
    (void)arg;
    for (int i = 0; i < N; i++)
        p[i] /= pow(10, 3.0 * i / (N - 1));
}

static double
off(const double *x)
{
    double most = 0;

    for (int i = 0; i < N; i++)
        most = fmax(most, fabs(x[i] - (i + 1)));
    return most;
}

static void
test_bowl(void)
{
    struct lbfgs_opt opt = { .tolerance = 1e-9 };
    double x[N] = { 0 }, y[N] = { 0 };
    struct lbfgs_end a = lbfgs(N, x, bowl, NULL, &opt), b;

    tap_ok(a.converged && off(x) < 1e-8, "a narrow bowl: %d steps, off by %.1e",
           a.steps, off(x));
    opt.scale = scale_bowl;
    b = lbfgs(N, y, bowl, NULL, &opt);
    tap_ok(b.converged && off(y) < 1e-8 && b.steps <= 3, "scaled to a round one: %d",
           b.steps);
}

static void
test_well(void)
{
    struct lbfgs_opt opt = { .tolerance = 1e-12 };

    for (double from = -400; from <= 400; from += 200)
        for (double shift = 0; shift < 2e6; shift += 1e6) {
            double x = from;
            struct lbfgs_end end = lbfgs(1, &x, well, &shift, &opt);
            tap_ok(end.converged && fabs(x - 3) < 1e-11,
                   "a well from %g, values near %g: off by %.1e in %d", from, shift,
                   x - 3, end.values);
        }
}

static void
test_limits(void)
{
    struct lbfgs_opt opt = { .tolerance = 1e-9, .max_steps = 3 };
    double x[N] = { 0 };
    struct lbfgs_end end = lbfgs(N, x, bowl, NULL, &opt);

    tap_ok(!end.converged && end.steps == 3, "it stops where it is told to");
    opt.max_steps = 0;
    for (int i = 0; i < N; i++)
        x[i] = i + 1;
    end = lbfgs(N, x, bowl, NULL, &opt);
    tap_ok(end.converged && end.steps == 0, "nothing to do at the minimum");
}

int
main(void)
{
    test_bowl();
    test_well();
    test_limits();
    return tap_done();
}
