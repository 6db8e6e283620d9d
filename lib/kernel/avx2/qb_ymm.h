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

/* How u is stored; a constant wherever it is asked for */
enum ymm_kind { YMM_BYTES, YMM_FOURS, YMM_LEVELS, YMM_FIVES, YMM_SIXES };

INLINE enum ymm_kind
ymm_kind(const struct qsplit_form *f)
{
    return f->bits == 8   ? YMM_BYTES
           : f->bits == 5 ? YMM_FIVES
           : f->bits == 6 ? YMM_SIXES
           : f->levels    ? YMM_LEVELS
                          : YMM_FOURS;
}

/* Where the next step's u are: bytes or halves of them, and the fifth and sixth bits */
struct ymm_source {
    const unsigned char *u, *bit;
    __m256i level; /* of IQ4_NL */
};

/* The u of a block, which begin at p */
INLINE void
ymm_source(enum ymm_kind kind, const unsigned char *p, struct ymm_source *s)
{
    uint8_t sixteen[16];

    s->u = p;
    s->bit = p + QB_BLOCK / 2 * NR;
    if (kind != YMM_LEVELS)
        return;
    for (unsigned i = 0; i < 16; i++)
        sixteen[i] = qsplit_level(i);
    s->level = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)sixteen));
}

/* 32 bytes, of which the bits at p are bit `value` */
YMM_INLINE __m256i
ymm_add_bit(__m256i u, const unsigned char *p, char value)
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

/* 8 columns of a step, i 0 or 1 */
YMM_INLINE __m256i
ymm_take(enum ymm_kind kind, const struct ymm_source *s, size_t i)
{
    __m256i u;

    if (kind == YMM_BYTES)
        return ymm_load(s->u + 32 * i);
    u = ymm_load(s->u);
    u = _mm256_and_si256(i == 0 ? u : _mm256_srli_epi16(u, 4), _mm256_set1_epi8(15));
    if (kind == YMM_LEVELS)
        u = _mm256_shuffle_epi8(s->level, u);
    if (kind == YMM_FIVES || kind == YMM_SIXES)
        u = ymm_add_bit(u, s->bit + 4 * i, 16);
    if (kind == YMM_SIXES)
        u = ymm_add_bit(u, s->bit + QB_BLOCK / 8 * NR + 4 * i, 32);
    return u;
}

/* On to the next step */
INLINE void
ymm_next(enum ymm_kind kind, struct ymm_source *s)
{
    s->u += kind == YMM_BYTES ? 4 * NR : 2 * NR;
    s->bit += NR / 2;
}

YMM_INLINE __m256
ymm_halves(const unsigned char *p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const void *)p));
}

/* 8 of the numbers at p, by what they are: halves, bytes to be multiplied by `super`,
 * floats */
YMM_INLINE __m256
ymm_scale(enum qsplit_scale kind, const unsigned char *p, __m256 super)
{
    if (kind == QSPLIT_F16)
        return ymm_halves(p);
    if (kind == QSPLIT_F32)
        return _mm256_loadu_ps((const float *)(const void *)p);
    return _mm256_mul_ps(super, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(
                                    _mm_loadl_epi64((const void *)p))));
}

/* ---- a chunk ---- */

INLINE void
ymm_unpack_u(enum ymm_kind kind, const unsigned char *p, size_t stride,
             struct qb_chunk *to)
{
    to->u = to->room;
    to->stride = (size_t)QB_BLOCK * NR;
    for (size_t b = 0; b < to->blocks; b++, p += stride) {
        __m256i *u = (__m256i *)(void *)(to->room + b * to->stride);
        struct ymm_source s = { 0 };

        ymm_source(kind, p, &s);
        for (size_t i = 0; i < STEPS; i++, u += 2) {
            _mm256_store_si256(u, ymm_take(kind, &s, 0));
            _mm256_store_si256(u + 1, ymm_take(kind, &s, 1));
            ymm_next(kind, &s);
        }
    }
}

/* d (which 0) or m (1) of all groups; kind and which are constants */
INLINE void
ymm_unpack_scales(enum qsplit_scale kind, const struct qsplit_form *f,
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
            super = ymm_halves(p + 2 * (which * NR + i));
        for (size_t b = 0; b < blocks; b++, block += per_block)
            for (size_t g = 0; g < groups; g++, at += NR)
                _mm256_store_ps(at, ymm_scale(kind, block + g * per_group, super));
    }
}

INLINE void
ymm_unpack_scale(enum qsplit_scale kind, const struct qsplit_form *f,
                 const unsigned char *p, struct qb_chunk *to)
{
    ymm_unpack_scales(kind, f, p, 0, to->blocks, to->d);
    if (f->mins)
        ymm_unpack_scales(kind, f, p, 1, to->blocks, to->m);
}

