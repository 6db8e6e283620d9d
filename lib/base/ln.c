/* ln.c - the natural logarithm, with the same bits on every machine */
#include "base/ln.h"

#include <math.h>

#define LN2       0x1.62e42fefa39efp-1
#define HALF_ROOT 0x1.6a09e667f3bcdp-1 /* the square root of 1/2 */
#define TERMS     11

/* ln m = 2 artanh s = 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = (m - 1) / (m + 1) */
double
ln(double x)
{
    int exponent;
    double m = frexp(x, &exponent), s, z, sum = 0;

    if (m < HALF_ROOT) { /* so that |s| < 0.172, and what TERMS leaves out is < 1e-18 */
        m *= 2;
        exponent--;
    }
    s = (m - 1) / (m + 1);
    z = s * s;
    for (int k = TERMS; k > 0; k--)
        sum = (sum + 1.0 / (2 * k + 1)) * z;
    return exponent * LN2 + (2 * s + 2 * s * sum);
}
