/*
 * json.h - JSON text: check it, and look into it without copying
 *
 * json_scan() reads one text once, checks all of it (RFC 8259, UTF-8 included) and
 * notes where the members of the top-level object are that the caller watches for. What
 * has been checked can then be walked by the functions below, which cannot fail on it.
 *
 *     struct json_watch w[] = { { .name = STR("text") } };
 *     struct json v;
 *     if (json_scan(line, n, w, 1, &v, &e)) ...        reject, e.code says why
 *     if (w[0].count == 1 && w[0].value.type == JSON_STRING)
 *         json_unquote(w[0].value, &buf, &e);
 *
 * Names are compared unescaped: "t\u0065xt" is text. Numbers are never converted unless
 * asked for. No recursion: nesting beyond JSON_DEPTH is ERR_DEPTH.
 *
 * Owns:    nothing; all spans point into the caller's text.
 * Threads: pure functions.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define JSON_DEPTH 1024

enum json_type {
    JSON_NONE, /* no value there */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* A value's bytes, quotes and brackets included. */
struct json {
    const char *p;
    size_t n;
    enum json_type type;
};

/* A name to look for at the top level, and what was found. */
struct json_watch {
    struct str name;   /* unescaped */
    int count;         /* how often the name is there */
    struct json value; /* the last one of that name; JSON_NONE when count is 0 */
    int plain;         /* it is a string without escapes */
};

/* Check the text, which is one value with white space around it, and set *v to it.
 * ERR_JSON, ERR_UTF8, ERR_DEPTH, ERR_TRAILING (a value, then more). */
int json_scan(const char *p, size_t n, struct json_watch *watch, int n_watch,
              struct json *v, struct err *e);

/* Where a text that json_scan() refused with ERR_JSON could still be the beginning of a
 * longer one: 1 when all of it was consumed between two tokens, else 0. */
int json_unfinished(const char *p, size_t n);

/* Below: on values that json_scan() has accepted. */

/* Walk an object or array: `struct json_iter it = json_begin(v); while (json_next(&it,
 * &key, &val))`. key is the raw string with quotes, JSON_NONE in an array. */
struct json_iter {
    const char *p, *end;
    int object;
};
struct json_iter json_begin(struct json v);
int json_next(struct json_iter *it, struct json *key, struct json *val);

/* The last member of that name, or JSON_NONE; also when v is no object. */
struct json json_get(struct json v, const char *name);

/* Element i of an array, or JSON_NONE. */
struct json json_at(struct json v, size_t i);

/* Is this string, unescaped, equal to s? */
int json_is(struct json string, struct str s);

/* Append a string's text. ERR_UTF8: it holds a lone surrogate (\ud800). */
int json_unquote(struct json string, struct buf *b, struct err *e);

/* A number as an integer in [lo, hi]: 1 and *out, or 0 (fractions, exponents: 0). */
int json_int(struct json number, int64_t lo, int64_t hi, int64_t *out);

/* A number as the nearest double: 1 and *out (finite), or 0. Independent of locale. */
int json_double(struct json number, double *out);

#endif
