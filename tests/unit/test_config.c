/* test_config.c - settings files: what they say, and how they are refused */
#include <string.h>

#include "format/config.h"
#include "tap.h"

static const char text[] =
    "{\"n\":12,\"eps\":1e-12,\"yes\":true,\"none\":null,\"act\":\"g\\u0065lu\","
    "\"twice\":1,\"twice\":2,\"big\":4294967296,\"nul\":\"a\\u0000b\",\"list\":[1],"
    "\"lone\":\"\\ud800\",\"huge\":1e999}";

static struct config *
open_text(const char *s, struct err *e)
{
    return config_parse(s, strlen(s), "config.json", e);
}

static void
test_values(const struct config *c)
{
    struct err e = { 0 };
    char s[8];
    double d;
    int i = 7;

    tap_ok(config_int(c, "n", 0, 12, &i, &e) == 0 && i == 12, "an integer");
    tap_ok(config_double(c, "eps", 0, 1, &d, &e) == 0 && d == 1e-12, "a number");
    tap_ok(config_double(c, "n", 0, 99, &d, &e) == 0 && d == 12,
           "an integer as number");
    tap_ok(config_opt_bool(c, "yes", &i, &e) == 0 && i == 1, "a boolean");
    tap_ok(config_str(c, "act", s, sizeof s, &e) == 0 && strcmp(s, "gelu") == 0,
           "a string with an escape");
    i = 7;
    tap_ok(config_opt_int(c, "none", 0, 9, &i, &e) == 0 && i == 7, "null keeps");
    tap_ok(config_opt_int(c, "missing", 0, 9, &i, &e) == 0 && i == 7, "missing keeps");
    tap_ok(config_opt_str(c, "missing", s, sizeof s, &e) == 0 && strcmp(s, "gelu") == 0,
           "a missing string keeps");
}

static void
test_tokens(void)
{
    struct err e = { 0 };
    struct json v;
    char s[8] = "keep";
    struct config *c = open_text("{\"a\":\"[M]\",\"b\":{\"content\":\"<m>\"},\"c\":{},"
                                 "\"l\":[\"x\",\"y\"],\"e\":[],\"on\":true}",
                                 &e);

    tap_ok(config_opt_token(c, "missing", s, sizeof s, &e) == 0 &&
               strcmp(s, "keep") == 0,
           "no token keeps");
    tap_ok(config_opt_token(c, "a", s, sizeof s, &e) == 0 && strcmp(s, "[M]") == 0,
           "a token as a string");
    tap_ok(config_opt_token(c, "b", s, sizeof s, &e) == 0 && strcmp(s, "<m>") == 0,
           "a token as an object");
    tap_ok(config_opt_token(c, "c", s, sizeof s, &e) == -1 &&
               config_opt_token(c, "l", s, sizeof s, &e) == -1,
           "a token that is none: %s", e.msg);
    tap_ok(config_first(c, "l", s, sizeof s, &e) == 0 && strcmp(s, "x") == 0,
           "the first of a list");
    tap_ok(config_first(c, "e", s, sizeof s, &e) == -1 &&
               config_first(c, "a", s, sizeof s, &e) == -1 &&
               config_first(c, "missing", s, sizeof s, &e) == -1,
           "no list: %s", e.msg);
    tap_ok(config_expect(c, "a", "[M]", &e) == 0 &&
               config_expect(c, "missing", "x", &e) == 0 &&
               config_expect(c, "a", "x", &e) == -1,
           "expected: %s", e.msg);
    tap_ok(config_expect_off(c, "missing", &e) == 0 &&
               config_expect_off(c, "on", &e) == -1,
           "expected off: %s", e.msg);
    tap_ok(config_json(c, "l", &v, &e) == 1 && v.type == JSON_ARRAY &&
               config_json(c, "missing", &v, &e) == 0 && v.type == JSON_NONE,
           "a member as it is");
    config_close(c);
}

static void
refused(int rc, const struct err *e, const char *msg)
{
    tap_ok(rc == -1 && e->code == ERR_MODEL && strcmp(e->msg, msg) == 0, "%s", e->msg);
}

