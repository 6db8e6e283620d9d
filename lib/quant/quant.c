/* quant.c - the element types that weights are stored in */
#include "quant/quant.h"

#include "base/mem.h"
#include "quant/half.h"
#include "quant/qblock.h"
#include "quant/qsuper.h"

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
        dst[i] = half_f16(p + 2 * i);
}

static void
read_bf16(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t i = 0; i < n; i++)
        dst[i] = half_bits((uint32_t)half_u16(p + 2 * i) << 16);
}

static const struct {
    const char *name;
    size_t block, bytes; /* elements of a block, and its size */
    void (*read)(const void *src, float *dst, size_t n);
} types[QUANT_TYPES] = {
    [QUANT_F32] = { "F32", 1, 4, read_f32 },
    [QUANT_F16] = { "F16", 1, 2, read_f16 },
    [QUANT_BF16] = { "BF16", 1, 2, read_bf16 },
    [QUANT_Q8_0] = { "Q8_0", QBLOCK, 34, qblock_q8_0 },
    [QUANT_Q4_0] = { "Q4_0", QBLOCK, 18, qblock_q4_0 },
    [QUANT_Q4_1] = { "Q4_1", QBLOCK, 20, qblock_q4_1 },
    [QUANT_Q5_0] = { "Q5_0", QBLOCK, 22, qblock_q5_0 },
    [QUANT_Q5_1] = { "Q5_1", QBLOCK, 24, qblock_q5_1 },
    [QUANT_IQ4_NL] = { "IQ4_NL", QBLOCK, 18, qblock_iq4_nl },
    [QUANT_Q2_K] = { "Q2_K", QSUPER, 84, qsuper_q2_k },
    [QUANT_Q3_K] = { "Q3_K", QSUPER, 110, qsuper_q3_k },
    [QUANT_Q4_K] = { "Q4_K", QSUPER, 144, qsuper_q4_k },
    [QUANT_Q5_K] = { "Q5_K", QSUPER, 176, qsuper_q5_k },
    [QUANT_Q6_K] = { "Q6_K", QSUPER, 210, qsuper_q6_k },
};

const char *
quant_name(enum quant_type type)
{
    return types[type].name;
}

size_t
quant_block(enum quant_type type)
{
    return types[type].block;
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
