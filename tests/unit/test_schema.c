/* test_schema.c - what is compiled, and what is refused in words that say where */
#include "infer/schema.h"

#include <string.h>

#include "folder.h"
#include "infer/schemawalk.h"
#include "tap.h"

static const struct {
    const char *schema, *why; /* a part of the message */
} refused[] = {
    { "", "no JSON" },
    { "{", "no JSON" },
    { "true", "true: a schema must be an object" },
    { "{}", "no 'type'" },
    { "{\"description\":\"any\"}", "no 'type'" },
    { "{\"type\":\"text\"}", "\"text\" is no type" },
    { "{\"type\":[]}", "empty list" },
    { "{\"type\":[\"string\",1]}", "1 is no type" },
    { "{\"type\":\"string\",\"type\":\"null\"}", "'type' is there twice" },
    { "{\"$ref\":\"#/$defs/a\"}", "\"$ref\" is not supported" },
    { "{\"anyOf\":[{\"type\":\"null\"}]}", "\"anyOf\" is not supported" },
    { "{\"type\":\"string\",\"pattern\":\"(a+)+\"}", "\"pattern\" is not" },
    { "{\"type\":\"string\",\"format\":\"email\"}", "\"format\" is not" },
    { "{\"type\":\"integer\",\"multipleOf\":3}", "\"multipleOf\" is not" },
    { "{\"type\":\"array\"}", "without 'items'" },
    { "{\"type\":\"array\",\"items\":[]}", "'items' must be an object" },
    { "{\"type\":\"array\",\"items\":true}", "'items' must be an object" },
    { "{\"type\":\"array\",\"items\":{\"type\":\"no\"}}", "items: \"no\" is no type" },
    { "{\"type\":\"object\"}", "without 'properties'" },
    { "{\"properties\":[]}", "'properties' must be an object" },
    { "{\"properties\":{\"a\":1}}", "properties.a: 1: a schema must be" },
    { "{\"properties\":{\"a\":{\"items\":{\"properties\":{\"b\":{\"type\":0}}}}}}",
      "properties.a.items.properties.b: 0 is no type" },
    { "{\"properties\":{\"a\":{\"type\":\"null\"},\"\\u0061\":{\"type\":\"null\"}}"
      "}",
      "property a is there twice" },
    { "{\"properties\":{\"\\ud800\":{\"type\":\"null\"}}}", "" },
    { "{\"properties\":{},\"required\":[\"b\"]}", "\"b\", which is no property" },
    { "{\"properties\":{},\"required\":[1]}", "list of names" },
    { "{\"properties\":{},\"required\":\"a\"}", "'required' must be" },
    { "{\"properties\":{},\"additionalProperties\":{}}", "must be true or false" },
    { "{\"type\":\"string\",\"maxLength\":-1}", "'maxLength' must be a whole" },
    { "{\"type\":\"string\",\"maxLength\":1.5}", "'maxLength' must be a whole" },
    { "{\"type\":\"string\",\"maxLength\":1e99}", "'maxLength' must be a whole" },
    { "{\"type\":\"string\",\"maxLength\":4294967296}", "must be a whole" },
    { "{\"type\":\"string\",\"minLength\":3,\"maxLength\":2}", "more than" },
    { "{\"items\":{\"type\":\"null\"},\"minItems\":3,\"maxItems\":2}", "more than" },
    { "{\"type\":\"string\",\"minLength\":2147483647}", "more than 65536 bytes" },
    { "{\"items\":{\"type\":\"null\"},\"minItems\":2147483647}", "more than 65536" },
    { "{\"items\":{\"items\":{\"type\":\"null\"},\"minItems\":300},\"minItems\":"
      "300}",
      "more than 65536" },
    { "{\"type\":\"integer\",\"minimum\":\"3\"}", "'minimum' must be a number" },
    { "{\"type\":\"integer\",\"exclusiveMinimum\":true}", "must be a number" },
    { "{\"type\":\"integer\",\"minimum\":3.1,\"maximum\":3.9}", "no number" },
    { "{\"type\":\"number\",\"minimum\":1e300}", "no number" },
    { "{\"type\":\"number\",\"minimum\":1e999999999999999999999}", "no number" },
    { "{\"enum\":[]}", "'enum' must be a list" },
    { "{\"enum\":\"a\"}", "'enum' must be a list" },
    { "{\"enum\":[{}]}", "objects or arrays" },
    { "{\"const\":[1]}", "objects or arrays" },
    { "{\"enum\":[1],\"type\":\"string\"}", "is of the type" },
    { "{\"enum\":[1.0,1e3],\"type\":\"integer\"}", "is of the type" },
    { "{\"enum\":[1],\"minimum\":0}", "'minimum' beside" },
    { "{\"enum\":[1],\"const\":1}", "'enum' beside" },
    { "{\"enum\":[\"\\udc00\"]}", "" },
    { "{\"enum\":[1],\"enum\":[2]}", "'enum' is there twice" },
};

static void
test_refused(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct err e = { 0 };
        struct schema *s =
            schema_parse(refused[i].schema, strlen(refused[i].schema), &e);
        tap_ok(s == NULL && e.code == ERR_USAGE && e.msg[0] &&
                   strstr(e.msg, refused[i].why),
               "%s", e.msg);
        schema_free(s);
    }
}

