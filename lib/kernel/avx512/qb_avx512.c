/*
 * qb_avx512.c - the matrix product with weights in blocks by VNNI, in tiles of 6 x 64
 *
 * Weights are the bytes without a sign of vpdpbusd, activations those with one. 24 sums
 * in integers, 4 registers of the chunk and 1 of a.
 */
#include <immintrin.h>
#include <string.h>

#include "kernel/kernel_fill.h"
#include "kernel/qb_tiles.h"

#define MR    6
#define NR    64
#define STEPS (QB_BLOCK / 4) /* of four inputs, in a block */

#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5)

/* ---- a chunk is taken apart ---- */

/* 64 bytes, of which the bits at p are bit `value` */
INLINE __m512i
add_bit(__m512i u, const unsigned char *p, char value)
{
    uint64_t bits;

    memcpy(&bits, p, sizeof bits);
    return _mm512_mask_add_epi8(u, _cvtu64_mask64(bits), u, _mm512_set1_epi8(value));
}

/* The u of a block at p, all four registers of each step, `bits` a constant */
INLINE void
unpack_block(unsigned bits, int levels, const unsigned char *p, uint8_t *to)
{
    const __m512i low = _mm512_set1_epi8(15);
    const unsigned char *plane = p + QB_BLOCK / 2 * NR;
    const size_t next = QB_BLOCK / 8 * NR; /* plane of bits */
    __m512i level = low;

    if (levels) {
        uint8_t sixteen[16];
        for (unsigned i = 0; i < 16; i++)
            sixteen[i] = qsplit_level(i);
        level = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)sixteen));
    }
    for (size_t s = 0; s < STEPS; s++, p += 2 * NR, to += 4 * NR)
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++, plane += 8) {
            __m512i u = _mm512_loadu_si512(p + i % 2 * 64);

            u = _mm512_and_si512(i < 2 ? u : _mm512_srli_epi16(u, 4), low);
            if (bits > 4)
                u = add_bit(u, plane, 16);
            if (bits > 5)
                u = add_bit(u, plane + next, 32);
            if (levels)
                u = _mm512_shuffle_epi8(level, u);
            _mm512_store_si512(to + 64 * i, u);
        }
}

static void
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

INLINE __m512
halves(const unsigned char *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)p));
}

/* 16 of the numbers at p, by what they are: halves, bytes to be multiplied by `super`,
 * floats */
INLINE __m512
scale(enum qsplit_scale kind, const unsigned char *p, __m512 super)
{
    if (kind == QSPLIT_F16)
        return halves(p);
    if (kind == QSPLIT_F32)
        return _mm512_loadu_ps(p);
    return _mm512_mul_ps(super, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(
                                    _mm_loadu_si128((const void *)p))));
}

/* d (which 0) or m (1) of all groups; kind and which are constants */
INLINE void
unpack_scales(enum qsplit_scale kind, const struct qsplit_form *f,
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
            super = halves(p + 2 * (which * NR + i));
        for (size_t b = 0; b < blocks; b++, block += per_block)
            for (size_t g = 0; g < groups; g++, at += NR)
                _mm512_store_ps(at, scale(kind, block + g * per_group, super));
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

static void
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

/* ---- tiles ---- */

/* sum + the four products of each lane. gcc 12 copies and spills the sums of
 * _mm512_dpbusd_epi32() in a loop: half the speed. */
INLINE __m512i
dot4(__m512i sum, __m512i w, __m512i x)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(w), "v"(x));
    return sum;
}

INLINE __m512i
broadcast4(const int8_t *p)
{
    int32_t four;

    memcpy(&four, p, sizeof four);
    return _mm512_set1_epi32(four);
}

/* A load for every register that begins with *p: copies of one register take the place
 * of products. */
INLINE __m512i
broadcast(const int32_t *p)
{
    __m512i x;

    __asm__ volatile("vpbroadcastd %1, %0" : "=v"(x) : "m"(*p));
    return x;
}

/* 16 columns of a row: what the group adds to what is at c */
INLINE void
finish(int mins, __m512i dot, float row_step, float row_sum, __m512 d, __m512 m,
       float *c)
{
    __m512 t = _mm512_mul_ps(_mm512_cvtepi32_ps(dot), d);

    if (mins)
        t = _mm512_fmadd_ps(_mm512_set1_ps(row_sum), m, t);
    _mm512_store_ps(c, _mm512_fmadd_ps(_mm512_set1_ps(row_step), t, _mm512_load_ps(c)));
}

