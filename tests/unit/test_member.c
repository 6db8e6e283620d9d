/* test_member.c - members that options name: words, paths, what is no text */
#include "cli/member.h"

#include "tap.h"

/* spec read from line gives text, or fails with code. */
static void
check(const char *spec, const char *line, const char *text, enum err_code code)
{
    struct member m;
    struct arena a = { 0 };
    struct err e = { 0 };
    struct str got = { NULL, 0 };
    int rc =
        member_open(&m, "-t", spec, &e) || member_text(&m, str_of(line), &a, &got, &e);

    tap_ok(text ? rc == 0 && str_is(got, text) : rc && e.code == code, "%s of %s: %s",
           spec, line, rc ? e.msg : text);
    member_close(&m);
    arena_release(&a);
}

int
main(void)
{
    check("a", "{\"b\":1,\"a\":\"x\"}", "x", 0);
    check("a", "{\"a\":\"\"}", "", 0);
    check("a.b", "{\"a.b\":\"x\",\"a\":{\"b\":\"y\"}}", "x", 0);
    check(".a.b", "{\"a.b\":\"x\",\"a\":{\"b\":\"y\\t\\u00e9\"}}", "y\t\xc3\xa9", 0);
    check(".a[1]", "{\"a\":[1,\"z\"]}", "z", 0);
    check("a", "{\"\\u0061\":\"x\"}", "x", 0);
    check("a", "{}", NULL, ERR_MISSING);
    check("a", "{\"a\":null}", NULL, ERR_MISSING);
    check(".a.b", "{\"a\":1}", NULL, ERR_MISSING);
    check(".a[2]", "{\"a\":[1]}", NULL, ERR_MISSING);
    check("a", "{\"a\":1}", NULL, ERR_TYPE);
    check("a", "{\"a\":\"x\",\"a\":\"x\"}", NULL, ERR_JSON);
    check(".a.b", "{\"a\":{\"b\":1,\"b\":2}}", NULL, ERR_JSON);
    check("a", "{\"a\":\"\\ud800\"}", NULL, ERR_UTF8);
    check("", "{}", NULL, ERR_USAGE);
    check("\xff", "{}", NULL, ERR_USAGE);
    check(".a | .b", "{}", NULL, ERR_USAGE);
    return tap_done();
}
