/*
 * wave.h - the sinusoids that tell a network where a token stands
 *
 * Row t of d floats: with h = d / 2 and w_i = 10000^(-i / over), sin(t w_i) for i < h,
 * then cos(t w_i); over is h - 1 (tensor2tensor, Marian) or h (the paper). Computed in
 * double by polynomials of our own, so that every machine has the same table.
 *
 * Source: Vaswani et al., "Attention Is All You Need", 2017, in the layout of
 *         tensor2tensor.
 * Threads: pure function.
 */
#ifndef TENSOR_WAVE_H
#define TENSOR_WAVE_H

#include <stddef.h>

/* to [n, d]: rows 0 to n - 1, n at most 2^20; d is even and more than 2; over is h - 1
 * at least. */
void wave_fill(float *to, size_t n, size_t d, double over);

#endif
