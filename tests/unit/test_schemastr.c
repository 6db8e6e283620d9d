/* test_schemastr.c - the inside of a string: what json_scan() takes, by brute force */
#include "infer/schemastr.h"

#include <string.h>

#include "tap.h"
#include "json/json.h"

/* Bytes on either side of every border in the tables, and those of escapes. */
static const unsigned char bytes[] =
    "\x01\x1f\x20\"\\/bu09aAdDfFgnz\x7f\x80\x8f\x90\x9f\xa0\xbf"
    "\xc1\xc2\xdf\xe0\xe1\xed\xee\xef\xf0\xf1\xf3\xf4\xf5\xff";
#define N_BYTES (sizeof bytes - 1)

/* 1: a whole string; 0: not */
static int
ours(const unsigned char *p, size_t n)
{
    enum schemastr at = SCHEMASTR_PLAIN;

    for (size_t i = 0; i < n; i++)
        if ((at = schemastr_step(at, p[i])) == SCHEMASTR_NONE || at == SCHEMASTR_QUOTE)
            return 0;
    return at == SCHEMASTR_PLAIN;
}

/* The same by the parser; a surrogate escape does not unquote, or is one of a pair. */
static int
parsed(const unsigned char *p, size_t n)
{
    struct buf b = { 0 }, text = { 0 };
    struct json v;
    struct err e;
    int ok;

    buf_char(&b, '"');
    buf_add(&b, p, n);
    buf_char(&b, '"');
    ok = json_scan(b.p, b.n, NULL, 0, &v, &e) == 0 && json_unquote(v, &text, &e) == 0;
    buf_free(&b);
    buf_free(&text);
    return ok;
}

static void
test_short(void)
{
    unsigned char p[4];
    long all = 0, same = 0, whole = 0;

    for (size_t n = 1; n <= 3; n++)
        for (size_t i = 0; i < (n == 1   ? N_BYTES
                                : n == 2 ? N_BYTES * N_BYTES
                                         : N_BYTES * N_BYTES * N_BYTES);
             i++) {
            for (size_t k = 0, x = i; k < n; k++, x /= N_BYTES)
                p[k] = bytes[x % N_BYTES];
            same += ours(p, n) == parsed(p, n);
            whole += ours(p, n);
            all++;
        }
    tap_ok(same == all && whole > 1000, "%ld of %ld texts of up to 3 bytes, %ld whole",
           same, all, whole);
}

/* All pairs of bytes between two texts. */
static void
test_between(const char *prefix, const char *suffix)
{
    unsigned char p[16];
    size_t n = strlen(prefix), more = strlen(suffix);
    long all = 0, same = 0, whole = 0;

    memcpy(p, prefix, n);
    memcpy(p + n + 2, suffix, more);
    for (size_t i = 0; i < 256 * 256; i++) {
        p[n] = (unsigned char)(i >> 8);
        p[n + 1] = (unsigned char)i;
        same += ours(p, n + 2 + more) == parsed(p, n + 2 + more);
        whole += ours(p, n + 2 + more);
        all++;
    }
    tap_ok(same == all && whole > 0, "'%s' and two bytes: %ld of %ld, %ld whole",
           prefix, same, all, whole);
}

static void
test_close(void)
{
    unsigned char p[4];
    long good = 0, all = 0;

    for (int i = 0; i < 256 * 256; i++) {
        enum schemastr at = SCHEMASTR_PLAIN;
        p[0] = (unsigned char)(i >> 8);
        p[1] = (unsigned char)i;
        at = schemastr_step(schemastr_step(at, p[0]), p[1]);
        if (at == SCHEMASTR_NONE || at == SCHEMASTR_QUOTE)
            continue;
        for (int k = 0; k < 4 && at != SCHEMASTR_PLAIN; k++)
            at = schemastr_step(at, schemastr_close(at));
        good += at == SCHEMASTR_PLAIN;
        all++;
    }
    tap_ok(good == all && all > 10000, "%ld of %ld beginnings can be closed", good,
           all);
}

int
main(void)
{
    test_short();
    test_between("\xe0", "");
    test_between("\xed", "");
    test_between("\xf0\x90", "");
    test_between("\xf0", "\x80");
    test_between("\xf4\x8f", "");
    test_between("\xf4", "\x80");
    test_between("\\u00", "");
    test_between("\\u", "00");
    test_between("\\uD7", "");
    test_between("\\ue0", "");
    test_close();
    return tap_done();
}
