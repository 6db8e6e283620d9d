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

/* binary16 with subnormals, infinities and NaN */
static inline float
half_to(uint32_t h)
{
    uint32_t sign = (h & 0x8000) << 16;
    uint32_t exp = h >> 10 & 31, frac = h & 1023;

    if (exp == 31)
        return half_bits(sign | 0x7F800000 | frac << 13);
    if (exp > 0)
        return half_bits(sign | (exp + 112) << 23 | frac << 13);
    /* Subnormal: frac * 2^-24, exact in f32. */
    return half_bits(sign) + (sign ? -1.0f : 1.0f) * (float)frac * 0x1p-24f;
}

/* The same from two bytes, little-endian */
static inline float
half_f16(const unsigned char *p)
{
    return half_to(half_u16(p));
}

/* To binary16, to nearest even. Too large: infinity; NaN stays one. */
static inline uint16_t
half_from(float x)
{
    uint32_t bits, sign, low;
    float rest;

    memcpy(&bits, &x, sizeof bits);
    sign = bits >> 16 & 0x8000;
    bits &= 0x7FFFFFFF;
    if (bits > 0x7F800000)
        return (uint16_t)(sign | 0x7E00);
    if (bits >= 0x477FF000) /* from 65520 on */
        return (uint16_t)(sign | 0x7C00);
    if (bits >= 0x38800000) { /* from 2^-14 on: 13 bits of the fraction are lost */
        bits += 0xC8000FFF + (bits >> 13 & 1);
        return (uint16_t)(sign | bits >> 13);
    }
    memcpy(&rest, &bits, sizeof rest);
    rest += 0.5f; /* whose last bit is 2^-24 */
    memcpy(&low, &rest, sizeof low);
    return (uint16_t)(sign | (low - 0x3F000000));
}

#endif
