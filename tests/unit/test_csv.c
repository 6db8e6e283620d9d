/* test_csv.c - rows, quotes, names, and what is no row */
#include "gathered.h"
#include "source/csv.h"

static void
table(const char *text, size_t max, const char *want, const char *name)
{
    struct gathered g;

    gathered_begin(&g, str_of(text));
    g.r.opt.max_text = max;
    gathered_is(&g, csv_read(&g.r, ',', &g.e), want, name);
}

int
main(void)
{
    table("a,b\n1,2\n", 99, "{\"a\":\"1\",\"b\":\"2\"}\n", "a row");
    table("a,b\r\n1,2", 99, "{\"a\":\"1\",\"b\":\"2\"}\n", "CRLF, no end of line");
    table("a\n\"x,\"\"y\"\"\n\"\n", 99, "{\"a\":\"x,\\\"y\\\"\\n\"}\n", "quotes");
    table("a\n\"\r\n\"\n", 99, "{\"a\":\"\\r\\n\"}\n", "a line's end in quotes stays");
    table("a,b\n,\n", 99, "{\"a\":\"\",\"b\":\"\"}\n", "empty fields");
    table("a,a,,_src\n1,2,3,4\n", 99,
          "{\"a\":\"1\",\"a_2\":\"2\",\"column_3\":\"3\",\"_src_4\":\"4\"}\n", "names");
    table("a,a_2,a\n1,2,3\n", 99, "{\"a\":\"1\",\"a_2\":\"2\",\"a_3\":\"3\"}\n",
          "a name that is taken");
    table("a,b\n1\n1,2,3\n4,5\n", 99,
          "!range 2 4\n!range 3 6\n{\"a\":\"4\",\"b\":\"5\"}\n", "other widths");
    table("a\nx\"y\n\"x\"y\n", 99, "{\"a\":\"x\\\"y\"}\n!input 3 6\n", "odd quotes");
    table("a\n\"open\nx\n", 99, "!input 2 2\n", "quotes that are not closed");
    table("\"a\"b\n1\n", 99, "!input 1 0\n", "a header that cannot be read ends it");
    table("a\n\n1\n", 99, "_\n{\"a\":\"1\"}\n", "a blank line");
    table("a\n0123456789\n1\n", 8, "!too-long 2 2\n{\"a\":\"1\"}\n", "a long line");
    table("a\n\"0123\n4567\n1\n", 8, "!too-long 2 2\n", "long and in quotes: the rest");
    table("a\n\xff\n1\n", 99, "!utf8 2 2\n{\"a\":\"1\"}\n", "no UTF-8");
    table("\xff\n1\n", 99, "!utf8 1 0\n", "a header that is not UTF-8");
    table("", 99, "", "nothing");
    return tap_done();
}
