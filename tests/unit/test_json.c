/* test_json.c - the scanner against JSONTestSuite and its own contract */
#include <dirent.h>
#include <string.h>

#include "base/file.h"
#include "tap.h"
#include "json/json.h"

static enum err_code
scan(const char *text, size_t n)
{
    struct err e = { 0 };
    struct json v;

    return json_scan(text, n, NULL, 0, &v, &e) ? e.code : ERR_NONE;
}

/* y_ must be accepted, n_ refused, i_ may be either but must not crash. */
static void
suite(void)
{
    char dir[1024], path[2048];
    int y = 0, y_bad = 0, n = 0, n_bad = 0;
    struct dirent *d;
    DIR *dp;

    snprintf(dir, sizeof dir, "%s/data/jsontestsuite", tap_shared());
    if (!(dp = opendir(dir))) {
        tap_skip("JSONTestSuite", "no shared test data");
        return;
    }
    while ((d = readdir(dp))) {
        struct err e;
        struct file f;
        int ok;
        if (d->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, d->d_name);
        if (file_map(&f, path, &e))
            continue;
        ok = scan((const char *)f.p, f.n) == ERR_NONE;
        y += d->d_name[0] == 'y';
        n += d->d_name[0] == 'n';
        if (d->d_name[0] == 'y' && !ok && ++y_bad)
            printf("# refused %s\n", d->d_name);
        if (d->d_name[0] == 'n' && ok && ++n_bad)
            printf("# accepted %s\n", d->d_name);
        file_unmap(&f);
    }
    closedir(dp);
    tap_ok(y == 95 && y_bad == 0, "JSONTestSuite: %d of %d y_ refused", y_bad, y);
    tap_ok(n == 188 && n_bad == 0, "JSONTestSuite: %d of %d n_ accepted", n_bad, n);
}

static void
codes(void)
{
    static const struct {
        const char *text;
        enum err_code code;
    } t[] = {
        { "{\"a\":1}", ERR_NONE },
        { " [1, 2.5e-3, {\"x\":[]}] ", ERR_NONE },
        { "{} {}", ERR_TRAILING },
        { "{}x", ERR_TRAILING },
        { "{\"a\":\"b", ERR_JSON },
        { "{\"a\":\"\x80\"}", ERR_UTF8 },
        { "{\"a\":\"\xc0\x80\"}", ERR_UTF8 },
        { "{\"a\":\"\xed\xa0\x80\"}", ERR_UTF8 },
        { "{\"a\":\"\xf5\x80\x80\x80\"}", ERR_UTF8 },
        { "{\"a\":\"\xe2\x82\"}", ERR_UTF8 },
        { "{\"a\":\"\xf4\x8f\xbf\xbf\"}", ERR_NONE },
        { "{\"a\":\"\\ud800\"}", ERR_NONE },
        { "{\"a\":\"\t\"}", ERR_JSON },
        { "{\"a\":\x1f}", ERR_JSON },
        { "NaN", ERR_JSON },
        { "[01]", ERR_JSON },
        { "[+1]", ERR_JSON },
        { "[.5]", ERR_JSON },
        { "[1.]", ERR_JSON },
        { "[0x10]", ERR_JSON },
        { "[-Infinity]", ERR_JSON },
        { "", ERR_JSON },
        { "\xef\xbb\xbf{}", ERR_JSON },
    };

    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        tap_ok(scan(t[i].text, strlen(t[i].text)) == t[i].code, "code %s for case %zu",
               err_name(t[i].code), i);
}

