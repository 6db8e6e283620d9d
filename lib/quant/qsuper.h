/*
 * qsuper.h - blocks of 256 elements in 2 to 6 bits, with scales that are quantized too
 *
 * d and m are binary16; s are scales of groups within the block, and t, where there are
 * any, what is taken off: each in so many bits, packed as qsuper.c says. q is made of
 * the bits of one, two or three arrays of the block.
 *
 *     Q2_K  s and t of 4 bits for 16 groups of 16     (d s) q - (m t)        84 bytes
 *     Q3_K  s of 6 bits, signed, for 16 of 16         (d s) (q - 4)         110
 *     Q4_K  s and t of 6 bits for 8 groups of 32      (d s) q - (m t)       144
 *     Q5_K  s and t of 6 bits for 8 groups of 32      (d s) q - (m t)       176
 *     Q6_K  s of 8 bits, signed, for 16 of 16         (d s) (q - 32)        210
 *
 * All take n elements, a multiple of 256, from src (any alignment) to dst.
 *
 * Source: layouts of ggml, as its Python package `gguf` reads them.
 */
#ifndef QUANT_QSUPER_H
#define QUANT_QSUPER_H

#include <stddef.h>

#define QSUPER 256

void qsuper_q2_k(const void *src, float *dst, size_t n);
void qsuper_q3_k(const void *src, float *dst, size_t n);
void qsuper_q4_k(const void *src, float *dst, size_t n);
void qsuper_q5_k(const void *src, float *dst, size_t n);
void qsuper_q6_k(const void *src, float *dst, size_t n);

#endif
