/*
 * qb_zmm.h - panels of weights in blocks taken apart, in registers of 64 bytes
 */
#ifndef KERNEL_AVX512_QB_ZMM_H
#define KERNEL_AVX512_QB_ZMM_H

#include <immintrin.h>

#include "kernel/qb_tiles.h"

#define NR    64
#define STEPS (QB_BLOCK / 4) /* of four inputs, in a block */

/* INLINE for what returns a register: the header compiles alone, too. */
#define ZMM_INLINE                                                                     \
    static inline __attribute__((                                                      \
        always_inline, target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl")))

/* How u is stored; a constant wherever it is asked for */
enum zmm_kind { ZMM_BYTES, ZMM_FOURS, ZMM_LEVELS, ZMM_FIVES, ZMM_SIXES };

INLINE enum zmm_kind
zmm_kind(const struct qsplit_form *f)
{
    return f->bits == 8   ? ZMM_BYTES
           : f->bits == 5 ? ZMM_FIVES
           : f->bits == 6 ? ZMM_SIXES
           : f->levels    ? ZMM_LEVELS
                          : ZMM_FOURS;
}

/* Where the next step's u are: bytes or halves of them, and the fifth and sixth bits */
struct zmm_source {
    const unsigned char *u, *bit;
    __m512i level; /* of IQ4_NL */
};

/* The u of a block, which begin at p */
INLINE void
zmm_source(enum zmm_kind kind, const unsigned char *p, struct zmm_source *s)
{
    uint8_t sixteen[16];

    s->u = p;
    s->bit = p + QB_BLOCK / 2 * NR;
    if (kind != ZMM_LEVELS)
        return;
    for (unsigned i = 0; i < 16; i++)
        sixteen[i] = qsplit_level(i);
    s->level = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)sixteen));
}

/* 64 bytes, of which the bits at p are bit `value` */
ZMM_INLINE __m512i
zmm_add_bit(__m512i u, const unsigned char *p, char value)
{
    uint64_t bits;

    memcpy(&bits, p, sizeof bits);
    return _mm512_mask_add_epi8(u, _cvtu64_mask64(bits), u, _mm512_set1_epi8(value));
}

/* 16 columns of a step, i from 0 to 3 */
ZMM_INLINE __m512i
zmm_take(enum zmm_kind kind, const struct zmm_source *s, size_t i)
{
    __m512i u;

    if (kind == ZMM_BYTES)
        return _mm512_loadu_si512(s->u + 64 * i);
    u = _mm512_loadu_si512(s->u + i % 2 * 64);
    u = _mm512_and_si512(i < 2 ? u : _mm512_srli_epi16(u, 4), _mm512_set1_epi8(15));
    if (kind == ZMM_LEVELS)
        u = _mm512_shuffle_epi8(s->level, u);
    if (kind == ZMM_FIVES || kind == ZMM_SIXES)
        u = zmm_add_bit(u, s->bit + 8 * i, 16);
    if (kind == ZMM_SIXES)
        u = zmm_add_bit(u, s->bit + QB_BLOCK / 8 * NR + 8 * i, 32);
    return u;
}

/* On to the next step */
INLINE void
zmm_next(enum zmm_kind kind, struct zmm_source *s)
{
    s->u += kind == ZMM_BYTES ? 4 * NR : 2 * NR;
    s->bit += NR / 2;
}

ZMM_INLINE __m512
zmm_halves(const unsigned char *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)p));
}

/* 16 of the numbers at p, by what they are: halves, bytes to be multiplied by `super`,
 * floats */
ZMM_INLINE __m512
zmm_scale(enum qsplit_scale kind, const unsigned char *p, __m512 super)
{
    if (kind == QSPLIT_F16)
        return zmm_halves(p);
    if (kind == QSPLIT_F32)
        return _mm512_loadu_ps(p);
    return _mm512_mul_ps(super, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(
                                    _mm_loadu_si128((const void *)p))));
}

/* ---- a chunk ---- */

INLINE void
zmm_unpack_u(enum zmm_kind kind, const unsigned char *p, size_t stride,
             struct qb_chunk *to)
{
    to->u = to->room;
    to->stride = (size_t)QB_BLOCK * NR;
    for (size_t b = 0; b < to->blocks; b++, p += stride) {
        uint8_t *u = to->room + b * to->stride;
        struct zmm_source s = { 0 };

        zmm_source(kind, p, &s);
        for (size_t i = 0; i < STEPS; i++, u += 4 * NR) {
            _mm512_store_si512(u, zmm_take(kind, &s, 0));
            _mm512_store_si512(u + 64, zmm_take(kind, &s, 1));
            _mm512_store_si512(u + 128, zmm_take(kind, &s, 2));
            _mm512_store_si512(u + 192, zmm_take(kind, &s, 3));
            zmm_next(kind, &s);
        }
    }
}

/* d (which 0) or m (1) of all groups; kind and which are constants */
INLINE void
zmm_unpack_scales(enum qsplit_scale kind, const struct qsplit_form *f,
                  const unsigned char *p, size_t which, size_t blocks, float *to)
{
    const size_t each = qb_scale_bytes(f), groups = QB_BLOCK / f->group;
    const size_t per_group = qb_group_bytes(f, NR), per_block = qb_block_bytes(f, NR);
    const unsigned char *first = p + qb_head_bytes(f, NR) + which * NR * each;

#pragma GCC unroll 4
    for (size_t i = 0; i < NR; i += 16) {
        const unsigned char *block = first + i * each;
        __m512 super = _mm512_setzero_ps();
        float *at = to + i;

        if (kind == QSPLIT_SUPER)
            super = zmm_halves(p + 2 * (which * NR + i));
        for (size_t b = 0; b < blocks; b++, block += per_block)
            for (size_t g = 0; g < groups; g++, at += NR)
                _mm512_store_ps(at, zmm_scale(kind, block + g * per_group, super));
    }
}

INLINE void
zmm_unpack_scale(enum qsplit_scale kind, const struct qsplit_form *f,
                 const unsigned char *p, struct qb_chunk *to)
{
    zmm_unpack_scales(kind, f, p, 0, to->blocks, to->d);
    if (f->mins)
        zmm_unpack_scales(kind, f, p, 1, to->blocks, to->m);
}

INLINE void
zmm_unpack(const struct qsplit_form *f, const unsigned char *p, struct qb_chunk *to)
{
    const unsigned char *u = p + qb_head_bytes(f, NR) + qb_scales_bytes(f, NR);
    size_t stride = qb_block_bytes(f, NR);

    switch (f->scale) {
    case QSPLIT_F16: zmm_unpack_scale(QSPLIT_F16, f, p, to); break;
    case QSPLIT_SUPER: zmm_unpack_scale(QSPLIT_SUPER, f, p, to); break;
    default: zmm_unpack_scale(QSPLIT_F32, f, p, to); break;
    }
    switch (zmm_kind(f)) {
    case ZMM_BYTES:
        to->u = u;
        to->stride = stride;
        break;
    case ZMM_FOURS: zmm_unpack_u(ZMM_FOURS, u, stride, to); break;
    case ZMM_LEVELS: zmm_unpack_u(ZMM_LEVELS, u, stride, to); break;
    case ZMM_FIVES: zmm_unpack_u(ZMM_FIVES, u, stride, to); break;
    case ZMM_SIXES: zmm_unpack_u(ZMM_SIXES, u, stride, to); break;
    }
}

#endif
