/*
 * test_unigram.c - unigram against what sentencepiece says
 *
 * test_unigram SPM FILE compares the rows of a file that make_unigram.py --random made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "token/unigram.h"
#include "tokgolden.h"
#include "json/json.h"

#define GOLDEN "tests/golden/unigram/"

/* Pieces are the normalized text, cut; but those of bytes have names. */
static int
same_pieces(const struct unigram *u, struct json pieces, const struct unigram_work *w)
{
    struct json_iter it = json_begin(pieces);
    struct json k, v;
    size_t at = 0;

    for (size_t i = 0; json_next(&it, &k, &v); i++) {
        struct str s = { w->text.p + at, w->end[i] - at };

        if (!json_is(v, s) && !json_is(v, unigram_piece(u, w->id[i])))
            return 0;
        at = w->end[i];
    }
    return at == w->text.n;
}

static int
same_text(const struct unigram *u, const struct unigram_work *w, struct json want)
{
    struct buf out = { 0 };
    struct err e = { 0 };
    int ok = want.type != JSON_STRING ||
             (unigram_decode(u, w->id, w->n, &out, &e) == 0 &&
              json_is(want, (struct str){ out.p ? out.p : "", out.n }));

    buf_free(&out);
    return ok;
}

static int
row_ok(const struct unigram *u, struct json row, struct unigram_work *w)
{
    struct buf text = { 0 };
    struct err e = { 0 };
    int ok = json_unquote(json_get(row, "text"), &text, &e) == 0 &&
             unigram_encode(u, (struct str){ text.p, text.n }, w, &e) == 0 &&
             tokgolden_same_ids(json_get(row, "ids"), w->id, w->n) &&
             same_pieces(u, json_get(row, "pieces"), w) &&
             same_text(u, w, json_get(row, "decoded"));

    buf_free(&text);
    return ok;
}

/* All rows of a file; the first few that differ are shown. */
static void
compare(const struct unigram *u, const char *path)
{
    struct unigram_work w = { 0 };
    struct file f;
    struct err e;
    int rows = 0, bad = 0;

    if (file_map(&f, path, &e)) {
        tap_ok(0, "%s: %s", path, e.msg);
        return;
    }
    for (size_t at = 0, n; at < f.n; at += n + 1, rows++) {
        const char *p = (const char *)f.p + at, *end = memchr(p, '\n', f.n - at);
        struct json row;

        n = end ? (size_t)(end - p) : f.n - at;
        if (json_scan(p, n, NULL, 0, &row, &e) == 0 && row_ok(u, row, &w))
            continue;
        if (bad++ < 5)
            printf("# row %d: %.*s\n", rows + 1, n < 300 ? (int)n : 300, p);
    }
    tap_ok(bad == 0 && rows > 0, "%s: %d rows, %d differ", path, rows, bad);
    unigram_work_release(&w);
    file_unmap(&f);
}

static void
test_files(const char *spm, const char *rows)
{
    struct err e = { 0 };
    struct unigram *u = unigram_open(spm, &e);

    if (tap_ok(u != NULL, "%s %s", spm, e.msg))
        compare(u, rows);
    unigram_close(u);
}

/* The real vocabulary, where it has been pulled. */
static void
test_shared(void)
{
    const char *models = getenv("TEXTMILL_MODELS"), *home = getenv("HOME");
    char spm[4096], rows[4096];

    snprintf(rows, sizeof rows, "%s/golden/enpt-spm.jsonl", tap_shared());
    if (models && models[0])
        snprintf(spm, sizeof spm, "%s/en-pt/vocab.enpt.spm", models);
    else
        snprintf(spm, sizeof spm,
                 "%s/.local/share/textmill/models/en-pt/vocab.enpt.spm",
                 home ? home : "");
    if (!file_exists(spm) || !file_exists(rows))
        tap_skip("en-pt", "not pulled, or no shared reference");
    else
        test_files(spm, rows);
}