static void
depth(void)
{
    char text[2 * JSON_DEPTH + 4];

    memset(text, '[', JSON_DEPTH);
    memset(text + JSON_DEPTH, ']', JSON_DEPTH);
    tap_ok(scan(text, sizeof text - 4) == ERR_NONE, "depth 1024 is accepted");
    memset(text, '[', JSON_DEPTH + 1);
    memset(text + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
    tap_ok(scan(text, sizeof text - 2) == ERR_DEPTH, "depth 1025 is refused");
}

static void
watch(void)
{
    static const char text[] = " {\"a\":{\"text\":1},\"t\\u0065xt\" : "
                               "\"x\\u00e9\\ud83d\\ude00y\", \"n\":[1,-2]}";
    struct json_watch w[] = { { .name = STR("text") },
                              { .name = STR("n") },
                              { .name = STR("no") } };
    struct buf b = { 0 };
    struct err e;
    struct json v;
    int64_t i = 0;

    tap_ok(json_scan(text, sizeof text - 1, w, 3, &v, &e) == 0, "scan");
    tap_ok(w[0].count == 1 && w[0].value.type == JSON_STRING,
           "an escaped name is found");
    tap_ok(json_unquote(w[0].value, &b, &e) == 0 && b.n == 8 &&
               memcmp(b.p, "x\xc3\xa9\xf0\x9f\x98\x80y", 8) == 0,
           "escapes are decoded");
    tap_ok(w[1].value.n == 6 && w[2].count == 0, "spans are exact");
    tap_ok(json_int(json_at(w[1].value, 1), -5, 5, &i) && i == -2, "integers");
    tap_ok(!json_int(json_at(w[1].value, 1), 0, 5, &i), "integers are bounded");
    tap_ok(json_get(json_get(v, "a"), "text").type == JSON_NUMBER, "nested members");
    tap_ok(json_get(v, "b").type == JSON_NONE, "a missing member");
    b.n = 0;
    tap_ok(json_unquote((struct json){ "\"a\\udc00\"", 9, JSON_STRING }, &b, &e) &&
               e.code == ERR_UTF8,
           "a lone surrogate is told");
    buf_free(&b);
}

/* A string is looked at 4096 bytes at a time: what ends or breaks it, on all sides of
 * that border, and where the message says it is. */
static void
borders(void)
{
    static const struct {
        const char *what, *msg; /* msg NULL: fine, and as long as `means` */
        size_t means;
    } t[] = {
        { "\\n", NULL, 1 },
        { "\\ud83d\\ude00", NULL, 4 },
        { "\xe2\x82\xac", NULL, 3 },
        { "\x01", "control character", 0 },
        { "\xe2\x82", "not UTF-8", 0 },
        { "\\x", "bad escape", 0 },
    };
    static char text[5000];
    int bad = 0;

    for (size_t k = 0; k < sizeof t / sizeof *t; k++)
        for (size_t at = 3950; at < 4250; at++) {
            size_t n = strlen(t[k].what), end = at + n + 100;
            char where[32];
            struct buf b = { 0 };
            struct err e = { 0 };
            struct json v;
            memset(text, 'a', sizeof text);
            text[0] = text[end] = '"';
            memcpy(text + at, t[k].what, n);
            snprintf(where, sizeof where, "at byte %zu", at);
            if (json_scan(text, end + 1, NULL, 0, &v, &e))
                bad += t[k].msg == NULL || !strstr(e.msg, t[k].msg) ||
                       !strstr(e.msg, where);
            else
                bad += t[k].msg != NULL || json_unquote(v, &b, &e) ||
                       b.n != end - 1 - n + t[k].means;
            buf_free(&b);
        }
    tap_ok(bad == 0, "%d faults at the borders of what is looked at once", bad);
}

static void
integers(void)
{
    static const struct {
        const char *text;
        int ok;
        int64_t x;
    } t[] = {
        { "0", 1, 0 },
        { "-0", 1, 0 },
        { "123456789012345678", 1, 123456789012345678 },
        { "-12345678901234567", 1, -12345678901234567 },
        { "9223372036854775807", 1, INT64_MAX },
        { "9223372036854775808", 0, 0 },
        { "-9223372036854775808", 1, INT64_MIN },
        { "-9223372036854775809", 0, 0 },
        { "99999999999999999999", 0, 0 },
        { "1.0", 0, 0 },
        { "1e3", 0, 0 },
        { "12345678901234567.5", 0, 0 },
    };

    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct json v = { t[i].text, strlen(t[i].text), JSON_NUMBER };
        int64_t x = 0;
        tap_ok(json_int(v, INT64_MIN, INT64_MAX, &x) == t[i].ok && x == t[i].x,
               "%s as an integer", t[i].text);
    }
}

/* Strings that are skipped, not read */
static void
skipped(void)
{
    static const char text[] =
        "{\"a\\\"\":\"\\\\\",\"b\\\\\\\"\":[\"]\",\"\\\\\\\\\"]}";
    struct err e;
    struct json v, k, x[2], more;
    struct json_iter it;

    tap_ok(json_scan(text, sizeof text - 1, NULL, 0, &v, &e) == 0, "quotes in strings");
    it = json_begin(v);
    tap_ok(json_next(&it, &k, &x[0]) && k.n == 5 && x[0].n == 4 &&
               json_next(&it, &k, &x[1]) && k.n == 7 && x[1].type == JSON_ARRAY &&
               !json_next(&it, &k, &more),
           "escaped quotes and backslashes are skipped");
    tap_ok(json_at(x[1], 1).n == 6 && json_at(x[1], 2).type == JSON_NONE,
           "and brackets in strings");
}

static void
unfinished(void)
{
    tap_ok(json_unfinished("{", 1) && json_unfinished("[1,", 3) &&
               json_unfinished("{\"a\": {", 7),
           "cut between tokens");
    tap_ok(!json_unfinished("{\"a", 3) && !json_unfinished("{}", 2) &&
               !json_unfinished("{]", 2),
           "cut inside a token, whole, or wrong");
}

int
main(void)
{
    suite();
    codes();
    depth();
    watch();
    borders();
    integers();
    skipped();
    unfinished();
    return tap_done();
}
