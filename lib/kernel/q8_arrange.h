/*
 * q8_arrange.h - panels in 8 bits for CPUs that add products by two in 16 bits
 *
 * They multiply unsigned by signed bytes. Two products with activations of up to 254
 * fit, unless both weights have one sign and are more than 129 together. Of such two
 * the second one is stored negated, to be multiplied by 255 - q; 255 times such weights
 * is what the sums of a block begin with, so that these are what they should be.
 *
 * Inputs are in fours, columns in two halves. Where a half needs that for none of its
 * columns a step is left out, so the fours of a block are sorted into four kinds, by
 * which halves need it: bit 0 of a kind the first one, bit 1 the second.
 *
 *     q       for each four, in the order of kinds: 32 weights of the first half, then,
 *             if it needs them, 32 masks (255: multiply by 255 - q); the second half
 *     order   which four of its block each one is
 *     count   how many there are of each kind
 *
 * Threads: functions of their arguments alone.
 */
#ifndef KERNEL_Q8_ARRANGE_H
#define KERNEL_Q8_ARRANGE_H

#include <stddef.h>
#include <stdint.h>

#define Q8_ARRANGED_NR 16 /* columns of a panel */
#define Q8_KINDS       4

/* The same as in struct kernel_q8_panel, to be filled */
struct q8_arranged {
    int8_t *q; /* [2 * k rounded up to a multiple of 4, 16] at the most */
    int32_t *start;
    uint16_t *order, *count;
};

/* Bytes of q, the most that it can take; k is not far from SIZE_MAX / 32. */
size_t q8_arrange_bytes(size_t k);

/* w [k / 4][16][4] to a panel; of q only what is needed is written. block <= 2^18. */
void q8_arrange(const int8_t *w, size_t k, size_t block, const struct q8_arranged *to);

/* Column i of a panel, back to w [k / 4][16][4]: its column `at` */
void q8_arrange_get(const struct q8_arranged *from, size_t k, size_t block, size_t i,
                    int8_t *w, size_t at);

#endif
