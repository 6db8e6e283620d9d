/*
 * quant.h - the element types that weights are stored in
 *
 * A type is a block of elements in a number of bytes; plain floats are blocks of one.
 * quant_to_f32() is the definition of what the bytes mean, to the last bit: products
 * and sums are rounded to f32 one by one, in the order that the type's file states.
 * Scales that are infinite or no number are taken as they are, and make elements that
 * are infinite or no number. To add a type: its lines in a file, one in quant.c.
 *
 * Source: IEEE 754 binary16; bfloat16 is the upper half of binary32; the block types as
 *         their files say. Little-endian.
 * Threads: pure functions.
 */
#ifndef QUANT_QUANT_H
#define QUANT_QUANT_H

#include <stddef.h>

enum quant_type {
    QUANT_F32,
    QUANT_F16,
    QUANT_BF16,
    QUANT_Q8_0, /* blocks of 32: qblock.h */
    QUANT_Q4_0,
    QUANT_Q4_1,
    QUANT_Q5_0,
    QUANT_Q5_1,
    QUANT_IQ4_NL,
    QUANT_Q2_K, /* blocks of 256: qsuper.h */
    QUANT_Q3_K,
    QUANT_Q4_K,
    QUANT_Q5_K,
    QUANT_Q6_K,
    QUANT_TYPES
};

const char *quant_name(enum quant_type type); /* "F32", as model files write it */

/* Elements of a block. */
size_t quant_block(enum quant_type type);

/* Bytes of n elements, SIZE_MAX where that overflows or n is not whole blocks. */
size_t quant_bytes(enum quant_type type, size_t n);

/* n elements, whole blocks, at src (any alignment) to dst. */
void quant_to_f32(enum quant_type type, const void *src, float *dst, size_t n);

#endif
