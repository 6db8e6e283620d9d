/*
 * ln.h - the natural logarithm, with the same bits on every machine
 *
 * That of libm may differ from one version or processor to the next.
 *
 * Threads: pure function.
 */
#ifndef BASE_LN_H
#define BASE_LN_H

/* x is finite and more than 0. Within 2 ulp, or 1e-16 near 1. */
double ln(double x);

#endif
