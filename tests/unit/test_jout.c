/* test_jout.c - numbers and strings that read back to what they were */
#include <math.h>
#include <string.h>

#include "tap.h"
#include "json/jout.h"

/* The shortest by trial: what C's own conversions say. */
static size_t
shortest(float x)
{
    char t[40];

    for (int p = 1; p <= 9; p++) {
        snprintf(t, sizeof t, "%.*e", p - 1, (double)x);
        if (strtof(t, NULL) == x)
            return (size_t)p;
    }
    return 9;
}

/* Significant digits of a decimal text. */
static size_t
digits(const char *t)
{
    size_t n = 0, zeros = 0;

    for (; *t && *t != 'e'; t++) {
        if (*t < '0' || *t > '9')
            continue;
        if (n == 0 && *t == '0')
            continue;
        n++;
        zeros = *t == '0' ? zeros + 1 : 0;
    }
    return n - zeros;
}

static void
floats(void)
{
    struct buf b = { 0 };
    uint32_t bits = 1;
    int wrong = 0, longer = 0;

    for (int i = 0; i < 2000000; i++) {
        float x;
        bits = bits * 1664525u + 1013904223u;
        uint32_t v = i % 2 ? bits : (bits & 0x83FFFFFF) | 0x38000000; /* near 1e-5..1 */
        memcpy(&x, &v, sizeof x);
        if (!isfinite(x))
            continue;
        b.n = 0;
        jout_f32(&b, x);
        buf_char(&b, '\0');
        if (strtof(b.p, NULL) != x && wrong++ < 3)
            printf("# %.9g became %s\n", (double)x, b.p);
        if (i % 16 == 0 && x != 0 && digits(b.p) > shortest(x) && longer++ < 3)
            printf("# %.9g became %s, not shortest\n", (double)x, b.p);
    }
    tap_ok(wrong == 0, "2,000,000 floats read back to themselves");
    tap_ok(longer == 0, "with the fewest digits");
    buf_free(&b);
}

static void
is(const char *want, float x)
{
    struct buf b = { 0 };

    jout_f32(&b, x);
    buf_char(&b, '\0');
    tap_ok(strcmp(b.p, want) == 0, "%s is written %s", want, b.p);
    buf_free(&b);
}

int
main(void)
{
    struct buf b = { 0 };

    is("0.1", 0.1f);
    is("1", 1.0f);
    is("-1.5", -1.5f);
    is("100", 100.0f);
    is("16777216", 16777216.0f);
    is("0", 0.0f);
    is("0.00001", 1e-5f);
    is("9.9e-6", 9.9e-6f);
    is("1e-30", 1e-30f);
    is("3.4028235e+38", 3.4028234663852886e38f);
    floats();

    jout_str(&b, STR("a\"\\\n\x01\xc3\xa9/"));
    tap_ok(b.n == 18 && memcmp(b.p, "\"a\\\"\\\\\\n\\u0001\xc3\xa9/\"", 18) == 0,
           "strings");
    b.n = 0;
    jout_base64(&b, "foobar", 6);
    jout_base64(&b, "foob", 4);
    jout_base64(&b, "fooba", 5);
    tap_ok(b.n == 24 && memcmp(b.p, "Zm9vYmFyZm9vYg==Zm9vYmE=", 24) == 0, "base64");
    b.n = 0;
    jout_i32s(&b, (const int32_t[]){ 0, -7, INT32_MIN }, 3);
    tap_ok(b.n == 18 && memcmp(b.p, "[0,-7,-2147483648]", 18) == 0, "integers");
    buf_free(&b);
    return tap_done();
}
