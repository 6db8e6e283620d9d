/* test_badlines.c - reasons of tools in order, with places of the job */
#include "job/badlines.h"
#include "tap.h"

static struct manifest_input inputs[] = { { "/a", 9, "", "" },
                                          { "/b.zip", 9, "", "00" } };
static struct manifest_shard shards[] = { { .input = 0, .from = 4096, .to = 8192 },
                                          { .input = 1, .from = 0, .to = 1 } };
static const struct manifest m = {
    .input = inputs, .n_input = 2, .shard = shards, .n_shard = 2
};

static void
is(struct buf *b, const char *want, const char *what)
{
    tap_ok(str_is(buf_span(b), want), "%s", what);
    b->n = 0;
}

int
main(void)
{
    static const char two[] =
        "{\"file\":\"stdin\",\"tool\":\"b\",\"line\":10,\"byte\":7,\"code\":\"json\"}\n"
        "{\"file\":\"stdin\",\"tool\":\"a\",\"line\":9,\"byte\":6,\"msg\":\"m\"}\n";
    struct buf b = { 0 };
    struct err e = { 0 };

    tap_ok(badlines_add(&b, &m, 0, str_of(two), 1, 100, &e) == 0, "two lines");
    is(&b,
       "{\"input\":\"/a\",\"from\":4096,\"line\":109,\"tool\":\"a\",\"msg\":\"m\"}\n"
       "{\"input\":\"/"
       "a\",\"from\":4096,\"line\":110,\"tool\":\"b\",\"code\":\"json\"}\n",
       "by their numbers, which go on from the part's");
    badlines_add(&b, &m, 1, str_of(two), 0, 100, &e);
    is(&b,
       "{\"input\":\"/b.zip\",\"tool\":\"a\",\"msg\":\"m\"}\n"
       "{\"input\":\"/b.zip\",\"tool\":\"b\",\"code\":\"json\"}\n",
       "numbers that mean nothing are left out");
    badlines_arcat(&b, &m, 1,
                   str_of("{\"member\":\"x\",\"line\":2,\"tool\":\"arcat\"}\n"), &e);
    is(&b, "{\"input\":\"/b.zip\",\"member\":\"x\",\"line\":2,\"tool\":\"arcat\"}\n",
       "arcat knows its places");
    badlines_poison(&b, &m, 0, 4, "0 139", STR("\xff"));
    is(&b,
       "{\"input\":\"/"
       "a\",\"from\":4096,\"line\":5,\"tool\":\"millrun\",\"code\":\"poison\","
       "\"msg\":\"the command ended with 0 139\",\"raw_b64\":\"/w==\"}\n",
       "a record that brings the command down");
    tap_ok(badlines_add(&b, &m, 0, STR("{\"line\":1}\n{\"li"), 1, 0, &e) == -1 &&
               b.n == 0,
           "torn: %s", e.msg);
    tap_ok(badlines_add(&b, &m, 0, STR("[1]\n"), 1, 0, &e) == -1, "no object: %s",
           e.msg);
    buf_free(&b);
    return tap_done();
}
