/* test_jqneeds.c - what programs are shown of a record: never less than they can see */
#include "cli/jqneeds.h"
#include "tap.h"

static void
needs(const char *program, const char *want)
{
    struct str name[JQNEEDS_MAX];
    struct arena a = { 0 };
    char got[256] = "";
    size_t at = 0;
    int n = jqneeds(program, name, &a);

    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s", i ? " " : "",
                               (int)name[i].n, name[i].p);
    tap_ok(strcmp(n < 0 ? "all" : got, want) == 0, "%.*s needs %s",
           (int)strcspn(program, "#"), program, want);
    arena_release(&a);
}

int
main(void)
{
    needs(".level == \"error\"", "level");
    needs(".level==\"error\" and (.n > 3 or .a.b[0]?.c != null)", "level n a");
    needs(".text | test(\"x\")", "text");
    needs("(.text | test(\"(x)\")) and (.n|length) > -1", "text n");
    needs(".[\"a b\"] // .\"c\\u0064\" == 1.5e3 # why\n", "a b cd");
    needs(".a | . as $x | keys | .b", "a");
    needs("true", "");
    /* Whatever can reach more, or is not understood. */
    needs(".", "all");
    needs("..", "all");
    needs("keys", "all");
    needs("length > 3", "all");
    needs("has(\"a\")", "all");
    needs(".[\"a\"", "all");
    needs(".[]", "all");
    needs(".a as $x | .b", "all");
    needs(". as $r | .a", "all");
    needs(".a[.b]", "all");
    needs(".a = 1", "all");
    needs(".a |= 1", "all");
    needs(".a += 1", "all");
    needs("\"\\(.)\" == \"x\"", "all");
    needs(".a | \"\\(.)\"", "all");
    needs("if .a then .b else . end", "all");
    needs("[.a, .b] | any", "all");
    needs("(.a).b", "all");
    needs("(.a", "all");
    needs(".a)", "all");
    needs("def f: .; f", "all");
    needs("reduce .a as $x (0; . + $x)", "all");
    needs(".a.b.c == .d and not", "all");
    needs("@text", "all");
    needs(".a,.b,.c,.d,.e,.f,.g,.h,.i", "all");
    return tap_done();
}
