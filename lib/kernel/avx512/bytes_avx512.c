/* bytes_avx512.c - runs of harmless bytes, 64 at a time; the end by a masked load */
#include <immintrin.h>
#include <stdint.h>

#include "kernel/kernel_fill.h"

#define INLINE static inline __attribute__((always_inline))

/* One bit for each byte that ends the run. As signed numbers the bytes from 0x80 on are
 * below 0x20 too. */
INLINE uint64_t
stops_64(__m512i v, int plain)
{
    if (!plain)
        return _mm512_movepi8_mask(v);
    return _mm512_cmplt_epi8_mask(v, _mm512_set1_epi8(0x20)) |
           _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')) |
           _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
}

INLINE size_t
run(const char *p, size_t n, int plain)
{
    uint64_t stops, part;
    size_t i = 0;

    for (; n - i >= 64; i += 64) {
        stops = stops_64(_mm512_loadu_si512(p + i), plain);
        if (stops)
            return i + (size_t)__builtin_ctzll(stops);
    }
    if (i == n)
        return n;
    part = UINT64_MAX >> (64 - (n - i));
    stops = stops_64(_mm512_maskz_loadu_epi8(part, p + i), plain) & part;
    return stops ? i + (size_t)__builtin_ctzll(stops) : n;
}

static size_t
plain(const char *p, size_t n)
{
    return run(p, n, 1);
}

static size_t
ascii(const char *p, size_t n)
{
    return run(p, n, 0);
}

void
bytes_avx512_fill(struct kernels *k)
{
    k->text_plain = plain;
    k->text_ascii = ascii;
}
