/*
 * dot_ymm.h - products of bytes by AVX-VNNI
 */
#ifndef KERNEL_AVXVNNI_DOT_YMM_H
#define KERNEL_AVXVNNI_DOT_YMM_H

#include <immintrin.h>

/* sum + the four products of each lane, unsigned by signed bytes. In assembly, as
 * compilers copy and spill the sums of the intrinsic (dot_zmm.h), and older ones do not
 * have it. */
static inline __attribute__((always_inline, target("avx2"))) __m256i
dot4(__m256i sum, __m256i u, __m256i s)
{
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(u), "x"(s));
    return sum;
}

#endif
