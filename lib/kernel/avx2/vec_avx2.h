/* vec_avx2.h - 16 floats as two registers of 8; vec_ref.h says what each one does. Sums
 * of products of whole numbers are in dot_LEVEL.h, as CPUs differ in them. */
#ifndef KERNEL_VEC_H
#define KERNEL_VEC_H

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel/inline.h"

#define UNROLL(n) UNROLL_ALL(n)

struct v16 {
    __m256 lo, hi;
};

INLINE struct v16
v_pair(__m256 lo, __m256 hi)
{
    return (struct v16){ lo, hi };
}

INLINE struct v16
v_set1(float x)
{
    return v_pair(_mm256_set1_ps(x), _mm256_set1_ps(x));
}

/* All bits in the first n < 16 lanes */
INLINE struct v16
v_mask(size_t n)
{
    static const int32_t mask[32] = { -1, -1, -1, -1, -1, -1, -1, -1,
                                      -1, -1, -1, -1, -1, -1, -1, -1 };
    const float *p = (const float *)(const void *)(mask + 16 - n);

    return v_pair(_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8));
}

INLINE struct v16
v_load_n(const float *p, size_t n, float fill)
{
    struct v16 m, f = v_set1(fill);

    if (n >= 16)
        return v_pair(_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8));
    m = v_mask(n);
    return v_pair(
        _mm256_blendv_ps(f.lo, _mm256_maskload_ps(p, _mm256_castps_si256(m.lo)), m.lo),
        _mm256_blendv_ps(f.hi, _mm256_maskload_ps(p + 8, _mm256_castps_si256(m.hi)),
                         m.hi));
}

INLINE void
v_store_n(float *p, struct v16 x, size_t n)
{
    if (n >= 16) {
        _mm256_storeu_ps(p, x.lo);
        _mm256_storeu_ps(p + 8, x.hi);
    } else {
        struct v16 m = v_mask(n);
        _mm256_maskstore_ps(p, _mm256_castps_si256(m.lo), x.lo);
        _mm256_maskstore_ps(p + 8, _mm256_castps_si256(m.hi), x.hi);
    }
}

INLINE struct v16
v_keep(struct v16 x, size_t n)
{
    struct v16 m;

    if (n >= 16)
        return x;
    m = v_mask(n);
    return v_pair(_mm256_and_ps(x.lo, m.lo), _mm256_and_ps(x.hi, m.hi));
}

INLINE struct v16
v_add(struct v16 x, struct v16 y)
{
    return v_pair(_mm256_add_ps(x.lo, y.lo), _mm256_add_ps(x.hi, y.hi));
}

INLINE struct v16
v_sub(struct v16 x, struct v16 y)
{
    return v_pair(_mm256_sub_ps(x.lo, y.lo), _mm256_sub_ps(x.hi, y.hi));
}

INLINE struct v16
v_mul(struct v16 x, struct v16 y)
{
    return v_pair(_mm256_mul_ps(x.lo, y.lo), _mm256_mul_ps(x.hi, y.hi));
}

INLINE struct v16
v_div(struct v16 x, struct v16 y)
{
    return v_pair(_mm256_div_ps(x.lo, y.lo), _mm256_div_ps(x.hi, y.hi));
}

INLINE struct v16
v_fma(struct v16 x, struct v16 y, struct v16 z)
{
    return v_pair(_mm256_fmadd_ps(x.lo, y.lo, z.lo), _mm256_fmadd_ps(x.hi, y.hi, z.hi));
}

INLINE struct v16
v_min(struct v16 x, struct v16 y)
{
    return v_pair(_mm256_min_ps(x.lo, y.lo), _mm256_min_ps(x.hi, y.hi));
}

INLINE struct v16
v_max(struct v16 x, struct v16 y)
{
    return v_pair(_mm256_max_ps(x.lo, y.lo), _mm256_max_ps(x.hi, y.hi));
}

