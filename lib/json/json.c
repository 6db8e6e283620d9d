/* json.c - JSON text: check it, and look into it without copying */
#include "json/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "text/utf8.h"

#define RUN 64 /* bytes copied at once */
#include "json/stops.h"

/* What is constant or seldom changes while a text is read; the place p in it goes from
 * function to function, each of which returns the place behind what it read, or NULL
 * when it has set *e: so it stays in a register. */
struct scan {
    const char *begin, *end;
    struct err *e;
    int cut;                              /* stopped at the end, between two tokens */
    int escaped;                          /* the last string holds an escape */
    int depth;                            /* open brackets */
    unsigned char object[JSON_DEPTH / 8]; /* a bit each: is it an object? */
    struct json_watch *watch;
    int n_watch;
    uint64_t lengths;           /* of watched names, modulo 64: a bit each */
    struct json_watch *pending; /* watched member whose value is being read */
    const char *value;          /* where the value of the top-level member begins */
    struct stops stops;
};

static const char *
fail(struct scan *s, const char *p, const char *what)
{
    size_t at = (size_t)(p - s->begin);

    if (p < s->end && (unsigned char)*p >= 0x80 && !utf8_len(p, (size_t)(s->end - p)))
        err_set(s->e, ERR_UTF8, "not UTF-8 at byte %zu", at);
    else
        err_set(s->e, ERR_JSON, "%s at byte %zu", what, at);
    return NULL;
}

