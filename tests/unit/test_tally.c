/* test_tally.c - counts that agree, counts that do not */
#include <string.h>

#include "job/tally.h"
#include "tap.h"

#define TOOL(name, in, done, rejected, out)                                            \
    "{\"tool\":\"" name "\",\"version\":\"1\",\"exit\":0,\"in\":" #in                  \
    ",\"blank\":0,\"done\":" #done ",\"passed\":0,\"kept\":0,\"rejected\":" #rejected  \
    ",\"out\":" #out ",\"errors\":{\"json\":" #rejected "}}\n"

static int
read_text(struct tally *t, const char *text, struct err *e)
{
    *t = (struct tally){ 0 };
    return tally_read(t, str_of(text), e);
}

static void
test_sums(void)
{
    struct err e = { 0 };
    struct tally t;

    tap_ok(read_text(&t, TOOL("b", 9, 9, 0, 9) TOOL("a", 10, 9, 1, 9), &e) == 0 &&
               t.n_tool == 2 && strcmp(t.tool[0].name, "a") == 0,
           "a pipe of two, in order");
    t.lines_in = 10;
    t.lines_out = 9;
    tap_ok(tally_check(&t, 2, 0, &e) == 0, "nothing was lost");
    tap_ok(tally_bad(&t) == 1 && t.tool[0].by_code[ERR_JSON] == 1, "one is bad");
    t.lines_out = 8;
    tap_ok(tally_check(&t, 2, 0, &e) == -1, "a line was: %s", e.msg);
    tap_ok(tally_check(&t, 3, 0, &e) == 0, "that is no fault where somebody else is");
    tally_release(&t);
    tap_ok(read_text(&t, TOOL("a", 10, 8, 1, 8), &e) == -1, "a wrong sum: %s", e.msg);
    tally_release(&t);
    tap_ok(read_text(&t, TOOL("arcat", 5, 4, 1, 4) TOOL("b", 4, 4, 0, 4), &e) == 0,
           "from arcat");
    t.lines_in = t.lines_out = 4;
    tap_ok(tally_check(&t, 1, 1, &e) == 0, "what it wrote was read");
    t.lines_in = 3;
    tap_ok(tally_check(&t, 1, 1, &e) == -1, "or not: %s", e.msg);
    tally_release(&t);
}

static void
test_refused(void)
{
    static const char *const texts[] = {
        "x\n",
        "{}\n",
        "[]\n",
        "{\"tool\":\"a\"",
        TOOL("a", -1, 0, 0, 0),
        TOOL("a", 1e3, 1000, 0, 0),
        TOOL("a\\u0000", 0, 0, 0, 0),
        TOOL("a name that is far too long for a tool of ours", 0, 0, 0, 0)
    };
    struct err e;
    struct tally t;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        tap_ok(read_text(&t, texts[i], &e) == -1, "refused %zu", i);
        tally_release(&t);
    }
}

static void
test_kept(void)
{
    struct tally t, back, sum = { 0 };
    struct buf b = { 0 };
    struct err e = { 0 };
    struct json v;

    read_text(&t, TOOL("a", 10, 9, 1, 9) TOOL("a", 9, 9, 0, 9), &e);
    t.lines_in = 10;
    t.seconds = 1.5;
    t.poison = 2;
    t.status = 1;
    buf_char(&b, '{');
    tally_write(&t, &b);
    buf_char(&b, '}');
    tap_ok(json_scan(b.p, b.n, NULL, 0, &v, &e) == 0 && tally_parse(&back, v, &e) == 0,
           "written and read: %s", e.msg);
    tap_ok(back.lines_in == 10 && back.poison == 2 && back.status == 1 &&
               back.seconds == 1.5 && back.n_tool == 2 && back.tool[1].in == 10 &&
               back.tool[1].by_code[ERR_JSON] == 1,
           "the same");
    tally_add(&sum, &t);
    tally_add(&sum, &back);
    tap_ok(sum.n_tool == 2 && sum.tool[0].in == 18 && sum.tool[1].in == 20 &&
               sum.lines_in == 20,
           "twice of the same name are two");
    tally_release(&t);
    tally_release(&back);
    tally_release(&sum);
    buf_free(&b);
}

static void
test_tools(void)
{
    static const char text[] =
        "{\"tool\":\"b\",\"version\":\"1\",\"in\":5,\"model\":{\"name\":\"m\"}}\n"
        "{\"tool\":\"a\",\"version\":\"1\",\"in\":7}\n";
    struct buf b = { 0 };
    struct err e = { 0 };

    tap_ok(tally_tools(str_of(text), &b, &e) == 0 &&
               str_is(buf_span(&b),
                      "[{\"tool\":\"a\",\"version\":\"1\"},{\"tool\":\"b\","
                      "\"version\":\"1\",\"model\":{\"name\":\"m\"}}]"),
           "what tools say of themselves, in order, without counts");
    buf_free(&b);
}

int
main(void)
{
    test_sums();
    test_refused();
    test_kept();
    test_tools();
    return tap_done();
}
