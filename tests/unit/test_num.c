/* test_num.c - exp and log against libm, softmax, the mixing function */
#include "base/num.h"

#include <math.h>

#include "tap.h"

static double
ulps(double x, double want)
{
    return x == want ? 0
                     : fabs(x - want) / (nextafter(fabs(want), HUGE_VAL) - fabs(want));
}

static void
test_exp(void)
{
    double worst = 0;

    for (double x = -707; x < 709; x += 0.0371)
        worst = fmax(worst, ulps(num_exp(x), exp(x)));
    for (double x = -1e-3; x < 1e-3; x += 1.7e-6)
        worst = fmax(worst, ulps(num_exp(x), exp(x)));
    tap_ok(worst <= 2, "exp is within %.2f units in the last place", worst);
    tap_ok(num_exp(0) == 1 && num_exp(-709) == 0 && isinf(num_exp(710)) &&
               num_exp(-HUGE_VAL) == 0 && isnan(num_exp(NAN)),
           "exp at its ends");
}

static void
test_log(void)
{
    double worst = 0;

    for (double x = 1e-300; x < 1e300; x *= 1.0173)
        worst = fmax(worst, ulps(num_log(x), log(x)));
    for (double x = 0.9; x < 1.1; x += 1e-5)
        if (fabs(log(x)) > 1e-3)
            worst = fmax(worst, ulps(num_log(x), log(x)));
    tap_ok(worst <= 2, "log is within %.2f units in the last place", worst);
    tap_ok(num_log(1) == 0, "log 1 is 0");
}

static void
test_softmax(void)
{
    double z[3] = { 1000, 1001, 998 }, p[3];
    double sum = num_softmax(z, 3, p);

    tap_ok(fabs(p[0] + p[1] + p[2] - 1) < 1e-15, "softmax of large scores sums to 1");
    tap_ok(fabs(sum - (1001 + log(1 + exp(-1) + exp(-3)))) < 1e-12,
           "and the logarithm of the sum is right");
}

int
main(void)
{
    test_exp();
    test_log();
    test_softmax();
    /* splitmix64 with seed 0: its first number is that of state 1 * gamma */
    tap_ok(num_mix(1) == UINT64_C(0xe220a8397b1dcdaf), "splitmix64's first number");
    return tap_done();
}