static inline const char *
space(const struct scan *s, const char *p)
{
    while (p < s->end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
        p++;
    return p;
}

static const char *
expected(struct scan *s, const char *p, const char *what)
{
    char msg[64];

    if (p == s->end) {
        s->cut = 1;
        err_set(s->e, ERR_JSON, "ends where %s should be", what);
        return NULL;
    }
    snprintf(msg, sizeof msg, "expected %s", what);
    return fail(s, p, msg);
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

/* What \c stands for; 0: nothing. */
static char
unescape_char(char c)
{
    static const char means[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
    };

    return means[(unsigned char)c];
}

/* An escape that is not one of two characters. */
static const char *
escape(struct scan *s, const char *p)
{
    size_t left = (size_t)(s->end - p);

    if (left < 2)
        return fail(s, p, "string not ended");
    if (p[1] != 'u')
        return fail(s, p, "bad escape");
    return left >= 6 && hex4(p + 2) >= 0 ? p + 6 : fail(s, p, "bad \\u escape");
}

/* From a stop in a string to behind its closing quote. */
static const char *
string_rest(struct scan *s, const char *p)
{
    while (p < s->end && *p != '"') {
        if (*p != '\\')
            return fail(s, p, "control character in a string");
        s->escaped = 1;
        if (s->end - p >= 2 && unescape_char(p[1]))
            p += 2;
        else if ((p = escape(s, p)) == NULL)
            return NULL;
        p = stops_next(&s->stops, p);
    }
    return p < s->end ? p + 1 : fail(s, p, "string not ended");
}

/* From the opening quote to behind the closing one. */
static inline __attribute__((always_inline)) const char *
string(struct scan *s, const char *p)
{
    s->escaped = 0;
    p = stops_next(&s->stops, p + 1);
    return p < s->end && *p == '"' ? p + 1 : string_rest(s, p);
}

static const char *
digits(struct scan *s, const char *p)
{
    const char *from = p;

    while (p < s->end && *p >= '0' && *p <= '9')
        p++;
    return p == from ? fail(s, p, "bad number") : p;
}

static const char *
number(struct scan *s, const char *p)
{
    p += *p == '-';
    if (p < s->end && *p == '0')
        p++;
    else if ((p = digits(s, p)) == NULL)
        return NULL;
    if (p < s->end && *p == '.' && (p = digits(s, p + 1)) == NULL)
        return NULL;
    if (p < s->end && (*p | 32) == 'e') {
        p++;
        p += p < s->end && (*p == '+' || *p == '-');
        p = digits(s, p);
    }
    return p;
}

static const char *
word(struct scan *s, const char *p, const char *w)
{
    size_t n = strlen(w);

    if ((size_t)(s->end - p) < n || memcmp(p, w, n) != 0)
        return fail(s, p, "bad value");
    return p + n;
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
    return 0;
}

static int
in_object(const struct scan *s)
{
    int top = s->depth - 1;

    return s->object[top >> 3] >> (top & 7) & 1;
}

static struct json_watch *
watched(struct scan *s, const char *key, const char *end)
{
    struct str raw = { key + 1, (size_t)(end - key) - 2 };

    if (!s->escaped && !(s->lengths >> raw.n % 64 & 1))
        return NULL;
    for (int i = 0; i < s->n_watch; i++)
        if (s->escaped ? json_is((struct json){ key, raw.n + 2, JSON_STRING },
                                 s->watch[i].name)
                       : str_eq(raw, s->watch[i].name))
            return &s->watch[i];
    return NULL;
}

/* A member's name and the colon, up to the value. */
static inline const char *
key(struct scan *s, const char *p)
{
    const char *from = p;

    if (p == s->end || *p != '"')
        return expected(s, p, "a member's name");
    if ((p = string(s, p)) == NULL)
        return NULL;
    if (s->depth == 1 && s->n_watch > 0)
        s->pending = watched(s, from, p);
    p = space(s, p);
    if (p == s->end || *p != ':')
        return expected(s, p, "':'");
    p = space(s, p + 1);
    if (s->depth == 1)
        s->value = p;
    return p;
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

/* A member of the top-level object is complete. */
static void
note(struct scan *s, const char *end)
{
    struct json_watch *w = s->pending;

    if (w) {
        w->count++;
        w->value =
            (struct json){ s->value, (size_t)(end - s->value), type_of(*s->value) };
        w->plain = w->value.type == JSON_STRING && !s->escaped;
        s->pending = NULL;
    }
}

static inline const char *
scalar(struct scan *s, const char *p)
{
    if (p == s->end)
        return expected(s, p, "a value");
    switch (*p) {
    case '"': return string(s, p);
    case 't': return word(s, p, "true");
    case 'f': return word(s, p, "false");
    case 'n': return word(s, p, "null");
    default:
        if (*p != '-' && (*p < '0' || *p > '9'))
            return fail(s, p, "expected a value");
        return number(s, p);
    }
}

/* Opens brackets and reads scalars until a value is complete. */
static inline const char *
open_value(struct scan *s, const char *p)
{
    while (p < s->end && (*p == '{' || *p == '[')) {
        char close = *p == '{' ? '}' : ']';
        if (push(s, close == '}'))
            return NULL;
        p = space(s, p + 1);
        if (p < s->end && *p == close) {
            s->depth--;
            return p + 1;
        }
        if (close == '}' && (p = key(s, p)) == NULL)
            return NULL;
    }
    return scalar(s, p);
}

/* After a complete value: closes brackets, up to the next value; or the text's value is
 * complete, and the depth 0. */
static inline const char *
close_value(struct scan *s, const char *p)
{
    while (s->depth > 0) {
        int object = in_object(s);
        if (s->depth == 1)
            note(s, p);
        p = space(s, p);
        if (p == s->end || *p != (object ? '}' : ']')) {
            if (p == s->end || *p != ',')
                return expected(s, p, object ? "',' or '}'" : "',' or ']'");
            p = space(s, p + 1);
            return object ? key(s, p) : p;
        }
        p++;
        s->depth--;
    }
    return p;
}

static int
run(struct scan *s, struct json *v)
{
    const char *p = space(s, s->begin);

    v->p = p;
    do {
        if ((p = open_value(s, p)) == NULL || (p = close_value(s, p)) == NULL)
            return -1;
    } while (s->depth > 0);
    v->n = (size_t)(p - v->p);
    v->type = type_of(*v->p);
    p = space(s, p);
    if (p == s->end)
        return 0;
    fail(s, p, "more after the value");
    if (s->e->code == ERR_JSON)
        s->e->code = ERR_TRAILING;
    return -1;
}

/* The bits of `object` are written before they are read, so nothing clears them. */
static void
begin(struct scan *s, const char *p, size_t n, struct err *e)
{
    stops_begin(&s->stops, p, n);
    s->begin = p;
    s->end = p + n;
    s->e = e;
    s->cut = s->escaped = s->depth = s->n_watch = 0;
    s->pending = s->watch = NULL;
}

int
json_scan(const char *p, size_t n, struct json_watch *watch, int n_watch,
          struct json *v, struct err *e)
{
    struct scan s;

    begin(&s, p, n, e);
    s.watch = watch;
    s.n_watch = n_watch;
    s.lengths = 0;
    for (int i = 0; i < n_watch; i++) {
        s.lengths |= (uint64_t)1 << watch[i].name.n % 64;
        watch[i].count = watch[i].plain = 0;
        watch[i].value = (struct json){ NULL, 0, JSON_NONE };
    }
    return run(&s, v);
}

int
json_unfinished(const char *p, size_t n)
{
    struct scan s;
    struct json v;
    struct err e;

    begin(&s, p, n, &e);
    return run(&s, &v) < 0 && s.cut;
}

/* Behind a string of checked text. */
static const char *
skip_string(const char *p, const char *end)
{
    const char *q = p;
    size_t back;

    do {
        q = memchr(q + 1, '"', (size_t)(end - q) - 1);
        for (back = 0; q[-1 - (ptrdiff_t)back] == '\\'; back++)
            ;
    } while (back % 2); /* the quote is escaped */
    return q + 1;
}

/* Behind a value of checked text. */
static const char *
skip_value(const char *p, const char *end)
{
    int depth = 0;

    do {
        switch (*p) {
        case '"': p = skip_string(p, end); break;
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
        const char *q = skip_string(p, it->end);
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

    for (size_t at = 0; v.type == JSON_ARRAY && json_next(&it, &k, &x); at++)
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

/* Copy n bytes of the `readable` ones at p. Runs between escapes are short and of any
 * length: a copy of fixed size has no branch to be guessed wrong. */
static char *
copy_run(char *to, const char *p, size_t n, size_t readable)
{
    if (n <= RUN && readable >= RUN)
        memcpy(to, p, RUN);
    else
        memcpy(to, p, n);
    return to + n;
}

int
json_unquote(struct json v, struct buf *b, struct err *e)
{
    const char *p = v.p + 1, *end = v.p + v.n - 1, *stop;
    char *to = buf_room(b, v.n + RUN); /* no escape is shorter than what it means */

    while (p < end) {
        if ((stop = memchr(p, '\\', (size_t)(end - p))) == NULL)
            stop = end;
        to = copy_run(to, p, (size_t)(stop - p), (size_t)(end - p));
        p = stop;
        if (p == end)
            break;
        if (p[1] == 'u') {
            int32_t cp = unescape_u(&p, end);
            if (cp < 0)
                return err_set(e, ERR_UTF8, "lone surrogate %.6s in the string", stop);
            to += utf8_encode((uint32_t)cp, to);
        } else {
            *to++ = unescape_char(p[1]);
            p += 2;
        }
    }
    b->n = (size_t)(to - b->p);
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
    size_t i = v.type == JSON_NUMBER && v.p[0] == '-', safe = v.n < 18 ? v.n : 18;

    if (v.type != JSON_NUMBER)
        return 0;
    /* Counts down, since INT64_MIN has no positive twin. */
    for (; i < safe && v.p[i] >= '0' && v.p[i] <= '9'; i++)
        x = x * 10 - (v.p[i] - '0');
    for (; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return 0;
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
