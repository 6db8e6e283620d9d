/* bytes_avx512.c - what bytes of text are, 64 at a time; the end by a masked load */
#include <immintrin.h>
#include <stdint.h>

#include "kernel/inline.h"
#include "kernel/kernel_fill.h"

INLINE uint64_t
stops_64(__m512i v)
{
    return _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(0x20)) |
           _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')) |
           _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
}

static int
stops(const char *p, size_t n, uint64_t *stop)
{
    __m512i all = _mm512_setzero_si512(), v;
    size_t i = 0;

    for (; n - i >= 64; i += 64) {
        v = _mm512_loadu_si512(p + i);
        all = _mm512_or_si512(all, v);
        stop[i / 64] = stops_64(v);
    }
    if (i < n) {
        __mmask64 part = UINT64_MAX >> (64 - (n - i));
        v = _mm512_maskz_loadu_epi8(part, p + i);
        all = _mm512_or_si512(all, v);
        stop[i / 64] = stops_64(v) & part;
    }
    return _mm512_movepi8_mask(all) != 0;
}

static size_t
ascii(const char *p, size_t n)
{
    uint64_t high, part;
    size_t i = 0;

    for (; n - i >= 64; i += 64) {
        high = _mm512_movepi8_mask(_mm512_loadu_si512(p + i));
        if (high)
            return i + (size_t)__builtin_ctzll(high);
    }
    if (i == n)
        return n;
    part = UINT64_MAX >> (64 - (n - i));
    high = _mm512_movepi8_mask(_mm512_maskz_loadu_epi8(part, p + i));
    return high ? i + (size_t)__builtin_ctzll(high) : n;
}

void
bytes_avx512_fill(struct kernels *k)
{
    k->text_stops = stops;
    k->text_ascii = ascii;
}
