/*
 * half.h - numbers of 16 bits, and the bytes of all
 *
 * Source: IEEE 754-2019, binary16.    Threads: pure functions.
 */
#ifndef QUANT_HALF_H
#define QUANT_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint16_t
half_u16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline float
half_bits(uint32_t bits)
{
    float f;

    memcpy(&f, &bits, sizeof f);
    return f;
}

/* binary16, little-endian, with subnormals, infinities and NaN. */
static inline float
half_f16(const unsigned char *p)
{
    uint32_t h = half_u16(p);
    uint32_t sign = (h & 0x8000) << 16;
    uint32_t exp = h >> 10 & 31, frac = h & 1023;

    if (exp == 31)
        return half_bits(sign | 0x7F800000 | frac << 13);
    if (exp > 0)
        return half_bits(sign | (exp + 112) << 23 | frac << 13);
    /* Subnormal: frac * 2^-24, exact in f32. */
    return half_bits(sign) + (sign ? -1.0f : 1.0f) * (float)frac * 0x1p-24f;
}

#endif
