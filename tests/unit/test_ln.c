/* test_ln.c - the natural logarithm against libm's */
#include <float.h>
#include <math.h>

#include "base/ln.h"
#include "tap.h"

int
main(void)
{
    double worst = 0, state = 0.5;

    for (int i = 0; i < 1000000; i++) {
        double x, d;

        state = fmod(state * 4093.0 + 0.1234567, 1.0); /* any numbers will do */
        x = ldexp(state + 1e-9, i % 200 - 100);
        d = fabs(ln(x) - log(x)) / fmax(fabs(log(x)), 0.5);
        worst = d > worst ? d : worst;
    }
    tap_ok(worst > 0 && worst < 4e-16, "a million numbers: %.2g apart at most", worst);
    tap_ok(ln(1.0) == 0.0, "of 1");
    tap_ok(fabs(ln(DBL_MIN) - log(DBL_MIN)) < 1e-12, "of the least");
    tap_ok(fabs(ln(DBL_MAX) - log(DBL_MAX)) < 1e-12, "of the most");
    return tap_done();
}
