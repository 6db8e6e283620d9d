/*
 * qb.h - panels of weights that stay in the blocks they are stored in
 *
 * A weight is w = d * (u - zero) + m, see quant/qsplit.h. A panel [k, nr] holds u in as
 * many bits as it has, and d and m as they are stored: what is read to multiply one row
 * is about what the model's file has. It is taken apart chunk by chunk, in L1.
 *
 *     panel    chunks of 256 inputs (the last one may have fewer, 32 at a time)
 *     chunk    D, M [nr] binary16 (QSPLIT_SUPER), then blocks of 32 inputs
 *     block    for each group of inputs d [nr], m [nr] (QSPLIT_SUPER: s, t), then u
 *     u        of 8 bits: [32 / 4][nr][4] bytes, the last 4 being inputs;
 *              else the low four bits: [32 / 4][nr / 2][4] bytes, column j in their low
 *              half, column j + nr / 2 in the other, and then for each further bit
 *              [32 / 4][nr][4] bits, the first is the lowest of its byte
 *
 * m, M and t are not there when the form has no mins. nr is a multiple of 16. Nothing
 * is aligned to more than two bytes.
 */
#ifndef KERNEL_QB_H
#define KERNEL_QB_H

#include <string.h>

#include "kernel/inline.h"
#include "kernel/kernel.h"
#include "quant/half.h"
#include "quant/qsplit.h"

#define QB_CHUNK KERNEL_WIDE_STEP
#define QB_BLOCK 32

/* Bytes of d, of s or of m for a column and group */
INLINE size_t
qb_scale_bytes(const struct qsplit_form *f)
{
    return f->scale == QSPLIT_F16 ? 2 : f->scale == QSPLIT_SUPER ? 1 : 4;
}

/* d [nr] and m [nr] of one group, in bytes */
INLINE size_t
qb_group_bytes(const struct qsplit_form *f, size_t nr)
{
    return nr * qb_scale_bytes(f) * (f->mins ? 2 : 1);
}

/* Of a block, before u */
INLINE size_t
qb_scales_bytes(const struct qsplit_form *f, size_t nr)
{
    return qb_group_bytes(f, nr) * (QB_BLOCK / f->group);
}

INLINE size_t
qb_block_bytes(const struct qsplit_form *f, size_t nr)
{
    return qb_scales_bytes(f, nr) + QB_BLOCK / 8 * nr * f->bits;
}

/* Of a chunk, before its blocks */
INLINE size_t
qb_head_bytes(const struct qsplit_form *f, size_t nr)
{
    return f->scale == QSPLIT_SUPER ? nr * 2 * (f->mins ? 2 : 1) : 0;
}

INLINE size_t
qb_chunk_bytes(const struct qsplit_form *f, size_t nr)
{
    return qb_head_bytes(f, nr) + QB_CHUNK / QB_BLOCK * qb_block_bytes(f, nr);
}

/* A panel of k inputs */
INLINE size_t
qb_bytes(const struct qsplit_form *f, size_t nr, size_t k)
{
    size_t left = k % QB_CHUNK / QB_BLOCK;

    return k / QB_CHUNK * qb_chunk_bytes(f, nr) +
           (left ? qb_head_bytes(f, nr) + left * qb_block_bytes(f, nr) : 0);
}

/* u of column j and input l of a block, whose u are at p: of the low four bits, or all
 * eight, where they are, and by how much to shift. */
INLINE size_t
qb_u_at(const struct qsplit_form *f, size_t nr, size_t j, size_t l, unsigned *shift)
{
    size_t half = nr / 2;

    *shift = f->bits == 8 || j < half ? 0 : 4;
    return f->bits == 8 ? l / 4 * nr * 4 + j * 4 + l % 4
                        : l / 4 * half * 4 + j % half * 4 + l % 4;
}

/* Bit i (4, 5) of the same: the byte, and the place in it */
INLINE size_t
qb_bit_at(size_t nr, size_t j, size_t l, unsigned i, unsigned *shift)
{
    size_t at = l / 4 * nr * 4 + j * 4 + l % 4;

    *shift = at % 8;
    return QB_BLOCK / 2 * nr + (i - 4) * (QB_BLOCK / 8 * nr) + at / 8;
}

/* Rows from `row` on and inputs from l on, a multiple of those that share a step; but
 * for mid, which no product reads */
INLINE struct kernel_qb
qb_at(const struct kernel_qb *a, size_t row, size_t l)
{
    struct kernel_qb at = *a;

    at.q += row * (a->wide ? 2 : 1) * a->ld + l;
    at.step += row * a->ld_step + l / (a->wide ? KERNEL_WIDE_STEP : QB_BLOCK);
    at.start += row * a->ld_group + l / a->group;
    at.sum += row * a->ld_group + l / a->group;
    return at;
}

#endif
