/*
 * err.h - what went wrong, as a value
 *
 * Every function that can fail for a reason a user must hear takes a `struct err *e`
 * last and returns -1 or NULL. Nothing is allocated, so an error can always be told.
 * The library never prints and never exits (mem.h names the one exception).
 *
 *     if (n > limit)
 *         return err_set(e, ERR_LIMIT, "%zu labels, at most %d", n, limit);
 *
 * Owns:    nothing; the caller keeps the struct, normally on its stack.
 * Threads: a value, no sharing.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_code {
    ERR_NONE,
    /* Why one record is rejected: textmill-records(5), section REJECTS. */
    ERR_JSON,
    ERR_UTF8,
    ERR_DEPTH,
    ERR_TOO_LONG,
    ERR_NOT_OBJECT,
    ERR_TRAILING,
    ERR_MISSING,
    ERR_TYPE,
    ERR_EXISTS,
    ERR_OVERLONG,
    ERR_RANGE,
    ERR_NAN,
    ERR_LIMIT,
    ERR_MODEL, /* also: the model or its configuration is bad, which ends a run */
    /* Why a run ends. */
    ERR_USAGE,
    ERR_INPUT,  /* a file that cannot be opened, read, or is not what it must be */
    ERR_OUTPUT, /* cannot be written, also at close */
    ERR_NOMEM,
    ERR_CODES
};

struct err {
    enum err_code code;
    char msg[320]; /* one sentence; control characters have become '?' */
};

/* Record a failure. Always -1, so that `return err_set(e, ...)` reads well. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "what: " in front of the message that is there. Always -1. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The name that users see: "json", "too-long", "not-object", ... */
const char *err_name(enum err_code code);

/* The exit status (textmill-records(5)) of a run that ends for this reason: 2 to 6. */
int err_exit(enum err_code code);

#endif
