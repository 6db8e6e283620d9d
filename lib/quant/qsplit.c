/* qsplit.c - blocks taken apart: the integers, and what they are multiplied by */
#include "quant/qsplit.h"

#include <string.h>

#include "quant/half.h"
#include "quant/qblock.h"
#include "quant/qsuper.h"

#define HALF    (QBLOCK / 2)
#define SIGN_16 0x8000 /* of a binary16 */

/* ---- blocks of 32: qblock.h ---- */

/* 16 bytes of four bits each: low ones first */
static void
take_fours(const unsigned char *q, uint8_t *u)
{
    for (int i = 0; i < HALF; i++) {
        u[i] = q[i] & 15;
        u[i + HALF] = q[i] >> 4;
    }
}

/* Bit i of the four bytes h is the fifth of u[i]. */
static void
add_fifths(const unsigned char *h, uint8_t *u)
{
    for (int i = 0; i < QBLOCK; i++)
        u[i] = (uint8_t)(u[i] | (h[i / 8] >> i % 8 & 1) << 4);
}

static void
take_q8_0(const unsigned char *p, size_t b, struct qsplit *to)
{
    to->d[b] = half_u16(p);
    for (int i = 0; i < QBLOCK; i++)
        to->u[b * QBLOCK + (size_t)i] = p[2 + i] ^ 128; /* the sign as a zero of 128 */
}

/* Q4_0 and IQ4_NL */
static void
take_q4_0(const unsigned char *p, size_t b, struct qsplit *to)
{
    to->d[b] = half_u16(p);
    take_fours(p + 2, to->u + b * QBLOCK);
}

static void
take_q4_1(const unsigned char *p, size_t b, struct qsplit *to)
{
    to->d[b] = half_u16(p);
    to->m[b] = half_u16(p + 2);
    take_fours(p + 4, to->u + b * QBLOCK);
}

static void
take_q5_0(const unsigned char *p, size_t b, struct qsplit *to)
{
    to->d[b] = half_u16(p);
    take_fours(p + 6, to->u + b * QBLOCK);
    add_fifths(p + 2, to->u + b * QBLOCK);
}

static void
take_q5_1(const unsigned char *p, size_t b, struct qsplit *to)
{
    to->d[b] = half_u16(p);
    to->m[b] = half_u16(p + 2);
    take_fours(p + 8, to->u + b * QBLOCK);
    add_fifths(p + 4, to->u + b * QBLOCK);
}

/* ---- blocks of 256: qsuper.h and qsuper.c ---- */

