/* fuzz_utf8.c - bytes of any kind against a decoder written from the definition */
#include <stdint.h>
#include <stdlib.h>

#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int ok)
{
    if (!ok)
        abort();
}

/* By the definition, not by the table of bytes: decode, then ask whether the shortest
 * form of a scalar value was used. 0: not well-formed. */
static size_t
by_definition(const uint8_t *p, size_t n, uint32_t *cp)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t len = p[0] < 0x80             ? 1
                 : (p[0] & 0xE0) == 0xC0 ? 2
                 : (p[0] & 0xF0) == 0xE0 ? 3
                 : (p[0] & 0xF8) == 0xF0 ? 4
                                         : 0;

    if (len == 0 || len > n)
        return 0;
    *cp = len == 1 ? p[0] : p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        *cp = *cp << 6 | (p[i] & 63u);
    }
    if (*cp < least[len] || *cp > 0x10FFFF || (*cp >= 0xD800 && *cp <= 0xDFFF))
        return 0;
    return len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const char *s = (const char *)p;
    struct buf fixed = { 0 }, again = { 0 };
    size_t good = 0, count = 0;
    uint32_t cp;

    while (good < n) {
        const char *at = s + good;
        size_t len = by_definition(p + good, n - good, &cp);
        must((size_t)utf8_len(at, n - good) == len);
        if (len == 0)
            break;
        must(utf8_next(&at) == cp && at == s + good + len);
        utf8_put(&again, cp);
        good += len;
        count++;
    }
    must(utf8_valid(s, n) == good && again.n == good);
    must(good == 0 || memcmp(again.p, s, good) == 0);
    must(utf8_count(s, good) == count);
    utf8_repair(&fixed, s, n);
    must(utf8_valid(fixed.p, fixed.n) == fixed.n);
    must(good < n || fixed.n == n);
    buf_free(&fixed);
    buf_free(&again);
    return 0;
}
