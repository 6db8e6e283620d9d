/* num.c - exp, log and random numbers that are the same on every machine */
#include "base/num.h"

#include <math.h>

#define LOG2E  0x1.71547652b82fep+0
#define LN2_HI 0x1.62e42fefa38p-1 /* 42 bits: times an exponent it is exact */
#define LN2_LO 0x1.ef35793c7673p-45

double
num_exp(double x)
{
    /* 1 / n!, n = 13 .. 0: what is left out is below 2^-57 where |r| < ln2 / 2 */
    static const double c[] = { 1.0 / 6227020800,
                                1.0 / 479001600,
                                1.0 / 39916800,
                                1.0 / 3628800,
                                1.0 / 362880,
                                1.0 / 40320,
                                1.0 / 5040,
                                1.0 / 720,
                                1.0 / 120,
                                1.0 / 24,
                                1.0 / 6,
                                0.5,
                                1,
                                1 };
    double k, r, y = 0;

    if (!(x > -708))
        return x != x ? x : 0;
    if (x > 709)
        return HUGE_VAL;
    k = rint(x * LOG2E);
    r = (x - k * LN2_HI) - k * LN2_LO;
    for (unsigned i = 0; i < sizeof c / sizeof *c; i++)
        y = y * r + c[i];
    return ldexp(y, (int)k);
}

double
num_log(double x)
{
    int e;
    double m = frexp(x, &e), s, s2, y = 0;

    if (m < 0x1.6a09e667f3bcdp-1) { /* sqrt(1/2) */
        m *= 2;
        e--;
    }
    s = (m - 1) / (m + 1); /* log m = 2 atanh s, |s| < 0.172 */
    s2 = s * s;
    for (int n = 23; n >= 3; n -= 2)
        y = (y + 1.0 / n) * s2;
    return e * LN2_HI + (2 * (s + s * y) + e * LN2_LO);
}

uint64_t
num_mix(uint64_t x)
{
    x *= UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

double
num_softmax(const double *z, unsigned long n, double *p)
{
    double max = z[0], sum = 0;

    for (unsigned long i = 1; i < n; i++)
        max = z[i] > max ? z[i] : max;
    for (unsigned long i = 0; i < n; i++)
        sum += p[i] = num_exp(z[i] - max);
    for (unsigned long i = 0; i < n; i++)
        p[i] /= sum;
    return max + num_log(sum);
}
