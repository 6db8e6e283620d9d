/* wave.c - the sinusoids that tell a network where a token stands */
#include "tensor/wave.h"

#include <math.h>

#define LN_10000 0x1.26bb1bbb55516p+3
#define LN2      0x1.62e42fefa39efp-1
/* pi / 2 in two parts: the first has 27 bits, so that a multiple of it is exact. */
#define HALF_PI_HI 0x1.921fb58p+0
#define HALF_PI_LO -0x1.dde973dcb3b3ap-27

/* e^x for -10 <= x <= 0, by the series behind a reduction to +-ln(2)/2 */
static double
exp_small(double x)
{
    double n = rint(x / LN2), r = x - n * LN2, sum = 1.0;

    for (int i = 16; i > 0; i--)
        sum = 1.0 + sum * r / i;
    return ldexp(sum, (int)n);
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

/* sin(x + quarter * pi / 2), 0 <= x <= 2^20 */
static double
sine(double x, int quarter)
{
    double n = rint(x / (HALF_PI_HI + HALF_PI_LO));
    double r = (x - n * HALF_PI_HI) - n * HALF_PI_LO;
    int turn = ((int)n + quarter) & 3;
    double v = series(r, !(turn & 1));

    return turn & 2 ? -v : v;
}

void
wave_fill(float *to, size_t n, size_t d, double over)
{
    size_t half = d / 2;

    for (size_t i = 0; i < half; i++) {
        double w = exp_small(-(double)i * LN_10000 / over);

        for (size_t t = 0; t < n; t++) {
            to[t * d + i] = (float)sine((double)t * w, 0);
            to[t * d + half + i] = (float)sine((double)t * w, 1);
        }
    }
}
