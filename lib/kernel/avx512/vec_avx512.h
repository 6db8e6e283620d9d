/* vec_avx512.h - 16 floats as one register; vec_ref.h says what each one does */
#ifndef KERNEL_VEC_H
#define KERNEL_VEC_H

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/inline.h"

#define UNROLL(n) UNROLL_ALL(n)

struct v16 {
    __m512 v;
};

INLINE struct v16
v_of(__m512 v)
{
    return (struct v16){ v };
}

INLINE struct v16
v_set1(float x)
{
    return v_of(_mm512_set1_ps(x));
}

/* The first n lanes, at most all */
INLINE __mmask16
v_mask(size_t n)
{
    return (__mmask16)((1u << (n < 16 ? n : 16)) - 1);
}

INLINE struct v16
v_load_n(const float *p, size_t n, float fill)
{
    return v_of(n >= 16 ? _mm512_loadu_ps(p)
                        : _mm512_mask_loadu_ps(_mm512_set1_ps(fill), v_mask(n), p));
}

INLINE void
v_store_n(float *p, struct v16 x, size_t n)
{
    if (n >= 16)
        _mm512_storeu_ps(p, x.v);
    else
        _mm512_mask_storeu_ps(p, v_mask(n), x.v);
}

INLINE struct v16
v_keep(struct v16 x, size_t n)
{
    return v_of(_mm512_maskz_mov_ps(v_mask(n), x.v));
}

INLINE struct v16
v_add(struct v16 x, struct v16 y)
{
    return v_of(_mm512_add_ps(x.v, y.v));
}

INLINE struct v16
v_sub(struct v16 x, struct v16 y)
{
    return v_of(_mm512_sub_ps(x.v, y.v));
}

INLINE struct v16
v_mul(struct v16 x, struct v16 y)
{
    return v_of(_mm512_mul_ps(x.v, y.v));
}

INLINE struct v16
v_div(struct v16 x, struct v16 y)
{
    return v_of(_mm512_div_ps(x.v, y.v));
}

INLINE struct v16
v_fma(struct v16 x, struct v16 y, struct v16 z)
{
    return v_of(_mm512_fmadd_ps(x.v, y.v, z.v));
}

INLINE struct v16
v_min(struct v16 x, struct v16 y)
{
    return v_of(_mm512_min_ps(x.v, y.v));
}

INLINE struct v16
v_max(struct v16 x, struct v16 y)
{
    return v_of(_mm512_max_ps(x.v, y.v));
}

INLINE struct v16
v_if_le(struct v16 a, struct v16 b, struct v16 x, struct v16 y)
{
    __mmask16 le = _mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ);

    return v_of(_mm512_mask_blend_ps(le, y.v, x.v));
}

INLINE struct v16
v_abs(struct v16 x)
{
    return v_of(_mm512_andnot_ps(_mm512_set1_ps(-0.0f), x.v));
}

INLINE struct v16
v_min_abs(struct v16 x, struct v16 y)
{
    return v_of(_mm512_range_ps(x.v, y.v, 0xa)); /* of the least, without its sign */
}

INLINE struct v16
v_copysign(struct v16 x, struct v16 s)
{
    return v_of(_mm512_or_ps(x.v, _mm512_and_ps(_mm512_set1_ps(-0.0f), s.v)));
}

INLINE struct v16
v_add_exponent(struct v16 x, struct v16 t)
{
    __m512i add = _mm512_slli_epi32(_mm512_castps_si512(t.v), 23);

    return v_of(_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x.v), add)));
}

