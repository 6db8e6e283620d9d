/* jout.c - JSON values out of numbers and text */
#include "json/jout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define I32_MAX 12 /* bytes of a number and its comma */

static const char hex[] = "0123456789abcdef";

void
jout_escape(struct buf *b, char ch)
{
    unsigned char c = (unsigned char)ch;
    char u[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

    switch (c) {
    case '"': buf_puts(b, "\\\""); break;
    case '\\': buf_puts(b, "\\\\"); break;
    case '\b': buf_puts(b, "\\b"); break;
    case '\f': buf_puts(b, "\\f"); break;
    case '\n': buf_puts(b, "\\n"); break;
    case '\r': buf_puts(b, "\\r"); break;
    case '\t': buf_puts(b, "\\t"); break;
    default: buf_add(b, u, 6);
    }
}

void
jout_str(struct buf *b, struct str s)
{
    size_t from = 0;

    buf_char(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(b, s.p + from, i - from);
        jout_escape(b, s.p[i]);
        from = i + 1;
    }
    buf_add(b, s.p + from, s.n - from);
    buf_char(b, '"');
}

/* Powers of ten that a double holds exactly. */
static const double pow10[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/*
 * r / 10^k is the correctly rounded double of that decimal (both exact, k <= 22). Does
 * it, and so the decimal itself, read back to x? A double that lies exactly between two
 * floats may have been rounded there: then the answer is no, and one more digit is
 * used.
 */
static int
reads_back(double r, int k, float x)
{
    double v = r / pow10[k];
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    return (bits & 0x1FFFFFFF) != 0x10000000 && (float)v == x;
}

static void
put_decimal(struct buf *b, uint64_t r, int k)
{
    char digit[24];
    int n = 0;

    while (r % 10 == 0) {
        r /= 10;
        k--;
    }
    for (; r > 0; r /= 10)
        digit[n++] = (char)('0' + r % 10); /* last digit first */
    if (n - k < -4) {                      /* below 1e-5 */
        buf_char(b, digit[n - 1]);
        if (n > 1)
            buf_char(b, '.');
        for (int i = n - 2; i >= 0; i--)
            buf_char(b, digit[i]);
        buf_printf(b, "e-%d", k - n + 1);
        return;
    }
    if (n <= k)
        buf_puts(b, "0.");
    for (int i = n; i < k; i++)
        buf_char(b, '0');
    for (int i = n - 1; i >= 0; i--) {
        buf_char(b, digit[i]);
        if (i == k && i > 0)
            buf_char(b, '.');
    }
    for (; k < 0; k++)
        buf_char(b, '0');
}

/* Any magnitude; slow. */
static void
put_extreme(struct buf *b, float x)
{
    char text[32];

    for (int p = 6; p <= 9; p++) {
        snprintf(text, sizeof text, "%.*g", p, (double)x);
        if (strtof(text, NULL) == x)
            break;
    }
    buf_puts(b, text);
}

void
jout_f32(struct buf *b, float x)
{
    double d = fabs((double)x);
    int e = 0; /* d is about 10^e */

    if (x == 0) {
        buf_puts(b, signbit(x) ? "-0" : "0");
        return;
    }
    if (d < 1e-9 || d >= 1e9) {
        put_extreme(b, x);
        return;
    }
    while (d >= pow10[e + 1])
        e++;
    while (e <= 0 && d * pow10[-e] < 1)
        e--;
    if (x < 0)
        buf_char(b, '-');
    /* A decimal of fewer than six digits that reads back is, to six digits, the same
     * with zeros behind it: those are cut. Nine digits always read back. */
    for (int p = 6;; p++) {
        int k = p - 1 - e; /* digits behind the point: at most 9 - 1 + 9 */
        double r = k >= 0 ? nearbyint(d * pow10[k]) : nearbyint(d / pow10[-k]);
        if (p == 9 || (k >= 0 ? reads_back(r, k, (float)d)
                              : (float)(r * pow10[-k]) == (float)d)) {
            put_decimal(b, (uint64_t)r, k);
            return;
        }
    }
}

void
jout_f32s(struct buf *b, const float *x, size_t n)
{
    buf_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(b, ',');
        jout_f32(b, x[i]);
    }
    buf_char(b, ']');
}

/* The decimal of v at `to`, which has room for ten digits; behind it. */
static char *
put_u32(char *to, uint32_t v)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    int n = 1 + (v >= 10) + (v >= 100) + (v >= 1000) + (v >= 10000);
    char *p;

    for (uint32_t rest = v / 100000; rest; rest /= 10)
        n++;
    for (p = to + n; v >= 10; v /= 100)
        memcpy(p -= 2, pairs + 2 * (v % 100), 2);
    if (p > to)
        *to = (char)('0' + v);
    return to + n;
}

void
jout_i32s(struct buf *b, const int32_t *x, size_t n)
{
    char *to = buf_room(b, mem_mul(n, I32_MAX) + 2);

    *to++ = '[';
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            *to++ = ',';
        if (x[i] < 0)
            *to++ = '-';
        to = put_u32(to, x[i] < 0 ? 0u - (uint32_t)x[i] : (uint32_t)x[i]);
    }
    *to++ = ']';
    b->n = (size_t)(to - b->p);
}

void
jout_score(struct buf *b, size_t i, struct str name, float x)
{
    buf_char(b, i ? ',' : '{');
    jout_str(b, name);
    buf_char(b, ':');
    jout_f32(b, x);
}

void
jout_double(struct buf *b, double x, int digits)
{
    char text[400];
    size_t n =
        (size_t)snprintf(text, sizeof text, "%.*f", digits, isfinite(x) ? x : 0.0);

    if (digits > 0) {
        while (text[n - 1] == '0')
            n--;
        n -= text[n - 1] == '.';
    }
    buf_add(b, text, n);
}

void
jout_base64(struct buf *b, const void *p, size_t n)
{
    static const char code[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = p;

    for (size_t i = 0; i < n; i += 3) {
        unsigned left = n - i > 2 ? 3 : (unsigned)(n - i);
        unsigned v = (unsigned)in[i] << 16 | (left > 1 ? (unsigned)in[i + 1] << 8 : 0) |
                     (left > 2 ? in[i + 2] : 0);
        char *out = buf_room(b, 4);
        out[0] = code[v >> 18];
        out[1] = code[v >> 12 & 63];
        out[2] = left > 1 ? code[v >> 6 & 63] : '=';
        out[3] = left > 2 ? code[v & 63] : '=';
        b->n += 4;
    }
}
