/* check_text.c - kernels over bytes */
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
ends_plain(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
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
check_text_plain(struct check *c)
{
    check_run(c, c->got->text_plain, ends_plain);
    check_random_runs(c, c->got->text_plain, ends_plain);
}

void
check_text_ascii(struct check *c)
{
    check_run(c, c->got->text_ascii, ends_ascii);
    check_random_runs(c, c->got->text_ascii, ends_ascii);
}