/* 64 bytes, each half of the elements from 32 of them, the low bits first */
static void
take_twos(const unsigned char *q, uint8_t *u)
{
    for (int i = 0; i < QSUPER; i++)
        u[i] = q[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
}

static void
take_q2_k(const unsigned char *p, size_t b, struct qsplit *to)
{
    (void)b;
    to->d[0] = half_u16(p + 80);
    to->m[0] = half_u16(p + 82) ^ SIGN_16;
    for (int g = 0; g < QSUPER / 16; g++) {
        to->s[g] = p[g] & 15;
        to->t[g] = (int8_t)(p[g] >> 4);
    }
    take_twos(p + 16, to->u);
}

static void
take_q3_k(const unsigned char *p, size_t b, struct qsplit *to)
{
    const unsigned char *s = p + 96;

    (void)b;
    to->d[0] = half_u16(p + 108);
    for (int g = 0; g < QSUPER / 16; g++) {
        int low = s[g % 8] >> g / 8 * 4 & 15, high = s[8 + g % 4] >> g / 4 * 2 & 3;
        to->s[g] = (int8_t)((low | high << 4) - 32);
    }
    take_twos(p + 32, to->u);
    for (int i = 0; i < QSUPER; i++)
        to->u[i] = (uint8_t)(to->u[i] | (p[i % 32] >> i / 32 & 1) << 2);
}

/* What Q4_K and Q5_K begin with */
static void
take_head(const unsigned char *p, struct qsplit *to)
{
    const unsigned char *s = p + 4, *t = p + 8, *both = p + 12;

    to->d[0] = half_u16(p);
    to->m[0] = half_u16(p + 2) ^ SIGN_16;
    for (int g = 0; g < 4; g++) {
        to->s[g] = s[g] & 63;
        to->t[g] = t[g] & 63;
        to->s[g + 4] = (int8_t)((both[g] & 15) | s[g] >> 6 << 4);
        to->t[g + 4] = (int8_t)(both[g] >> 4 | t[g] >> 6 << 4);
    }
}

/* 128 bytes: 32 hold 64 elements, low bits first. */
static void
take_q4_k(const unsigned char *p, size_t b, struct qsplit *to)
{
    (void)b;
    take_head(p, to);
    for (int i = 0; i < QSUPER; i++)
        to->u[i] = p[16 + i / 64 * 32 + i % 32] >> i % 64 / 32 * 4 & 15;
}

static void
take_q5_k(const unsigned char *p, size_t b, struct qsplit *to)
{
    (void)b;
    take_head(p, to);
    for (int i = 0; i < QSUPER; i++) {
        int low = p[48 + i / 64 * 32 + i % 32] >> i % 64 / 32 * 4 & 15;
        to->u[i] = (uint8_t)(low | (p[16 + i % 32] >> i / 32 & 1) << 4);
    }
}

/* 64 bytes hold 128 elements. */
static void
take_q6_k(const unsigned char *p, size_t b, struct qsplit *to)
{
    (void)b;
    to->d[0] = half_u16(p + 208);
    memcpy(to->s, p + 192, QSUPER / 16);
    take_twos(p + 128, to->u);
    for (int i = 0; i < QSUPER; i++) {
        int low = p[i / 128 * 64 + i % 64] >> i % 128 / 64 * 4 & 15;
        to->u[i] = (uint8_t)(low | to->u[i] << 4);
    }
}

/* ---- all ---- */

static const struct {
    struct qsplit_form form; /* bits 0: there is none */
    void (*take)(const unsigned char *p, size_t b, struct qsplit *to); /* block b */
} types[QUANT_TYPES] = {
    [QUANT_Q8_0] = { { 8, 32, 0, QSPLIT_F16, 128, 0 }, take_q8_0 },
    [QUANT_Q4_0] = { { 4, 32, 0, QSPLIT_F16, 8, 0 }, take_q4_0 },
    [QUANT_Q4_1] = { { 4, 32, 1, QSPLIT_F16, 0, 0 }, take_q4_1 },
    [QUANT_Q5_0] = { { 5, 32, 0, QSPLIT_F16, 16, 0 }, take_q5_0 },
    [QUANT_Q5_1] = { { 5, 32, 1, QSPLIT_F16, 0, 0 }, take_q5_1 },
    [QUANT_IQ4_NL] = { { 4, 32, 0, QSPLIT_F16, 128, 1 }, take_q4_0 },
    [QUANT_Q2_K] = { { 4, 16, 1, QSPLIT_SUPER, 0, 0 }, take_q2_k },
    [QUANT_Q3_K] = { { 4, 16, 0, QSPLIT_SUPER, 4, 0 }, take_q3_k },
    [QUANT_Q4_K] = { { 4, 32, 1, QSPLIT_SUPER, 0, 0 }, take_q4_k },
    [QUANT_Q5_K] = { { 5, 32, 1, QSPLIT_SUPER, 0, 0 }, take_q5_k },
    [QUANT_Q6_K] = { { 6, 16, 0, QSPLIT_SUPER, 32, 0 }, take_q6_k },
};

const struct qsplit_form *
qsplit_form(enum quant_type type)
{
    return types[type].form.bits ? &types[type].form : NULL;
}

void
qsplit_take(enum quant_type type, const void *src, size_t n, struct qsplit *to)
{
    const unsigned char *p = src;
    size_t block = quant_block(type), bytes = quant_bytes(type, block);

    for (size_t b = 0; b < n / block; b++)
        types[type].take(p + b * bytes, b, to);
}

static float
half(uint16_t bits)
{
    const unsigned char p[] = { (unsigned char)(bits & 255),
                                (unsigned char)(bits >> 8) };

    return half_f16(p);
}

float
qsplit_d(const struct qsplit_form *form, const struct qsplit *x, size_t g)
{
    return form->scale == QSPLIT_F16 ? half(x->d[g]) : half(x->d[0]) * (float)x->s[g];
}

float
qsplit_m(const struct qsplit_form *form, const struct qsplit *x, size_t g)
{
    if (!form->mins)
        return 0.0f;
    return form->scale == QSPLIT_F16 ? half(x->m[g]) : half(x->m[0]) * (float)x->t[g];
}