INLINE struct v16
v_if_le(struct v16 a, struct v16 b, struct v16 x, struct v16 y)
{
    return v_pair(_mm256_blendv_ps(y.lo, x.lo, _mm256_cmp_ps(a.lo, b.lo, _CMP_LE_OQ)),
                  _mm256_blendv_ps(y.hi, x.hi, _mm256_cmp_ps(a.hi, b.hi, _CMP_LE_OQ)));
}

INLINE struct v16
v_abs(struct v16 x)
{
    __m256 sign = _mm256_set1_ps(-0.0f);

    return v_pair(_mm256_andnot_ps(sign, x.lo), _mm256_andnot_ps(sign, x.hi));
}

INLINE struct v16
v_min_abs(struct v16 x, struct v16 y)
{
    return v_min(v_abs(x), y);
}

INLINE struct v16
v_copysign(struct v16 x, struct v16 s)
{
    __m256 sign = _mm256_set1_ps(-0.0f);

    return v_pair(_mm256_or_ps(x.lo, _mm256_and_ps(sign, s.lo)),
                  _mm256_or_ps(x.hi, _mm256_and_ps(sign, s.hi)));
}

INLINE struct v16
v_add_exponent(struct v16 x, struct v16 t)
{
    __m256i lo = _mm256_slli_epi32(_mm256_castps_si256(t.lo), 23);
    __m256i hi = _mm256_slli_epi32(_mm256_castps_si256(t.hi), 23);

    lo = _mm256_add_epi32(_mm256_castps_si256(x.lo), lo);
    hi = _mm256_add_epi32(_mm256_castps_si256(x.hi), hi);
    return v_pair(_mm256_castsi256_ps(lo), _mm256_castsi256_ps(hi));
}

/* All lanes into one, halves by halves */
#define TREE(name, op)                                                                 \
    INLINE float name(struct v16 x)                                                    \
    {                                                                                  \
        __m256 h = _mm256_##op##_ps(x.lo, x.hi);                                       \
        __m128 upper = _mm256_extractf128_ps(h, 1);                                    \
        __m128 q = _mm_##op##_ps(_mm256_castps256_ps128(h), upper);                    \
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
    struct v16 m, f = v_set1(fill);

    if (n >= 16)
        return x;
    m = v_mask(n);
    return v_pair(_mm256_blendv_ps(f.lo, x.lo, m.lo),
                  _mm256_blendv_ps(f.hi, x.hi, m.hi));
}

INLINE float
v_first(struct v16 x)
{
    return _mm256_cvtss_f32(x.lo);
}

INLINE int
v_any_nan(struct v16 x)
{
    __m256 lo = _mm256_cmp_ps(x.lo, x.lo, _CMP_UNORD_Q);
    __m256 hi = _mm256_cmp_ps(x.hi, x.hi, _CMP_UNORD_Q);

    return _mm256_movemask_ps(_mm256_or_ps(lo, hi)) != 0;
}

/* 32 bytes of two vectors */
INLINE void
v_store_two(uint8_t *p, struct v16 x, struct v16 y, uint8_t zero)
{
    const __m256i lanes = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i a = _mm256_packus_epi32(_mm256_cvtps_epi32(x.lo), _mm256_cvtps_epi32(x.hi));
    __m256i b = _mm256_packus_epi32(_mm256_cvtps_epi32(y.lo), _mm256_cvtps_epi32(y.hi));
    __m256i u = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), lanes);

    u = _mm256_sub_epi8(u, _mm256_set1_epi8((char)zero));
    _mm256_storeu_si256((__m256i *)(void *)p, u);
}

INLINE void
v_store_u8(uint8_t *p, const struct v16 *x, size_t count, uint8_t zero, size_t n)
{
    for (size_t i = 0; i < count; i += 2) {
        struct v16 next = x[i + 1 < count ? i + 1 : i];
        size_t left = n - 16 * i;
        uint8_t all[32];

        if (left >= 32) {
            v_store_two(p + 16 * i, x[i], next, zero);
        } else {
            v_store_two(all, x[i], next, zero);
            memcpy(p + 16 * i, all, (left + 3) / 4 * 4);
        }
    }
}

