/* bytes_ref.c - runs of harmless bytes, eight at a time in a plain integer */
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

/* Whether a byte of w ends a plain run: >= 0x80, < 0x20, '"' or '\\' */
static uint64_t
has_special(uint64_t w)
{
    return (w & HIGH) | ((w - ONES * 0x20) & ~w & HIGH) | has_zero(w ^ ONES * '"') |
           has_zero(w ^ ONES * '\\');
}

static int
is_special(unsigned char c)
{
    return c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
}

static size_t
plain(const char *p, size_t n)
{
    size_t i = 0;
    uint64_t w;

    for (; n - i >= sizeof w; i += sizeof w) {
        memcpy(&w, p + i, sizeof w);
        if (has_special(w))
            break;
    }
    while (i < n && !is_special((unsigned char)p[i]))
        i++;
    return i;
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

void
bytes_ref_fill(struct kernels *k)
{
    k->text_plain = plain;
    k->text_ascii = ascii;
}
