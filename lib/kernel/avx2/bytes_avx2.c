/*
 * bytes_avx2.c - what bytes of text are, 32 at a time
 *
 * The end is read by a load that overlaps what is done already, or is copied to a block
 * of our own: nothing outside is read.
 */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "kernel/inline.h"
#include "kernel/kernel_fill.h"

INLINE __m256i
load(const char *p)
{
    return _mm256_loadu_si256((const void *)p);
}

/* ---- stops of a JSON string ---- */

INLINE uint32_t
stops_32(__m256i v)
{
    const __m256i control = _mm256_set1_epi8(0x1F);
    __m256i stop = _mm256_cmpeq_epi8(_mm256_max_epu8(v, control), control);

    stop = _mm256_or_si256(stop, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"')));
    stop = _mm256_or_si256(stop, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
    return (uint32_t)_mm256_movemask_epi8(stop);
}

INLINE uint64_t
stops_64(const char *p, __m256i *all)
{
    __m256i lo = load(p), hi = load(p + 32);

    *all = _mm256_or_si256(*all, _mm256_or_si256(lo, hi));
    return stops_32(lo) | (uint64_t)stops_32(hi) << 32;
}

static int
stops(const char *p, size_t n, uint64_t *stop)
{
    __m256i all = _mm256_setzero_si256();
    char rest[64];
    size_t i = 0;

    for (; n - i >= 64; i += 64)
        stop[i / 64] = stops_64(p + i, &all);
    if (i < n && n >= 64) {
        stop[i / 64] = stops_64(p + n - 64, &all) >> (64 - (n - i));
    } else if (i < n) {
        memset(rest, ' ', sizeof rest);
        memcpy(rest, p, n);
        stop[0] = stops_64(rest, &all);
    }
    return _mm256_movemask_epi8(all) != 0;
}

/* ---- runs of ASCII ---- */

static size_t
ascii(const char *p, size_t n)
{
    uint32_t high;
    size_t i = 0;

    if (n < 32) {
        while (i < n && (signed char)p[i] >= 0)
            i++;
        return i;
    }
    for (; n - i > 32; i += 32)
        if ((high = (uint32_t)_mm256_movemask_epi8(load(p + i))) != 0)
            return i + (size_t)__builtin_ctz(high);
    high = (uint32_t)_mm256_movemask_epi8(load(p + n - 32));
    return high ? n - 32 + (size_t)__builtin_ctz(high) : n;
}

/* ---- UTF-8 ---- */

/*
 * Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte", 2020:
 * what is wrong with two neighbours shows in three half bytes, the two of the first and
 * the upper one of the second. Each looks up the faults that it allows; a fault that
 * all three allow is there. The third and fourth byte of a sequence are the one place
 * where CONTS, continuation after continuation, is no fault but a must.
 */
enum fault {
    SHORT = 1,       /* a lead without its continuation */
    LONG = 2,        /* a continuation behind ASCII */
    OVERLONG_3 = 4,  /* E0 80..9F */
    LARGE = 8,       /* F4 90..BF, F5..FF 90..BF */
    SURROGATE = 16,  /* ED A0..BF */
    OVERLONG_2 = 32, /* C0, C1 */
    FIRST_4 = 64,    /* F0 80..8F, too short a value; F5..FF 80..8F, too large a one */
    CONTS = 128,
    ANY =
        SHORT | LONG | CONTS /* what the lower half of the first byte says nothing of */
};

/* The same 16 faults for both halves of a register. */
#define TABLE(...)                                                                     \
    _mm256_broadcastsi128_si256(                                                       \
        _mm_loadu_si128((const void *)(const uint8_t[16]){ __VA_ARGS__ }))

INLINE __m256i
faults(__m256i first, __m256i second)
{
    const __m256i half = _mm256_set1_epi8(15);
    const __m256i upper =
        TABLE(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, CONTS, CONTS, CONTS,
              CONTS, SHORT | OVERLONG_2, SHORT, SHORT | OVERLONG_3 | SURROGATE,
              SHORT | LARGE | FIRST_4);
    const __m256i lower =
        TABLE(ANY | OVERLONG_3 | OVERLONG_2 | FIRST_4, ANY | OVERLONG_2, ANY, ANY,
              ANY | LARGE, ANY | LARGE | FIRST_4, ANY | LARGE | FIRST_4,
              ANY | LARGE | FIRST_4, ANY | LARGE | FIRST_4, ANY | LARGE | FIRST_4,
              ANY | LARGE | FIRST_4, ANY | LARGE | FIRST_4, ANY | LARGE | FIRST_4,
              ANY | LARGE | FIRST_4 | SURROGATE, ANY | LARGE | FIRST_4,
              ANY | LARGE | FIRST_4);
    const __m256i next = TABLE(SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT,
                               LONG | CONTS | OVERLONG_2 | OVERLONG_3 | FIRST_4,
                               LONG | CONTS | OVERLONG_2 | OVERLONG_3 | LARGE,
                               LONG | CONTS | OVERLONG_2 | SURROGATE | LARGE,
                               LONG | CONTS | OVERLONG_2 | SURROGATE | LARGE, SHORT,
                               SHORT, SHORT, SHORT);
    __m256i up = _mm256_and_si256(_mm256_srli_epi16(first, 4), half);
    __m256i low = _mm256_and_si256(first, half);
    __m256i then = _mm256_and_si256(_mm256_srli_epi16(second, 4), half);

    return _mm256_and_si256(_mm256_and_si256(_mm256_shuffle_epi8(upper, up),
                                             _mm256_shuffle_epi8(lower, low)),
                            _mm256_shuffle_epi8(next, then));
}

/* What is wrong in a block, of which `before` is the one in front. */
INLINE __m256i
block_faults(__m256i before, __m256i v)
{
    __m256i across = _mm256_permute2x128_si256(before, v, 0x21);
    __m256i back1 = _mm256_alignr_epi8(v, across, 15);
    __m256i back2 = _mm256_alignr_epi8(v, across, 14);
    __m256i back3 = _mm256_alignr_epi8(v, across, 13);
    __m256i third = _mm256_subs_epu8(back2, _mm256_set1_epi8(0xE0 - 0x80));
    __m256i fourth = _mm256_subs_epu8(back3, _mm256_set1_epi8(0xF0 - 0x80));
    __m256i must =
        _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)CONTS));

    return _mm256_xor_si256(must, faults(back1, v));
}

static int
utf8(const char *p, size_t n)
{
    __m256i wrong = _mm256_setzero_si256(), before = wrong, v;
    char rest[32] = { 0 }; /* an end that is cut short shows against ASCII */
    size_t i = 0;

    for (; n - i >= 32; i += 32) {
        v = load(p + i);
        wrong = _mm256_or_si256(wrong, block_faults(before, v));
        before = v;
    }
    memcpy(rest, p + i, n - i);
    wrong = _mm256_or_si256(wrong, block_faults(before, load(rest)));
    return _mm256_testz_si256(wrong, wrong);
}

void
bytes_avx2_fill(struct kernels *k)
{
    k->text_stops = stops;
    k->text_ascii = ascii;
    k->text_utf8 = utf8;
}
