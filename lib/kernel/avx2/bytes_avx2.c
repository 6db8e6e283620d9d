/*
 * bytes_avx2.c - runs of harmless bytes, 32 at a time
 *
 * The end is read by a load that ends there and overlaps what is done already, so short
 * strings need no loop over bytes and nothing outside is touched.
 */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "kernel/kernel_fill.h"

#define INLINE static inline __attribute__((always_inline))

/* One bit for each byte that ends the run. As signed numbers the bytes from 0x80 on are
 * below 0x20 too. */
INLINE uint32_t
stops_32(__m256i v, int plain)
{
    __m256i stop;

    if (!plain)
        return (uint32_t)_mm256_movemask_epi8(v);
    stop = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v);
    stop = _mm256_or_si256(stop, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"')));
    stop = _mm256_or_si256(stop, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
    return (uint32_t)_mm256_movemask_epi8(stop);
}

INLINE uint32_t
stops_16(__m128i v, int plain)
{
    __m128i stop;

    if (!plain)
        return (uint32_t)_mm_movemask_epi8(v);
    stop = _mm_cmpgt_epi8(_mm_set1_epi8(0x20), v);
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    return (uint32_t)_mm_movemask_epi8(stop);
}

/* Where the run ends, given the stops of `width` bytes at `at`; n: none here. */
INLINE size_t
end_at(size_t at, uint32_t stops, size_t n)
{
    return stops ? at + (size_t)__builtin_ctz(stops) : n;
}

/* n < 4 */
INLINE size_t
run_bytes(const char *p, size_t n, int plain)
{
    size_t i = 0;

    while (i < n && (signed char)p[i] >= (plain ? 0x20 : 0) &&
           !(plain && (p[i] == '"' || p[i] == '\\')))
        i++;
    return i;
}

/* n < 16: two halves that overlap, in one register. */
INLINE size_t
run_short(const char *p, size_t n, int plain)
{
    uint64_t lo = 0, hi = 0;
    uint32_t stops, lo_bits;
    size_t half = n >= 8 ? 8 : 4;

    if (n < 4)
        return run_bytes(p, n, plain);
    memset(&lo, ' ', sizeof lo);
    hi = lo;
    if (half == 8) {
        memcpy(&lo, p, 8);
        memcpy(&hi, p + n - 8, 8);
    } else {
        memcpy(&lo, p, 4);
        memcpy(&hi, p + n - 4, 4);
    }
    stops = stops_16(_mm_set_epi64x((long long)hi, (long long)lo), plain);
    lo_bits = stops & 0xFF;
    return lo_bits ? (size_t)__builtin_ctz(lo_bits) : end_at(n - half, stops >> 8, n);
}

INLINE size_t
run(const char *p, size_t n, int plain)
{
    uint32_t stops;

    if (n < 16)
        return run_short(p, n, plain);
    if (n < 32) {
        stops = stops_16(_mm_loadu_si128((const void *)p), plain);
        if (stops)
            return (size_t)__builtin_ctz(stops);
        stops = stops_16(_mm_loadu_si128((const void *)(p + n - 16)), plain);
        return end_at(n - 16, stops, n);
    }
    for (size_t i = 0; n - i > 32; i += 32) {
        stops = stops_32(_mm256_loadu_si256((const void *)(p + i)), plain);
        if (stops)
            return i + (size_t)__builtin_ctz(stops);
    }
    stops = stops_32(_mm256_loadu_si256((const void *)(p + n - 32)), plain);
    return end_at(n - 32, stops, n);
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
bytes_avx2_fill(struct kernels *k)
{
    k->text_plain = plain;
    k->text_ascii = ascii;
}
