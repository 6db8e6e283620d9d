/*
 * trig.h - exp, log, sin and cos in double, the same bits on every machine
 *
 * For tables that are made once: series, not fast. Errors are some 1e-16.
 *
 * Threads: pure functions.
 */
#ifndef TENSOR_TRIG_H
#define TENSOR_TRIG_H

#define TRIG_MOST 0x1p26 /* radians */

double trig_exp(double x); /* -700 <= x <= 700 */
double trig_log(double x); /* x > 0, finite */
double trig_sin(double x,
                int quarter); /* of x + quarter * pi / 2, 0 <= x <= TRIG_MOST */

#endif