/* All lanes into one, halves by halves */
#define TREE(name, op)                                                                 \
    INLINE float name(struct v16 x)                                                    \
    {                                                                                  \
        __m256 upper = _mm512_extractf32x8_ps(x.v, 1);                                 \
        __m256 h = _mm256_##op##_ps(_mm512_castps512_ps256(x.v), upper);               \
        __m128 high = _mm256_extractf128_ps(h, 1);                                     \
        __m128 q = _mm_##op##_ps(_mm256_castps256_ps128(h), high);                     \
        q = _mm_##op##_ps(q, _mm_movehl_ps(q, q));                                     \
        return _mm_cvtss_f32(_mm_##op##_ss(q, _mm_movehdup_ps(q)));                    \
    }
TREE(v_sum, add)
TREE(v_hmax, max)
TREE(v_hmin, min)
#undef TREE

INLINE struct v16
v_first_or(struct v16 x, size_t n, float fill)
{
    return v_of(_mm512_mask_mov_ps(_mm512_set1_ps(fill), v_mask(n), x.v));
}

INLINE float
v_first(struct v16 x)
{
    return _mm512_cvtss_f32(x.v);
}

INLINE int
v_any_nan(struct v16 x)
{
    return _mm512_cmp_ps_mask(x.v, x.v, _CMP_UNORD_Q) != 0;
}

/* 64 at once */
INLINE void
v_store_four(uint8_t *p, const struct v16 *x, uint8_t zero)
{
    const __m512i lanes =
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i a =
        _mm512_packus_epi32(_mm512_cvtps_epi32(x[0].v), _mm512_cvtps_epi32(x[1].v));
    __m512i b =
        _mm512_packus_epi32(_mm512_cvtps_epi32(x[2].v), _mm512_cvtps_epi32(x[3].v));
    __m512i u = _mm512_permutexvar_epi32(lanes, _mm512_packus_epi16(a, b));

    _mm512_storeu_si512(p, _mm512_sub_epi8(u, _mm512_set1_epi8((char)zero)));
}

INLINE void
v_store_u8(uint8_t *p, const struct v16 *x, size_t count, uint8_t zero, size_t n)
{
    if (count % 4 == 0 && n == 16 * count) {
        UNROLL(3)
        for (size_t i = 0; i < count; i += 4)
            v_store_four(p + 16 * i, x + i, zero);
        return;
    }
    UNROLL(2)
    for (size_t i = 0; i < count; i++) {
        __m128i b = _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(x[i].v));

        b = _mm_sub_epi8(b, _mm_set1_epi8((char)zero));
        _mm_mask_storeu_epi8(p + 16 * i, v_mask((n - 16 * i + 3) / 4 * 4), b);
    }
}

INLINE void
v_store_f16(uint16_t *p, struct v16 x, size_t n)
{
    __m256i h = _mm512_cvtps_ph(x.v, _MM_FROUND_TO_NEAREST_INT);

    _mm256_mask_storeu_epi16(p, v_mask(n), h);
}

INLINE struct v16
v_load_f16(const uint16_t *p, size_t n)
{
    return v_of(_mm512_cvtph_ps(_mm256_maskz_loadu_epi16(v_mask(n), p)));
}

/* Of the rows i, i + 4, i + 8, i + 12 four floats each */
INLINE struct v16
v_quads(const float *const row[16], size_t i, size_t l)
{
    __m512 x = _mm512_castps128_ps512(_mm_loadu_ps(row[i] + l));

    x = _mm512_mask_broadcast_f32x4(x, 0x00f0, _mm_loadu_ps(row[i + 4] + l));
    x = _mm512_mask_broadcast_f32x4(x, 0x0f00, _mm_loadu_ps(row[i + 8] + l));
    x = _mm512_mask_broadcast_f32x4(x, 0xf000, _mm_loadu_ps(row[i + 12] + l));
    return v_of(x);
}

/* A transposition of 4 x 4 in each quarter */
INLINE void
v_transpose_quads(const float *const row[16], size_t l, float *y)
{
    __m512 x0 = v_quads(row, 0, l).v, x1 = v_quads(row, 1, l).v;
    __m512 x2 = v_quads(row, 2, l).v, x3 = v_quads(row, 3, l).v;
    __m512 lo01 = _mm512_unpacklo_ps(x0, x1), hi01 = _mm512_unpackhi_ps(x0, x1);
    __m512 lo23 = _mm512_unpacklo_ps(x2, x3), hi23 = _mm512_unpackhi_ps(x2, x3);

    _mm512_storeu_ps(y, _mm512_shuffle_ps(lo01, lo23, 0x44));
    _mm512_storeu_ps(y + 16, _mm512_shuffle_ps(lo01, lo23, 0xee));
    _mm512_storeu_ps(y + 32, _mm512_shuffle_ps(hi01, hi23, 0x44));
    _mm512_storeu_ps(y + 48, _mm512_shuffle_ps(hi01, hi23, 0xee));
}

