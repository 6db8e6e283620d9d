/*
 * math_body.h - exp, erf and tanh of 16 floats, written once for all levels
 *
 * Included after a level's vec_LEVEL.h, whose operations are rounded alike at every
 * level, so that all compute the same bits. Largest error over all 2^32 inputs, against
 * libm in double (tests/kernel/check_math.c): exp 1.02 ulp, erf 1.15, tanh 1.43.
 * Coefficients: tests/kernel/fit_math.py.
 */
#ifndef KERNEL_MATH_BODY_H
#define KERNEL_MATH_BODY_H

#include "kernel/inline.h"
#include "kernel/math_coef.h"
#include "kernel/ref/vec_ref.h" /* where no other came first */

/* Adding it rounds to an integer, which then stands in the low bits of the sum. */
#define ROUNDER 0x1.8p23f

#define EXP_MIN -0x1.5d589ep6f /* the first whose exp is not below 2^-126 */
#define EXP_MAX 0x1.62e42ep6f  /* the last whose exp is finite */

#define TANH_EDGE 0.5625f
#define ERF_EDGE  0.90625f

/* c + x * y, with a constant */
static inline struct v16
horner(struct v16 y, struct v16 x, float c)
{
    return v_fma(y, x, v_set1(c));
}

/* e^r - 1 for |r| <= ln(2) / 2 */
INLINE struct v16
exp_less_one(struct v16 r)
{
    struct v16 p = v_set1(EXP_4);

    p = horner(p, r, EXP_3);
    p = horner(p, r, EXP_2);
    p = horner(p, r, EXP_1);
    p = horner(p, r, EXP_0);
    return v_fma(v_mul(r, r), p, r);
}

/* e^x for EXP_MIN <= x <= EXP_MAX, anything otherwise: x = n ln(2) + r, and n is added
 * to the exponent of e^r. */
static inline struct v16
exp_in_range(struct v16 x)
{
    struct v16 t = v_fma(x, v_set1(LOG2_E), v_set1(ROUNDER));
    struct v16 n = v_sub(t, v_set1(ROUNDER));
    struct v16 r = v_fma(n, v_set1(-LN2_HI), x);

    r = v_fma(n, v_set1(-LN2_LO), r);
    return v_add_exponent(v_add(exp_less_one(r), v_set1(1.0f)), t);
}

static inline struct v16
exp16(struct v16 x)
{
    struct v16 y = exp_in_range(x);

    y = v_if_le(v_set1(EXP_MIN), x, y, v_set1(0.0f));
    /* Too large, or NaN, which the line above turned into zero. */
    return v_if_le(x, v_set1(EXP_MAX), y, v_mul(x, v_set1(INFINITY)));
}

/* The same for softmax, where no x is much above zero: 2^-126 from EXP_MIN down, NaN
 * for NaN. A product with 2^n in place of exp16's two comparisons. */
static inline struct v16
exp_weight16(struct v16 x)
{
    struct v16 t, n, p;

    x = v_max(v_set1(EXP_MIN), x);
    t = v_fma(x, v_set1(LOG2_E), v_set1(ROUNDER));
    n = v_sub(t, v_set1(ROUNDER));
    p = exp_less_one(v_fma(n, v_set1(-LN2_HI), x));
    n = v_add_exponent(v_set1(1.0f), t);
    return v_fma(p, n, n);
}

/* Small x: an odd polynomial. Else 1 - 2 / (e^2|x| + 1), which is 1 from 9.02 on. */
static inline struct v16
tanh16(struct v16 x)
{
    struct v16 u = v_mul(x, x), a = v_abs(x), t, p, e;

    p = v_set1(TANH_4);
    p = horner(p, u, TANH_3);
    p = horner(p, u, TANH_2);
    p = horner(p, u, TANH_1);
    p = horner(p, u, TANH_0);
    p = v_fma(x, v_mul(u, p), x);

    t = v_min(v_set1(10.0f), a);
    e = v_add(exp_in_range(v_add(t, t)), v_set1(1.0f));
    e = v_sub(v_set1(1.0f), v_div(v_set1(2.0f), e));
    return v_if_le(v_set1(TANH_EDGE), a, v_copysign(e, x),
                   p); /* NaN: p, which is NaN */
}

