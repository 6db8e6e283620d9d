/*
 * fuzz_tally.c - a report and reasons of any bytes: read, added, written and read again
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "job/badlines.h"
#include "job/tally.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(int ok)
{
    if (!ok)
        abort();
}

/* Every line that is made is JSON. */
static void
check_lines(struct str text)
{
    while (text.n > 0) {
        const char *end = memchr(text.p, '\n', text.n);
        struct err e;
        struct json v;
        check(end != NULL);
        check(json_scan(text.p, (size_t)(end - text.p), NULL, 0, &v, &e) == 0);
        text.n -= (size_t)(end + 1 - text.p);
        text.p = end + 1;
    }
}

static void
reasons(struct str text)
{
    struct manifest_input input = { "/a \"b\"", 1, "", "" };
    struct manifest_shard shard = { 0 };
    struct manifest m = {
        .input = &input, .n_input = 1, .shard = &shard, .n_shard = 1
    };
    struct buf b = { 0 };
    struct err e = { 0 };

    if (badlines_add(&b, &m, 0, text, 1, 7, &e) == 0)
        check_lines(buf_span(&b));
    b.n = 0;
    if (badlines_arcat(&b, &m, 0, text, &e) == 0)
        check_lines(buf_span(&b));
    b.n = 0;
    badlines_poison(&b, &m, 0, 3, "0 139", text);
    check_lines(buf_span(&b));
    buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct str text = { (const char *)p, n };
    struct tally t = { 0 }, sum = { 0 }, again;
    struct buf b = { 0 };
    struct err e = { 0 };
    struct json v;

    if (tally_read(&t, text, &e) == 0) {
        (void)tally_check(&t, 2, 1, &e);
        tally_add(&sum, &t);
        check(sum.n_tool == t.n_tool && tally_bad(&sum) == tally_bad(&t));
        buf_char(&b, '{');
        tally_write(&sum, &b);
        buf_char(&b, '}');
        check(json_scan(b.p, b.n, NULL, 0, &v, &e) == 0);
        if (tally_parse(&again, v, &e) == 0)
            check(again.n_tool == t.n_tool);
        tally_release(&again);
    }
    b.n = 0;
    if (tally_tools(text, &b, &e) == 0)
        check(json_scan(b.p, b.n, NULL, 0, &v, &e) == 0);
    reasons(text);
    tally_release(&t);
    tally_release(&sum);
    buf_free(&b);
    return 0;
}
