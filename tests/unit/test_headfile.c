/* test_headfile.c - head files: written and read again, and all that is refused */
#include "format/headfile.h"

#include <math.h>

#include "tap.h"

static const char sha[] =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static const struct str names[] = { STR("a"), STR("\"\\\n\xc3\xa9") };

static int words; /* which kind is written */

static void
write_one(struct buf *b)
{
    static struct str word[] = { STR("a"), STR("a b"), STR("\xc3\xa9 b") };
    static float weights[] = { 0.1f, -1e-30f, 3.4028f, 1.0f, -0.333333343f, 999999.0f };
    static float bias[] = { -0.5f, 0.0f };
    struct headfile h = { .base = "minilm",
                          .precision = "i8",
                          .n_label = 2,
                          .dim = 3,
                          .label = (struct str *)(uintptr_t)names,
                          .temperature = 0.975f,
                          .bias = bias,
                          .weights = weights };

    memcpy(h.sha, sha, sizeof sha);
    h.word = words ? word : NULL;
    headfile_write(&h, STR("{\"records\":2}"), b);
}

static void
test_round(void)
{
    struct buf b = { 0 }, again = { 0 };
    struct headfile h;
    struct err e;
    int rc;

    write_one(&b);
    rc = headfile_parse(&h, b.p, b.n, "x", &e);
    if (!tap_ok(rc == 0, "read again: %s", rc ? e.msg : ""))
        exit(1);
    tap_ok((words ? h.base[0] == '\0' && str_is(h.word[2], "\xc3\xa9 b")
                  : h.word == NULL && strcmp(h.base, "minilm") == 0 &&
                        strcmp(h.sha, sha) == 0 && strcmp(h.precision, "i8") == 0) &&
               h.n_label == 2 && h.dim == 3 && str_eq(h.label[0], names[0]) &&
               str_eq(h.label[1], names[1]),
           "names are the same");
    headfile_write(&h, STR("{\"records\":2}"), &again);
    tap_ok(b.n == again.n && memcmp(b.p, again.p, b.n) == 0, "and all the bits");
    headfile_release(&h);
    buf_free(&again);
    buf_free(&b);
}

/* All but the whole is refused: the file ends by "}\n", and "}" is whole. */
static void
test_cut(void)
{
    struct buf b = { 0 };
    size_t refused = 0;

    write_one(&b);
    for (size_t n = 0; n < b.n; n++) {
        struct headfile h;
        struct err e = { 0 };
        int rc = headfile_parse(&h, b.p, n, "x", &e);
        if (rc == 0)
            headfile_release(&h);
        refused += rc && e.code == ERR_MODEL && strncmp(e.msg, "x: ", 3) == 0;
    }
    tap_ok(refused == b.n - 1, "cut at every byte: %zu of %zu refused", refused,
           b.n - 1);
    buf_free(&b);
}

/* The text with `from` replaced by `to`. */
static void
refuse(const char *from, const char *to)
{
    struct buf b = { 0 }, c = { 0 };
    struct headfile h;
    struct err e = { 0 };
    const char *at;
    int rc;

    write_one(&b);
    buf_char(&b, '\0');
    at = strstr(b.p, from);
    if (at == NULL)
        exit(1);
    buf_add(&c, b.p, (size_t)(at - b.p));
    buf_puts(&c, to);
    buf_puts(&c, at + strlen(from));
    rc = headfile_parse(&h, c.p, c.n, "x", &e);
    if (rc == 0)
        headfile_release(&h);
    tap_ok(rc == -1 && e.code == ERR_MODEL, "%s", e.msg);
    buf_free(&b);
    buf_free(&c);
}

static void
test_refused(void)
{
    refuse("textmill-head", "other");
    refuse("\"version\":1", "\"version\":2");
    refuse("\"version\":1", "\"version\":1,\"version\":1");
    refuse("\"version\":1", "\"version\":\"1\"");
    refuse("\"base\":", "\"bass\":");
    refuse("\"minilm\"", "\"../minilm\"");
    refuse("\"minilm\"", "\".\"");
    refuse("\"minilm\"", "\"\"");
    refuse("\"minilm\"", "\"a\\u0000b\"");
    refuse("0011", "001");
    refuse("0011", "001G");
    refuse("\"i8\"", "\"a precision of a long name\"");
    refuse("[\"a\",", "[");
    refuse("[\"a\",", "[\"\",");
    refuse("[\"a\",", "[\"a\",\"a\",");
    refuse("[\"a\",", "[1,");
    refuse("[\"a\",", "[\"\\ud800\",");
    refuse("0.975", "0");
    refuse("0.975", "-1");
    refuse("0.975", "1e400");
    refuse("[-0.5,0]", "[-0.5]");
    refuse("[-0.5,0]", "[-0.5,0,0]");
    refuse("[-0.5,0]", "[-0.5,null]");
    refuse("[-0.5,0]", "[-0.5,1e7]");
    refuse("0.1,", "");
    refuse("0.1,", "0.1,2,");
    refuse(",999999]", "]");
    refuse("[0.1", "[[0.1]");
    refuse("],\n[", ",\n");
    refuse("],\n[", "],\n3,[");
    refuse("],\n[", "],\n[],[");
}

static void
test_refused_words(void)
{
    refuse("\"kind\":\"words\"", "\"kind\":\"trees\"");
    refuse("\"kind\":\"words\"", "\"kind\":null");
    refuse("\"kind\":\"words\"", "\"kind\":\"words\",\"kind\":\"words\"");
    refuse("\"kind\":\"words\"", "\"kin\":\"words\"");
    refuse("\"kind\":\"words\"", "\"kind\":\"words\",\"base\":\"minilm\"");
    refuse("\"words\":[", "\"word\":[");
    refuse("\"words\":[\"a\",", "\"words\":[");
    refuse("\"words\":[\"a\",", "\"words\":[\"a\",\"b\",");
    refuse("\"words\":[\"a\",", "\"words\":[\"a b\",");
    refuse("\"words\":[\"a\",", "\"words\":[\"\",");
    refuse("\"words\":[\"a\",", "\"words\":[3,");
    refuse("\"words\":[\"a\",", "\"words\":[[\"a\"],");
    refuse("\"words\":[", "\"words\":[],\"x\":[");
    refuse("\"words\":[", "\"words\":{},\"x\":[");
    refuse("[\"a\",", "[");
    refuse("0.1,", "");
    refuse("0.1,", "0.1,2,");
    refuse("],\n[", ",\n");
    refuse("],\n[", "],\n[],[");
}

int
main(void)
{
    struct headfile h;
    struct err e;

    test_round();
    test_cut();
    test_refused();
    words = 1;
    test_round();
    test_cut();
    test_refused_words();
    tap_ok(headfile_read(&h, "/nonexistent.head", &e) == -1 && e.code == ERR_MODEL,
           "%s", e.msg);
    tap_ok(headfile_read(&h, "/", &e) == -1 && e.code == ERR_MODEL, "%s", e.msg);
    return tap_done();
}
