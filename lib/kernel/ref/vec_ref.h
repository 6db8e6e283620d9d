/*
 * vec_ref.h - 16 floats in portable C: what the vectors of every level mean
 *
 * vec_LEVEL.h of the other levels has the same operations with the same results, lane
 * by lane and bit by bit (NaN payloads apart); rows_body.h is written in terms of them.
 * Every operation is exact or rounded once, to nearest. All vec_LEVEL.h have one
 * include guard: the first one that a file includes is the one that it gets.
 */
#ifndef KERNEL_VEC_H
#define KERNEL_VEC_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel/inline.h"
#include "quant/half.h"

struct v16 {
    float f[16];
};

/* A vector is a loop here; loops of vectors unrolled compile for a minute. */
#define UNROLL(n)

#define EACH_LANE for (size_t i = 0; i < 16; i++)

static inline struct v16
v_set1(float x)
{
    struct v16 r;

    EACH_LANE r.f[i] = x;
    return r;
}

/* The first n lanes (all, when n >= 16) from p, the others are `fill`. Reads no more.
 */
static inline struct v16
v_load_n(const float *p, size_t n, float fill)
{
    struct v16 r;

    EACH_LANE r.f[i] = i < n ? p[i] : fill;
    return r;
}

/* The first n lanes to p. Writes no more. */
static inline void
v_store_n(float *p, struct v16 x, size_t n)
{
    memcpy(p, x.f, (n < 16 ? n : 16) * sizeof *p);
}

/* Lanes from n on become +0. */
static inline struct v16
v_keep(struct v16 x, size_t n)
{
    EACH_LANE x.f[i] = i < n ? x.f[i] : 0.0f;
    return x;
}

static inline struct v16
v_add(struct v16 x, struct v16 y)
{
    EACH_LANE x.f[i] += y.f[i];
    return x;
}

static inline struct v16
v_sub(struct v16 x, struct v16 y)
{
    EACH_LANE x.f[i] -= y.f[i];
    return x;
}

static inline struct v16
v_mul(struct v16 x, struct v16 y)
{
    EACH_LANE x.f[i] *= y.f[i];
    return x;
}

static inline struct v16
v_div(struct v16 x, struct v16 y)
{
    EACH_LANE x.f[i] /= y.f[i];
    return x;
}

/* x * y + z, rounded once */
static inline struct v16
v_fma(struct v16 x, struct v16 y, struct v16 z)
{
    EACH_LANE x.f[i] = fmaf(x.f[i], y.f[i], z.f[i]);
    return x;
}

/* x < y ? x : y: the second where one is NaN, or for two zeros */
static inline struct v16
v_min(struct v16 x, struct v16 y)
{
    EACH_LANE x.f[i] = x.f[i] < y.f[i] ? x.f[i] : y.f[i];
    return x;
}

/* x > y ? x : y */
static inline struct v16
v_max(struct v16 x, struct v16 y)
{
    EACH_LANE x.f[i] = x.f[i] > y.f[i] ? x.f[i] : y.f[i];
    return x;
}

/* a <= b ? x : y: the second where one of a, b is NaN */
static inline struct v16
v_if_le(struct v16 a, struct v16 b, struct v16 x, struct v16 y)
{
    EACH_LANE x.f[i] = a.f[i] <= b.f[i] ? x.f[i] : y.f[i];
    return x;
}

static inline struct v16
v_abs(struct v16 x)
{
    EACH_LANE x.f[i] = fabsf(x.f[i]);
    return x;
}

/* min(|x|, y) for y >= 0; for a NaN y or NaN */
static inline struct v16
v_min_abs(struct v16 x, struct v16 y)
{
    EACH_LANE x.f[i] = fabsf(x.f[i]) < y.f[i] ? fabsf(x.f[i]) : y.f[i];
    return x;
}

/* x >= 0 with the sign of s */
static inline struct v16
v_copysign(struct v16 x, struct v16 s)
{
    EACH_LANE x.f[i] = copysignf(x.f[i], s.f[i]);
    return x;
}

/* x with the integer in the low bits of t added to its exponent */
static inline struct v16
v_add_exponent(struct v16 x, struct v16 t)
{
    uint32_t bits[16], add[16];

    memcpy(bits, &x, sizeof bits);
    memcpy(add, &t, sizeof add);
    EACH_LANE bits[i] += add[i] << 23;
    memcpy(&x, bits, sizeof bits);
    return x;
}

