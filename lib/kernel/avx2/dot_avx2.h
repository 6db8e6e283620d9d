/* dot_avx2.h - sums of products of vec_avx2.h; vec_ref.h says what each one does */
#ifndef KERNEL_DOT_H
#define KERNEL_DOT_H

#include "kernel/avx2/vec_avx2.h"

INLINE struct v16i
vi_dot(struct v16i sum, struct v16i x, struct v16i y)
{
    return vi_of(_mm256_add_epi32(sum.lo, _mm256_madd_epi16(x.lo, y.lo)),
                 _mm256_add_epi32(sum.hi, _mm256_madd_epi16(x.hi, y.hi)));
}

INLINE struct v16i
vi_dot_at(struct v16i sum, const int32_t *x, struct v16i y)
{
    return vi_dot(sum, vi_set1(*x), y);
}

#endif
