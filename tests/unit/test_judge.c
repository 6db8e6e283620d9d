/* test_judge.c - vectors and labels of records, in all forms that they may have */
#include "cli/judge.h"

#include <math.h>

#include "tap.h"
#include "json/jout.h"

static int
scan(const char *text, struct json *v)
{
    struct err e;

    return json_scan(text, strlen(text), NULL, 0, v, &e);
}

/* The vector of a JSON text, of length 1; n 0: it is refused. */
static void
vector(const char *text, size_t n, const float *want)
{
    struct arena a = { 0 };
    struct err e = { 0 };
    struct str bytes;
    struct json v;
    int rc = scan(text, &v) || judge_vector(v, "x", &a, &bytes, &e), ok = rc == 0;

    if (n == 0)
        ok = rc && (e.code == ERR_TYPE || e.code == ERR_RANGE);
    else if (ok)
        ok = bytes.n == n * sizeof *want && memcmp(bytes.p, want, bytes.n) == 0;
    tap_ok(ok, "%.40s: %s", text, rc ? e.msg : "a vector");
    arena_release(&a);
}

static void
test_base64(void)
{
    static const float x[] = { 3, 4 }, unit[] = { 0.6f, 0.8f };
    struct buf b = { 0 };

    buf_char(&b, '"');
    jout_base64(&b, x, sizeof x);
    buf_char(&b, '"');
    buf_char(&b, '\0');
    vector(b.p, 2, unit);
    buf_free(&b);
}

static void
label(const char *text, const char *want)
{
    struct arena a = { 0 };
    struct err e = { 0 };
    struct str got;
    struct json v;
    int rc = scan(text, &v) || judge_text(v, "x", &a, &got, &e);

    tap_ok(want ? rc == 0 && str_is(got, want) : rc != 0, "label %s", text);
    arena_release(&a);
}

int
main(void)
{
    static const float unit[] = { 0.6f, -0.8f }, zero[] = { 0, 0, 0 };

    vector("[3,-4]", 2, unit);
    vector("[0,0.0,-0e9]", 3, (const float[]){ 0, 0, -0.0f });
    vector("[0,0,0]", 3, zero);
    test_base64();
    for (int i = 0; i < 10; i++)
        vector(((const char *const[]){ "[]", "\"\"", "\"AAA\"", "\"AAAA\"",
                                       "\"A\xc3\xa9=\"", "[1,\"2\"]", "[1,null]",
                                       "[1e39]", "[1e30,1e300]", "{}" })[i],
               0, NULL);
    label("\"a\\u0062\"", "ab");
    label("1.50", "1.50");
    label("true", "true");
    label("[]", NULL);
    label("\"\\udc00\"", NULL);
    return tap_done();
}
