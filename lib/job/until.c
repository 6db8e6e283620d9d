/* until.c - the next time that the clock on the wall shows HH:MM */
#define _GNU_SOURCE
#include "job/until.h"

/* Two digits at most; -1: none, or too large. */
static int
number(const char **p, int below)
{
    int n = 0, digits = 0;

    for (; **p >= '0' && **p <= '9' && digits < 2; ++*p, digits++)
        n = n * 10 + (**p - '0');
    return digits > 0 && n < below ? n : -1;
}

time_t
until_next(const char *text, time_t now, struct err *e)
{
    const char *p = text;
    int hour = number(&p, 24), minute = *p == ':' ? (p++, number(&p, 60)) : -1;
    struct tm tm;
    time_t t;

    if (hour < 0 || minute < 0 || *p)
        return err_set(e, ERR_USAGE, "--until is a time of day like 06:00, not '%s'",
                       text);
    localtime_r(&now, &tm);
    for (int day = 0; day <= 1; day++) {
        struct tm at = tm;
        at.tm_mday += day;
        at.tm_hour = hour;
        at.tm_min = minute;
        at.tm_sec = 0;
        at.tm_isdst = -1;
        if ((t = mktime(&at)) > now)
            return t;
    }
    return t;
}