static void
test_compiled(void)
{
    static const struct {
        const char *schema, *shortest;
    } cases[] = {
        { "{\"type\":\"null\",\"title\":1,\"$schema\":\"x\",\"$comment\":{},\"$id\":0}",
          "null" },
        { " {\"type\":\"string\"} ", "\"\"" },
        { "{\"type\":\"string\",\"minLength\":3}", "\"   \"" },
        { "{\"type\":[\"string\",\"null\",\"integer\"]}", "0" },
        { "{\"type\":[\"array\",\"boolean\"],\"items\":{\"type\":\"null\"}}", "[]" },
        { "{\"type\":\"boolean\"}", "true" },
        { "{\"type\":\"integer\",\"minimum\":10,\"maxLength\":3}", "10" },
        { "{\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":0.5}", "0.1" },
        { "{\"type\":\"number\",\"maximum\":-2.5}", "-3" },
        { "{\"enum\":[\"long\",\"b\",100,\"b\",null]}", "\"b\"" },
        { "{\"enum\":[\"a\",7],\"type\":\"string\"}", "\"a\"" },
        { "{\"enum\":[1.5,2],\"type\":\"integer\"}", "2" },
        { "{\"const\":\"a\\u0022\\/\"}", "\"a\\\"/\"" },
        { "{\"properties\":{}}", "{}" },
        { "{\"properties\":{\"a\":{\"type\":\"null\"},\"b\\n\":{\"type\":\"null\"},"
          "\"c\":{\"type\":\"string\"}},\"required\":[\"b\\n\",\"b\\n\"]}",
          "{\"b\\n\":null}" },
        { "{\"items\":{\"items\":{\"type\":\"null\"},\"minItems\":2},\"minItems\":2}",
          "[[null,null],[null,null]]" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = { 0 };
        struct schema *s = schema_parse(cases[i].schema, strlen(cases[i].schema), &e);
        struct schemawalk at;
        struct buf b = { 0 };
        if (s) {
            schemawalk_begin(s, &at);
            schemawalk_close(s, &at, &b);
        }
        tap_ok(s && str_is(buf_span(&b), cases[i].shortest) &&
                   s->node[schema_shortest(s, 1)].least == b.n,
               "%s: %.*s %s", cases[i].schema, (int)b.n, b.p ? b.p : "", e.msg);
        buf_free(&b);
        schema_free(s);
    }
}

/* `open` so often, then the middle, then `close` as often. */
static struct schema *
nested(int depth, const char *open, const char *middle, const char *close,
       struct err *e)
{
    struct buf b = { 0 };
    struct schema *s;

    for (int i = 0; i < depth; i++)
        buf_puts(&b, open);
    buf_puts(&b, middle);
    for (int i = 0; i < depth; i++)
        buf_puts(&b, close);
    s = schema_parse(b.p, b.n, e);
    buf_free(&b);
    return s;
}

static void
test_limits(void)
{
    struct err e = { 0 };
    struct schema *s;
    struct buf b = { 0 };

    s = nested(SCHEMA_DEPTH - 1, "{\"items\":", "{\"type\":\"null\"}", "}", &e);
    tap_ok(s != NULL, "as deep as may be %s", e.msg);
    schema_free(s);
    s = nested(SCHEMA_DEPTH, "{\"items\":", "{\"type\":\"null\"}", "}", &e);
    tap_ok(s == NULL && strstr(e.msg, "items.items"), "deeper: %s", e.msg);
    s = nested(900, "{\"properties\":{\"a\":", "{}", "}}", &e);
    tap_ok(s == NULL && e.code == ERR_USAGE, "too deep by far: %s", e.msg);
    s = nested(100000, "{\"items\":", "{}", "}", &e);
    tap_ok(s == NULL && e.code == ERR_USAGE, "no JSON, too deep: %s", e.msg);
    buf_puts(&b, "{\"properties\":{");
    for (int i = 0; i <= SCHEMA_MEMBERS; i++)
        buf_printf(&b, "%s\"m%d\":{\"type\":\"null\"}", i ? "," : "", i);
    buf_puts(&b, "}}");
    s = schema_parse(b.p, b.n, &e);
    tap_ok(s == NULL && strstr(e.msg, "more than 256 properties"), "%s", e.msg);
    b.n = 0;
    buf_puts(&b, "{\"properties\":{\"");
    for (int i = 0; i < SCHEMA_NAME; i++)
        buf_char(&b, 'a');
    buf_puts(&b, "\":{\"type\":\"null\"}}}");
    s = schema_parse(b.p, b.n, &e);
    tap_ok(s == NULL && strstr(e.msg, "name of more than 1024"), "%s", e.msg);
    b.n = 0;
    buf_puts(&b, "{\"enum\":[");
    for (int i = 0; i < 100000; i++)
        buf_printf(&b, "%s\"m%d\"", i ? "," : "", i * 7919 % 100000);
    buf_puts(&b, "]}");
    s = schema_parse(b.p, b.n, &e);
    tap_ok(s && s->node[1].n == 100000 && str_is(s->literal[0], "\"m0\"") &&
               str_is(s->literal[99999], "\"m99999\""),
           "an enum of 100000 values, sorted %s", e.msg);
    schema_free(s);
    buf_free(&b);
}

static void
test_file(void)
{
    struct folder f;
    struct err e = { 0 };
    struct schema *s;
    char path[128];

    folder_make(&f);
    folder_puts(&f, "good", "{\"type\":\"null\"}\n");
    folder_puts(&f, "bad", "{\"type\":1}\n");
    snprintf(path, sizeof path, "%s/good", f.dir);
    s = schema_read(path, &e);
    tap_ok(s != NULL, "from a file");
    schema_free(s);
    snprintf(path, sizeof path, "%s/bad", f.dir);
    tap_ok(schema_read(path, &e) == NULL && strstr(e.msg, "bad: 1 is no type"), "%s",
           e.msg);
    snprintf(path, sizeof path, "%s/none", f.dir);
    tap_ok(schema_read(path, &e) == NULL && e.code == ERR_INPUT, "%s", e.msg);
    folder_remove(&f);
}

int
main(void)
{
    test_refused();
    test_compiled();
    test_limits();
    test_file();
    return tap_done();
}
