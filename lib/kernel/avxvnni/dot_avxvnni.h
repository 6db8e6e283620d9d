/* dot_avxvnni.h - sums of products of vec_avx2.h by AVX-VNNI; vec_ref.h says what each
 * one does */
#ifndef KERNEL_DOT_H
#define KERNEL_DOT_H

#include "kernel/avx2/vec_avx2.h"

/* In assembly for the reason that dot_ymm.h has; the target is for clang, as in
 * vec_avx512.h. */
__attribute__((target("avx2"))) INLINE struct v16i
vi_dot(struct v16i sum, struct v16i x, struct v16i y)
{
    __asm__("%{vex%} vpdpwssd %2, %1, %0" : "+x"(sum.lo) : "x"(x.lo), "x"(y.lo));
    __asm__("%{vex%} vpdpwssd %2, %1, %0" : "+x"(sum.hi) : "x"(x.hi), "x"(y.hi));
    return sum;
}

INLINE struct v16i
vi_dot_at(struct v16i sum, const int32_t *x, struct v16i y)
{
    return vi_dot(sum, vi_set1(*x), y);
}

#endif