INLINE void
ymm_unpack(const struct qsplit_form *f, const unsigned char *p, struct qb_chunk *to)
{
    const unsigned char *u = p + qb_head_bytes(f, NR) + qb_scales_bytes(f, NR);
    size_t stride = qb_block_bytes(f, NR);

    switch (f->scale) {
    case QSPLIT_F16: ymm_unpack_scale(QSPLIT_F16, f, p, to); break;
    case QSPLIT_SUPER: ymm_unpack_scale(QSPLIT_SUPER, f, p, to); break;
    default: ymm_unpack_scale(QSPLIT_F32, f, p, to); break;
    }
    switch (ymm_kind(f)) {
    case YMM_BYTES:
        to->u = u;
        to->stride = stride;
        break;
    case YMM_FOURS: ymm_unpack_u(YMM_FOURS, u, stride, to); break;
    case YMM_LEVELS: ymm_unpack_u(YMM_LEVELS, u, stride, to); break;
    case YMM_FIVES: ymm_unpack_u(YMM_FIVES, u, stride, to); break;
    case YMM_SIXES: ymm_unpack_u(YMM_SIXES, u, stride, to); break;
    }
}

/* ---- tiles ---- */

/* 8 columns of a row: what a group adds to what is at c, with the group's d and m */
INLINE void
ymm_finish_qb(int mins, __m256i dot, float row_step, float row_sum, __m256 d, __m256 m,
              float *c)
{
    __m256 t = _mm256_mul_ps(_mm256_cvtepi32_ps(dot), d);

    if (mins)
        t = _mm256_fmadd_ps(_mm256_set1_ps(row_sum), m, t);
    _mm256_store_ps(c, _mm256_fmadd_ps(_mm256_set1_ps(row_step), t, _mm256_load_ps(c)));
}

/* The same for a wide row, from its sums with high and with low bytes, but for its
 * step */
INLINE void
ymm_finish_wide(int mins, __m256i high, __m256i low, float row_sum, __m256 d, __m256 m,
                float *c)
{
    __m256i dot = _mm256_add_epi32(_mm256_slli_epi32(high, 8), low);
    __m256 t = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), d, _mm256_load_ps(c));

    if (mins)
        t = _mm256_fmadd_ps(_mm256_set1_ps(row_sum), m, t);
    _mm256_store_ps(c, t);
}

/* c [m, NR] += step of each row * sum [m, NR] */
INLINE void
ymm_end_wide(size_t m, const struct kernel_qb *a, size_t chunk, const float *sum,
             float *c)
{
    for (size_t r = 0; r < m; r++) {
        const __m256 step = _mm256_set1_ps(a->step[r * a->ld_step + chunk]);

        for (size_t i = r * NR; i < (r + 1) * NR; i += 8)
            _mm256_store_ps(c + i, _mm256_fmadd_ps(step, _mm256_load_ps(sum + i),
                                                   _mm256_load_ps(c + i)));
    }
}

/* A group of a chunk: its number, and where it begins. Rows are those of q: 2r and 2r +
 * 1 are the high and the low bytes of a wide one. */
struct ymm_group {
    const struct kernel_qb *a;
    const struct qb_chunk *w;
    const int8_t *q;
    const uint8_t *u;
    size_t g, steps; /* of four inputs */
    int wide;        /* a constant */
};

/* Rows begin with start, where u has a zero: of wide ones those of low bytes. */
YMM_INLINE __m256i
group_start(const struct ymm_group *t, size_t r)
{
    if (t->wide && r % 2 == 0)
        return _mm256_setzero_si256();
    return _mm256_set1_epi32(
        t->a->start[(t->wide ? r / 2 : r) * t->a->ld_group + t->g]);
}

/* All 16 columns of row r */
INLINE void
group_finish(int mins, const struct ymm_group *t, size_t r, __m256i lo, __m256i hi,
             float *c)
{
    float step = t->a->step[r * t->a->ld_step + t->g * t->steps / STEPS];
    float sum = mins ? t->a->sum[r * t->a->ld_group + t->g] : 0;
    const float *d = t->w->d + t->g * NR, *m = t->w->m + t->g * NR;

    ymm_finish_qb(mins, lo, step, sum, _mm256_load_ps(d), _mm256_load_ps(m),
                  c + r * NR);
    ymm_finish_qb(mins, hi, step, sum, _mm256_load_ps(d + 8), _mm256_load_ps(m + 8),
                  c + r * NR + 8);
}

