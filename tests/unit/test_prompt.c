/* test_prompt.c - templates and what they make of records */
#include "cli/prompt.h"

#include "base/buf.h"
#include "base/mem.h"
#include "folder.h"
#include "tap.h"

/* What a template makes of a record: the text, or "!code: message" */
static struct str
fill(const char *spec, const char *line, struct arena *a)
{
    struct err e = { 0 };
    struct prompt *p = prompt_open(spec, 1, &e);
    struct str s = str_of(line);
    struct prompt_text out = { { "", 0 }, &e };
    struct buf b = { 0 };
    char *copy;

    if (p && prompt_fill(p, 0, &s, 1, a, &out, &e))
        out.e = &e;
    if (out.e)
        buf_printf(&b, "!%s: %s", err_name(out.e->code), out.e->msg);
    else
        buf_str(&b, out.text);
    copy = arena_alloc(a, b.n);
    memcpy(copy, buf_span(&b).p, b.n);
    s = (struct str){ copy, b.n };
    buf_free(&b);
    prompt_close(p);
    return s;
}

struct sample {
    const char *spec, *line, *want;
};

/* `want` may end in a star: then what is before it counts. */
static void
check(const struct sample *s)
{
    struct arena a = { 0 };
    struct str got = fill(s->spec, s->line, &a);
    size_t n = strlen(s->want);
    int begin = n > 0 && s->want[n - 1] == '*';
    int same = begin ? got.n >= n - 1 && memcmp(got.p, s->want, n - 1) == 0
                     : str_is(got, s->want);

    if (!tap_ok(same, "%.60s", s->spec))
        printf("# of %s: %.*s\n", s->line, (int)got.n, got.p);
    arena_release(&a);
}

