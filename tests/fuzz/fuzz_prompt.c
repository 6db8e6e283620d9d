/*
 * fuzz_prompt.c - prompt templates of any bytes, and a record to fill in
 *
 * A byte 0xFF parts the two. Templates with programs are left out: jq runs elsewhere.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "cli/prompt.h"
#include "text/utf8.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What is made is UTF-8 and begins as the template does; or it says why not. */
static void
try_record(const struct prompt *p, struct str line)
{
    struct prompt_text out = { { NULL, 0 }, NULL };
    struct str head = prompt_head(p);
    struct arena a = { 0 };
    struct json v;
    struct err e;

    if (json_scan(line.p, line.n, NULL, 0, &v, &e) || v.type != JSON_OBJECT)
        return;
    if (prompt_fill(p, 0, &line, 1, &a, &out, &e))
        abort();
    if (out.e
            ? out.e->code == ERR_NONE
            : utf8_valid(out.text.p, out.text.n) != out.text.n || out.text.n < head.n ||
                  (head.n > 0 && memcmp(out.text.p, head.p, head.n) != 0))
        abort();
    arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const uint8_t *end = n > 0 ? memchr(p, 0xFF, n) : NULL;
    struct buf spec = { 0 };
    struct prompt *prompt;
    struct err e;

    buf_add(&spec, p, end ? (size_t)(end - p) : n);
    buf_char(&spec, '\0');
    if (spec.p[0] == '@' || strstr(spec.p, "{{")) {
        buf_free(&spec);
        return 0;
    }
    prompt = prompt_open(spec.p, 1, &e);
    if (prompt && end)
        try_record(prompt,
                   (struct str){ (const char *)end + 1, n - (size_t)(end - p) - 1 });
    else if (prompt == NULL && e.code != ERR_USAGE)
        abort();
    prompt_close(prompt);
    buf_free(&spec);
    return 0;
}
