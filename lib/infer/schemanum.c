/* schemanum.c - numbers within bounds, digit by digit */
#include "infer/schemanum.h"

#include <string.h>

enum phase { START, WHOLE, POINT, FRACTION };

static const int64_t tens[SCHEMANUM_DIGITS + 1] = { 1,
                                                    10,
                                                    100,
                                                    1000,
                                                    10000,
                                                    100000,
                                                    1000000,
                                                    10000000,
                                                    100000000,
                                                    1000000000,
                                                    10000000000,
                                                    100000000000,
                                                    1000000000000,
                                                    10000000000000,
                                                    100000000000000,
                                                    1000000000000000,
                                                    10000000000000000,
                                                    100000000000000000,
                                                    1000000000000000000 };

static int64_t
largest(const struct schemanum *r)
{
    return tens[r->integer + r->fraction] - 1;
}

struct schemanum
schemanum_any(int integer)
{
    struct schemanum r = { .integer = integer ? 15 : 12, .fraction = integer ? 0 : 6 };

    r.high = largest(&r);
    r.low = -r.high;
    return r;
}

int
schemanum_is_any(const struct schemanum *r)
{
    return r->high == largest(r) && r->low == -r->high;
}

/* ---- bounds ---- */

/* A decimal of any size, digits at p with a point somewhere: value * 10^-fraction, cut
 * towards zero, and whether something was cut. */
struct decimal {
    const char *p, *end;
    long point; /* digits before the point, once the exponent has moved it */
    int minus;
};

/* The exponent, no further than it can matter for a text of any length. */
static long
exponent(const char *p, const char *end)
{
    long x = 0;
    int minus = p < end && *p == '-';

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end; p++)
        if (x < 1000000000)
            x = 10 * x + (*p - '0');
    return minus ? -x : x;
}

static struct decimal
parse(const char *p, size_t n)
{
    struct decimal d = { .minus = *p == '-' };
    const char *end = p + n, *q;

    d.p = d.end = p += d.minus;
    while (d.end < end && (*d.end | 0x20) != 'e')
        d.end++;
    for (q = p; q < d.end && *q != '.'; q++)
        d.point++;
    if (d.end < end)
        d.point += exponent(d.end + 1, end);
    return d;
}

/* 10 * v + digit, but never above most + 9. */
static int64_t
append(int64_t v, int digit, int64_t most)
{
    return v > most / 10 ? most + 1 : 10 * v + digit;
}

/* |d| in units of 10^-fraction, cut, and no more than `most`; *cut: it is not exact. */
static int64_t
scale(const struct decimal *d, int fraction, int64_t most, int *cut)
{
    long left = d->point + fraction; /* digits that count */
    int64_t v = 0;

    *cut = 0;
    for (const char *p = d->p; p < d->end; p++) {
        if (*p == '.')
            continue;
        if (left-- > 0)
            v = append(v, *p - '0', most);
        else
            *cut |= *p != '0';
    }
    while (left-- > 0 && v > 0 && v <= most)
        v = append(v, 0, most);
    if (v <= most)
        return v;
    *cut = 1;
    return most;
}

int
schemanum_bound(struct schemanum *r, const char *p, size_t n, enum schemanum_bound how)
{
    struct decimal d = parse(p, n);
    int up = how == SCHEMANUM_FROM || how == SCHEMANUM_ABOVE;
    int open = how == SCHEMANUM_ABOVE || how == SCHEMANUM_BELOW, cut;
    int64_t v = scale(&d, r->fraction, largest(r) + 1, &cut);

    if (d.minus)
        v = -v;
    /* Inwards to a whole unit: cutting has moved it towards zero. */
    if (up && ((cut && !d.minus) || (open && !(cut && d.minus))))
        v++;
    if (!up && ((cut && d.minus) || (open && !(cut && !d.minus))))
        v--;
    if (up && v > r->low)
        r->low = v;
    if (!up && v < r->high)
        r->high = v;
    return r->low <= r->high;
}

/* ---- digits ---- */

/* Is a number within the bounds among those from a to b (as many units), or their
 * opposites? */
static int
meets(const struct schemanum *r, int minus, int64_t a, int64_t b)
{
    return minus ? -b <= r->high && -a >= r->low : a <= r->high && b >= r->low;
}

/* Can what is written become a number within the bounds? */
static int
is_open(const struct schemanum *r, const struct schemanum_at *at)
{
    int64_t unit;

    if (at->phase == START)
        return meets(r, at->minus, at->minus, largest(r));
    if (at->phase != WHOLE) {
        unit = tens[r->fraction - at->digits];
        return meets(r, at->minus, at->value * unit, at->value * unit + (unit - 1));
    }
    for (int k = 0; k <= r->integer - at->digits; k++) {
        unit = tens[k + r->fraction];
        if (meets(r, at->minus, at->value * unit, at->value * unit + (unit - 1)))
            return 1;
        if (at->value == 0)
            break; /* no digit stands behind a leading zero */
    }
    return 0;
}

static int
digit(const struct schemanum *r, struct schemanum_at *at, int d)
{
    if (at->phase == START || at->phase == POINT)
        at->phase++;
    else if (at->phase == WHOLE && at->value == 0)
        return 0;
    if (at->digits == (at->phase == WHOLE ? r->integer : r->fraction))
        return 0;
    at->value = 10 * at->value + d;
    at->digits++;
    return !(at->minus && d == 0 && at->value == 0 && r->fraction == 0);
}

int
schemanum_step(const struct schemanum *r, struct schemanum_at *at, char c)
{
    struct schemanum_at next = *at;

    if (c >= '0' && c <= '9') {
        if (!digit(r, &next, c - '0'))
            return 0;
    } else if (c == '-' && at->phase == START && !at->minus) {
        next.minus = 1;
    } else if (c == '.' && at->phase == WHOLE && r->fraction > 0) {
        next.phase = POINT;
        next.digits = 0;
    } else {
        return 0;
    }
    if (!is_open(r, &next))
        return 0;
    *at = next;
    return 1;
}

int
schemanum_may_end(const struct schemanum *r, const struct schemanum_at *at)
{
    int64_t v;

    if (at->phase != WHOLE && at->phase != FRACTION)
        return 0;
    v = at->value * tens[r->fraction - (at->phase == WHOLE ? 0 : at->digits)];
    return meets(r, at->minus, v, v);
}

char
schemanum_close(const struct schemanum *r, const struct schemanum_at *at)
{
    static const char bytes[] = "0123456789.-";
    char first = 0;

    for (const char *c = bytes; *c; c++) {
        struct schemanum_at next = *at;
        if (!schemanum_step(r, &next, *c))
            continue;
        if (schemanum_may_end(r, &next))
            return *c;
        if (first == 0)
            first = *c;
    }
    return first;
}
