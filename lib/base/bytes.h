/*
 * bytes.h - the bytes of a file: a walk that cannot leave them, and the numbers in them
 *
 *     struct bytes rest = { p, n };
 *     const unsigned char *head = bytes_take(&rest, 16);
 *     if (head && bytes_u64(head) == 1) ...
 *
 * Numbers are little-endian, with any alignment.
 *
 * Owns:    nothing.
 * Threads: pure functions; a struct bytes has one owner.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What has not been read yet. */
struct bytes {
    const unsigned char *p;
    size_t n;
};

/* The next n bytes, whatever n is; NULL, and nothing is taken, where fewer are left. */
static inline const unsigned char *
bytes_take(struct bytes *b, uint64_t n)
{
    const unsigned char *p = b->p;

    if (n > b->n)
        return NULL;
    b->p += n;
    b->n -= (size_t)n;
    return p;
}

static inline uint32_t
bytes_u32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t
bytes_u64(const unsigned char *p)
{
    return bytes_u32(p) | (uint64_t)bytes_u32(p + 4) << 32;
}

/* The number in n <= 8 bytes. */
static inline uint64_t
bytes_number(const unsigned char *p, size_t n)
{
    uint64_t v = 0;

    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

static inline float
bytes_f32(const unsigned char *p)
{
    uint32_t bits = bytes_u32(p);
    float v;

    memcpy(&v, &bits, sizeof v);
    return v;
}

#endif