/* Group g of the chunk, of so many steps from u on; m and mins are constants. */
INLINE void
group(size_t m, size_t steps, int mins, const struct kernel_qb *a, const int8_t *q,
      size_t g, const uint8_t *u, const struct qb_chunk *w, float *c)
{
    const __m512i zero = _mm512_setzero_si512();
    const int32_t *start = a->start + g;
    const float *step = a->step + g * steps / STEPS, *sum = a->sum + g;
    const float *d = w->d + g * NR, *min = w->m + g * NR;

#define START(r)                                                                       \
    __m512i s##r##0 = zero, s##r##1 = zero, s##r##2 = zero, s##r##3 = zero;            \
    if (m > r) {                                                                       \
        s##r##0 = broadcast(start + r * a->ld_group);                                  \
        s##r##1 = broadcast(start + r * a->ld_group);                                  \
        s##r##2 = broadcast(start + r * a->ld_group);                                  \
        s##r##3 = broadcast(start + r * a->ld_group);                                  \
    }
#define STEP(r)                                                                        \
    if (m > r) {                                                                       \
        __m512i x = broadcast4(q + r * a->ld);                                         \
        s##r##0 = dot4(s##r##0, w0, x);                                                \
        s##r##1 = dot4(s##r##1, w1, x);                                                \
        s##r##2 = dot4(s##r##2, w2, x);                                                \
        s##r##3 = dot4(s##r##3, w3, x);                                                \
    }
#define FINISH(r, i)                                                                   \
    if (m > r)                                                                         \
        finish(mins, s##r##i, step[r * a->ld_step], mins ? sum[r * a->ld_group] : 0,   \
               w_d, w_m, c + r * NR + 16 * i);
#define FINISH_COLUMN(i)                                                               \
    {                                                                                  \
        __m512 w_d = _mm512_load_ps(d + 16 * i);                                       \
        __m512 w_m = mins ? _mm512_load_ps(min + 16 * i) : w_d;                        \
        FINISH(0, i) FINISH(1, i) FINISH(2, i) FINISH(3, i) FINISH(4, i) FINISH(5, i)  \
    }
    EACH_ROW(START)
    for (size_t i = steps; i > 0; i--, q += 4, u += 4 * NR) {
        __m512i w0 = _mm512_loadu_si512(u), w1 = _mm512_loadu_si512(u + 64);
        __m512i w2 = _mm512_loadu_si512(u + 128), w3 = _mm512_loadu_si512(u + 192);
        EACH_ROW(STEP)
    }
    FINISH_COLUMN(0)
    FINISH_COLUMN(1)
    FINISH_COLUMN(2)
    FINISH_COLUMN(3)
#undef START
#undef STEP
#undef FINISH
#undef FINISH_COLUMN
}

INLINE void
groups(size_t m, int mins, const struct qsplit_form *f, const struct kernel_qb *a,
       const struct qb_chunk *w, float *c)
{
    const size_t of = f->group, per = QB_BLOCK / of;
    size_t g = 0;

    for (size_t b = 0; b < w->blocks; b++)
        for (size_t i = 0; i < per; i++, g++) {
            group(m, of / 4, mins, a, a->q + g * of, g,
                  w->u + b * w->stride + i * of * NR, w, c);
            /* gcc would copy c to the stack for the time of the loop. */
            __asm__ volatile("" ::: "memory");
        }
}

#define EACH_HEIGHT(X) X(1) X(2) X(3) X(4) X(5) X(6)

/* Each height is code of its own, with mins and without. */
static void
tile(size_t m, const struct qsplit_form *f, const struct kernel_qb *a,
     const struct qb_chunk *w, float *c)
{
    switch (m * 2 + (f->mins != 0)) {
#define HEIGHT(h)                                                                      \
    case 2 * h: groups(h, 0, f, a, w, c); break;                                       \
    case 2 * h + 1: groups(h, 1, f, a, w, c); break;
        EACH_HEIGHT(HEIGHT)
#undef HEIGHT
    }
}

static void
gemm(const struct kernel_qb *a, const struct kernel_qb_panel *w, size_t k,
     const float *bias, float *c, size_t ldc, size_t m, size_t n)
{
    qb_gemm(unpack, tile, NR, MR, a, w, k, bias, c, ldc, m, n);
}

void
qb_avx512_fill(struct kernels *k)
{
    k->qb_nr = NR;
    k->qb_mr = MR;
    k->gemm_qb = gemm;
}
