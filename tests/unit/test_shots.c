/* test_shots.c - examples out of a file */
#include "cli/shots.h"

#include "folder.h"
#include "tap.h"

/* "n:input>output|input>output|", or "!code: message" */
static void
check(const char *text, const char *template, const char *want)
{
    struct folder f;
    struct shots s;
    struct err e = { 0 };
    struct prompt *p = template ? prompt_open(template, 1, &e) : NULL;
    struct buf b = { 0 };
    char path[128];
    int rc;

    folder_make(&f);
    folder_write(&f, "shots", text, strlen(text));
    snprintf(path, sizeof path, "%s/shots", f.dir);
    rc = shots_read(&s, path, p, &e);
    if (rc)
        buf_printf(&b, "!%s%s", err_name(e.code), e.msg + strlen(path));
    else
        buf_printf(&b, "%zu:", s.n);
    for (size_t i = 0; rc == 0 && i < s.n; i++)
        buf_printf(&b, "%.*s>%.*s|", (int)s.turn[i].user.n, s.turn[i].user.p,
                   (int)s.turn[i].answer.n, s.turn[i].answer.p);
    if (!tap_ok(str_is(buf_span(&b), want), "%s", want))
        printf("# %.*s\n", (int)b.n, b.p);
    if (rc == 0)
        shots_release(&s);
    buf_free(&b);
    prompt_close(p);
    folder_remove(&f);
}

int
main(void)
{
    check("", NULL, "0:");
    check(
        "{\"input\":\"a\",\"output\":\"b\"}\r\n\n {\"output\":\"\",\"input\":\"c d\"}",
        NULL, "2:a>b|c d>|");
    check("{\"output\":\"b\",\"text\":\"t\"}\n{\"output\":\"d\",\"input\":\"raw\"}\n",
          "Q: {text}", "2:Q: t>b|raw>d|");
    check("{\"output\":\"b\",\"text\":\"t\"}\n", "{{.text+\"!\"}}", "1:t!>b|");
    check("\n{\"output\":\"b\"}\n", "Q: {text}", "!input:2: -p: no member 'text'");
    check("{\"output\":\"b\"}", NULL,
          "!input:1: no member 'input', and no template to fill");
    check("{\"input\":\"b\"}", NULL,
          "!input:1: 'output' must be there once, as a string");
    check("{\"input\":1,\"output\":\"\"}", NULL,
          "!input:1: 'input' must be there once, as a string");
    check("[1]", NULL, "!input:1: not a JSON object");
    check("{\"input\":\"\\ud800\",\"output\":\"\"}", NULL,
          "!input:1: lone surrogate \\ud800 in the string");
    return tap_done();
}
