/* qsuper.c - blocks of 256 elements in 2 to 6 bits, scales that are quantized too */
#include "quant/qsuper.h"

#include "quant/half.h"

/*
 * Two bits of element i, from 64 bytes: each half of the block has 32 of them, which
 * hold its elements 0 to 31 in bits 0 and 1, its elements 32 to 63 in bits 2 and 3, ...
 */
static int
two_bits(const unsigned char *q, int i)
{
    return q[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
}

/* Four bits of element i, from 128 bytes: 32 hold 64 elements, low bits first. */
static int
four_bits(const unsigned char *q, int i)
{
    return q[i / 64 * 32 + i % 32] >> i % 64 / 32 * 4 & 15;
}

/* One bit of element i, from 32 bytes: byte i % 32. */
static int
one_bit(const unsigned char *q, int i)
{
    return q[i % 32] >> i / 32 & 1;
}

/* s[16] and t[16], q[64], d, m */
void
qsuper_q2_k(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t k = 0; k < n; k += QSUPER, p += 84) {
        float d = half_f16(p + 80), m = half_f16(p + 82);
        for (int i = 0; i < QSUPER; i++) {
            float s = d * (float)(p[i / 16] & 15), t = m * (float)(p[i / 16] >> 4);
            dst[k + i] = s * (float)two_bits(p + 16, i) - t;
        }
    }
}

/* Scale g of 16 from 12 bytes: four bits from the first eight, two from the others. */
static int
six_bits(const unsigned char *s, int g)
{
    return (s[g % 8] >> g / 8 * 4 & 15) | (s[8 + g % 4] >> g / 4 * 2 & 3) << 4;
}

/* h[32], the third bit; q[64]; s[12]; d */
void
qsuper_q3_k(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t k = 0; k < n; k += QSUPER, p += 110) {
        float d = half_f16(p + 108);
        for (int i = 0; i < QSUPER; i++) {
            float s = d * (float)(six_bits(p + 96, i / 16) - 32);
            int q = two_bits(p + 32, i) | one_bit(p, i) << 2;
            dst[k + i] = s * (float)(q - 4);
        }
    }
}

/* What Q4_K and Q5_K begin with: d, m, and 12 bytes of scales. */
struct head {
    float s[8], t[8];
};

/* s and t of the first four groups are the low six bits of bytes 0 to 3 and 4 to 7;
 * those of the others lie in the bits that are left of them, and in bytes 8 to 11. */
static void
read_head(const unsigned char *p, struct head *h)
{
    const unsigned char *s = p + 4, *t = p + 8, *both = p + 12;
    float d = half_f16(p), m = half_f16(p + 2);

    for (int g = 0; g < 4; g++) {
        h->s[g] = d * (float)(s[g] & 63);
        h->t[g] = m * (float)(t[g] & 63);
        h->s[g + 4] = d * (float)((both[g] & 15) | s[g] >> 6 << 4);
        h->t[g + 4] = m * (float)(both[g] >> 4 | t[g] >> 6 << 4);
    }
}

/* Head, q[128] */
void
qsuper_q4_k(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;
    struct head h;

    for (size_t k = 0; k < n; k += QSUPER, p += 144) {
        read_head(p, &h);
        for (int i = 0; i < QSUPER; i++)
            dst[k + i] = h.s[i / 32] * (float)four_bits(p + 16, i) - h.t[i / 32];
    }
}

/* Head, h[32] the fifth bit, q[128] */
void
qsuper_q5_k(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;
    struct head h;

    for (size_t k = 0; k < n; k += QSUPER, p += 176) {
        read_head(p, &h);
        for (int i = 0; i < QSUPER; i++) {
            int q = four_bits(p + 48, i) | one_bit(p + 16, i) << 4;
            dst[k + i] = h.s[i / 32] * (float)q - h.t[i / 32];
        }
    }
}

/*
 * q[128], h[64] two bits more, s[16], d. The four bits are in another order than
 * elsewhere: 64 bytes hold 128 elements.
 */
void
qsuper_q6_k(const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;

    for (size_t k = 0; k < n; k += QSUPER, p += 210) {
        float d = half_f16(p + 208);
        for (int i = 0; i < QSUPER; i++) {
            int low = p[i / 128 * 64 + i % 64] >> i % 128 / 64 * 4 & 15;
            int q = low | two_bits(p + 128, i) << 4;
            float s = d * (float)(int8_t)p[192 + i / 16];
            dst[k + i] = s * (float)(q - 32);
        }
    }
}
