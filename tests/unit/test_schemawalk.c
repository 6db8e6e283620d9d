/*
 * test_schemawalk.c - values of schemas byte by byte
 *
 * tests/golden/schema.jsonl has texts that the jsonschema package finds valid or not.
 */
#include "infer/schemawalk.h"

#include "base/mem.h"
#include "goldwords.h"
#include "tap.h"

/* Bytes taken; *whole: it may end behind them. */
static size_t
take(const struct schema *s, struct str text, int *whole)
{
    struct schemawalk at;
    size_t n = 0;

    schemawalk_begin(s, &at);
    while (n < text.n && schemawalk_step(s, &at, (unsigned char)text.p[n]))
        n++;
    *whole = n == text.n && schemawalk_may_end(s, &at);
    return n;
}

static int
is_json(struct str text)
{
    struct json v;
    struct err e;

    return json_scan(text.p, text.n, NULL, 0, &v, &e) == 0;
}

/* From each place in a text, the value can be made whole. */
static int
closes(const struct schema *s, struct str text)
{
    struct schemawalk at, end;
    struct buf b = { 0 };
    int good = 1, whole;

    schemawalk_begin(s, &at);
    for (size_t i = 0; i < text.n; i++) {
        b.n = 0;
        buf_add(&b, text.p, i);
        schemawalk_copy(&end, &at);
        schemawalk_close(s, &end, &b);
        good &= end.depth == 0 && take(s, buf_span(&b), &whole) == b.n && whole &&
                is_json(buf_span(&b));
        schemawalk_step(s, &at, (unsigned char)text.p[i]);
    }
    buf_free(&b);
    return good;
}

static void
test_golden(void)
{
    struct jfloats j;
    struct arena a = { 0 };
    struct err e;
    long rows = 0, yes = 0, yes_all = 0, no = 0, no_all = 0, closed = 0;

    jfloats_open(&j, "tests/golden/schema.jsonl");
    while (jfloats_next(&j)) {
        struct json v = jfloats_member(&j, "schema");
        struct schema *s = schema_parse(v.p, v.n, &e);
        size_t n_yes, n_no;
        struct str *t_yes = goldwords_list(&j, "yes", &a, &n_yes);
        struct str *t_no = goldwords_list(&j, "no", &a, &n_no);
        int whole;
        rows += s != NULL;
        for (size_t i = 0; s && i < n_yes; i++, yes_all++) {
            take(s, t_yes[i], &whole);
            yes += whole;
            closed += closes(s, t_yes[i]);
        }
        for (size_t i = 0; s && i < n_no; i++, no_all++) {
            take(s, t_no[i], &whole);
            no += !whole;
        }
        schema_free(s);
    }
    jfloats_close(&j);
    arena_release(&a);
    tap_ok(rows == 150, "%ld schemas", rows);
    tap_ok(yes == yes_all && yes > 300, "%ld of %ld valid texts taken", yes, yes_all);
    tap_ok(no == no_all && no > 300, "%ld of %ld bad texts refused", no, no_all);
    tap_ok(closed == yes_all, "%ld of them can be closed at each byte", closed);
}

#define OBJECT                                                                         \
    "{\"properties\":{\"a\":{\"type\":\"string\",\"maxLength\":2},\"ab\":{\"enum\":["  \
    "1,"                                                                               \
    "12,\"x\"]},\"b\":{\"items\":{\"type\":\"integer\"},\"maxItems\":2}},"             \
    "\"required\":[\"ab\"]}"

static void
test_object(void)
{
    static const struct {
        const char *text;
        int n; /* bytes taken; -1: all, and it is whole */
    } cases[] = {
        { "{\"ab\":1}", -1 },
        { "{\"ab\":12}", -1 },
        { "{\"ab\":\"x\"}", -1 },
        { "{\"a\":\"\xc3\xa4\\n\",\"ab\":1,\"b\":[-1,2]}", -1 },
        { "{\"ab\":1,\"b\":[]}", -1 },
        { "{}", 1 },
        { "{ ", 1 },
        { "{\"a\":\"abc\"", 8 },
        { "{\"a\":\"a\"}", 8 },
        { "{\"b\"", 2 },
        { "{\"a\":\"\",\"a\":\"\"", 10 },
        { "{\"a\":\"\",\"ab\":1", 14 },
        { "{\"ab\":2", 6 },
        { "{\"ab\":123", 8 },
        { "{\"ab\":1,\"a\"", 9 },
        { "{\"ab\":1,}", 8 },
        { "{\"ab\":1,\"b\":[1,2,3]", 16 },
        { "{\"ab\":1,\"b\":[,", 13 },
        { "{\"ab\":1,\"b\":[1,]", 15 },
        { "{\"ab\":1,\"b\":[01", 14 },
        { "{\"ab\":1}}", 8 },
        { "{\"ab\":1} ", 8 },
    };
    struct err e = { 0 };
    struct schema *s = schema_parse(OBJECT, strlen(OBJECT), &e);

    for (size_t i = 0; s && i < sizeof cases / sizeof *cases; i++) {
        int whole;
        int n = (int)take(s, str_of(cases[i].text), &whole);
        tap_ok(cases[i].n < 0 ? whole : !whole && (n == cases[i].n), "%s: %d",
               cases[i].text, n);
    }
    tap_ok(s != NULL, "the schema %s", e.msg);
    schema_free(s);
}

static void
put_key(const struct schema *s, const char *text, size_t n, struct buf *key)
{
    struct schemawalk at;

    schemawalk_begin(s, &at);
    for (; *text; text++)
        if (!schemawalk_step(s, &at, (unsigned char)*text))
            jfloats_die("a text of the test");
    key->n = 0;
    schemawalk_key(s, &at, n, key);
}

static void
test_keys(void)
{
    static const char schema[] = "{\"items\":{\"type\":[\"string\",\"integer\"],"
                                 "\"minLength\":1,\"maxLength\":50},\"maxItems\":40}";
    static const struct {
        const char *a, *b;
        size_t n;
        int same;
    } cases[] = {
        { "[\"ab", "[\"xyz", 20, 1 },    { "[\"ab", "[\"xyz", 60, 0 },
        { "[\"ab", "[\"ab\\", 20, 0 },   { "[1,\"ab", "[\"a", 20, 1 },
        { "[1,\"ab", "[\"a", 60, 0 },    { "[12", "[34", 20, 1 },
        { "[12", "[123", 20, 0 },        { "[1", "[0", 20, 0 },
        { "[\"a\"", "[7,\"b\"", 20, 1 }, { "[", "[1", 20, 0 },
        { "[\"", "[\"a", 20, 0 },
    };
    struct err e;
    struct schema *s = schema_parse(schema, strlen(schema), &e);
    struct buf a = { 0 }, b = { 0 };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_key(s, cases[i].a, cases[i].n, &a);
        put_key(s, cases[i].b, cases[i].n, &b);
        tap_ok(str_eq(buf_span(&a), buf_span(&b)) == cases[i].same,
               "texts of %zu bytes behind %s and %s: %s", cases[i].n, cases[i].a,
               cases[i].b, cases[i].same ? "the same" : "others");
    }
    buf_free(&a);
    buf_free(&b);
    schema_free(s);
}

int
main(void)
{
    test_golden();
    test_object();
    test_keys();
    return tap_done();
}
