/* check_text.c - kernels over bytes */
#include <stdint.h>
#include <string.h>

#include "check.h"

/* The plainest way to say it: against this the reference is tested too. */
static size_t
run_of(const char *p, size_t n, int (*stop)(unsigned char))
{
    size_t i = 0;

    while (i < n && !stop((unsigned char)p[i]))
        i++;
    return i;
}

static int
ends_ascii(unsigned char c)
{
    return c >= 0x80;
}

/* Every byte value at every place of strings of every length up to a few vectors */
static void
check_run(struct check *c, size_t (*fn)(const char *, size_t),
          int (*stop)(unsigned char))
{
    for (size_t n = 0; n <= 200; n++) {
        char *p = check_bytes(c, n);

        memset(p, 'a', n);
        check_true(c, fn(p, n) == n, "n %zu: none stops", n);
        for (size_t i = 0; i < n; i++) {
            int step = n <= 70 ? 1 : 37;
            for (int b = (int)check_below(c, (size_t)step); b < 256; b += step) {
                p[i] = (char)b;
                check_true(c, fn(p, n) == run_of(p, n, stop),
                           "n %zu, byte %d at %zu: %zu", n, b, i, fn(p, n));
            }
            p[i] = 'a';
        }
        check_drop(c);
    }
}

/* Bytes at random, mostly close to what stops */
static void
check_random_runs(struct check *c, size_t (*fn)(const char *, size_t),
                  int (*stop)(unsigned char))
{
    static const char edges[] = "\x1f !\"#[\\]\x7e\x7f\x80\x81\xff";

    for (int again = 0; again < 20000; again++) {
        size_t n = check_below(c, 150);
        char buffer[150], *p = buffer + 150 - n;

        for (size_t i = 0; i < n; i++)
            p[i] = check_below(c, 20) ? (char)(' ' + check_below(c, 2))
                                      : edges[check_below(c, sizeof edges)];
        check_true(c, fn(p, n) == run_of(p, n, stop), "n %zu: %zu", n, fn(p, n));
    }
}

void
check_text_ascii(struct check *c)
{
    check_run(c, c->got->text_ascii, ends_ascii);
    check_random_runs(c, c->got->text_ascii, ends_ascii);
}

/* ---- stops ---- */

#define STOPS_MAX 300

static void
check_stops_of(struct check *c, const char *p, size_t n)
{
    uint64_t want[STOPS_MAX / 64 + 2], got[STOPS_MAX / 64 + 2];
    size_t words = (n + 63) / 64;
    int high = 0, said;

    memset(want, 0, sizeof want);
    memset(got, 0xA5, sizeof got);
    for (size_t i = 0; i < n; i++) {
        unsigned char b = (unsigned char)p[i];
        high |= b >= 0x80;
        if (b < 0x20 || b == '"' || b == '\\')
            want[i / 64] |= (uint64_t)1 << i % 64;
    }
    want[words] = 0xA5A5A5A5A5A5A5A5u; /* not a word more is written */
    said = c->got->text_stops(p, n, got);
    check_true(c, said == high, "n %zu: says %d", n, said);
    check_true(c, memcmp(want, got, (words + 1) * sizeof *got) == 0, "n %zu: bits", n);
}

/* Every byte value at every place, then bytes at random, mostly close to a stop */
void
check_text_stops(struct check *c)
{
    static const char edges[] = "\x1f !\"#[\\]\x7e\x7f\x80\x9f\xa2\xdc\xff";

    for (size_t n = 0; n <= 200; n++) {
        char *p = check_bytes(c, n);
        memset(p, 'a', n);
        check_stops_of(c, p, n);
        for (size_t i = 0; i < n; i++) {
            int step = n <= 70 ? 1 : 37;
            for (int b = (int)check_below(c, (size_t)step); b < 256; b += step) {
                p[i] = (char)b;
                check_stops_of(c, p, n);
            }
            p[i] = 'a';
        }
        check_drop(c);
    }
    for (int again = 0; again < 20000; again++) {
        size_t n = check_below(c, STOPS_MAX);
        char buffer[STOPS_MAX], *p = buffer + STOPS_MAX - n;
        for (size_t i = 0; i < n; i++)
            p[i] = edges[check_below(c, sizeof edges)];
        check_stops_of(c, p, n);
    }
}

/* ---- UTF-8 ---- */

/* By what code points are: decode, and refuse what has a shorter form, is a surrogate
 * or too large. */
static int
is_utf8(const unsigned char *p, size_t n)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };

    for (size_t i = 0, more; i < n; i += 1 + more) {
        uint32_t cp = p[i];
        more = cp >= 0xF0 ? 3 : cp >= 0xE0 ? 2 : cp >= 0xC0;
        if (cp < 0x80)
            continue;
        if (more == 0 || cp >= 0xF8 || n - i <= more)
            return 0;
        cp &= 0x3Fu >> more;
        for (size_t k = 1; k <= more; k++) {
            if (p[i + k] >> 6 != 2)
                return 0;
            cp = cp << 6 | (p[i + k] & 63);
        }
        if (cp < least[more] || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
            return 0;
    }
    return 1;
}

static void
check_utf8_of(struct check *c, const char *p, size_t n)
{
    int want = is_utf8((const unsigned char *)p, n);

    check_true(c, c->got->text_utf8(p, n) == want, "n %zu: want %d", n, want);
}

/* Every pair of first bytes with every kind of byte behind, around a block's border */
static void
check_utf8_pairs(struct check *c)
{
    static const char behind[] = "a\x80\xbf\xc3\xe1";

    for (size_t at = 28; at < 33; at++)
        for (int pair = 0; pair < 65536; pair++) {
            size_t n = at + 2 + check_below(c, 3);
            char p[40];
            memset(p, 'a', sizeof p);
            p[at] = (char)(pair >> 8);
            p[at + 1] = (char)pair;
            for (size_t k = at + 2; k < n; k++)
                p[k] = behind[check_below(c, 5)];
            check_utf8_of(c, p, n);
        }
}

/* Text of characters at the edges of every length, some of them damaged */
void
check_text_utf8(struct check *c)
{
    static const char *const chars[] = { "a",
                                         "\xc2\x80",
                                         "\xdf\xbf",
                                         "\xe0\xa0\x80",
                                         "\xed\x9f\xbf",
                                         "\xee\x80\x80",
                                         "\xef\xbf\xbf",
                                         "\xe4\xb8\xad",
                                         "\xf0\x90\x80\x80",
                                         "\xf4\x8f\xbf\xbf",
                                         "\xf1\xbf\x80\xbf",
                                         "\x7f" };

    check_utf8_pairs(c);
    for (int again = 0; again < 50000; again++) {
        size_t max = check_below(c, 150), n = 0;
        char buffer[160], *p;
        while (n < max) {
            const char *one = chars[check_below(c, sizeof chars / sizeof *chars)];
            memcpy(buffer + n, one, strlen(one));
            n += strlen(one);
        }
        if (n > 0 && check_below(c, 2))
            buffer[check_below(c, n)] ^= (char)(1 << check_below(c, 8));
        if (n > 0 && check_below(c, 4) == 0)
            n--;
        p = check_bytes(c, n);
        memcpy(p, buffer, n);
        check_utf8_of(c, p, n);
        check_drop(c);
    }
}
