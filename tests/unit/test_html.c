/* test_html.c - the text of pages: lines, blanks, entities, what is dropped, limits */
#include <stdio.h>

#include "source/html.h"
#include "tap.h"

static void
page(const char *html, const char *title, const char *text)
{
    struct html_page p = { 0 };
    struct err e;
    int rc = html_text(str_of(html), &p, &e);

    tap_ok(rc == 0 && str_eq((struct str){ p.text.p, p.text.n }, str_of(text)) &&
               str_eq((struct str){ p.title.p, p.title.n }, str_of(title)),
           "%.*s", (int)strcspn(html, "\n"), html);
    if (rc == 0 && tap_failed)
        printf("# got '%.*s' '%.*s'\n", (int)p.title.n, p.title.n ? p.title.p : "",
               (int)p.text.n, p.text.n ? p.text.p : "");
    buf_free(&p.title);
    buf_free(&p.text);
}

/* `what` so often, then `end`. */
static void
many(const char *begin, const char *what, int n, enum err_code want, const char *name)
{
    struct html_page p = { 0 };
    struct buf b = { 0 };
    struct err e = { 0 };

    buf_puts(&b, begin);
    for (int i = 0; i < n; i++)
        buf_printf(&b, what, i);
    (void)html_text((struct str){ b.p, b.n }, &p, &e);
    tap_ok(e.code == want, "%s: %s", name, err_name(e.code));
    buf_free(&b);
    buf_free(&p.title);
    buf_free(&p.text);
}

static void
charset(const char *html, const char *declared, const char *utf8, const char *name)
{
    struct reader r = { .opt = { .max_text = 1000 } };
    struct buf b = { 0 };
    struct err e;
    int rc = html_decode(&r, str_of(html), declared, &b, &e);

    tap_ok(rc == 0 && b.n >= strlen(utf8) &&
               memcmp(b.p + b.n - strlen(utf8), utf8, strlen(utf8)) == 0,
           "%s", name);
    buf_free(&b);
}

int
main(void)
{
    page("", "", "");
    page("<p>a<p>b<br>c", "", "a\nb\nc");
    page("<title> T \n x</title><body> a  b\n<b>c</b>d ", "T x", "a b cd");
    page("<body>a<script>x()</script><style>p{}</style><template><p>t</template>b", "",
         "ab");
    page("<table><tr><td>1<td>2<tr><td>3</table>4", "", "1\t2\n3\n4");
    page("&lt;&amp;&eacute;&#x20AC;&bogus;", "", "<&\xc3\xa9\xe2\x82\xac&bogus;");
    page("<pre>a\n  b</pre>c", "", "a\n  b\nc");
    page("<!-- c --><!doctype html><p>x<!-- y -->z", "", "xz");
    page("<ul><li>a</li><li>b</li></ul>", "", "a\nb");
    page("<a href='x>y'>t</a>", "", "t");
    many("", "<div>", 500, ERR_NONE, "500 deep");
    many("", "<div>", 600, ERR_DEPTH, "600 deep");
    many("<p ", "a%d=x ", 250, ERR_NONE, "250 attributes");
    many("<p ", "a%d='>' ", 300, ERR_LIMIT, "300 attributes");
    charset("<meta charset=iso-8859-1>\xe9", NULL, "\xc3\xa9", "its own declaration");
    charset("<meta http-equiv=x content='text/html; charset=koi8-r'>\xc1", NULL,
            "\xd0\xb0", "the older way");
    charset("<?xml version='1.0' encoding='latin1'?>\xe9", NULL, "\xc3\xa9", "of XML");
    charset("<meta charset=koi8-r>\xe9", "CP1252", "\xc3\xa9",
            "the server's goes first");
    charset("\xef\xbb\xbf\xc3\xa9", "CP1252", "\xc3\xa9", "a mark before all");
    return tap_done();
}
