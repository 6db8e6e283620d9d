/*
 * qblock.h - blocks of 32 elements in 4, 5 or 8 bits
 *
 * d and m are binary16. With "low, high" the lower four bits of the 16 bytes q are
 * elements 0 to 15, the upper ones 16 to 31; bit i of h is the fifth bit of element i.
 *
 *     Q8_0    d, q[32] signed                d q                     34 bytes
 *     Q4_0    d, q[16] low, high             d (q - 8)               18
 *     Q4_1    d, m, q[16] low, high          d q + m                 20
 *     Q5_0    d, h[4], q[16] low, high       d (q - 16)              22
 *     Q5_1    d, m, h[4], q[16] low, high    d q + m                 24
 *     IQ4_NL  d, q[16] low, high             d level[q]              18
 *
 * All take n elements, a multiple of 32, from src (any alignment) to dst.
 *
 * Source: layouts of ggml, as its Python package `gguf` reads them.
 */
#ifndef QUANT_QBLOCK_H
#define QUANT_QBLOCK_H

#include <stddef.h>

#define QBLOCK 32

void qblock_q8_0(const void *src, float *dst, size_t n);
void qblock_q4_0(const void *src, float *dst, size_t n);
void qblock_q4_1(const void *src, float *dst, size_t n);
void qblock_q5_0(const void *src, float *dst, size_t n);
void qblock_q5_1(const void *src, float *dst, size_t n);
void qblock_iq4_nl(const void *src, float *dst, size_t n);

/* Level u of IQ4_NL; they are closer together where weights are many: around 0. */
static inline int
qblock_level(unsigned u)
{
    static const signed char level[16] = { -127, -104, -83, -65, -49, -35, -22, -10,
                                           1,    13,   25,  38,  53,  69,  89,  113 };

    return level[u];
}

#endif
