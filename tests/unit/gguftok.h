/*
 * gguftok.h - tokenizers from GGUF files that a test builds
 *
 *     gguftok_seeds(argc, argv, "bpe");       bpe DIR: files stay in DIR, too
 *     t = gguftok_open(&g, &e);               g: the metadata, from ggufbuild
 *     gguftok_is(t, "ab", 0, "<s> ab");
 */
#ifndef TESTS_UNIT_GGUFTOK_H
#define TESTS_UNIT_GGUFTOK_H

#include "ggufbuild.h"
#include "tokgolden.h"

/* The folder for files that are built, and how their names begin; or NULL */
static const char *gguftok_dir, *gguftok_name;

/* The program's only argument is a folder of seeds for fuzz_tokgguf. */
static inline void
gguftok_seeds(int argc, char **argv, const char *name)
{
    gguftok_dir = argc == 2 ? argv[1] : NULL;
    gguftok_name = name;
}

static inline struct tokenizer *
gguftok_open(struct ggufbuild *g, struct err *e)
{
    static int n;
    struct weights *w = ggufbuild_read(g, e);
    struct tokenizer *t = w ? tokenizer_from_meta(weights_meta(w), e) : NULL;
    char path[4096];

    weights_close(w);
    if (gguftok_dir) {
        snprintf(path, sizeof path, "%s/%s-%02d", gguftok_dir, gguftok_name, n++);
        if (file_replace(path, g->file.p, g->file.n, e))
            puts(e->msg);
    }
    return t;
}

/* The pieces of a text, joined by spaces */
static inline void
gguftok_is(const struct tokenizer *t, const char *text, unsigned flags,
           const char *want)
{
    struct tokenizer_work w = { 0 };
    struct buf b = { 0 };
    struct err e;

    tokenizer_encode(t, str_of(text), flags, &w, &e);
    for (size_t i = 0; i < w.n; i++) {
        buf_puts(&b, i ? " " : "");
        buf_str(&b, tokenizer_piece(t, w.id[i]));
    }
    tap_ok(str_is((struct str){ b.p, b.n }, want), "'%s': %.*s", text, (int)b.n, b.p);
    tokenizer_work_release(&w);
    buf_free(&b);
}

/* The file is refused, with these words; and it is freed. */
static inline void
gguftok_refuse(struct ggufbuild *g, const char *what)
{
    struct err e = { 0 };
    struct tokenizer *t = gguftok_open(g, &e);

    tap_ok(t == NULL && e.code == ERR_MODEL && strstr(e.msg, what), "refused: %s",
           e.msg);
    tokenizer_close(t);
    ggufbuild_free(g);
}

/* A real model against its golden file, of which at least `most` lines must agree. The
 * file was made by a program that reads \x41 in a text as A: lines that it has changed
 * are no answer. */
static inline void
gguftok_real(const char *name, int most)
{
    const char *models = getenv("TEXTMILL_MODELS");
    char path[4096];
    struct tokgolden g = { 0 };
    struct err e = { 0 };
    struct tokenizer *t;

    snprintf(path, sizeof path, "%s/%s", models ? models : "", name);
    if (models == NULL || !file_exists(path)) {
        tap_skip(name, "the model is not here");
        return;
    }
    t = tokenizer_open(path, &e);
    snprintf(path, sizeof path, "%s/golden/%s-tokens.jsonl", tap_shared(), name);
    if (t && tokgolden_run(t, path, &g))
        tap_skip(name, "no shared folder");
    else
        tap_ok(t && g.same + g.other == g.lines && g.same >= most,
               "%s: %d lines as llama.cpp, %d of another text, of %d %s", name, g.same,
               g.other, g.lines, e.msg);
    tokenizer_close(t);
}

#endif