/* Of wide row r, from the sums with its high bytes, and with its low ones */
INLINE void
group_finish_wide(int mins, const struct ymm_group *t, size_t r, __m256i lo, __m256i hi,
                  __m256i low_lo, __m256i low_hi, float *c)
{
    float sum = mins ? t->a->sum[r * t->a->ld_group + t->g] : 0;
    const float *d = t->w->d + t->g * NR, *m = t->w->m + t->g * NR;

    ymm_finish_wide(mins, lo, low_lo, sum, _mm256_load_ps(d), _mm256_load_ps(m),
                    c + r * NR);
    ymm_finish_wide(mins, hi, low_hi, sum, _mm256_load_ps(d + 8), _mm256_load_ps(m + 8),
                    c + r * NR + 8);
}

/* Rows of q have sums lo##r and hi##r, of the first eight columns and the others; m,
 * mins and t are there, m is even when wide. */
#define GROUP_FINISH(r)                                                                \
    if (!t->wide && m > r)                                                             \
        group_finish(mins, t, r, lo##r, hi##r, c);
#define GROUP_FINISH_WIDE(r, low)                                                      \
    if (t->wide && m > r)                                                              \
        group_finish_wide(mins, t, r / 2, lo##r, hi##r, lo##low, hi##low, c);

typedef void ymm_multiply(size_t m, int mins, const struct ymm_group *t, float *c);

#define YMM_MOST_WIDE 3 /* wide rows of a tile */

/* All groups of a chunk for m rows of q; m, wide and mins are constants. */
INLINE void
ymm_groups(ymm_multiply *multiply, size_t m, int wide, int mins,
           const struct qsplit_form *f, const struct kernel_qb *a,
           const struct qb_chunk *w, float *c)
{
    float sum[YMM_MOST_WIDE * NR] __attribute__((aligned(32)));
    size_t per = QB_BLOCK / f->group;
    struct ymm_group t = {
        .a = a, .w = w, .q = a->q, .steps = f->group / 4, .wide = wide
    };

    if (wide)
        memset(sum, 0, m / 2 * NR * sizeof *sum);
    for (size_t b = 0; b < w->blocks; b++)
        for (size_t i = 0; i < per; i++, t.g++, t.q += f->group) {
            t.u = w->u + b * w->stride + i * f->group * NR;
            multiply(m, mins, &t, wide ? sum : c);
        }
    if (wide)
        ymm_end_wide(m / 2, a, 0, sum, c);
}

/* Each height is code of its own, with mins and without, wide or not: cases of a switch
 * over all three */
#define YMM_TALL(m, f, wide)                                                           \
    (((m) + ((wide) ? (m) : 0)) * 4 + ((wide) != 0) * 2 + ((f)->mins != 0))
#define YMM_CASES(multiply, h)                                                         \
    case 4 * h: ymm_groups(multiply, h, 0, 0, f, a, w, c); break;                      \
    case 4 * h + 1:                                                                    \
        ymm_groups(multiply, h, 0, 1, f, a, w, c);                                     \
        break;
#define YMM_WIDE_CASES(multiply, h)                                                    \
    case 4 * h + 2: ymm_groups(multiply, h, 1, 0, f, a, w, c); break;                  \
    case 4 * h + 3: ymm_groups(multiply, h, 1, 1, f, a, w, c); break;

/* ---- few rows, straight from the panel ---- */

/* They wait for memory, so it is read from one end to the other, once, and nothing is
 * written. A level has the sum of a step: kind is a constant, start what sums of
 * weights that are not signed begin with. */
#define YMM_FEW   2
#define YMM_AHEAD 4096 /* bytes that memory is asked for in advance */

/* A block: its first byte, that of its chunk, and its number */
struct ymm_few {
    const struct kernel_qb *a;
    const struct qsplit_form *f;
    const unsigned char *block, *chunk;
    size_t b;
};

/* d (which 0) or m (1) of 8 columns from j on, in group g of the block */
YMM_INLINE __m256
ymm_few_scale(const struct ymm_few *t, size_t g, size_t which, size_t j)
{
    const size_t each = qb_scale_bytes(t->f);
    const unsigned char *p =
        t->block + g * qb_group_bytes(t->f, NR) + (which * NR + j) * each;

    if (t->f->scale == QSPLIT_F16)
        return ymm_scale(QSPLIT_F16, p, _mm256_setzero_ps());
    if (t->f->scale == QSPLIT_F32)
        return ymm_scale(QSPLIT_F32, p, _mm256_setzero_ps());
    return ymm_scale(QSPLIT_SUPER, p, ymm_halves(t->chunk + 2 * (which * NR + j)));
}

/* sum + the four products of each lane */
typedef void ymm_dot(enum ymm_kind kind, __m256i *sum, __m256i w, __m256i x);

/* Group g of the block, whose u are the next steps of s, for m rows of q; m, wide and
 * kind are constants. */
INLINE void
ymm_few_group(ymm_dot *dot, int is_signed, size_t m, int wide, enum ymm_kind kind,
              const struct ymm_few *t, size_t g, struct ymm_source *s, float *c)
{
    const struct kernel_qb *a = t->a;
    const size_t of = t->f->group, at = t->b * (QB_BLOCK / of) + g;
    const int8_t *q = a->q + at * of;
    __m256i sum[YMM_FEW][2];

#pragma GCC unroll 2
    for (size_t r = 0; r < m; r++)
        sum[r][0] = sum[r][1] =
            _mm256_set1_epi32(is_signed || (wide && r == 0)
                                  ? 0
                                  : a->start[(wide ? 0 : r) * a->ld_group + at]);
    for (size_t i = of / 4; i > 0; i--, q += 4) {
        __m256i w0 = ymm_take(kind, s, 0), w1 = ymm_take(kind, s, 1);

#pragma GCC unroll 2
        for (size_t r = 0; r < m; r++) {
            __m256i x = ymm_four(q + r * a->ld);
            dot(kind, &sum[r][0], w0, x);
            dot(kind, &sum[r][1], w1, x);
        }
        ymm_next(kind, s);
    }
#pragma GCC unroll 2
    for (size_t j = 0; j < 2; j++) {
        __m256 w_d = ymm_few_scale(t, g, 0, 8 * j), w_m = w_d;

        if (t->f->mins)
            w_m = ymm_few_scale(t, g, 1, 8 * j);
        if (wide)
            ymm_finish_wide(t->f->mins, sum[0][j], sum[1][j], a->sum[at], w_d, w_m,
                            c + 8 * j);
#pragma GCC unroll 2
        for (size_t r = 0; !wide && r < m; r++)
            ymm_finish_qb(t->f->mins, sum[r][j], a->step[r * a->ld_step + t->b],
                          a->sum[r * a->ld_group + at], w_d, w_m, c + r * NR + 8 * j);
    }
}

/* c [m, NR] += the first rows of a times the panel: m rows of q, which are one of a
 * that is wide */
INLINE void
ymm_few_rows(ymm_dot *dot, int is_signed, size_t m, int wide, enum ymm_kind kind,
             const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k,
             float *c)
{
    const struct qsplit_form form = *w->form;
    const size_t head = qb_head_bytes(&form, NR), block = qb_block_bytes(&form, NR);
    const size_t scales = qb_scales_bytes(&form, NR), per = QB_CHUNK / QB_BLOCK;
    float sum[NR] __attribute__((aligned(32)));
    struct ymm_few t = { .a = a, .f = &form, .block = w->p };
    struct ymm_source s = { 0 };

    for (size_t blocks = k / QB_BLOCK; t.b < blocks; t.block += block) {
        if (t.b % per == 0) {
            t.chunk = t.block;
            t.block += head;
            memset(sum, 0, sizeof sum);
        }
        ymm_source(kind, t.block + scales, &s);
        for (size_t i = 0; i < block; i += 64)
            _mm_prefetch((const char *)t.block + YMM_AHEAD + i, _MM_HINT_T0);
        for (size_t g = 0; g < QB_BLOCK / form.group; g++)
            ymm_few_group(dot, is_signed, m, wide, kind, &t, g, &s, wide ? sum : c);
        t.b++;
        if (wide && (t.b % per == 0 || t.b == blocks))
            ymm_end_wide(1, a, (t.b - 1) / per, sum, c);
    }
}

/* The whole product for m <= YMM_FEW rows, or one that is wide */
INLINE void
ymm_few(ymm_dot *dot, int is_signed, enum ymm_kind kind, const struct kernel_qb *a,
        const struct kernel_qb_panel *w, size_t k, const float *bias, float *c,
        size_t ldc, size_t m, size_t n)
{
    float sum[YMM_FEW * NR] __attribute__((aligned(64)));

    qb_begin(sum, NR, bias, m, n);
    if (a->wide && m == 1)
        ymm_few_rows(dot, is_signed, 2, 1, kind, a, w, k, sum);
    else if (m == 1)
        ymm_few_rows(dot, is_signed, 1, 0, kind, a, w, k, sum);
    else if (m == 2)
        ymm_few_rows(dot, is_signed, 2, 0, kind, a, w, k, sum);
    qb_end(sum, NR, c, ldc, m, n);
}

#endif
