/* test_yamlkeys.c - settings as Marian writes them; shortlists beside them */
#include <string.h>

#include "format/shortlist.h"
#include "format/yamlkeys.h"
#include "tap.h"

static struct yamlkeys *
parse(const char *text, struct err *e)
{
    *e = (struct err){ 0 };
    return yamlkeys_parse(str_of(text), "config.yml", e);
}

static void
refused(const char *text)
{
    struct err e;
    struct yamlkeys *y = parse(text, &e);

    tap_ok(y == NULL && e.code == ERR_MODEL && strstr(e.msg, "config.yml"),
           "refused: %s", e.msg);
    yamlkeys_close(y);
}

static void
test_good(void)
{
    struct err e;
    struct yamlkeys *y = parse("# settings\n---\na: 12\nb:\n  - x y\n  - 'z'\nc: []\n"
                               "d:\n  []\ne: \"\"\nversion: v1 2021-04-28 00:28:35\r\n"
                               "f: 2.5\nlast: -3",
                               &e);
    double x = 7;
    int v = 0;

    if (!tap_ok(y != NULL, "plain settings %s", e.msg))
        return;
    tap_ok(yamlkeys_int(y, "a", 0, 20, &v, &e) == 0 && v == 12, "a number");
    tap_ok(str_is(yamlkeys_get(y, "b", 0), "x y") &&
               str_is(yamlkeys_get(y, "b", 1), "z") && !yamlkeys_get(y, "b", 2).p,
           "a list");
    tap_ok(!yamlkeys_get(y, "c", 0).p && !yamlkeys_get(y, "d", 0).p, "empty lists");
    tap_ok(yamlkeys_get(y, "e", 0).p && yamlkeys_get(y, "e", 0).n == 0, "nothing");
    tap_ok(str_is(yamlkeys_get(y, "version", 0), "v1 2021-04-28 00:28:35"), "colons");
    tap_ok(yamlkeys_int(y, "last", -5, 5, &v, &e) == 0 && v == -3, "the last line");
    tap_ok(yamlkeys_opt_double(y, "f", 0, 9, &x, &e) == 0 && x > 2.4 && x < 2.6 &&
               yamlkeys_opt_double(y, "none", 0, 9, &x, &e) == 0 && x > 2.4,
           "a fraction, and none");
    tap_ok(yamlkeys_int(y, "f", 0, 9, &v, &e) == -1 && e.code == ERR_MODEL &&
               strstr(e.msg, "config.yml: f:"),
           "%s", e.msg);
    tap_ok(yamlkeys_int(y, "a", 0, 11, &v, &e) == -1, "%s", e.msg);
    tap_ok(yamlkeys_int(y, "none", 0, 11, &v, &e) == -1, "%s", e.msg);
    tap_ok(yamlkeys_expect(y, "a", "12", &e) == 0 &&
               yamlkeys_expect(y, "none", "12", &e) == 0 &&
               yamlkeys_expect(y, "a", "13", &e) == -1,
           "%s", e.msg);
    yamlkeys_close(y);
}

/* Five words; word w may become w and (w + 1) % 5. */
static void
test_shortlist(void)
{
    struct {
        uint64_t head[6], offset[6];
        uint32_t word[10];
    } file = { { UINT64_C(0xF11A48D5013417F5), 0, 2, 2, 6, 10 }, { 0 }, { 0 } };
    struct err e = { 0 };
    struct shortlist *s;
    const size_t n = sizeof file;
    int good = 1;

    for (uint32_t w = 0; w < 5; w++) {
        file.offset[w + 1] = 2 * w + 2;
        file.word[2 * w] = w;
        file.word[2 * w + 1] = (w + 1) % 5;
    }
    s = shortlist_parse(&file, n, 5, 5, &e);
    if (!tap_ok(s && shortlist_frequent(s) == 2, "a shortlist %s", e.msg))
        return;
    for (int32_t w = 0; w < 5; w++) {
        struct shortlist_words list = shortlist_get(s, w);

        good &= list.n == 2 && list.id[0] == w && list.id[1] == (w + 1) % 5;
    }
    tap_ok(good, "its words");
    shortlist_close(s);
    for (size_t k = 0; k < n; k++)
        good &= shortlist_parse(&file, k, 5, 5, &e) == NULL && e.code == ERR_MODEL;
    tap_ok(good, "cut anywhere: refused");
    tap_ok(shortlist_parse(&file, n, 6, 6, &e) == NULL, "%s", e.msg);
    tap_ok(shortlist_parse(&file, n, 5, 4, &e) == NULL, "%s", e.msg);
}

int
main(void)
{
    test_good();
    refused("a: 1\na: 2\n");
    refused("a:\n  b: 1\n");
    refused("- 1\n");
    refused("no colon\n");
    refused("a:\t1\n");
    refused("a: {b: 1}\n");
    refused("a: \"open\n");
    refused("a: &x 1\n");
    test_shortlist();
    return tap_done();
}
