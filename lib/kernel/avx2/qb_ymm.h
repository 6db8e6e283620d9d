/*
 * qb_ymm.h - products with weights in blocks where registers have 32 bytes
 *
 * Panels are two registers wide. How a chunk is taken apart, and how sums of integers
 * become floats; a level has its own way to multiply.
 */
#ifndef KERNEL_AVX2_QB_YMM_H
#define KERNEL_AVX2_QB_YMM_H

#include <immintrin.h>

#include "kernel/qb_tiles.h"

#define NR    16
#define STEPS (QB_BLOCK / 4) /* of four inputs, in a block */

/* INLINE for what returns a register: the header compiles alone, too. */
#define YMM_INLINE static inline __attribute__((always_inline, target("avx2,fma,f16c")))

YMM_INLINE __m256i
ymm_load(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

/* Four inputs of a row, to be multiplied by those of eight columns */
YMM_INLINE __m256i
ymm_four(const int8_t *p)
{
    int32_t four;

    memcpy(&four, p, sizeof four);
    return _mm256_set1_epi32(four);
}

/* 32 bytes, of which the bits at p are bit `value` */
YMM_INLINE __m256i
add_bit(__m256i u, const unsigned char *p, char value)
{
    const __m256i byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202,
                                            0x0303030303030303);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    int32_t bits;
    __m256i x;

    memcpy(&bits, p, sizeof bits);
    x = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), byte);
    x = _mm256_cmpeq_epi8(_mm256_and_si256(x, bit), bit);
    return _mm256_or_si256(u, _mm256_and_si256(x, _mm256_set1_epi8(value)));
}

/* The u of a block at p, both registers of each step, `bits` a constant */
INLINE void
unpack_block(unsigned bits, int levels, const unsigned char *p, uint8_t *to)
{
    const __m256i low = _mm256_set1_epi8(15);
    const unsigned char *plane = p + QB_BLOCK / 2 * NR;
    const size_t next = QB_BLOCK / 8 * NR; /* plane of bits */
    __m256i level = low;

    if (levels) {
        uint8_t sixteen[16];
        for (unsigned i = 0; i < 16; i++)
            sixteen[i] = qsplit_level(i);
        level = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)sixteen));
    }
    for (size_t s = 0; s < STEPS; s++, p += 2 * NR, to += 4 * NR)
#pragma GCC unroll 2
        for (size_t i = 0; i < 2; i++, plane += 4) {
            __m256i u = ymm_load(p);

            u = _mm256_and_si256(i < 1 ? u : _mm256_srli_epi16(u, 4), low);
            if (bits > 4)
                u = add_bit(u, plane, 16);
            if (bits > 5)
                u = add_bit(u, plane + next, 32);
            if (levels)
                u = _mm256_shuffle_epi8(level, u);
            _mm256_store_si256((__m256i *)(void *)(to + 32 * i), u);
        }
}

INLINE void
unpack_u(const struct qsplit_form *f, const unsigned char *p, size_t stride,
         struct qb_chunk *to)
{
    to->u = to->room;
    to->stride = (size_t)QB_BLOCK * NR;
    for (size_t b = 0; b < to->blocks; b++, p += stride) {
        uint8_t *u = to->room + b * to->stride;

        if (f->bits == 4 && !f->levels)
            unpack_block(4, 0, p, u);
        else if (f->bits == 4)
            unpack_block(4, 1, p, u);
        else if (f->bits == 5)
            unpack_block(5, 0, p, u);
        else
            unpack_block(6, 0, p, u);
    }
}

YMM_INLINE __m256
halves(const unsigned char *p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const void *)p));
}

/* 8 of the numbers at p, by what they are: halves, bytes to be multiplied by `super`,
 * floats */
YMM_INLINE __m256
scale(enum qsplit_scale kind, const unsigned char *p, __m256 super)
{
    if (kind == QSPLIT_F16)
        return halves(p);
    if (kind == QSPLIT_F32)
        return _mm256_loadu_ps((const float *)(const void *)p);
    return _mm256_mul_ps(super, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(
                                    _mm_loadl_epi64((const void *)p))));
}