INLINE void
v_store_f16(uint16_t *p, struct v16 x, size_t n)
{
    uint16_t h[16];

    _mm_storeu_si128((__m128i *)(void *)h,
                     _mm256_cvtps_ph(x.lo, _MM_FROUND_TO_NEAREST_INT));
    _mm_storeu_si128((__m128i *)(void *)(h + 8),
                     _mm256_cvtps_ph(x.hi, _MM_FROUND_TO_NEAREST_INT));
    memcpy(p, h, (n < 16 ? n : 16) * sizeof *p);
}

INLINE struct v16
v_load_f16(const uint16_t *p, size_t n)
{
    uint16_t h[16] = { 0 };

    if (n < 16) {
        memcpy(h, p, n * sizeof *h);
        p = h;
    }
    return v_pair(
        _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p)),
        _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(p + 8))));
}

/* Of the rows i, i + 4, i + 8, i + 12 four floats each */
INLINE struct v16
v_quads(const float *const row[16], size_t i, size_t l)
{
    __m256 lo = _mm256_castps128_ps256(_mm_loadu_ps(row[i] + l));
    __m256 hi = _mm256_castps128_ps256(_mm_loadu_ps(row[i + 8] + l));

    return v_pair(_mm256_insertf128_ps(lo, _mm_loadu_ps(row[i + 4] + l), 1),
                  _mm256_insertf128_ps(hi, _mm_loadu_ps(row[i + 12] + l), 1));
}

/* y[4, 8], 16 floats from row to row: a transposition of 4 x 4 in each half */
INLINE void
v_store_transposed(float *y, __m256 x0, __m256 x1, __m256 x2, __m256 x3)
{
    __m256 lo01 = _mm256_unpacklo_ps(x0, x1), hi01 = _mm256_unpackhi_ps(x0, x1);
    __m256 lo23 = _mm256_unpacklo_ps(x2, x3), hi23 = _mm256_unpackhi_ps(x2, x3);

    _mm256_storeu_ps(y, _mm256_shuffle_ps(lo01, lo23, 0x44));
    _mm256_storeu_ps(y + 16, _mm256_shuffle_ps(lo01, lo23, 0xee));
    _mm256_storeu_ps(y + 32, _mm256_shuffle_ps(hi01, hi23, 0x44));
    _mm256_storeu_ps(y + 48, _mm256_shuffle_ps(hi01, hi23, 0xee));
}

INLINE void
v_transpose_quads(const float *const row[16], size_t l, float *y)
{
    struct v16 x0 = v_quads(row, 0, l), x1 = v_quads(row, 1, l);
    struct v16 x2 = v_quads(row, 2, l), x3 = v_quads(row, 3, l);

    v_store_transposed(y, x0.lo, x1.lo, x2.lo, x3.lo);
    v_store_transposed(y + 8, x0.hi, x1.hi, x2.hi, x3.hi);
}

struct v16i {
    __m256i lo, hi;
};

INLINE struct v16i
vi_of(__m256i lo, __m256i hi)
{
    return (struct v16i){ lo, hi };
}

INLINE struct v16i
vi_set1(int32_t x)
{
    return vi_of(_mm256_set1_epi32(x), _mm256_set1_epi32(x));
}

INLINE struct v16i
vi_load(const int32_t *p)
{
    return vi_of(_mm256_loadu_si256((const __m256i *)(const void *)p),
                 _mm256_loadu_si256((const __m256i *)(const void *)(p + 8)));
}

INLINE void
vi_store(int32_t *p, struct v16i x)
{
    _mm256_storeu_si256((__m256i *)(void *)p, x.lo);
    _mm256_storeu_si256((__m256i *)(void *)(p + 8), x.hi);
}

INLINE struct v16i
vi_max(struct v16i x, struct v16i y)
{
    return vi_of(_mm256_max_epi32(x.lo, y.lo), _mm256_max_epi32(x.hi, y.hi));
}

INLINE int32_t
vi_hmax(struct v16i x)
{
    __m256i h = _mm256_max_epi32(x.lo, x.hi);
    __m128i q =
        _mm_max_epi32(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));

    q = _mm_max_epi32(q, _mm_shuffle_epi32(q, 0x4e));
    return _mm_cvtsi128_si32(_mm_max_epi32(q, _mm_shuffle_epi32(q, 0xb1)));
}

