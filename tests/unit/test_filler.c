/* test_filler.c - words for masks against transformers, the text filled in, refusals */
#include "infer/filler.h"

#include <math.h>
#include <string.h>

#include "folder.h"
#include "jfloats.h"
#include "tap.h"

#define TINY "tests/golden/tiny-encoders/"

static struct filler *
open_filler(const char *dir, int top, struct err *e)
{
    struct filler_opt opt = {
        .embed = { .session = { .dir = dir, .precision = "f32" } }, .top = top
    };

    return filler_open(&opt, e);
}

/* How many of the words of a mask are those of the golden file; their scores, too. */
static size_t
count_same(const struct filler *f, const struct filler_mask *m, struct json words,
           double *off)
{
    struct json_iter it = json_begin(words);
    struct json key, want;
    struct buf b = { 0 };
    size_t n = 0, same = 0;
    double score;

    for (; n < m->n && json_next(&it, &key, &want); n++) {
        b.n = 0;
        filler_word(f, m->word[n].id, &b);
        same += json_is(json_get(want, "word"), (struct str){ b.p, b.n }) &&
                json_double(json_get(want, "score"), &score);
        if (!(fabs(score - (double)m->word[n].prob) <= *off))
            *off = fabs(score - (double)m->word[n].prob);
    }
    buf_free(&b);
    return same;
}

static void
test_text(const struct filler *f, const char *name, const struct jfloats *j)
{
    struct json_iter it = json_begin(jfloats_member(j, "fill_all"));
    struct embedder_work w = { 0 };
    struct embedder_info info;
    struct filler_found found;
    struct json key, words;
    struct buf b = { 0 };
    size_t n = 0, same = 0;
    double off = 0;

    jfloats_text(j, "text", &b);
    struct str text = { b.p, b.n };
    filler_run(f, &w, &text, 1, &found, &info);
    for (; json_next(&it, &key, &words); n++)
        same += n < found.n ? count_same(f, &found.mask[n], words, &off) : 0;
    tap_ok(n > 0 && same == 5 * n && found.n == n && off < 1e-4,
           "%s: %.*s: %zu of %zu words, off by %.1e", name, (int)text.n, text.p, same,
           5 * n, off);
    embedder_work_release(&w);
    buf_free(&b);
}

static void
test_golden(const char *name)
{
    char dir[256], path[300];
    struct err e = { 0 };
    struct jfloats j;
    struct filler *f;

    snprintf(dir, sizeof dir, TINY "%s", name);
    snprintf(path, sizeof path, "%s/fill.jsonl", dir);
    f = open_filler(dir, 5, &e);
    if (!tap_ok(f && jfloats_open(&j, path) == 0, "%s opens%s", name, e.msg))
        return;
    while (jfloats_next(&j))
        test_text(f, name, &j);
    jfloats_close(&j);
    filler_close(f);
}

/* Spaces belong to words, not to what they stand behind. */
static void
test_filled(void)
{
    static const struct {
        struct str text;
        const char *word, *want;
    } t[] = {
        { STR("a [MASK] b"), "error", "a error b" },
        { STR("[MASK]"), "error", "error" },
        { STR("fail[MASK]!"), "##ing", "failing!" },
        { STR("fail [MASK]!"), "##ing", "fail ing!" },
        { STR("fail[MASK]"), "error", "fail error" },
        { STR("(\n[MASK])"), "error", "(\nerror)" },
    };
    struct err e = { 0 };
    struct filler *f = open_filler(TINY "bert-mlm", 1, &e);
    const struct tokenizer *k = embedder_session(filler_embedder(f))->tokenizer;

    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct embedder_work w = { 0 };
        struct embedder_info info;
        struct filler_found found;
        struct filler_word word = { tokenizer_find(k, str_of(t[i].word)), 1 };
        struct filler_mask mask;
        struct buf b = { 0 };
        filler_run(f, &w, &t[i].text, 1, &found, &info);
        mask = (struct filler_mask){ found.mask[0].where, &word, 1 };
        found.mask = &mask;
        filler_text(f, t[i].text, &found, &b);
        tap_ok(str_is((struct str){ b.p, b.n }, t[i].want), "filled in: %zu bytes, %s",
               b.n, t[i].word);
        buf_free(&b);
        embedder_work_release(&w);
    }
    filler_close(f);
}

