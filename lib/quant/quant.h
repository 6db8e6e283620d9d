/*
 * quant.h - the element types that weights are stored in
 *
 * A type is a block of elements in a number of bytes; plain floats are blocks of one.
 * quant_to_f32() is the definition of what the bytes mean. Later block types (q8_0,
 * q4_k,
 * ...) add a line to the table in quant.c and a file of their own.
 *
 * Source: IEEE 754 binary16; bfloat16 is the upper half of binary32. Little-endian.
 * Threads: pure functions.
 */
#ifndef QUANT_QUANT_H
#define QUANT_QUANT_H

#include <stddef.h>

enum quant_type { QUANT_F32, QUANT_F16, QUANT_BF16, QUANT_TYPES };

const char *quant_name(enum quant_type type); /* "F32", as safetensors writes it */

/* Bytes of n elements, SIZE_MAX where that overflows or n is not whole blocks. */
size_t quant_bytes(enum quant_type type, size_t n);

/* n elements at src (any alignment) to dst. Exact for these types. */
void quant_to_f32(enum quant_type type, const void *src, float *dst, size_t n);

#endif
