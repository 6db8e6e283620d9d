/* test_schemanum.c - numbers within bounds: every text of few digits, by brute force */
#include "infer/schemanum.h"

#include <string.h>

#include "tap.h"

#define TEXTS 60000

static char texts[TEXTS][10];
static long values[TEXTS]; /* in units of the last digit */
static int n_texts;

/* All ways to write a number with so many digits before the point and behind it. */
static void
list_texts(int integer, int fraction)
{
    static const int tens[] = { 1, 10, 100, 1000 };

    n_texts = 0;
    for (int minus = 0; minus < 2; minus++)
        for (int whole = 0; whole < tens[integer]; whole++)
            for (int f = 0; f <= fraction; f++)
                for (int x = 0; x < tens[f]; x++) {
                    long v = (long)whole * tens[fraction] + x * tens[fraction - f];
                    char *t = texts[n_texts];
                    int n = snprintf(t, sizeof *texts, "%s%d", minus ? "-" : "", whole);
                    if (f > 0)
                        snprintf(t + n, sizeof *texts - n, ".%0*d", f, x);
                    values[n_texts++] = minus ? -v : v;
                }
}

/* How many of the text's bytes are taken. */
static size_t
take(const struct schemanum *r, struct schemanum_at *at, const char *text)
{
    size_t n = 0;

    *at = (struct schemanum_at){ 0 };
    while (text[n] && schemanum_step(r, at, text[n]))
        n++;
    return n;
}

static int
closes(const struct schemanum *r, struct schemanum_at at)
{
    for (int i = 0; i < 12; i++) {
        if (schemanum_may_end(r, &at))
            return 1;
        if (!schemanum_step(r, &at, schemanum_close(r, &at)))
            return 0;
    }
    return 0;
}

/* Does a number within the bounds begin with the first n bytes of a text? */
static int
some_begin(const struct schemanum *r, const char *text, size_t n)
{
    for (int i = 0; i < n_texts; i++)
        if (values[i] >= r->low && values[i] <= r->high &&
            strncmp(texts[i], text, n) == 0)
            return 1;
    return 0;
}

/* "-0" of integers and -0 alone are valid, but not written. */
static int
is_minus_zero(const struct schemanum *r, int i)
{
    return values[i] == 0 && texts[i][0] == '-' && (r->fraction == 0 || r->low == 0);
}

static int
check_range(const struct schemanum *r)
{
    int wrong = 0;

    for (int i = 0; i < n_texts; i++) {
        struct schemanum_at at;
        size_t n = take(r, &at, texts[i]);
        int whole = n == strlen(texts[i]) && schemanum_may_end(r, &at);
        int within = values[i] >= r->low && values[i] <= r->high;
        if (is_minus_zero(r, i))
            within = whole;
        wrong += whole != within;
        if (n > 0)
            wrong += !closes(r, at) || !some_begin(r, texts[i], n);
    }
    return wrong == 0;
}

static void
test_digits(int integer, int fraction, int64_t step)
{
    int64_t most = 1;
    int good = 0, all = 0;

    list_texts(integer, fraction);
    for (int i = 0; i < integer + fraction; i++)
        most *= 10;
    for (int64_t low = -most + 1; low < most; low += step)
        for (int64_t high = low; high < most; high += 3 * step + (high & 3)) {
            struct schemanum r = { low, high, (uint8_t)integer, (uint8_t)fraction };
            good += check_range(&r);
            all++;
        }
    tap_ok(good == all && all > 100, "%d.%d digits, %d of %d bounds: every text",
           integer, fraction, good, all);
}

static void
test_bounds(void)
{
    static const struct {
        int integer;
        enum schemanum_bound how;
        const char *text;
        int64_t low, high; /* low > high: nothing is left */
    } cases[] = {
#define I 999999999999999
#define R 999999999999999999
        { 1, SCHEMANUM_FROM, "3", 3, I },
        { 1, SCHEMANUM_ABOVE, "3", 4, I },
        { 1, SCHEMANUM_TO, "3", -I, 3 },
        { 1, SCHEMANUM_BELOW, "3", -I, 2 },
        { 1, SCHEMANUM_FROM, "2.5", 3, I },
        { 1, SCHEMANUM_ABOVE, "2.5", 3, I },
        { 1, SCHEMANUM_TO, "2.5", -I, 2 },
        { 1, SCHEMANUM_BELOW, "2.5", -I, 2 },
        { 1, SCHEMANUM_FROM, "-2.5", -2, I },
        { 1, SCHEMANUM_ABOVE, "-2.5", -2, I },
        { 1, SCHEMANUM_ABOVE, "-2", -1, I },
        { 1, SCHEMANUM_TO, "-2.5", -I, -3 },
        { 1, SCHEMANUM_BELOW, "-2.0", -I, -3 },
        { 1, SCHEMANUM_FROM, "12e-1", 2, I },
        { 1, SCHEMANUM_FROM, "1.25E2", 125, I },
        { 1, SCHEMANUM_FROM, "-1e400", -I, I },
        { 1, SCHEMANUM_TO, "1e99999999999999999999", -I, I },
        { 1, SCHEMANUM_FROM, "1e99999999999999999999", 1, 0 },
        { 1, SCHEMANUM_TO, "-1e30", 1, 0 },
        { 1, SCHEMANUM_FROM, "1000000000000000", 1, 0 },
        { 1, SCHEMANUM_FROM, "999999999999999", I, I },
        { 1, SCHEMANUM_ABOVE, "999999999999999", 1, 0 },
        { 1, SCHEMANUM_FROM, "1e-99999999999999999999", 1, I },
        { 1, SCHEMANUM_FROM, "0e99999999999999999999", 0, I },
        { 1, SCHEMANUM_FROM, "0.000", 0, I },
        { 0, SCHEMANUM_FROM, "0.1", 100000, R },
        { 0, SCHEMANUM_FROM, "0.00000012", 1, R },
        { 0, SCHEMANUM_TO, "-0.0000005", -R, -1 },
        { 0, SCHEMANUM_BELOW, "1e12", -R, R },
        { 0, SCHEMANUM_BELOW, "999999999999.999999", -R, R - 1 },
        { 0, SCHEMANUM_FROM, "123456789012.3456789", 123456789012345679, R },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct schemanum r = schemanum_any(cases[i].integer);
        int some =
            schemanum_bound(&r, cases[i].text, strlen(cases[i].text), cases[i].how);
        if (cases[i].low > cases[i].high)
            tap_ok(!some, "%s %d: nothing left", cases[i].text, (int)cases[i].how);
        else
            tap_ok(some && r.low == cases[i].low && r.high == cases[i].high,
                   "%s %d: %lld to %lld", cases[i].text, (int)cases[i].how,
                   (long long)r.low, (long long)r.high);
    }
}

int
main(void)
{
    struct schemanum r = schemanum_any(0);
    struct schemanum_at at;

    test_bounds();
    test_digits(2, 0, 1);
    test_digits(1, 1, 1);
    test_digits(1, 2, 61);
    test_digits(2, 1, 67);
    tap_ok(take(&r, &at, "-123456789012.345678") == 20 && schemanum_may_end(&r, &at),
           "the longest number");
    tap_ok(take(&r, &at, "1234567890123") == 12 && take(&r, &at, "0.1234567") == 8,
           "no digit more");
    tap_ok(take(&r, &at, "01") == 1 && take(&r, &at, "1e5") == 1 &&
               take(&r, &at, "--1") == 1 && take(&r, &at, ".5") == 0 &&
               take(&r, &at, "+1") == 0 && take(&r, &at, "1..") == 2,
           "what is no number");
    return tap_done();
}