/* Masks of a text of many windows, alone and with others */
static void
test_long(void)
{
    struct err e = { 0 };
    struct filler *f = open_filler(TINY "bert-mlm", 3, &e);
    struct embedder_work w = { 0 }, w1 = { 0 };
    struct embedder_info info[3];
    struct filler_found found[3], one;
    struct buf b = { 0 };
    int good;

    for (int i = 0; i < 60; i++)
        buf_puts(&b, i % 7 == 3 ? "[MASK] " : "error ");
    struct str text[] = { STR("no mask"), { b.p, b.n }, STR("a [MASK]") };
    filler_run(f, &w, text, 3, found, info);
    filler_run(f, &w1, &text[1], 1, &one, info);
    good = found[0].n == 0 && found[1].n == 9 && found[2].n == 1 && one.n == 9;
    for (size_t i = 0; good && i < 9; i++)
        good = memcmp(one.mask[i].word, found[1].mask[i].word,
                      3 * sizeof *one.mask[i].word) == 0 &&
               one.mask[i].where.byte_end - one.mask[i].where.byte == 6;
    tap_ok(good, "nine masks in windows: the same alone and in company");
    embedder_work_release(&w);
    embedder_work_release(&w1);
    filler_close(f);
    buf_free(&b);
}

/* The folder of a model whose tokenizer has no mask, or says that another is it */
static void
test_mask(const char *settings, const char *want)
{
    static const char *const names[] = { "config.json", "model.safetensors",
                                         "tokenizer.json" };
    struct err e = { 0 };
    struct folder dir;
    struct filler *f;

    folder_make(&dir);
    for (int i = 0; i < 3; i++) {
        char path[300];
        struct file file;
        snprintf(path, sizeof path, TINY "mpnet-mlm/%s", names[i]);
        if (file_map(&file, path, &e))
            jfloats_die(e.msg);
        folder_write(&dir, names[i], file.p, file.n);
        file_unmap(&file);
    }
    if (settings)
        folder_puts(&dir, "tokenizer_config.json", settings);
    f = open_filler(dir.dir, 1, &e);
    tap_ok(f ? strcmp(filler_token(f), want) == 0
             : e.code == ERR_MODEL && strstr(e.msg, want) != NULL,
           "%s: %s", settings ? settings : "no settings", f ? filler_token(f) : e.msg);
    filler_close(f);
    folder_remove(&dir);
}

int
main(void)
{
    struct err e = { 0 };

    test_golden("bert-mlm");
    test_golden("distilbert-mlm");
    test_golden("mpnet-mlm");
    test_filled();
    test_long();
    test_mask(NULL, "<mask>");
    test_mask("{\"mask_token\":null}", "<mask>");
    test_mask("{\"mask_token\":{\"content\":\"<s>\"}}", "<s>");
    test_mask("{\"mask_token\":\"error\"}", "no mask token");
    test_mask("{\"mask_token\":\"nonesuch\"}", "no mask token");
    test_mask("{\"mask_token\":1}", "mask_token: must be a string");
    test_mask("{", "tokenizer_config.json");
    tap_ok(!open_filler(TINY "bert-tok", 1, &e) && e.code == ERR_MODEL,
           "no such head: %s", e.msg);
    tap_ok(!open_filler(TINY "bert-mlm", 0, &e) && e.code == ERR_USAGE &&
               !open_filler(TINY "bert-mlm", FILLER_TOP + 1, &e),
           "too few or many: %s", e.msg);
    return tap_done();
}