static void
test_refusals(const struct config *c)
{
    struct err e = { 0 };
    char s[5];
    double d;
    int i;

#define INTEGER "must be an integer from 1 to 9"
    refused(config_int(c, "x", 1, 9, &i, &e), &e, "config.json: x: missing");
    refused(config_int(c, "none", 1, 9, &i, &e), &e, "config.json: none: missing");
    refused(config_int(c, "n", 1, 9, &i, &e), &e, "config.json: n: " INTEGER);
    refused(config_int(c, "eps", 1, 9, &i, &e), &e, "config.json: eps: " INTEGER);
    refused(config_int(c, "big", 1, 9, &i, &e), &e, "config.json: big: " INTEGER);
    refused(config_opt_int(c, "act", 1, 9, &i, &e), &e, "config.json: act: " INTEGER);
    refused(config_int(c, "twice", 1, 9, &i, &e), &e,
            "config.json: twice: is there twice");
    refused(config_double(c, "huge", 0, 1, &d, &e), &e,
            "config.json: huge: must be a number from 0 to 1");
    refused(config_opt_bool(c, "n", &i, &e), &e,
            "config.json: n: must be true or false");
    refused(config_str(c, "act", s, 4, &e), &e,
            "config.json: act: must be a string of less than 4 bytes");
    refused(config_str(c, "nul", s, sizeof s, &e), &e,
            "config.json: nul: must be a string of less than 5 bytes");
    refused(config_str(c, "lone", s, sizeof s, &e), &e,
            "config.json: lone: must be a string of less than 5 bytes");
    refused(config_str(c, "list", s, sizeof s, &e), &e,
            "config.json: list: must be a string of less than 5 bytes");
}

static void
test_texts(void)
{
    static const char *const bad[] = { "",         "1",    "\"x\"", "{",
                                       "{\"a\":}", "[1,]", "{} {}" };
    struct err e = { 0 };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct config *c = open_text(bad[i], &e);
        tap_ok(c == NULL && e.code == ERR_MODEL, "text '%s': %s", bad[i], e.msg);
        config_close(c);
    }
}

static void
test_items(void)
{
    struct err e = { 0 };
    struct config *c = open_text("[{\"n\":1},{\"n\":2},3]", &e), *item;
    int n = 0;

    item = config_item(c, 1, &e);
    tap_ok(item && config_int(item, "n", 0, 9, &n, &e) == 0 && n == 2, "item 1");
    config_close(item);
    tap_ok(!config_item(c, 2, &e) && e.code == ERR_MODEL, "item 2: %s", e.msg);
    tap_ok(!config_item(c, 3, &e) && e.code == ERR_NONE, "behind the last item");
    config_close(c);
}

static void
test_objects(void)
{
    static const char nested[] = "{\"a\":{\"b\":{\"n\":3}},\"x\":null,\"y\":[1]}";
    struct err e;
    struct config *c = config_parse(nested, strlen(nested), "f", &e);
    struct config *a = config_object(c, "a", &e), *b = config_object(a, "b", &e);
    int n = 0;

    tap_ok(config_int(b, "n", 1, 9, &n, &e) == 0 && n == 3, "an object in an object");
    tap_ok(config_int(b, "m", 1, 9, &n, &e) &&
               strcmp(e.msg, "f: a: b: m: missing") == 0,
           "its errors say where: %s", e.msg);
    tap_ok(!config_object(c, "x", &e) && e.code == ERR_NONE, "null is no object");
    tap_ok(!config_object(c, "y", &e) && e.code == ERR_MODEL, "no object: %s", e.msg);
    config_close(b);
    config_close(a);
    config_close(c);
}

int
main(void)
{
    struct err e;
    struct config *c = open_text(text, &e);

    if (!tap_ok(c != NULL, "parses"))
        return tap_done();
    test_values(c);
    test_refusals(c);
    config_close(c);
    test_tokens();
    test_texts();
    test_items();
    test_objects();
    c = config_open("/nonexistent", "config.json", &e);
    tap_ok(!c && e.code == ERR_MODEL, "no file: %s", e.msg);
    return tap_done();
}
