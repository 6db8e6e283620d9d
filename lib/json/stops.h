/*
 * stops.h - where the plain run of a JSON string ends
 *
 * A text is looked at 4 KB at a time by the kernel text_stops, which leaves a bit for
 * each byte that a string cannot hold as it is; finding the next one is then a matter
 * of counting zeros. What is not UTF-8 is a stop, too.
 *
 *     struct stops s;
 *     stops_begin(&s, p, n);
 *     p = stops_next(&s, p);       '"', '\\', a control byte, no UTF-8, or the end
 *
 * Owns: nothing.  Threads: a value, no sharing.
 */
#ifndef JSON_STOPS_H
#define JSON_STOPS_H

#include <stddef.h>
#include <stdint.h>

#define STOPS_WORDS 64
#define STOPS_SPAN  ((size_t)64 * STOPS_WORDS) /* bytes */

struct stops {
    const char *from, *to, *end; /* there are bits for [from, to); the text's end */
    const char *bad;             /* its first byte that is not UTF-8, or end, */
    int checked;                 /* once that is known; else all before `to` is ASCII */
    uint64_t bit[STOPS_WORDS];
};

static inline void
stops_begin(struct stops *s, const char *p, size_t n)
{
    s->from = s->to = p;
    s->end = s->bad = n > 0 ? p + n : p; /* which may be NULL */
    s->checked = 0;
}

/* The same as stops_next(), wherever the next stop is. */
const char *stops_seek(struct stops *s, const char *p);

/* The first stop at or behind p, which must rise from call to call and be at the start
 * of a character. */
static inline const char *
stops_next(struct stops *s, const char *p)
{
    size_t at = (size_t)(p - s->from);
    uint64_t bits;

    if (p >= s->to || (bits = s->bit[at / 64] >> at % 64) == 0)
        return stops_seek(s, p);
    return p + __builtin_ctzll(bits);
}

#endif
