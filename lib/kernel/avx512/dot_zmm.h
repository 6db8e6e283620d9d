/*
 * dot_zmm.h - products of bytes by VNNI, in assembly where gcc 12 does worse
 */
#ifndef KERNEL_AVX512_DOT_ZMM_H
#define KERNEL_AVX512_DOT_ZMM_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ZMM_DOT_INLINE                                                                 \
    static inline __attribute__((                                                      \
        always_inline, target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl")))

/* sum + the four products of each lane, unsigned by signed bytes. gcc 12 copies and
 * spills the sums of _mm512_dpbusd_epi32() in a loop: half the speed. */
ZMM_DOT_INLINE __m512i
zmm_dot4(__m512i sum, __m512i u, __m512i s)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(u), "v"(s));
    return sum;
}

/* Four inputs of a row, to be multiplied by those of 16 columns */
ZMM_DOT_INLINE __m512i
zmm_four(const int8_t *p)
{
    int32_t four;

    memcpy(&four, p, sizeof four);
    return _mm512_set1_epi32(four);
}

/* A load for every register that begins with *p: copies of one register take the place
 * of products. */
ZMM_DOT_INLINE __m512i
zmm_start(const int32_t *p)
{
    __m512i x;

    __asm__ volatile("vpbroadcastd %1, %0" : "=v"(x) : "m"(*p));
    return x;
}

/* The sum with high bytes becomes part of that with low ones, plus *from, if any */
ZMM_DOT_INLINE __m512i
zmm_up(__m512i sum, const int32_t *from)
{
    sum = _mm512_slli_epi32(sum, 8);
    return from ? _mm512_add_epi32(sum, _mm512_set1_epi32(*from)) : sum;
}

#endif