static void
test_members(void)
{
    static const struct sample list[] = {
        { "", "{}", "" },
        { "no member", "{}", "no member" },
        { "Say {text}.", "{\"text\":\"a\\n\\u00e9\\\"\"}", "Say a\n\xC3\xA9\"." },
        { "{a}{b}{a}", "{\"a\":1.50,\"b\":[1, 2]}", "1.50[1, 2]1.50" },
        { "{a}", "{\"a\":true}", "true" },
        { "{a}", "{\"a\":\"\"}", "" },
        { "{a}", "{\"a\":{\"b\": null}}", "{\"b\": null}" },
        { "{log.level}", "{\"log.level\":\"x\"}", "x" },
        { "{.log.level}", "{\"log\":{\"level\":\"x\"}}", "x" },
        { "{.a[1].b}", "{\"a\":[0,{\"b\":9007199254740993}]}", "9007199254740993" },
        { "{a}", "{\"b\":1}", "!missing: -p: no member 'a'" },
        { "{a}", "{\"a\":null}", "!missing: -p: no member 'a'" },
        { "{.a.b}", "{\"a\":{}}", "!missing: -p: no member '.a.b'" },
        { "{a}", "{\"a\":1,\"a\":2}", "!json: *" },
        { "{a}", "{\"a\":\"\\ud800\"}", "!utf8: *" },
        { "{\xC3\xA9}", "{\"\\u00e9\":1}", "1" },
        { "{.a|b}", "{}", "!usage: -p: {.a|b} is no plain path*" },
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        check(&list[i]);
}

/* Braces that begin nothing are text. */
static void
test_braces(void)
{
    static const struct sample list[] = {
        { "{\"label\": \"x\"} {a}", "{\"a\":1}", "{\"label\": \"x\"} 1" },
        { "{} { } {a b} }", "{}", "{} { } {a b} }" },
        { "{", "{}", "{" },
        { "x{a", "{}", "x{a" },
        { "}}{a}}", "{\"a\":1}", "}}1}" },
        { "{{", "{}", "!usage: -p: {{ without }}" },
        { "{{a}", "{}", "!usage: -p: {{ without }}" },
        { "\xFF", "{}", "!usage: -p: the template is not UTF-8 text" },
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        check(&list[i]);
}

static void
test_programs(void)
{
    static const struct sample list[] = {
        { "{{.a}}", "{\"a\":\"x\"}", "x" },
        { "{{ .a | length }}-{b}-{{.b+1}}", "{\"a\":\"xyz\",\"b\":2}", "3-2-3" },
        { "{{{a:.a}|tojson}}", "{\"a\":1}", "{\"a\":1}" },
        { "{\"x\": {{.a}}}", "{\"a\":1}", "{\"x\": 1}" },
        { "{{ {a:{b:.a}}|.a.b}}}}", "{}", "!usage: *" },
        { "{{[.a[]|ascii_upcase]|join(\", \") # all of them}}.",
          "{\"a\":[\"x\",\"y\"]}", "X, Y." },
        { "{{\"{text}\"}}", "{}", "{text}" },
        { "{{.a}}", "{\"a\":[]}",
          "!type: -p: a program of the template gave neither a string nor a number" },
        { "{{.a[]}}", "{\"a\":[\"x\",\"y\"]}",
          "!type: -p: a program of the template gave more than one result" },
        { "{{empty}}", "{}", "!type: -p: a program of the template gave no result" },
        { "{{error(\"no\")}}", "{}", "!type: -p: no" },
        { "{{range(1; infinite)}}", "{}", "!type: *" },
        { "{{.a) | (2}}", "{}", "!usage: -p: {{.a) | (2}}: *" },
        { "{{now}}", "{}", "!usage: -p: {{now}}: *" },
        { "{{nothing}}", "{}", "!usage: -p: {{nothing}}: *" },
        { "{a}{{.a}}", "{}", "!type: *" },
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        check(&list[i]);
}

static void
test_many(void)
{
    struct str line[3] = { STR("{\"a\":\"1\"}"), STR("{}"), STR("{\"a\":3}") };
    struct prompt_text out[3];
    struct arena a = { 0 };
    struct err e = { 0 };
    struct prompt *p = prompt_open("{{.a // \"none\"}}/{a}", 2, &e);
    int rc = p ? prompt_fill(p, 1, line, 3, &a, out, &e) : -1;

    tap_ok(rc == 0 && str_is(out[0].text, "1/1") && out[1].e &&
               out[1].e->code == ERR_MISSING && str_is(out[2].text, "3/3"),
           "records one by one, a bad one alone %s", e.msg);
    tap_ok(rc == 0 && prompt_fill(p, 0, line, 0, &a, out, &e) == 0, "none of them");
    prompt_close(p);
    p = prompt_open("Head: {a} {b}", 1, &e);
    tap_ok(str_is(prompt_head(p), "Head: ") && prompt_slots(p) == 2,
           "what all begin with");
    prompt_close(p);
    arena_release(&a);
}

static void
test_limits(void)
{
    struct buf b = { 0 };
    struct err e = { 0 };
    struct prompt *p;

    for (int i = 0; i < PROMPT_SLOTS; i++)
        buf_printf(&b, "{m%d}", i);
    buf_char(&b, '\0');
    p = prompt_open(b.p, 1, &e);
    tap_ok(p && prompt_slots(p) == PROMPT_SLOTS, "%d things to fill in", PROMPT_SLOTS);
    prompt_close(p);
    b.n--;
    buf_puts(&b, "{x}");
    buf_char(&b, '\0');
    tap_ok(prompt_open(b.p, 1, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
    b.n = 0;
    for (size_t i = 0; i < ((size_t)1 << 20) + 1; i++)
        buf_char(&b, '{');
    b.p[0] = 'x';
    buf_char(&b, '\0');
    tap_ok(prompt_open(b.p, 1, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
    buf_free(&b);
}

static void
test_files(void)
{
    struct folder f;
    struct arena a = { 0 };
    char spec[256];

    folder_make(&f);
    folder_write(&f, "t", "Say\r\n{a}\r\n", 10);
    folder_write(&f, "two", "x\n\n", 3);
    folder_write(&f, "nul", "x\0y", 3);
    snprintf(spec, sizeof spec, "@%s/t", f.dir);
    tap_ok(str_is(fill(spec, "{\"a\":1}", &a), "Say\r\n1"), "a template from a file");
    snprintf(spec, sizeof spec, "@%s/two", f.dir);
    tap_ok(str_is(fill(spec, "{}", &a), "x\n"), "less one line's end");
    snprintf(spec, sizeof spec, "@%s/nul", f.dir);
    tap_ok(fill(spec, "{}", &a).p[0] == '!', "not one with NUL");
    snprintf(spec, sizeof spec, "@%s/none", f.dir);
    tap_ok(memcmp(fill(spec, "{}", &a).p, "!input", 6) == 0,
           "a file that is not there");
    arena_release(&a);
    folder_remove(&f);
}

int
main(void)
{
    test_members();
    test_braces();
    test_programs();
    test_many();
    test_limits();
    test_files();
    return tap_done();
}
