/* test_until.c - the next time that it is that time of day */
#define _GNU_SOURCE
#include <stdlib.h>

#include "job/until.h"
#include "tap.h"

static void
is(const char *text, time_t now, time_t want)
{
    struct err e = { 0 };
    time_t t = until_next(text, now, &e);

    tap_ok(t == want, "%s from %lld is %lld", text, (long long)now, (long long)t);
}

int
main(void)
{
    static const char *const bad[] = { "",      "6",      "6:",    ":30",
                                       "24:00", "6:60",   "-1:00", "06:00 ",
                                       "06.00", "006:00", "06:000" };
    struct err e;

    setenv("TZ", "UTC0", 1);
    tzset();
    is("06:00", 0, 21600);
    is("6:00", 21599, 21600);
    is("06:00", 21600, 21600 + 86400);
    is("00:00", 86399, 86400);
    is("23:59", 86399, 86340 + 86400);
    /* the night in which a day has 23 hours */
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    is("06:00", 1774735200,
       1774756800); /* 2026-03-28 23:00 CET, 2026-03-29 06:00 CEST */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        tap_ok(until_next(bad[i], 0, &e) == -1 && e.code == ERR_USAGE, "'%s': %s",
               bad[i], e.msg);
    return tap_done();
}