INLINE struct v16i
vi_abs_bits(struct v16 x)
{
    __m256i bits = _mm256_set1_epi32(0x7fffffff);

    return vi_of(_mm256_and_si256(_mm256_castps_si256(x.lo), bits),
                 _mm256_and_si256(_mm256_castps_si256(x.hi), bits));
}

INLINE struct v16
vi_float(struct v16i x)
{
    return v_pair(_mm256_cvtepi32_ps(x.lo), _mm256_cvtepi32_ps(x.hi));
}

INLINE struct v16i
vi_round(struct v16 x)
{
    return vi_of(_mm256_cvtps_epi32(x.lo), _mm256_cvtps_epi32(x.hi));
}

INLINE struct v16i
vi_pair(struct v16i lo, struct v16i hi)
{
    return vi_of(_mm256_blend_epi16(lo.lo, _mm256_slli_epi32(hi.lo, 16), 0xaa),
                 _mm256_blend_epi16(lo.hi, _mm256_slli_epi32(hi.hi, 16), 0xaa));
}

INLINE struct v16i
vi_any_pairs(struct v16i x, struct v16i y)
{
    return vi_of(_mm256_packs_epi32(x.lo, y.lo), _mm256_packs_epi32(x.hi, y.hi));
}

INLINE struct v16i
vi_half_words(struct v16i x)
{
    const __m256i zero = _mm256_setzero_si256();

    return vi_of(_mm256_avg_epu16(x.lo, zero), _mm256_avg_epu16(x.hi, zero));
}

INLINE struct v16i
vi_of_bits(struct v16 x)
{
    return vi_of(_mm256_castps_si256(x.lo), _mm256_castps_si256(x.hi));
}

INLINE struct v16
vi_to_bits(struct v16i x)
{
    return v_pair(_mm256_castsi256_ps(x.lo), _mm256_castsi256_ps(x.hi));
}

INLINE struct v16i
vi_set_words(int x)
{
    return vi_of(_mm256_set1_epi16((short)x), _mm256_set1_epi16((short)x));
}

INLINE struct v16i
vi_sub_words(struct v16i x, struct v16i y)
{
    return vi_of(_mm256_sub_epi16(x.lo, y.lo), _mm256_sub_epi16(x.hi, y.hi));
}

INLINE struct v16i
vi_high_words(struct v16i x, struct v16i y)
{
    return vi_of(_mm256_mulhi_epu16(x.lo, y.lo), _mm256_mulhi_epu16(x.hi, y.hi));
}

INLINE struct v16i
vi_left_words(struct v16i x, unsigned bits)
{
    return vi_of(_mm256_slli_epi16(x.lo, (int)bits),
                 _mm256_slli_epi16(x.hi, (int)bits));
}

INLINE struct v16i
vi_right_words(struct v16i x, unsigned bits)
{
    return vi_of(_mm256_srli_epi16(x.lo, (int)bits),
                 _mm256_srli_epi16(x.hi, (int)bits));
}

/* By products with 2^(16 - bits), whose bytes are numbers bits - 1 and bits + 7, modulo
 * 16, of a table */
INLINE struct v16i
vi_shift_words(struct v16i x, struct v16i bits)
{
    const __m256i table = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, -128, 64, 32, 16, 8, 4, 2, 1));
    const __m256i twice = _mm256_set1_epi16(0x0101), add = _mm256_set1_epi16(0x06ff);
    __m256i lo = _mm256_add_epi16(_mm256_mullo_epi16(bits.lo, twice), add);
    __m256i hi = _mm256_add_epi16(_mm256_mullo_epi16(bits.hi, twice), add);

    return vi_of(_mm256_mulhi_epu16(x.lo, _mm256_shuffle_epi8(table, lo)),
                 _mm256_mulhi_epu16(x.hi, _mm256_shuffle_epi8(table, hi)));
}

#endif
