/* test_markup.c - what in a text is no language */
#include <string.h>

#include "infer/markup.h"
#include "jfloats.h"
#include "tap.h"

/* The spans of a text, with | between them. */
static void
finds(const char *text, const char *want)
{
    struct markup_span s = { 0, 0 };
    char got[500] = "";
    size_t n = 0;

    while (markup_next(str_of(text), &s))
        n += (size_t)snprintf(got + n, sizeof got - n, "%s%.*s", n ? "|" : "",
                              (int)(s.end - s.at), text + s.at);
    if (!tap_ok(strcmp(got, want) == 0, "%s", text))
        printf("# got %s, want %s\n", got, want);
}

/* Are the spans of a text those of the list, all of them? */
static int
finds_all(struct str text, struct json list)
{
    struct json_iter it = json_begin(list);
    struct markup_span s = { 0, 0 };
    struct json key, want;

    while (json_next(&it, &key, &want))
        if (!markup_next(text, &s) ||
            !json_is(want, (struct str){ text.p + s.at, s.end - s.at }))
            return 0;
    return !markup_next(text, &s);
}

/* markup.jsonl: a text, and what of it must come through any translation */
static void
test_table(void)
{
    struct jfloats j;
    struct buf text = { 0 };
    int n = 0;

    if (!tap_ok(jfloats_open(&j, "tests/golden/markup.jsonl") == 0, "the table"))
        return;
    for (; jfloats_next(&j); n++) {
        jfloats_text(&j, "text", &text);
        tap_ok(finds_all((struct str){ text.p, text.n }, jfloats_member(&j, "keep")),
               "line %d", n + 1);
    }
    tap_ok(n == 60, "%d lines", n);
    buf_free(&text);
    jfloats_close(&j);
}

/* Bytes that open something and never close it: linear, and nothing found. */
static void
test_open(const char *unit)
{
    static char text[1 << 20];
    struct markup_span s = { 0, 0 };
    size_t n = strlen(unit);

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = unit[i % n];
    tap_ok(!markup_next((struct str){ text, sizeof text }, &s), "1 MB of '%s'", unit);
}

int
main(void)
{
    finds("", "");
    finds("plain text, 100 % sure; a < b & c > d {", "");
    finds("see https://a.example/b?c=d&e=f. Then", "https://a.example/b?c=d&e=f");
    finds("(http://x.y/z), www.example.org!", "http://x.y/z|www.example.org");
    finds("mail a.b@c.example, not a@b or @c.d", "a.b@c.example");
    finds("run `a b` and `c`", "`a b`|`c`");
    finds("`` and ` open", "");
    finds("``a ` b`` and ```c``", "``a ` b``");
    finds("<b>x</b><br/><!-- no -->", "<b>|</b>|<br/>|<!-- no -->");
    finds("1 <2 and <3", "");
    finds("&amp; &#38; & &; &x y;", "&amp;|&#38;");
    finds("{name} {{x}} ${y} {} {", "{name}|{{x}}|${y}|{}");
    finds("%s %d %-5.2f %ld %1$s %(n)s %%", "%s|%d|%-5.2f|%ld|%1$s|%(n)s|%%");
    finds("20%d %some %sure % d 5%", "");
    finds("a@b @c.d a@b. a@.c .@. a.@", "");
    finds("<a t=\"x>y</a>", "<a t=\"x>|</a>");
    finds("5% of %some", "");
    test_table();
    test_open("<a ");
    test_open("<a t=\"");
    test_open("<!--");
    test_open("a.b");
    test_open("a://");
    test_open("%(a");
    test_open("`");
    test_open("{");
    test_open("%(");
    test_open("&a");
    test_open("a@");
    return tap_done();
}
