/* quant.c - the element types that weights are stored in */
#include "quant/quant.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

static float
from_bits(uint32_t bits)
{
    float f;

    memcpy(&f, &bits, sizeof f);
    return f;
}

/* binary16 to binary32, with subnormals, infinities and NaN. */
static float
f16_to_f32(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t exp = h >> 10 & 31, frac = h & 1023;

    if (exp == 31)
        return from_bits(sign | 0x7F800000 | frac << 13);
    if (exp > 0)
        return from_bits(sign | (exp + 112) << 23 | frac << 13);
    /* Subnormal: frac * 2^-24, exact in f32. */
    return from_bits(sign) + (sign ? -1.0f : 1.0f) * (float)frac * 0x1p-24f;
}

static void
read_f32(const void *src, float *dst, size_t n)
{
    if (n > 0)
        memcpy(dst, src, n * sizeof *dst);
}

static void
read_f16(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t i = 0; i < n; i++)
        dst[i] = f16_to_f32((uint16_t)(p[2 * i] | p[2 * i + 1] << 8));
}

static void
read_bf16(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t i = 0; i < n; i++)
        dst[i] = from_bits((uint32_t)(p[2 * i] | p[2 * i + 1] << 8) << 16);
}

static const struct {
    const char *name;
    size_t block, bytes; /* elements of a block, and its size */
    void (*read)(const void *src, float *dst, size_t n);
} types[QUANT_TYPES] = {
    [QUANT_F32] = { "F32", 1, 4, read_f32 },
    [QUANT_F16] = { "F16", 1, 2, read_f16 },
    [QUANT_BF16] = { "BF16", 1, 2, read_bf16 },
};

const char *
quant_name(enum quant_type type)
{
    return types[type].name;
}

size_t
quant_bytes(enum quant_type type, size_t n)
{
    return n % types[type].block ? SIZE_MAX
                                 : mem_mul(n / types[type].block, types[type].bytes);
}

void
quant_to_f32(enum quant_type type, const void *src, float *dst, size_t n)
{
    types[type].read(src, dst, n);
}
