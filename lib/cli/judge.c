/* judge.c - what the tasks of evaluate have in common */
#include "cli/judge.h"

#include <math.h>
#include <string.h>

#include "json/jout.h"

struct str
judge_copy(struct arena *a, const void *p, size_t n)
{
    return arena_str(a, (struct str){ p, n });
}

int
judge_text(struct json v, const char *name, struct arena *a, struct str *text,
           struct err *e)
{
    struct buf b = { 0 };
    int rc = 0;

    if (v.type == JSON_NUMBER || v.type == JSON_TRUE || v.type == JSON_FALSE)
        buf_add(&b, v.p, v.n);
    else if (v.type == JSON_STRING)
        rc = json_unquote(v, &b, e);
    else
        rc = err_set(e, ERR_TYPE, "member '%s' is no label", name);
    *text = judge_copy(a, b.p, b.n);
    buf_free(&b);
    return rc;
}

/* The six bits of a digit, or -1. */
static int
digit(char c)
{
    static const char code[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(code, c) : NULL;

    return at ? (int)(at - code) : -1;
}

/* Text of base64 to bytes; -1: it is none. */
static int
unbase64(struct str s, struct buf *b)
{
    unsigned bits = 0;
    int n = 0, x;

    if (s.n % 4 != 0)
        return -1;
    while (s.n > 0 && s.p[s.n - 1] == '=')
        s.n--;
    for (size_t i = 0; i < s.n; i++) {
        if ((x = digit(s.p[i])) < 0)
            return -1;
        bits = bits << 6 | (unsigned)x;
        if ((n += 6) >= 8)
            buf_char(b, (char)(bits >> (n -= 8) & 0xff));
    }
    return 0;
}

static int
read_floats(struct json v, struct buf *b)
{
    struct json_iter it = json_begin(v);
    struct json key, x;
    struct err ignored;
    struct buf text = { 0 };
    double d;
    int rc = 0;

    if (v.type == JSON_STRING) {
        rc = json_unquote(v, &text, &ignored) ||
             unbase64((struct str){ text.p, text.n }, b);
        buf_free(&text);
        return rc;
    }
    while (json_next(&it, &key, &x)) {
        float f;
        if (!json_double(x, &d))
            return -1;
        f = (float)d;
        buf_add(b, &f, sizeof f);
    }
    return 0;
}

static int
normalize(float *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    if (!isfinite(sum))
        return -1;
    for (size_t i = 0; i < n && sum > 0; i++)
        x[i] = (float)((double)x[i] / sqrt(sum));
    return 0;
}

int
judge_vector(struct json v, const char *name, struct arena *a, struct str *bytes,
             struct err *e)
{
    struct buf b = { 0 };
    int rc = 0;

    if (v.type == JSON_NONE)
        rc = err_set(e, ERR_MISSING, "no member '%s'", name);
    else if ((v.type != JSON_ARRAY && v.type != JSON_STRING) || read_floats(v, &b))
        rc = err_set(e, ERR_TYPE, "member '%s' is no vector", name);
    else if (b.n == 0 || b.n % sizeof(float) != 0)
        rc = err_set(e, ERR_RANGE, "member '%s' is a vector of no numbers", name);
    *bytes = judge_copy(a, b.p, b.n);
    if (rc == 0 && normalize((float *)(uintptr_t)bytes->p, b.n / sizeof(float)))
        rc = err_set(e, ERR_RANGE, "member '%s' has numbers that are too large", name);
    buf_free(&b);
    return rc;
}

void
judge_real(struct buf *json, const char *name, double x)
{
    buf_printf(json, ",\"%s\":", name);
    if (isnan(x))
        buf_puts(json, "null");
    else
        jout_double(json, x, 6);
}
