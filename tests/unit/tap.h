/*
 * tap.h - the few words that the unit tests speak: TAP lines for prove(1)
 *
 *     int main(void) { tap_ok(1 + 1 == 2, "sums"); return tap_done(); }
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int tap_count, tap_failed;

/* One test: did it hold? The name is a format. Returns ok. */
__attribute__((format(printf, 2, 3))) static inline int
tap_ok(int ok, const char *fmt, ...)
{
    va_list ap;

    printf("%sok %d - ", ok ? "" : "not ", ++tap_count);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    tap_failed += !ok;
    return ok;
}

static inline void
tap_skip(const char *name, const char *why)
{
    printf("ok %d - %s # skip %s\n", ++tap_count, name, why);
}

static inline int
tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The folder of shared test data that the repository does not carry. */
static inline const char *
tap_shared(void)
{
    const char *dir = getenv("TEXTMILL_SHARED");

    return dir ? dir : "../shared";
}

#endif