/* d (which 0) or m (1) of all groups; kind and which are constants */
INLINE void
unpack_scales(enum qsplit_scale kind, const struct qsplit_form *f,
              const unsigned char *p, size_t which, size_t blocks, float *to)
{
    const size_t each = qb_scale_bytes(f), groups = QB_BLOCK / f->group;
    const size_t per_group = qb_group_bytes(f, NR), per_block = qb_block_bytes(f, NR);
    const unsigned char *first = p + qb_head_bytes(f, NR) + which * NR * each;

    for (size_t i = 0; i < NR; i += 8) {
        const unsigned char *block = first + i * each;
        __m256 super = _mm256_setzero_ps();
        float *at = to + i;

        if (kind == QSPLIT_SUPER)
            super = halves(p + 2 * (which * NR + i));
        for (size_t b = 0; b < blocks; b++, block += per_block)
            for (size_t g = 0; g < groups; g++, at += NR)
                _mm256_store_ps(at, scale(kind, block + g * per_group, super));
    }
}

INLINE void
unpack_kind(enum qsplit_scale kind, const struct qsplit_form *f, const unsigned char *p,
            struct qb_chunk *to)
{
    unpack_scales(kind, f, p, 0, to->blocks, to->d);
    if (f->mins)
        unpack_scales(kind, f, p, 1, to->blocks, to->m);
}

INLINE void
unpack(const struct qsplit_form *f, const unsigned char *p, struct qb_chunk *to)
{
    const unsigned char *u = p + qb_head_bytes(f, NR) + qb_scales_bytes(f, NR);
    size_t stride = qb_block_bytes(f, NR);

    switch (f->scale) {
    case QSPLIT_F16: unpack_kind(QSPLIT_F16, f, p, to); break;
    case QSPLIT_SUPER: unpack_kind(QSPLIT_SUPER, f, p, to); break;
    default: unpack_kind(QSPLIT_F32, f, p, to); break;
    }
    if (f->bits == 8) {
        to->u = u;
        to->stride = stride;
    } else {
        unpack_u(f, u, stride, to);
    }
}

/* 8 columns of a row: what a group adds to what is at c; mins a constant, d and m the
 * group's */
INLINE void
finish(int mins, __m256i dot, float row_step, float row_sum, const float *d,
       const float *m, float *c)
{
    __m256 t = _mm256_mul_ps(_mm256_cvtepi32_ps(dot), _mm256_load_ps(d));

    if (mins)
        t = _mm256_fmadd_ps(_mm256_set1_ps(row_sum), _mm256_load_ps(m), t);
    _mm256_store_ps(c, _mm256_fmadd_ps(_mm256_set1_ps(row_step), t, _mm256_load_ps(c)));
}

/* A group of a chunk: its number, and where it begins */
struct ymm_group {
    const struct kernel_qb *a;
    const struct qb_chunk *w;
    const int8_t *q;
    const uint8_t *u;
    size_t g, steps; /* of four inputs */
};

/* Rows begin with start, where u has a zero. */
YMM_INLINE __m256i
group_start(const struct ymm_group *t, size_t r)
{
    return _mm256_set1_epi32(t->a->start[r * t->a->ld_group + t->g]);
}

/* All 16 columns of row r */
INLINE void
group_finish(int mins, const struct ymm_group *t, size_t r, __m256i lo, __m256i hi,
             float *c)
{
    float step = t->a->step[r * t->a->ld_step + t->g * t->steps / STEPS];
    float sum = mins ? t->a->sum[r * t->a->ld_group + t->g] : 0;
    const float *d = t->w->d + t->g * NR, *m = t->w->m + t->g * NR;

    finish(mins, lo, step, sum, d, m, c + r * NR);
    finish(mins, hi, step, sum, d + 8, m + 8, c + r * NR + 8);
}

typedef void ymm_multiply(size_t m, int mins, const struct ymm_group *t, float *c);

/* All groups of a chunk; m and mins are constants. */
INLINE void
ymm_groups(ymm_multiply *multiply, size_t m, int mins, const struct qsplit_form *f,
           const struct kernel_qb *a, const struct qb_chunk *w, float *c)
{
    size_t per = QB_BLOCK / f->group;
    struct ymm_group t = { .a = a, .w = w, .q = a->q, .steps = f->group / 4 };

    for (size_t b = 0; b < w->blocks; b++)
        for (size_t i = 0; i < per; i++, t.g++, t.q += f->group) {
            t.u = w->u + b * w->stride + i * f->group * NR;
            multiply(m, mins, &t, c);
        }
}

/* Each height is code of its own, with mins and without: cases of a switch over both */
#define YMM_TALL(m, f) ((m)*2 + ((f)->mins != 0))
#define YMM_CASES(multiply, h)                                                         \
    case 2 * h: ymm_groups(multiply, h, 0, f, a, w, c); break;                         \
    case 2 * h + 1:                                                                    \
        ymm_groups(multiply, h, 1, f, a, w, c);                                        \
        break;

#endif