/* The model cut anywhere is refused, or says less than it did; never worse. */
static void
test_cut(void)
{
    struct file f;
    struct err e;
    int refused = 0, silent = 0;

    if (file_map(&f, GOLDEN "map.spm", &e))
        abort();
    for (size_t n = 0; n < f.n; n++) {
        struct unigram *u = unigram_parse(f.p, n, &e);

        refused += u == NULL && e.code == ERR_MODEL;
        silent += u == NULL && (e.code != ERR_MODEL || e.msg[0] == '\0');
        unigram_close(u);
    }
    tap_ok(refused > (int)f.n / 2 && silent == 0, "cut files: %d of %zu refused",
           refused, f.n);
    file_unmap(&f);
}

/* The least that one of some runs takes of the processor, in us. 0: one failed. */
static long
least_time(const struct unigram *u, struct str text)
{
    struct unigram_work w = { 0 };
    struct err e = { 0 };
    clock_t least = 0;

    for (int i = 0; i < 5; i++) {
        clock_t start = clock(), took;

        if (unigram_encode(u, text, &w, &e) || w.n == 0)
            return 0;
        took = clock() - start;
        least = i == 0 || took < least ? took : least;
    }
    unigram_work_release(&w);
    return 1 + (long)(least * 1000000 / CLOCKS_PER_SEC);
}

/* Time is linear: a text of 8 times the length takes less than 30 times as long. */
static void
test_linear(const char *what, const char *unit)
{
    struct err e = { 0 };
    struct unigram *u = unigram_open(GOLDEN "map.spm", &e);
    struct buf text = { 0 };
    long took[2] = { 0 };

    for (int i = 0; u && i < 2; i++) {
        while (text.n < ((size_t)1 << 17) << 3 * i)
            buf_puts(&text, unit);
        took[i] = least_time(u, (struct str){ text.p, text.n });
        tap_ok(took[i] > 0, "%s: %zu bytes", what, text.n);
    }
    tap_ok(u && took[1] < 30 * took[0], "%s: linear (%ld and %ld us)", what, took[0],
           took[1]);
    buf_free(&text);
    unigram_close(u);
}

static void
test_errors(void)
{
    struct err e = { 0 };
    struct unigram *u = unigram_open(GOLDEN "map.spm", &e);
    int32_t bad[] = { 2, (int32_t)unigram_size(u) }, eos = 0;
    struct buf out = { 0 };

    tap_ok(unigram_decode(u, bad, 2, &out, &e) == -1 && e.code == ERR_RANGE && !out.n,
           "an id that is no piece: %s", e.msg);
    tap_ok(unigram_decode(u, &eos, 1, &out, &e) == 0 && out.n == 0,
           "what ends a sentence is no text");
    tap_ok(unigram_eos(u) == 0 && unigram_unk(u) == 1, "eos and unk");
    tap_ok(unigram_piece(u, -1).p == NULL && unigram_piece(u, bad[1]).p == NULL,
           "no piece beyond the ends");
    buf_free(&out);
    unigram_close(u);
    tap_ok(unigram_open("no/such.spm", &e) == NULL && e.code == ERR_MODEL,
           "no file: %s", e.msg);
}

int
main(int argc, char **argv)
{
    if (argc == 3) {
        test_files(argv[1], argv[2]);
        return tap_done();
    }
    test_files(GOLDEN "map.spm", GOLDEN "map.jsonl");
    test_files(GOLDEN "bytes.spm", GOLDEN "bytes.jsonl");
    test_files(GOLDEN "suffix.spm", GOLDEN "suffix.jsonl");
    test_shared();
    test_cut();
    test_linear("one letter", "a");
    test_linear("no spaces", "the1server");
    test_linear("marks", "e\xCC\x81\xCC\x81");
    test_linear("unknown", "\xE4\xB8\xAD");
    test_errors();
    return tap_done();
}
