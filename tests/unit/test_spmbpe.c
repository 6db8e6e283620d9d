/*
 * test_spmbpe.c - SentencePiece BPE as llama.cpp does it
 *
 * test_spmbpe DIR writes the files that it builds, too: seeds of fuzz_tokgguf.
 */
#include <math.h>

#include "base/mem.h"
#include "gguftok.h"

#define ONE_MB ((size_t)1 << 20)
#define BLOCK  "\xE2\x96\x81"

/* What a vocabulary has: text, score, type. */
static const struct piece {
    const char *text;
    float score;
    int32_t type;
} pieces[] = {
    { "<unk>", 0, 2 },    { "<s>", 0, 3 },    { BLOCK, -5, 1 }, { "a", -6, 1 },
    { "b", -7, 1 },       { "ab", -1, 1 },    { "ba", -1, 1 },  { BLOCK BLOCK, -3, 1 },
    { BLOCK "a", -2, 1 }, { "aa", -4, 1 },    { "aba", -8, 1 }, { "<", -9, 1 },
    { "s", -9, 1 },       { ">", -9, 1 },     { "<s", -9, 1 },  { "<0xC3>", 0, 6 },
    { "<0xA9>", 0, 6 },   { "<tab>", -1, 4 },
};

#define N_PIECES (sizeof pieces / sizeof *pieces)

/* With one more piece, if that is not NULL. */
static void
build(struct ggufbuild *g, const char *more)
{
    struct buf tokens = { 0 };
    float score[N_PIECES + 1] = { 0 };
    int32_t type[N_PIECES + 1] = { 0 };
    size_t n = N_PIECES + (more != NULL);

    for (size_t i = 0; i < n; i++) {
        struct piece last = { more, -1, 1 };
        const struct piece *p = i < N_PIECES ? &pieces[i] : &last;
        ggufbuild_text(&tokens, str_of(p->text));
        score[i] = p->score;
        type[i] = p->type;
    }
    ggufbuild_str(g, "tokenizer.ggml.model", "llama");
    ggufbuild_strs(g, "tokenizer.ggml.tokens", &tokens, n);
    ggufbuild_f32s(g, "tokenizer.ggml.scores", score, n);
    ggufbuild_i32s(g, "tokenizer.ggml.token_type", type, n);
    ggufbuild_u32(g, "tokenizer.ggml.bos_token_id", 1);
    buf_free(&tokens);
}

static void
test_merges(void)
{
    struct ggufbuild g = { 0 };
    struct err e = { 0 };
    struct tokenizer *t;

    build(&g, NULL);
    ggufbuild_bool(&g, "tokenizer.ggml.add_space_prefix", 0);
    t = gguftok_open(&g, &e);
    tap_ok(t != NULL, "opened %s", e.msg);
    gguftok_is(t, "ab", 0, "<s> ab");
    gguftok_is(t, "bab", TOKENIZER_NO_SPECIAL, "ba b"); /* equal scores: leftmost */
    gguftok_is(t, "  a", TOKENIZER_NO_SPECIAL, BLOCK " " BLOCK "a");
    gguftok_is(t, "   b", TOKENIZER_NO_SPECIAL, BLOCK BLOCK " " BLOCK " b");
    gguftok_is(t, "a<s>", TOKENIZER_NO_SPECIAL, "a <s >"); /* never a control token */
    gguftok_is(t, "a<s>", TOKENIZER_NO_SPECIAL | TOKENIZER_PARSE_SPECIAL, "a <s>");
    gguftok_is(t, "a<tab>a", TOKENIZER_NO_SPECIAL, "a <tab> a");
    gguftok_is(t, "\xC3\xA9", TOKENIZER_NO_SPECIAL, "<0xC3> <0xA9>");
    gguftok_is(t, "x", TOKENIZER_NO_SPECIAL, "<unk>");
    gguftok_is(t, "", TOKENIZER_NO_SPECIAL, "");
    tokenizer_close(t);
    ggufbuild_free(&g);
}

/* Spaces that are added are nobody's; those of the text are counted. */
static void
test_prefix(void)
{
    struct ggufbuild g = { 0 };
    struct err e = { 0 };
    struct tokenizer_work w = { 0 };
    struct buf b = { 0 };
    struct tokenizer *t;

    build(&g, NULL);
    t = gguftok_open(&g, &e);
    gguftok_is(t, "a", TOKENIZER_NO_SPECIAL, BLOCK "a");
    tokenizer_encode(t,
                     STR("a \xC3\xA9"
                         "b"),
                     TOKENIZER_NO_SPECIAL | TOKENIZER_SPANS, &w, &e);
    tap_ok(w.n == 5 && w.span[0].at == 0 && w.span[0].at_end == 1 &&
               w.span[2].byte == 2 && w.span[2].byte_end == 4 && w.span[3].at == 2 &&
               w.span[3].at_end == 3 && w.span[4].byte == 4 && w.span[4].byte_end == 5,
           "spans");
    tap_ok(tokenizer_decode(t, w.id, w.n, 0, &b, &e) == 0 &&
               str_is((struct str){ b.p, b.n }, "a \xC3\xA9"
                                                "b"),
           "and back: '%.*s'", (int)b.n, b.p);
    buf_free(&b);
    tokenizer_work_release(&w);
    tokenizer_close(t);
    ggufbuild_free(&g);
}

