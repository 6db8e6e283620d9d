/*
 * kernel_fill.h - what each level puts into its table; for kernel.c and the levels
 *
 * A level starts as a copy of the one below and replaces what it does better. The
 * objects of a level are compiled for its instructions, so nothing outside may call
 * into them but through the table.
 */
#ifndef KERNEL_KERNEL_FILL_H
#define KERNEL_KERNEL_FILL_H

#include "kernel/kernel.h"

void gemm_ref_fill(struct kernels *k);
void q8_ref_fill(struct kernels *k);
void qb_ref_fill(struct kernels *k);
void attend_ref_fill(struct kernels *k);
void rows_ref_fill(struct kernels *k);
void bytes_ref_fill(struct kernels *k);

void gemm_avx2_fill(struct kernels *k);
void q8_avx2_fill(struct kernels *k);
void qb_avx2_fill(struct kernels *k);
void attend_avx2_fill(struct kernels *k);
void rows_avx2_fill(struct kernels *k);
void bytes_avx2_fill(struct kernels *k);

void q8_avxvnni_fill(struct kernels *k);
void qb_avxvnni_fill(struct kernels *k);
void attend_avxvnni_fill(struct kernels *k);

void gemm_avx512_fill(struct kernels *k);
void q8_avx512_fill(struct kernels *k);
void qb_avx512_fill(struct kernels *k);
void attend_avx512_fill(struct kernels *k);
void rows_avx512_fill(struct kernels *k);
void bytes_avx512_fill(struct kernels *k);

void q8_amx_fill(struct kernels *k);

#endif