/* The first n lanes, `fill` in the others */
static inline struct v16
v_first_or(struct v16 x, size_t n, float fill)
{
    EACH_LANE x.f[i] = i < n ? x.f[i] : fill;
    return x;
}

/* The first lane */
static inline float
v_first(struct v16 x)
{
    return x.f[0];
}

static inline int
v_any_nan(struct v16 x)
{
    int any = 0;

    EACH_LANE any |= x.f[i] != x.f[i];
    return any;
}

/* n numbers of `count` vectors, each from 0 to 254.5, to the nearest integers (even on
 * a tie) less `zero`, to p; n is rounded up to a multiple of 4. Numbers out of range
 * are anything. */
static inline void
v_store_u8(uint8_t *p, const struct v16 *x, size_t count, uint8_t zero, size_t n)
{
    for (size_t i = 0; i < 16 * count && i < (n + 3) / 4 * 4; i++) {
        float f = rintf(x[i / 16].f[i % 16]);
        p[i] = (uint8_t)((uint8_t)(f >= 0.0f && f <= 255.0f ? f : 0.0f) - zero);
    }
}

/* The first n lanes to binary16, to nearest even, and from there, exact. Numbers are
 * not beyond its range, but may be NaN. */
static inline void
v_store_f16(uint16_t *p, struct v16 x, size_t n)
{
    for (size_t i = 0; i < (n < 16 ? n : 16); i++)
        p[i] = half_from(x.f[i]);
}

static inline struct v16
v_load_f16(const uint16_t *p, size_t n)
{
    struct v16 r = { { 0 } };

    for (size_t i = 0; i < (n < 16 ? n : 16); i++)
        r.f[i] = half_to(p[i]);
    return r;
}

