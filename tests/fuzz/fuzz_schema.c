/*
 * fuzz_schema.c - any schema, and a value of it written as the input says
 *
 * The first line is the schema, a JSON text; what is behind it picks the bytes of the
 * value. Wherever that stops, the value is closed, and must be JSON then.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "infer/schemawalk.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_value(const struct schema *s, struct str text)
{
    struct schemawalk at;
    struct json v;
    struct err e;

    schemawalk_begin(s, &at);
    for (size_t i = 0; i < text.n; i++)
        if (!schemawalk_step(s, &at, (unsigned char)text.p[i]))
            abort();
    if (!schemawalk_may_end(s, &at) || json_scan(text.p, text.n, NULL, 0, &v, &e))
        abort();
}

/* The first byte from c on, going round, that may follow; or -1. */
static int
step_near(const struct schema *s, struct schemawalk *at, unsigned char c)
{
    struct schemawalk next;

    for (int i = 0; i < 256; i++, c++) {
        schemawalk_copy(&next, at);
        if (schemawalk_step(s, &next, c)) {
            schemawalk_copy(at, &next);
            return c;
        }
    }
    return -1;
}

static void
write_value(const struct schema *s, const uint8_t *p, size_t n)
{
    struct schemawalk at;
    struct buf text = { 0 }, key = { 0 };
    int c;

    schemawalk_begin(s, &at);
    for (size_t i = 0; i < n && i < 2000 && at.depth > 0; i++) {
        if ((c = step_near(s, &at, p[i])) < 0) {
            if (!schemawalk_may_end(s, &at))
                abort(); /* a dead end */
            break;
        }
        buf_char(&text, (char)c);
        key.n = 0;
        schemawalk_key(s, &at, 16, &key);
    }
    schemawalk_close(s, &at, &text);
    check_value(s, buf_span(&text));
    buf_free(&text);
    buf_free(&key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const uint8_t *end = n ? memchr(p, '\n', n) : NULL;
    size_t length = end ? (size_t)(end - p) : n;
    struct err e = { 0 };
    struct schema *s = schema_parse((const char *)p, length, &e);

    if (s == NULL) {
        if (e.code != ERR_USAGE || e.msg[0] == '\0')
            abort();
        return 0;
    }
    write_value(s, end ? end : p, end ? n - length : n);
    schema_free(s);
    return 0;
}