struct v16i {
    __m512i v;
};

INLINE struct v16i
vi_of(__m512i v)
{
    return (struct v16i){ v };
}

INLINE struct v16i
vi_set1(int32_t x)
{
    return vi_of(_mm512_set1_epi32(x));
}

INLINE struct v16i
vi_load(const int32_t *p)
{
    return vi_of(_mm512_loadu_si512(p));
}

INLINE void
vi_store(int32_t *p, struct v16i x)
{
    _mm512_storeu_si512(p, x.v);
}

INLINE struct v16i
vi_max(struct v16i x, struct v16i y)
{
    return vi_of(_mm512_max_epi32(x.v, y.v));
}

INLINE int32_t
vi_hmax(struct v16i x)
{
    return _mm512_reduce_max_epi32(x.v);
}

INLINE struct v16i
vi_abs_bits(struct v16 x)
{
    return vi_of(
        _mm512_and_si512(_mm512_castps_si512(x.v), _mm512_set1_epi32(0x7fffffff)));
}

INLINE struct v16
vi_float(struct v16i x)
{
    return v_of(_mm512_cvtepi32_ps(x.v));
}

INLINE struct v16i
vi_round(struct v16 x)
{
    return vi_of(_mm512_cvtps_epi32(x.v));
}

INLINE struct v16i
vi_pair(struct v16i lo, struct v16i hi)
{
    const __m512i up =
        _mm512_set4_epi32(0x0d0c0d0c, 0x09080908, 0x05040504, 0x01000100);

    return vi_of(_mm512_mask_shuffle_epi8(lo.v, 0xcccccccccccccccc, hi.v, up));
}

INLINE struct v16i
vi_any_pairs(struct v16i x, struct v16i y)
{
    return vi_of(_mm512_packs_epi32(x.v, y.v));
}

INLINE struct v16i
vi_of_bits(struct v16 x)
{
    return vi_of(_mm512_castps_si512(x.v));
}

INLINE struct v16
vi_to_bits(struct v16i x)
{
    return v_of(_mm512_castsi512_ps(x.v));
}

INLINE struct v16i
vi_set_words(int x)
{
    return vi_of(_mm512_set1_epi16((short)x));
}

INLINE struct v16i
vi_sub_words(struct v16i x, struct v16i y)
{
    return vi_of(_mm512_sub_epi16(x.v, y.v));
}

INLINE struct v16i
vi_high_words(struct v16i x, struct v16i y)
{
    return vi_of(_mm512_mulhi_epu16(x.v, y.v));
}

INLINE struct v16i
vi_left_words(struct v16i x, unsigned bits)
{
    return vi_of(_mm512_slli_epi16(x.v, bits));
}

INLINE struct v16i
vi_right_words(struct v16i x, unsigned bits)
{
    return vi_of(_mm512_srli_epi16(x.v, bits));
}

INLINE struct v16i
vi_shift_words(struct v16i x, struct v16i bits)
{
    return vi_of(_mm512_srlv_epi16(x.v, bits.v));
}

INLINE struct v16i
vi_half_words(struct v16i x)
{
    return vi_of(_mm512_avg_epu16(x.v, _mm512_setzero_si512()));
}

/* Written out for the reason that q8_avx512.c has. The target is for clang, which looks
 * at the size of an operand even where the header is compiled alone. */
#define VNNI __attribute__((target("avx512f,avx512vnni")))

VNNI INLINE struct v16i
vi_dot(struct v16i sum, struct v16i x, struct v16i y)
{
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum.v) : "v"(x.v), "v"(y.v));
    return sum;
}

VNNI INLINE struct v16i
vi_dot_at(struct v16i sum, const int32_t *x, struct v16i y)
{
    __asm__("vpdpwssd %2%{1to16%}, %1, %0" : "+v"(sum.v) : "v"(y.v), "m"(*x));
    return sum;
}

#endif