/* All lanes, by halves: i and i + 8, then i + 4, i + 2, i + 1 */
static inline float
v_sum(struct v16 x)
{
    for (size_t half = 8; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            x.f[i] += x.f[i + half];
    return x.f[0];
}

/* The same with v_max(lower, upper) */
static inline float
v_hmax(struct v16 x)
{
    for (size_t half = 8; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            x.f[i] = x.f[i] > x.f[i + half] ? x.f[i] : x.f[i + half];
    return x.f[0];
}

/* The same with v_min(lower, upper) */
static inline float
v_hmin(struct v16 x)
{
    for (size_t half = 8; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            x.f[i] = x.f[i] < x.f[i + half] ? x.f[i] : x.f[i + half];
    return x.f[0];
}

/* y[4, 16] = the transpose of the floats [l, l + 4) of 16 rows */
static inline void
v_transpose_quads(const float *const row[16], size_t l, float *y)
{
    for (size_t c = 0; c < 4; c++)
        EACH_LANE y[c * 16 + i] = row[i][l + c];
}

/* ---- 16 integers of 32 bits ---- */

struct v16i {
    int32_t i[16];
};

static inline struct v16i
vi_set1(int32_t x)
{
    struct v16i r;

    EACH_LANE r.i[i] = x;
    return r;
}

static inline struct v16i
vi_load(const int32_t *p)
{
    struct v16i r;

    memcpy(r.i, p, sizeof r.i);
    return r;
}

static inline void
vi_store(int32_t *p, struct v16i x)
{
    memcpy(p, x.i, sizeof x.i);
}

static inline struct v16i
vi_max(struct v16i x, struct v16i y)
{
    EACH_LANE x.i[i] = x.i[i] > y.i[i] ? x.i[i] : y.i[i];
    return x;
}

/* The largest lane */
static inline int32_t
vi_hmax(struct v16i x)
{
    EACH_LANE x.i[0] = x.i[i] > x.i[0] ? x.i[i] : x.i[0];
    return x.i[0];
}

/* Of the floats without their signs */
static inline struct v16i
vi_abs_bits(struct v16 x)
{
    struct v16i r;

    memcpy(&r, &x, sizeof r);
    EACH_LANE r.i[i] &= 0x7fffffff;
    return r;
}

static inline struct v16
vi_float(struct v16i x)
{
    struct v16 r;

    EACH_LANE r.f[i] = (float)x.i[i];
    return r;
}

/* To the nearest, even on a tie; those beyond 32 bits are anything. */
static inline struct v16i
vi_round(struct v16 x)
{
    struct v16i r;

    EACH_LANE r.i[i] =
        x.f[i] > -0x1p31f && x.f[i] < 0x1p31f ? (int32_t)rintf(x.f[i]) : 0;
    return r;
}

/* The low 16 bits of lo and, above them, of hi */
static inline struct v16i
vi_pair(struct v16i lo, struct v16i hi)
{
    EACH_LANE lo.i[i] =
        (int32_t)(((uint32_t)lo.i[i] & 0xffff) | (uint32_t)hi.i[i] << 16);
    return lo;
}

/* Pairs of any two lanes of both, each once, always the same ones; all fit 16 bits. */
static inline struct v16i
vi_any_pairs(struct v16i x, struct v16i y)
{
    return vi_pair(x, y);
}

/* sum + the products of the two 16-bit halves of each lane */
static inline struct v16i
vi_dot(struct v16i sum, struct v16i x, struct v16i y)
{
    EACH_LANE sum.i[i] +=
        (int16_t)x.i[i] * (int16_t)y.i[i] + (x.i[i] >> 16) * (y.i[i] >> 16);
    return sum;
}

/* The same with the lane at x as all of x */
static inline struct v16i
vi_dot_at(struct v16i sum, const int32_t *x, struct v16i y)
{
    return vi_dot(sum, vi_set1(*x), y);
}

/* Bits of floats and back */
static inline struct v16i
vi_of_bits(struct v16 x)
{
    struct v16i r;

    memcpy(&r, &x, sizeof r);
    return r;
}

static inline struct v16
vi_to_bits(struct v16i x)
{
    struct v16 r;

    memcpy(&r, &x, sizeof r);
    return r;
}

/* ---- their halves as 32 integers of 16 bits without a sign ---- */

#define EACH_WORD for (size_t i = 0; i < 32; i++)

struct words {
    uint16_t w[32];
};

static inline struct words
vi_words(struct v16i x)
{
    struct words r;

    memcpy(&r, &x, sizeof r);
    return r;
}

static inline struct v16i
vi_of_words(struct words x)
{
    struct v16i r;

    memcpy(&r, &x, sizeof r);
    return r;
}

static inline struct v16i
vi_set_words(int x)
{
    struct words r;

    EACH_WORD r.w[i] = (uint16_t)x;
    return vi_of_words(r);
}

static inline struct v16i
vi_sub_words(struct v16i x, struct v16i y)
{
    struct words a = vi_words(x), b = vi_words(y);

    EACH_WORD a.w[i] = (uint16_t)(a.w[i] - b.w[i]);
    return vi_of_words(a);
}

/* The upper halves of the products */
static inline struct v16i
vi_high_words(struct v16i x, struct v16i y)
{
    struct words a = vi_words(x), b = vi_words(y);

    EACH_WORD a.w[i] = (uint16_t)((uint32_t)a.w[i] * b.w[i] >> 16);
    return vi_of_words(a);
}

static inline struct v16i
vi_left_words(struct v16i x, unsigned bits)
{
    struct words a = vi_words(x);

    EACH_WORD a.w[i] = (uint16_t)(a.w[i] << bits);
    return vi_of_words(a);
}

static inline struct v16i
vi_right_words(struct v16i x, unsigned bits)
{
    struct words a = vi_words(x);

    EACH_WORD a.w[i] = (uint16_t)(a.w[i] >> bits);
    return vi_of_words(a);
}

/* (x + 1) / 2 */
static inline struct v16i
vi_half_words(struct v16i x)
{
    struct words a = vi_words(x);

    EACH_WORD a.w[i] = (uint16_t)(((uint32_t)a.w[i] + 1) / 2);
    return vi_of_words(a);
}

/* Each to the right by its own number of bits, from 1 to 16 */
static inline struct v16i
vi_shift_words(struct v16i x, struct v16i bits)
{
    struct words a = vi_words(x), b = vi_words(bits);

    EACH_WORD a.w[i] = (uint16_t)((uint32_t)a.w[i] >> b.w[i]);
    return vi_of_words(a);
}

#endif
