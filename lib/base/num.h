/*
 * num.h - exp, log and random numbers that are the same on every machine
 *
 * libm picks its code by processor, and results of fitting and measuring must not
 * depend on that. Errors are below 2 units in the last place where results are normal.
 *
 * Source: Taylor and atanh series after the usual reduction; the mixing function of
 *         splitmix64 (Steele, Lea, Flood, 2014).
 * Threads: pure functions.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdint.h>

double num_exp(double x); /* 0 below -708, infinity above 709 */
double num_log(double x); /* x > 0, normal */

/* 64 bits that look random, a permutation: mix(1), mix(2), ... is a generator. */
uint64_t num_mix(uint64_t x);

/* log(sum of exp(z)) of z [n], n > 0; p [n] gets exp(z) / that sum, may be z. */
double num_softmax(const double *z, unsigned long n, double *p);

#endif
