/* json.c - JSON text: check it, and look into it without copying */
#include "json/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "text/utf8.h"
#include "json/stops.h"

struct scan {
    const char *p, *end, *begin;
    struct stops *stops;
    struct err *e;
    int cut;                              /* stopped at the end, between two tokens */
    int depth;                            /* open brackets */
    unsigned char object[JSON_DEPTH / 8]; /* a bit each: is it an object? */
    struct json_watch *watch;
    int n_watch;
    struct json_watch *pending; /* watched member whose value is being read */
    const char *value;          /* where the value of the top-level member begins */
};

static int
fail(struct scan *s, const char *what)
{
    size_t at = (size_t)(s->p - s->begin);

    if (s->p < s->end && (unsigned char)*s->p >= 0x80 &&
        !utf8_len(s->p, (size_t)(s->end - s->p)))
        return err_set(s->e, ERR_UTF8, "not UTF-8 at byte %zu", at);
    return err_set(s->e, ERR_JSON, "%s at byte %zu", what, at);
}

static void
space(struct scan *s)
{
    while (s->p < s->end &&
           (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n'))
        s->p++;
}

static int
expected(struct scan *s, const char *what)
{
    char msg[64];

    if (s->p == s->end) {
        s->cut = 1;
        return err_set(s->e, ERR_JSON, "ends where %s should be", what);
    }
    snprintf(msg, sizeof msg, "expected %s", what);
    return fail(s, msg);
}

static int
hex4(const char *p)
{
    int v = 0;

    for (int i = 0; i < 4; i++) {
        int c = p[i], d = c | 32;
        if (c >= '0' && c <= '9')
            v = v << 4 | (c - '0');
        else if (d >= 'a' && d <= 'f')
            v = v << 4 | (d - 'a' + 10);
        else
            return -1;
    }
    return v;
}

static int
escape(struct scan *s)
{
    size_t left = (size_t)(s->end - s->p);

    if (left < 2)
        return fail(s, "string not ended");
    if (s->p[1] == 'u') {
        if (left < 6 || hex4(s->p + 2) < 0)
            return fail(s, "bad \\u escape");
        s->p += 6;
        return 0;
    }
    if (!memchr("\"\\/bfnrt", s->p[1], 8))
        return fail(s, "bad escape");
    s->p += 2;
    return 0;
}

/* At the opening quote; leaves p behind the closing one. */
static int
string(struct scan *s, int *escaped)
{
    *escaped = 0;
    s->p++;
    for (;;) {
        s->p = stops_next(s->stops, s->p);
        if (s->p == s->end)
            return fail(s, "string not ended");
        if (*s->p == '"') {
            s->p++;
            return 0;
        }
        if (*s->p != '\\')
            return fail(s, "control character in a string");
        *escaped = 1;
        if (escape(s))
            return -1;
    }
}

static int
digits(struct scan *s)
{
    const char *from = s->p;

    while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
        s->p++;
    return s->p == from ? fail(s, "bad number") : 0;
}

static int
number(struct scan *s)
{
    s->p += *s->p == '-';
    if (s->p < s->end && *s->p == '0')
        s->p++;
    else if (digits(s))
        return -1;
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        if (digits(s))
            return -1;
    }
    if (s->p < s->end && (*s->p | 32) == 'e') {
        s->p++;
        s->p += s->p < s->end && (*s->p == '+' || *s->p == '-');
        if (digits(s))
            return -1;
    }
    return 0;
}

static int
word(struct scan *s, const char *w)
{
    size_t n = strlen(w);

    if ((size_t)(s->end - s->p) < n || memcmp(s->p, w, n) != 0)
        return fail(s, "bad value");
    s->p += n;
    return 0;
}

static int
push(struct scan *s, int object)
{
    unsigned char bit = (unsigned char)(1u << (s->depth & 7));

    if (s->depth == JSON_DEPTH)
        return err_set(s->e, ERR_DEPTH, "nested deeper than %d", JSON_DEPTH);
    if (object)
        s->object[s->depth >> 3] |= bit;
    else
        s->object[s->depth >> 3] &= (unsigned char)~bit;
    s->depth++;
    s->p++;
    return 0;
}

static int
in_object(const struct scan *s)
{
    int top = s->depth - 1;

    return s->object[top >> 3] >> (top & 7) & 1;
}

static struct json_watch *
watched(struct scan *s, const char *key, const char *end, int escaped)
{
    struct str raw = { key + 1, (size_t)(end - key) - 2 };

    for (int i = 0; i < s->n_watch; i++)
        if (escaped ? json_is((struct json){ key, raw.n + 2, JSON_STRING },
                              s->watch[i].name)
                    : str_eq(raw, s->watch[i].name))
            return &s->watch[i];
    return NULL;
}

/* A member's name and the colon; p is then at the value. */
static int
key(struct scan *s)
{
    const char *from = s->p;
    int escaped;

    if (s->p == s->end || *s->p != '"')
        return expected(s, "a member's name");
    if (string(s, &escaped))
        return -1;
    if (s->depth == 1 && s->n_watch > 0)
        s->pending = watched(s, from, s->p, escaped);
    space(s);
    if (s->p == s->end || *s->p != ':')
        return expected(s, "':'");
    s->p++;
    space(s);
    if (s->depth == 1)
        s->value = s->p;
    return 0;
}

static enum json_type
type_of(char c)
{
    switch (c) {
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case '"': return JSON_STRING;
    case 't': return JSON_TRUE;
    case 'f': return JSON_FALSE;
    case 'n': return JSON_NULL;
    default: return JSON_NUMBER;
    }
}

/* The value of a top-level member is complete. */
static void
note(struct scan *s)
{
    if (s->pending) {
        s->pending->count++;
        s->pending->value =
            (struct json){ s->value, (size_t)(s->p - s->value), type_of(*s->value) };
        s->pending = NULL;
    }
}

static int
scalar(struct scan *s)
{
    int escaped;

    if (s->p == s->end)
        return expected(s, "a value");
    switch (*s->p) {
    case '"': return string(s, &escaped);
    case 't': return word(s, "true");
    case 'f': return word(s, "false");
    case 'n': return word(s, "null");
    default:
        if (*s->p != '-' && (*s->p < '0' || *s->p > '9'))
            return fail(s, "expected a value");
        return number(s);
    }
}

/* Opens brackets and reads scalars until a value is complete. */
static int
open_value(struct scan *s)
{
    while (s->p < s->end && (*s->p == '{' || *s->p == '[')) {
        char close = *s->p == '{' ? '}' : ']';
        if (push(s, close == '}'))
            return -1;
        space(s);
        if (s->p < s->end && *s->p == close) {
            s->p++;
            s->depth--;
            return 0;
        }
        if (close == '}' && key(s))
            return -1;
    }
    return scalar(s);
}

/* After a complete value: closes brackets, up to the next value or the end.
 * 1: another value follows; 0: the text's value is complete; -1: error. */
static int
close_value(struct scan *s)
{
    while (s->depth > 0) {
        int object = in_object(s);
        if (s->depth == 1)
            note(s);
        space(s);
        if (s->p < s->end && *s->p == (object ? '}' : ']')) {
            s->p++;
            s->depth--;
            continue;
        }
        if (s->p == s->end || *s->p != ',')
            return expected(s, object ? "',' or '}'" : "',' or ']'");
        s->p++;
        space(s);
        if (object && key(s))
            return -1;
        return 1;
    }
    return 0;
}

static int
run(struct scan *s, struct json *v)
{
    int more;

    space(s);
    v->p = s->p;
    do {
        if (open_value(s))
            return -1;
        if ((more = close_value(s)) < 0)
            return -1;
    } while (more);
    v->n = (size_t)(s->p - v->p);
    v->type = type_of(*v->p);
    space(s);
    if (s->p < s->end) {
        if (fail(s, "more after the value") && s->e->code == ERR_JSON)
            s->e->code = ERR_TRAILING;
        return -1;
    }
    return 0;
}

/* The bits of `object` are written before they are read, so nothing clears them. */
static void
begin(struct scan *s, struct stops *stops, const char *p, size_t n, struct err *e)
{
    stops_begin(stops, p, n);
    s->p = s->begin = p;
    s->end = p + n;
    s->stops = stops;
    s->e = e;
    s->cut = s->depth = s->n_watch = 0;
    s->pending = s->watch = NULL;
    s->value = NULL;
}

int
json_scan(const char *p, size_t n, struct json_watch *watch, int n_watch,
          struct json *v, struct err *e)
{
    struct stops stops;
    struct scan s;

    begin(&s, &stops, p, n, e);
    s.watch = watch;
    s.n_watch = n_watch;
    for (int i = 0; i < n_watch; i++) {
        watch[i].count = 0;
        watch[i].value = (struct json){ NULL, 0, JSON_NONE };
    }
    return run(&s, v);
}

int
json_unfinished(const char *p, size_t n)
{
    struct stops stops;
    struct scan s;
    struct json v;
    struct err e;

    begin(&s, &stops, p, n, &e);
    return run(&s, &v) < 0 && s.cut;
}

/* Behind a string or value of checked text. */
static const char *
skip_string(const char *p)
{
    for (p++; *p != '"'; p++)
        if (__builtin_expect(*p == '\\', 0))
            p++;
    return p + 1;
}

static const char *
skip_value(const char *p, const char *end)
{
    int depth = 0;

    do {
        switch (*p) {
        case '"': p = skip_string(p); break;
        case '{':
        case '[':
            depth++;
            p++;
            break;
        case '}':
        case ']':
            depth--;
            p++;
            break;
        default:
            if (depth > 0) {
                p++;
                break;
            }
            while (p<end && * p> ' ' && *p != ',' && *p != ']' && *p != '}')
                p++;
        }
    } while (depth > 0);
    return p;
}

static const char *
skip_space(const char *p, const char *end, char also)
{
    while (p < end &&
           (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n' || *p == also))
        p++;
    return p;
}

struct json_iter
json_begin(struct json v)
{
    if (v.type != JSON_OBJECT && v.type != JSON_ARRAY)
        return (struct json_iter){ NULL, NULL, 0 };
    return (struct json_iter){ v.p + 1, v.p + v.n - 1, v.type == JSON_OBJECT };
}

int
json_next(struct json_iter *it, struct json *key_out, struct json *val)
{
    const char *p = skip_space(it->p, it->end, ',');

    if (p == it->end)
        return 0;
    *key_out = (struct json){ NULL, 0, JSON_NONE };
    if (it->object) {
        const char *q = skip_string(p);
        *key_out = (struct json){ p, (size_t)(q - p), JSON_STRING };
        p = skip_space(q, it->end, ':');
    }
    it->p = skip_value(p, it->end);
    *val = (struct json){ p, (size_t)(it->p - p), type_of(*p) };
    return 1;
}

struct json
json_get(struct json v, const char *name)
{
    struct json_iter it = json_begin(v);
    struct json k, x, found = { NULL, 0, JSON_NONE };

    if (v.type == JSON_OBJECT)
        while (json_next(&it, &k, &x))
            if (json_is(k, str_of(name)))
                found = x;
    return found;
}

struct json
json_at(struct json v, size_t i)
{
    struct json_iter it = json_begin(v);
    struct json k, x;

    if (v.type == JSON_ARRAY)
        for (size_t at = 0; json_next(&it, &k, &x); at++)
            if (at == i)
                return x;
    return (struct json){ NULL, 0, JSON_NONE };
}

/* The code point of the \u escape at p (and its second half); -1: a lone surrogate. */
static int32_t
unescape_u(const char **pp, const char *end)
{
    const char *p = *pp;
    int hi = hex4(p + 2), lo;

    *pp = p + 6;
    if (hi < 0xD800 || hi > 0xDFFF)
        return hi;
    if (hi > 0xDBFF || end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return -1;
    lo = hex4(p + 8);
    if (lo < 0xDC00 || lo > 0xDFFF)
        return -1;
    *pp = p + 12;
    return 0x10000 + ((hi - 0xD800) << 10) + (lo - 0xDC00);
}

static char
unescape_char(char c)
{
    switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
    }
}

int
json_unquote(struct json v, struct buf *b, struct err *e)
{
    const char *p = v.p + 1, *end = v.p + v.n - 1;

    while (p < end) {
        const char *back = memchr(p, '\\', (size_t)(end - p));
        size_t run_len = (size_t)((back ? back : end) - p);
        buf_add(b, p, run_len);
        p += run_len;
        if (p == end)
            break;
        if (p[1] == 'u') {
            const char *at = p;
            int32_t cp = unescape_u(&p, end);
            if (cp < 0)
                return err_set(e, ERR_UTF8, "lone surrogate %.6s in the string", at);
            utf8_put(b, (uint32_t)cp);
        } else {
            buf_char(b, unescape_char(p[1]));
            p += 2;
        }
    }
    return 0;
}

int
json_is(struct json v, struct str s)
{
    struct buf b = { 0 };
    struct err e;
    int same;

    if (v.type != JSON_STRING)
        return 0;
    if (!memchr(v.p, '\\', v.n))
        return str_eq((struct str){ v.p + 1, v.n - 2 }, s);
    same = json_unquote(v, &b, &e) == 0 && str_eq((struct str){ b.p, b.n }, s);
    buf_free(&b);
    return same;
}

int
json_int(struct json v, int64_t lo, int64_t hi, int64_t *out)
{
    int64_t x = 0;
    size_t i = v.type == JSON_NUMBER && v.p[0] == '-';

    if (v.type != JSON_NUMBER)
        return 0;
    for (; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return 0;
        /* Counts down, since INT64_MIN has no positive twin. */
        if (__builtin_mul_overflow(x, 10, &x) ||
            __builtin_sub_overflow(x, v.p[i] - '0', &x))
            return 0;
    }
    if (v.p[0] != '-' && __builtin_sub_overflow((int64_t)0, x, &x))
        return 0;
    if (x < lo || x > hi)
        return 0;
    *out = x;
    return 1;
}

int
json_double(struct json v, double *out)
{
    char text[512]; /* a longer number in a configuration is not a number */
    size_t n = v.n < sizeof text - 1 ? v.n : sizeof text - 1;

    if (v.type != JSON_NUMBER || v.n != n)
        return 0;
    memcpy(text, v.p, n);
    text[n] = '\0';
    *out = strtod(text, NULL); /* no program here calls setlocale() */
    return isfinite(*out) != 0;
}
