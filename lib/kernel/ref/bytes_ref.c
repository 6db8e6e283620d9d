/* bytes_ref.c - what bytes of text are, eight at a time in a plain integer */
#include <stdint.h>
#include <string.h>

#include "kernel/kernel_fill.h"

#define ONES (UINT64_MAX / 255) /* 0x01 in every byte */
#define HIGH (ONES * 0x80)

/* Whether a byte of w is 0 (Mycroft's test; exact as a yes or no) */
static uint64_t
has_zero(uint64_t w)
{
    return (w - ONES) & ~w & HIGH;
}

/* Whether a byte of w is a stop: < 0x20, '"' or '\\' */
static uint64_t
has_stop(uint64_t w)
{
    return ((w - ONES * 0x20) & ~w & HIGH) | has_zero(w ^ ONES * '"') |
           has_zero(w ^ ONES * '\\');
}

static uint64_t
is_stop(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

/* A bit for each of n <= 64 bytes. */
static uint64_t
stops_of(const char *p, size_t n, uint64_t *high)
{
    uint64_t stop = 0, w;
    size_t i = 0;

    for (; n - i >= sizeof w; i += sizeof w) {
        memcpy(&w, p + i, sizeof w);
        *high |= w & HIGH;
        for (size_t k = i; k < i + sizeof w && has_stop(w); k++)
            stop |= is_stop((unsigned char)p[k]) << k;
    }
    for (; i < n; i++) {
        *high |= (unsigned char)p[i] & 0x80;
        stop |= is_stop((unsigned char)p[i]) << i;
    }
    return stop;
}

static int
stops(const char *p, size_t n, uint64_t *stop)
{
    uint64_t high = 0;

    for (size_t i = 0; i < n; i += 64)
        stop[i / 64] = stops_of(p + i, n - i < 64 ? n - i : 64, &high);
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
