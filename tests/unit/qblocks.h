/*
 * qblocks.h - random rows of every block type, with scales that are harmless
 */
#ifndef TESTS_UNIT_QBLOCKS_H
#define TESTS_UNIT_QBLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "quant/quant.h"

/* Where a block has its binary16; -1: no more */
static const struct {
    enum quant_type type;
    int half[2];
} qblocks[] = {
    { QUANT_Q8_0, { 0, -1 } },   { QUANT_Q4_0, { 0, -1 } },
    { QUANT_Q4_1, { 0, 2 } },    { QUANT_Q5_0, { 0, -1 } },
    { QUANT_Q5_1, { 0, 2 } },    { QUANT_IQ4_NL, { 0, -1 } },
    { QUANT_Q2_K, { 80, 82 } },  { QUANT_Q3_K, { 108, -1 } },
    { QUANT_Q4_K, { 0, 2 } },    { QUANT_Q5_K, { 0, 2 } },
    { QUANT_Q6_K, { 208, -1 } },
};
#define QBLOCKS (sizeof qblocks / sizeof *qblocks)

/* rows of n_in elements of qblocks[i]; to be freed by mem_free() */
static inline unsigned char *
qblocks_random(size_t i, size_t rows, size_t n_in, uint32_t seed)
{
    size_t block = quant_bytes(qblocks[i].type, quant_block(qblocks[i].type));
    size_t n = rows * quant_bytes(qblocks[i].type, n_in);
    unsigned char *p = mem_alloc(n);

    for (size_t k = 0; k < n; k++) {
        seed = seed * 1664525 + 1013904223;
        p[k] = (unsigned char)(seed >> 24);
    }
    /* 2^-9 to 2^-6, of either sign */
    for (size_t k = 0; k < n; k += block)
        for (size_t h = 0; h < 2 && qblocks[i].half[h] >= 0; h++) {
            unsigned char *high = p + k + qblocks[i].half[h] + 1;
            *high = (unsigned char)((*high & 0x83) | (6 + *high % 4) << 2);
        }
    return p;
}

#endif
