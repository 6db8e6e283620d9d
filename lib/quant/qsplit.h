/*
 * qsplit.h - blocks taken apart: the integers, and what they are multiplied by
 *
 * Every block type is a group of elements w = d * (u - zero) + m with u a small integer
 * without a sign; here u, d and m are read as they are stored, so that a product can be
 * made of integers without another rounding of the weights. What d and m are:
 *
 *     QSPLIT_F16     each a binary16, for every group of 32
 *     QSPLIT_SUPER   d = D s, m = M t: binary16 for 256 elements, times a byte with a
 *                    sign for each group
 *     QSPLIT_F32     in f32 (no type has that; for weights of several types in one)
 *
 * All are exact in f32. Source and bytes: qblock.h, qsuper.h.
 * Threads: pure functions.
 */
#ifndef QUANT_QSPLIT_H
#define QUANT_QSPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "quant/qblock.h"
#include "quant/quant.h"

#define QSPLIT_MOST 256 /* elements that are taken apart at once */

enum qsplit_scale { QSPLIT_F16, QSPLIT_SUPER, QSPLIT_F32 };

/* What the elements of a type look like */
struct qsplit_form {
    uint8_t bits;  /* of u: 4, 5, 6 or 8 */
    uint8_t group; /* elements that have d and m in common: 16 or 32 */
    uint8_t mins;  /* whether there is an m */
    uint8_t scale; /* enum qsplit_scale */
    uint8_t zero;
    uint8_t levels; /* u counts the levels of IQ4_NL: qsplit_level() stands for it */
};

/* Some of them, in order; of d and m, s and t those that the form has. */
struct qsplit {
    uint8_t u[QSPLIT_MOST];
    uint16_t d[QSPLIT_MOST / 32], m[QSPLIT_MOST / 32]; /* binary16; d[0], m[0]: D, M */
    int8_t s[QSPLIT_MOST / 16], t[QSPLIT_MOST / 16];
};

/* NULL: elements of the type stand alone (F32, F16, BF16). */
const struct qsplit_form *qsplit_form(enum quant_type type);

/* n elements at src, at most QSPLIT_MOST: whole blocks of a type that has a form. */
void qsplit_take(enum quant_type type, const void *src, size_t n, struct qsplit *to);

/* d and m of group g */
float qsplit_d(const struct qsplit_form *form, const struct qsplit *x, size_t g);
float qsplit_m(const struct qsplit_form *form, const struct qsplit *x, size_t g);

/* Level u of IQ4_NL, with the zero of its form added */
static inline uint8_t
qsplit_level(unsigned u)
{
    return (uint8_t)(qblock_level(u) + 128);
}

#endif
