/* test_trig.c - exp, log, sin and cos in double beside libm's */
#include "tensor/trig.h"

#include <math.h>

#include "tap.h"

static double
off(double is, double want)
{
    return fabs(is - want) / fmax(fabs(want), 1e-300);
}

static void
test_exp_log(void)
{
    double exp_off = 0, log_off = 0;

    for (double x = -699.7; x < 700.0; x += 0.377)
        exp_off = fmax(exp_off, off(trig_exp(x), exp(x)));
    for (double x = 1e-30; x < 1e30; x *= 1.0173)
        log_off = fmax(log_off, fabs(trig_log(x) - log(x)) / fmax(fabs(log(x)), 1.0));
    tap_ok(exp_off < 1e-15, "exp within %.1e", exp_off);
    tap_ok(log_off < 1e-15, "log within %.1e", log_off);
    tap_ok(trig_exp(0.0) == 1.0 && trig_log(1.0) == 0.0, "exp(0) and log(1)");
}

/* sin(x + quarter * pi / 2) */
static double
want(double x, int quarter)
{
    double v = quarter & 1 ? cos(x) : sin(x);

    return quarter & 2 ? -v : v;
}

static void
test_sin(void)
{
    double most = 0;

    for (int quarter = 0; quarter < 4; quarter++) {
        for (double x = 0; x < 50.0; x += 0.01)
            most = fmax(most, fabs(trig_sin(x, quarter) - want(x, quarter)));
        for (double x = 50.0; x <= TRIG_MOST; x = x * 1.00037 + 1)
            most = fmax(most, fabs(trig_sin(x, quarter) - want(x, quarter)));
        most =
            fmax(most, fabs(trig_sin(TRIG_MOST, quarter) - want(TRIG_MOST, quarter)));
    }
    tap_ok(most < 1e-15, "sin and cos within %.1e up to 2^26", most);
}

int
main(void)
{
    test_exp_log();
    test_sin();
    return tap_done();
}
