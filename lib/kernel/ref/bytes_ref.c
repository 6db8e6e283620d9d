/* bytes_ref.c - what bytes of text are, eight at a time in a plain integer */
#include <stdint.h>
#include <string.h>

#include "kernel/kernel_fill.h"

#define ONES (UINT64_MAX / 255) /* 0x01 in every byte */
#define HIGH (ONES * 0x80)

/* Byte i of p in bits 8 i and on, whatever the machine's order is; compilers make a
 * single load of it. */
static uint64_t
load(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;

    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 |
           (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 |
           (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}

/* The high bit of each byte of w that is `c` */
static uint64_t
equal(uint64_t w, unsigned char c)
{
    uint64_t x = w ^ ONES * c;

    return ~(((x & ~HIGH) + ONES * 0x7F) | x) & HIGH;
}

/* A bit for each byte of w that is a stop: < 0x20, '"' or '\\' */
static uint64_t
stops_of(uint64_t w)
{
    uint64_t control = ~(((w & ~HIGH) + ONES * 0x60) | w) & HIGH;
    uint64_t stop = control | equal(w, '"') | equal(w, '\\');

    return (stop >> 7) * 0x0102040810204080u >> 56;
}

/* The same for 64 bytes */
static uint64_t
stops_64(const char *p, uint64_t *high)
{
    uint64_t stop = 0, w;

    for (int i = 0; i < 64; i += 8) {
        w = load(p + i);
        *high |= w & HIGH;
        stop |= stops_of(w) << i;
    }
    return stop;
}

static int
stops(const char *p, size_t n, uint64_t *stop)
{
    uint64_t high = 0;
    char rest[64];
    size_t i = 0;

    for (; n - i >= 64; i += 64)
        stop[i / 64] = stops_64(p + i, &high);
    if (i < n) {
        memset(rest, ' ', sizeof rest);
        memcpy(rest, p + i, n - i);
        stop[i / 64] = stops_64(rest, &high);
    }
    return high != 0;
}

static size_t
ascii(const char *p, size_t n)
{
    size_t i = 0;
    uint64_t w;

    for (; n - i >= sizeof w; i += sizeof w) {
        memcpy(&w, p + i, sizeof w);
        if (w & HIGH)
            break;
    }
    while (i < n && (unsigned char)p[i] < 0x80)
        i++;
    return i;
}

/* Bytes of the well-formed sequence at p, n > 0; 0: there is none. */
static size_t
sequence(const unsigned char *p, size_t n)
{
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    unsigned second_from = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned second_to = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;

    if (len == 1)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4 || n < len || p[1] < second_from || p[1] > second_to)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

static int
utf8(const char *p, size_t n)
{
    size_t i = 0, len;

    while ((i += ascii(p + i, n - i)) < n) {
        if (!(len = sequence((const unsigned char *)p + i, n - i)))
            return 0;
        i += len;
    }
    return 1;
}

void
bytes_ref_fill(struct kernels *k)
{
    k->text_stops = stops;
    k->text_ascii = ascii;
    k->text_utf8 = utf8;
}
