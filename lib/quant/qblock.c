/* qblock.c - blocks of 32 elements in 4, 5 or 8 bits */
#include "quant/qblock.h"

#include "quant/half.h"

#define HALF (QBLOCK / 2)

/* Four bits of element i, from the 16 bytes q. */
static int
four_bits(const unsigned char *q, int i)
{
    return i < HALF ? q[i] & 15 : q[i - HALF] >> 4;
}

/* The same with a fifth, from the bytes h before q. */
static int
five_bits(const unsigned char *h, const unsigned char *q, int i)
{
    return four_bits(q, i) | (h[i / 8] >> i % 8 & 1) << 4;
}

void
qblock_q8_0(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t k = 0; k < n; k += QBLOCK, p += 34) {
        float d = half_f16(p);
        for (int i = 0; i < QBLOCK; i++)
            dst[k + i] = d * (float)(int8_t)p[2 + i];
    }
}

void
qblock_q4_0(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t k = 0; k < n; k += QBLOCK, p += 18) {
        float d = half_f16(p);
        for (int i = 0; i < QBLOCK; i++)
            dst[k + i] = d * (float)(four_bits(p + 2, i) - 8);
    }
}

void
qblock_q4_1(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t k = 0; k < n; k += QBLOCK, p += 20) {
        float d = half_f16(p), m = half_f16(p + 2);
        for (int i = 0; i < QBLOCK; i++)
            dst[k + i] = d * (float)four_bits(p + 4, i) + m;
    }
}

void
qblock_q5_0(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t k = 0; k < n; k += QBLOCK, p += 22) {
        float d = half_f16(p);
        for (int i = 0; i < QBLOCK; i++)
            dst[k + i] = d * (float)(five_bits(p + 2, p + 6, i) - 16);
    }
}

void
qblock_q5_1(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t k = 0; k < n; k += QBLOCK, p += 24) {
        float d = half_f16(p), m = half_f16(p + 2);
        for (int i = 0; i < QBLOCK; i++)
            dst[k + i] = d * (float)five_bits(p + 4, p + 8, i) + m;
    }
}

void
qblock_iq4_nl(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t k = 0; k < n; k += QBLOCK, p += 18) {
        float d = half_f16(p);
        for (int i = 0; i < QBLOCK; i++)
            dst[k + i] = d * (float)qblock_level((unsigned)four_bits(p + 2, i));
    }
}