/* Small x: an odd polynomial. Else 1 - e^q(|x|) with q = log(erfc); 1 from 3.92 on. */
static inline struct v16
erf16(struct v16 x)
{
    struct v16 u = v_mul(x, x), a = v_abs(x), t, p, q;

    p = v_set1(ERF_6);
    p = horner(p, u, ERF_5);
    p = horner(p, u, ERF_4);
    p = horner(p, u, ERF_3);
    p = horner(p, u, ERF_2);
    p = horner(p, u, ERF_1);
    p = horner(p, u, ERF_0);
    p = v_fma(x, p, x);

    t = v_min(v_set1(4.0f), a);
    q = v_set1(ERFC_6);
    q = horner(q, t, ERFC_5);
    q = horner(q, t, ERFC_4);
    q = horner(q, t, ERFC_3);
    q = horner(q, t, ERFC_2);
    q = horner(q, t, ERFC_1);
    q = horner(q, t, ERFC_0);
    q = v_sub(v_set1(1.0f), exp_in_range(q));
    return v_if_le(v_set1(ERF_EDGE), a, v_copysign(q, x), p); /* NaN: p, which is NaN */
}

/* gelu with an error of at most 2.4e-5 for |x| < 12, 1.1e-7 |x| beyond: for numbers
 * that will be rounded to 8 bits. x times a polynomial of the normal CDF, cut at 4.5.
 * Four vectors step by step side by side: a CPU does not look far enough ahead to find
 * them behind each other. */
INLINE void
gelu_coarse(struct v16 *x)
{
    static const float coef[] = { GELU_8, GELU_7, GELU_6, GELU_5, GELU_4,
                                  GELU_3, GELU_2, GELU_1, GELU_0 };
    struct v16 s[4], u[4], p[4];

    UNROLL(4)
    for (size_t i = 0; i < 4; i++) {
        s[i] = v_max(v_set1(-GELU_FAR), v_mul(x[i], v_set1(GELU_SCALE)));
        s[i] = v_min(v_set1(GELU_FAR), s[i]); /* NaN stays: it is the second one */
        u[i] = v_fma(s[i], s[i], v_set1(-1.0f));
        p[i] = v_set1(GELU_9);
    }
    UNROLL(9)
    for (size_t c = 0; c < sizeof coef / sizeof *coef; c++) {
        UNROLL(4)
        for (size_t i = 0; i < 4; i++)
            p[i] = horner(p[i], u[i], coef[c]);
    }
    UNROLL(4)
    for (size_t i = 0; i < 4; i++)
        x[i] = v_mul(x[i], v_fma(s[i], p[i], v_set1(0.5f)));
}

/* gelu with an error of at most 1.4e-4, for numbers of which 8 bits will be left:
 * max(x, 0) - |x| times a polynomial of what the normal CDF of |x| leaves to 1, cut at
 * 4. Of `count` vectors, a constant, side by side as above. */
INLINE void
gelu_bytes(size_t count, struct v16 *x)
{
    static const float coef[] = { GELU8_6, GELU8_5, GELU8_4, GELU8_3,
                                  GELU8_2, GELU8_1, GELU8_0 };
    struct v16 a[8], p[8];

    UNROLL(8)
    for (size_t i = 0; i < count; i++) {
        a[i] = v_min_abs(x[i], v_set1(GELU8_FAR));
        p[i] = v_set1(GELU8_7);
    }
    UNROLL(7)
    for (size_t c = 0; c < sizeof coef / sizeof *coef; c++) {
        UNROLL(8)
        for (size_t i = 0; i < count; i++)
            p[i] = horner(p[i], a[i], coef[c]);
    }
    UNROLL(8)
    for (size_t i = 0; i < count; i++)
        x[i] = v_fma(a[i], p[i], v_max(v_set1(0.0f), x[i])); /* NaN stays */
}

static inline struct v16
gelu16(struct v16 x)
{
    struct v16 half = v_mul(x, v_set1(0.5f));

    return v_fma(half, erf16(v_mul(x, v_set1(SQRT_HALF))), half);
}

static inline struct v16
silu16(struct v16 x)
{
    struct v16 e = exp16(v_sub(v_set1(0.0f), x));

    return v_div(x, v_add(v_set1(1.0f), e));
}

static inline struct v16
gelu_tanh16(struct v16 x)
{
    struct v16 half = v_mul(x, v_set1(0.5f));
    struct v16 cube = v_mul(v_mul(x, x), v_mul(x, v_set1(0.044715f)));
    struct v16 t =
        tanh16(v_mul(v_add(x, cube), v_set1(0x1.988454p-1f /* sqrt(2 / pi) */)));

    return v_fma(half, t, half);
}

#endif