/* A piece with a space within: words are not cut before spaces. */
static void
test_uncut(void)
{
    struct ggufbuild g = { 0 };
    struct err e = { 0 };
    struct tokenizer *t;

    build(&g, "b" BLOCK);
    ggufbuild_bool(&g, "tokenizer.ggml.add_space_prefix", 0);
    t = gguftok_open(&g, &e);
    gguftok_is(t, "b b", TOKENIZER_NO_SPECIAL, "b" BLOCK " b");
    tokenizer_close(t);
    ggufbuild_free(&g);
}

/* "<unk>", "a" and n scores. */
static void
build_small(struct ggufbuild *g, const float *score, size_t n)
{
    struct buf tokens = { 0 };

    ggufbuild_text(&tokens, STR("<unk>"));
    ggufbuild_text(&tokens, STR("a"));
    ggufbuild_str(g, "tokenizer.ggml.model", "llama");
    ggufbuild_strs(g, "tokenizer.ggml.tokens", &tokens, 2);
    ggufbuild_f32s(g, "tokenizer.ggml.scores", score, n);
    buf_free(&tokens);
}

static void
test_hostile(void)
{
    static const float scores[] = { 0, 1, 2 }, nan[] = { 0, NAN };
    static const int32_t types[] = { 2, 1, 1, 1 };
    struct ggufbuild g = { 0 };

    build_small(&g, scores, 1);
    gguftok_refuse(&g, "2 tokens, but tokenizer.ggml.scores has 1");
    build_small(&g, scores, 3);
    gguftok_refuse(&g, "2 tokens, but tokenizer.ggml.scores has 3");
    build_small(&g, nan, 2);
    gguftok_refuse(&g, "1 is no number");
    build_small(&g, scores, 2);
    ggufbuild_i32s(&g, "tokenizer.ggml.token_type", types, 4);
    gguftok_refuse(&g, "more types than tokens");
    build_small(&g, scores, 2);
    ggufbuild_i32s(&g, "tokenizer.ggml.token_type", types, 1);
    gguftok_refuse(&g, "tokenizer.ggml.token_type has 1");
    build_small(&g, scores, 2);
    ggufbuild_f32s(&g, "tokenizer.ggml.token_type", scores, 2);
    gguftok_refuse(&g, "must be an array of integers");
    build_small(&g, scores, 2);
    ggufbuild_u32(&g, "tokenizer.ggml.unknown_token_id", 2);
    gguftok_refuse(&g, "is 2, must be in 0 to 1");
    build_small(&g, scores, 2);
    gguftok_refuse(&g, "'tokenizer.ggml.bos_token_id' is missing");
    build_small(&g, scores, 2);
    ggufbuild_u32(&g, "tokenizer.ggml.bos_token_id", 4294967295);
    gguftok_refuse(&g, "is 4294967295, must be in 0 to 1");
}

static void
test_long(void)
{
    static const char *const units[] = { "a", "ab",       " ",  "\n",
                                         "7", "\xCC\x81", "a ", BLOCK };
    struct ggufbuild g = { 0 };
    struct err e = { 0 };
    struct tokenizer_work w = { 0 };
    struct tokenizer *t;
    size_t ok = 0, n = sizeof units / sizeof *units;

    build(&g, NULL);
    t = gguftok_open(&g, &e);
    for (size_t i = 0; t && i < n; i++) {
        struct buf b = { 0 };
        while (b.n < ONE_MB)
            buf_puts(&b, units[i]);
        ok += tokenizer_encode(t, (struct str){ b.p, b.n }, 0, &w, &e) == 0 && w.n > 1;
        buf_free(&b);
    }
    tap_ok(ok == n, "a megabyte of one thing: %zu of %zu %s", ok, n, e.msg);
    tokenizer_work_release(&w);
    tokenizer_close(t);
    ggufbuild_free(&g);
}

int
main(int argc, char **argv)
{
    gguftok_seeds(argc, argv, "spmbpe");
    gguftok_real("gemma3", 74);
    test_merges();
    test_prefix();
    test_uncut();
    test_hostile();
    test_long();
    return tap_done();
}
