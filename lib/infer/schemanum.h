/*
 * schemanum.h - numbers within bounds, digit by digit
 *
 * Numbers are written in plain decimals, without an exponent: an integer of at most 15
 * digits, other numbers with at most 12 digits before the point and 6 behind it. What
 * is begun can always be ended: a digit that leaves no number within the bounds is
 * refused.
 *
 *     struct schemanum r = schemanum_any(1);                       an integer
 *     schemanum_bound(&r, "0", 1, SCHEMANUM_FROM);
 *     schemanum_bound(&r, "100", 3, SCHEMANUM_BELOW);              0 to 99
 *     struct schemanum_at at = { 0 };
 *     while (schemanum_step(&r, &at, *p)) p++;
 *     whole = schemanum_may_end(&r, &at);
 *
 * Threads: pure functions.
 */
#ifndef INFER_SCHEMANUM_H
#define INFER_SCHEMANUM_H

#include <stddef.h>
#include <stdint.h>

#define SCHEMANUM_DIGITS 18 /* of a number at most, sign and point not counted */

/* low and high in units of the last digit: 10^-fraction. */
struct schemanum {
    int64_t low, high;
    uint8_t integer, fraction; /* digits before and behind the point */
};

/* How far a number is written. Zeroed: nothing is. */
struct schemanum_at {
    int64_t value;  /* its digits without sign and point */
    uint8_t phase;  /* private */
    uint8_t minus;  /* 1: below zero */
    uint8_t digits; /* before the point, or behind it once there is one */
};

enum schemanum_bound {
    SCHEMANUM_FROM, /* not less than */
    SCHEMANUM_ABOVE,
    SCHEMANUM_TO, /* not more than */
    SCHEMANUM_BELOW
};

/* Any number, or any integer. */
struct schemanum schemanum_any(int integer);

/* Narrow r by a bound, p[n], which is a number as JSON has it, of any size. 0: nothing
 * is left within. */
int schemanum_bound(struct schemanum *r, const char *p, size_t n,
                    enum schemanum_bound how);

/* The next byte: 1, or 0 where it cannot go on so (and at is as it was). */
int schemanum_step(const struct schemanum *r, struct schemanum_at *at, char c);
int schemanum_may_end(const struct schemanum *r, const struct schemanum_at *at);

/* The byte that leads to an end soon, from a place where it may not end. */
char schemanum_close(const struct schemanum *r, const struct schemanum_at *at);

/* 1: r is schemanum_any(), so that only the count of digits matters, and whether the
 * first is 0. */
int schemanum_is_any(const struct schemanum *r);

#endif
