/* stops.c - where the plain run of a JSON string ends */
#include "json/stops.h"

#include "kernel/kernel.h"
#include "text/utf8.h"

/* Make the bits for what follows p. */
static void
fill(struct stops *s, const char *p)
{
    size_t left = (size_t)(s->end - p), n = left < STOPS_SPAN ? left : STOPS_SPAN, at;

    s->from = p;
    s->to = p + n;
    if (kernel_best()->text_stops(p, n, s->bit) && !s->checked) {
        s->bad = p + utf8_valid(p, left);
        s->checked = 1;
    }
    at = (size_t)(s->bad - p);
    if (at < n)
        s->bit[at / 64] |= (uint64_t)1 << at % 64;
}

const char *
stops_seek(struct stops *s, const char *p)
{
    while (p < s->end) {
        size_t word, words;
        uint64_t bits;
        if (p >= s->to)
            fill(s, p);
        word = (size_t)(p - s->from) / 64;
        words = ((size_t)(s->to - s->from) + 63) / 64;
        bits = s->bit[word] & UINT64_MAX << (size_t)(p - s->from) % 64;
        while (bits == 0 && ++word < words)
            bits = s->bit[word];
        if (bits)
            return s->from + 64 * word + __builtin_ctzll(bits);
        p = s->to;
    }
    return p;
}
