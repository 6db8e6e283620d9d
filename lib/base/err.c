/* err.c - what went wrong, as a value */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[ERR_CODES] = {
    [ERR_NONE] = "none",         [ERR_JSON] = "json",
    [ERR_UTF8] = "utf8",         [ERR_DEPTH] = "depth",
    [ERR_TOO_LONG] = "too-long", [ERR_NOT_OBJECT] = "not-object",
    [ERR_TRAILING] = "trailing", [ERR_MISSING] = "missing",
    [ERR_TYPE] = "type",         [ERR_EXISTS] = "exists",
    [ERR_OVERLONG] = "overlong", [ERR_RANGE] = "range",
    [ERR_NAN] = "nan",           [ERR_LIMIT] = "limit",
    [ERR_MODEL] = "model",       [ERR_USAGE] = "usage",
    [ERR_INPUT] = "input",       [ERR_OUTPUT] = "output",
    [ERR_NOMEM] = "memory",
};

/* Names out of files are in messages, and what they hold must not reach a terminal. */
static void
clean(char *msg)
{
    for (unsigned char *p = (unsigned char *)msg; *p; p++)
        if (*p < 0x20 || *p == 0x7F)
            *p = '?';
}

int
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    e->code = code;
    va_start(ap, fmt);
    vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    clean(e->msg);
    return -1;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
    char old[sizeof e->msg];
    va_list ap;
    int n;

    memcpy(old, e->msg, sizeof old);
    va_start(ap, fmt);
    n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    clean(e->msg);
    if (n < 0 || (size_t)n + 3 > sizeof e->msg)
        return -1;
    /* A long chain loses its tail: the outermost names are the ones a user knows. */
    snprintf(e->msg + n, sizeof e->msg - (size_t)n, ": %.300s", old);
    return -1;
}

const char *
err_name(enum err_code code)
{
    return names[code];
}

int
err_exit(enum err_code code)
{
    switch (code) {
    case ERR_USAGE: return 2;
    case ERR_MODEL: return 4;
    case ERR_OUTPUT: return 5;
    case ERR_LIMIT:
    case ERR_NOMEM: return 6;
    default: return 3;
    }
}
