/* trig.c - exp, log, sin and cos in double, the same bits on every machine */
#include "tensor/trig.h"

#include <math.h>

#define LN2    0x1.62e42fefa39efp-1
#define LN2_HI 0x1.62e42feep-1 /* 32 bits: a multiple below 2^20 is exact */
#define LN2_LO 0x1.a39ef35793c76p-33
/* pi / 2 in two parts: the first has 27 bits, so that a multiple of it is exact. */
#define HALF_PI_HI 0x1.921fb58p+0
#define HALF_PI_LO -0x1.dde973dcb3b3ap-27

/* The series behind a reduction to +-ln(2)/2 */
double
trig_exp(double x)
{
    double n = rint(x / LN2), r = (x - n * LN2_HI) - n * LN2_LO, sum = 1.0;

    for (int i = 16; i > 0; i--)
        sum = 1.0 + sum * r / i;
    return ldexp(sum, (int)n);
}

/* x = m 2^n with sqrt(1/2) <= m < sqrt(2); log(m) = 2 atanh((m - 1) / (m + 1)) */
double
trig_log(double x)
{
    int n;
    double m = frexp(x, &n), t, square, sum = 0.0;

    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2.0;
        n--;
    }
    t = (m - 1.0) / (m + 1.0);
    square = t * t;
    for (int i = 25; i > 0; i -= 2)
        sum = sum * square + 1.0 / i;
    return n * LN2_HI + (n * LN2_LO + 2.0 * t * sum);
}

/* The series of sin (odd) and cos (even) for |r| <= pi / 4 */
static double
series(double r, int odd)
{
    double sum = 1.0, square = r * r;

    for (int i = 18; i > 0; i -= 2)
        sum = 1.0 - sum * square / ((i + odd) * (i + odd - 1));
    return odd ? r * sum : sum;
}

double
trig_sin(double x, int quarter)
{
    double n = rint(x / (HALF_PI_HI + HALF_PI_LO));
    double r = (x - n * HALF_PI_HI) - n * HALF_PI_LO;
    int turn = ((int)n + quarter) & 3;
    double v = series(r, !(turn & 1));

    return turn & 2 ? -v : v;
}
