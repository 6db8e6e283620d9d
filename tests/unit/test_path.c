/* test_path.c - what is a plain path, and what it finds */
#include "tap.h"
#include "json/path.h"

static void
finds(const char *path, const char *text, const char *want)
{
    struct path *p = path_parse(path);
    struct json_watch w = { .name = p ? path_first(p) : STR("") };
    struct json v, found = { NULL, 0, JSON_NONE };
    struct err e = { 0 };
    int rc = -1;

    if (p && json_scan(text, strlen(text), &w, 1, &v, &e) == 0)
        rc = path_follow(p, w.value, &found, &e);
    tap_ok(rc == 0 && found.n == strlen(want) &&
               (found.n == 0 || memcmp(found.p, want, found.n) == 0),
           "%s finds %s", path, *want ? want : "nothing");
    path_free(p);
}

static void
is_none(const char *text)
{
    struct path *p = path_parse(text);

    tap_ok(p == NULL, "%s is for jq", text);
    path_free(p);
}

int
main(void)
{
    static const char rec[] =
        "{\"a\":{\"b\":[10,{\"c d\":\"x\"}],\"\\u0062b\":1},\"n\":null}";
    struct path *p = path_parse(".a.b");
    struct json_watch w = { .name = STR("a") };
    static const char twice[] = "{\"a\":{\"b\":1,\"b\":2}}";
    struct json v;
    struct err e;

    finds(".a.b[0]", rec, "10");
    finds(".a.b[1].\"c d\"", rec, "\"x\"");
    finds(".a[\"b\"][1][\"c d\"]", rec, "\"x\"");
    finds(".[\"a\"].bb", rec, "1");
    finds(".a.\"\\u0062b\"", rec, "1");
    finds(".n", rec, "null");
    finds(".n.x", rec, "");
    finds(".a.b[2]", rec, "");
    finds(".a[0]", rec, "");
    finds(".x", rec, "");
    is_none(".");
    is_none("..");
    is_none("a");
    is_none(".a | .b");
    is_none(".a[-1]");
    is_none(".a[]");
    is_none(".[0]");
    is_none(".a.\"\\(.b)\"");
    is_none(".a[0");
    is_none(".a.0");
    is_none(".a[99999999999]");
    json_scan(twice, sizeof twice - 1, &w, 1, &v, &e);
    tap_ok(path_follow(p, w.value, &v, &e) == -1 && e.code == ERR_JSON,
           "a name on the way that is there twice");
    path_free(p);
    return tap_done();
}
