/*
 * test_bpe.c - byte-level BPE as Hugging Face tokenizers and llama.cpp do it
 *
 * tests/golden/bpe is made by make_bpe.py.
 *
 * test_bpe DIR writes the files that it builds, too: seeds of fuzz_tokgguf.
 */
#include "base/mem.h"
#include "gguftok.h"
#include "text/utf8.h"
#include "token/bytemap.h"
#include "token/pretok.h"

#define ONE_MB ((size_t)1 << 20)

static void
test_golden(const char *name)
{
    char path[200];
    struct err e = { 0 };
    struct tokgolden g = { 0 };
    struct tokenizer *t;

    snprintf(path, sizeof path, "tests/golden/bpe/%s.json", name);
    t = tokenizer_open(path, &e);
    tap_ok(t != NULL, "%s.json %s", name, e.msg);
    if (t == NULL)
        return;
    snprintf(path, sizeof path, "tests/golden/bpe/%s.jsonl", name);
    tokgolden_run(t, path, &g);
    tap_ok(g.same == g.lines && g.lines > 400,
           "%s: %d of %d lines as Hugging Face tokenizers", name, g.same, g.lines);
    tokenizer_close(t);
}

static void
test_bytemap(void)
{
    int ok = 1, seen[512] = { 0 };

    for (int i = 0; i < 256; i++) {
        uint32_t cp = bytemap_char((unsigned char)i);
        ok &= cp < 512 && !seen[cp]++ && bytemap_byte(cp) == i;
    }
    for (uint32_t cp = 0; cp < 0x20000; cp++)
        ok &= bytemap_byte(cp) < 0 || (cp < 512 && seen[cp]);
    tap_ok(ok && bytemap_char(' ') == 0x120 && bytemap_char('\n') == 0x10A &&
               bytemap_char(0xAD) == 0x143,
           "each byte is one character, and back");
}

/* ---- from GGUF ---- */

/* All bytes, "he", "ll", "hell", and a control and a user-defined token. */
static void
build(struct ggufbuild *g, const char *pre, const char *merges)
{
    static const char *const more[] = { "he", "ll", "hell", "<end>", "<tab>" };
    struct buf tokens = { 0 }, list = { 0 };
    int32_t type[261];
    size_t n = 0;
    char text[4];

    for (int i = 0; i < 256; i++) {
        int len = utf8_encode(bytemap_char((unsigned char)i), text);
        ggufbuild_text(&tokens, (struct str){ text, (size_t)len });
    }
    for (int i = 0; i < 5; i++)
        ggufbuild_text(&tokens, str_of(more[i]));
    for (int i = 0; i < 261; i++)
        type[i] = i == 259 ? 3 : i == 260 ? 4 : 1;
    for (; *merges;
         merges += strcspn(merges, ",") + (merges[strcspn(merges, ",")] != 0), n++)
        ggufbuild_text(&list, (struct str){ merges, strcspn(merges, ",") });
    ggufbuild_str(g, "tokenizer.ggml.model", "gpt2");
    ggufbuild_str(g, "tokenizer.ggml.pre", pre);
    ggufbuild_strs(g, "tokenizer.ggml.tokens", &tokens, 261);
    ggufbuild_i32s(g, "tokenizer.ggml.token_type", type, 261);
    ggufbuild_strs(g, "tokenizer.ggml.merges", &list, n);
    buf_free(&tokens);
    buf_free(&list);
}

static void
test_gguf(void)
{
    struct ggufbuild g = { 0 };
    struct err e = { 0 };
    struct tokenizer *t;

    build(&g, "gpt-2", "h e,l l,he ll");
    ggufbuild_bool(&g, "tokenizer.ggml.add_bos_token", 1);
    ggufbuild_u32(&g, "tokenizer.ggml.bos_token_id", 259);
    t = gguftok_open(&g, &e);
    tap_ok(t != NULL, "opened %s", e.msg);
    gguftok_is(t, "hello", 0, "<end> hell o"); /* with its frame */
    /* A control token that is written is text, a user-defined one is not, */
    gguftok_is(t, "a<end>b<tab>c", TOKENIZER_NO_SPECIAL, "a < e n d > b <tab> c");
    /* unless it is asked for. */
    gguftok_is(t, "a<end>b", TOKENIZER_NO_SPECIAL | TOKENIZER_PARSE_SPECIAL,
               "a <end> b");
    tokenizer_close(t);
    ggufbuild_free(&g);
}

/* Bytes that are no character come out as U+FFFD, and one by one as they are. */
static void
test_decode(void)
{
    static const int32_t half[] = { 'h', 0xC3, 'h' }, whole[] = { 0xC3, 0xA9 };
    struct ggufbuild g = { 0 };
    struct err e = { 0 };
    struct tokenizer *t;
    struct buf b = { 0 };

    build(&g, "smollm", "h e");
    t = gguftok_open(&g, &e);
    tap_ok(tokenizer_decode(t, half, 3, 0, &b, &e) == 0 &&
               str_is((struct str){ b.p, b.n }, "h\xEF\xBF\xBDh"),
           "half a character");
    b.n = 0;
    tap_ok(tokenizer_decode(t, whole, 2, 0, &b, &e) == 0 &&
               str_is((struct str){ b.p, b.n }, "\xC3\xA9"),
           "a character of two tokens");
    b.n = 0;
    tap_ok(tokenizer_put(t, 0xC3, 1, &b, &e) == 0 && b.n == 1 && b.p[0] == '\xC3',
           "a token's own bytes");
    tap_ok(tokenizer_put(t, 261, 1, &b, &e) && e.code == ERR_RANGE, "%s", e.msg);
    buf_free(&b);
    tokenizer_close(t);
    ggufbuild_free(&g);
}

static void
test_hostile(void)
{
    struct ggufbuild g = { 0 };
    int32_t few[] = { 1, 1, 1 };

    build(&g, "my-own", "h e");
    gguftok_refuse(&g, "'my-own' is not supported");
    build(&g, "gpt-2", "h e,x y z");
    gguftok_refuse(&g, "not all are tokens");
    build(&g, "gpt-2", "h e,hello");
    gguftok_refuse(&g, "is not two tokens");
    build(&g, "gpt-2", "h e,l l,h e");
    gguftok_refuse(&g, "is there twice");
    build(&g, "gpt-2", "h e,e h");
    gguftok_refuse(&g, "not all are tokens");
    build(&g, "gpt-2", "h e");
    ggufbuild_bool(&g, "tokenizer.ggml.add_bos_token", 1);
    ggufbuild_u32(&g, "tokenizer.ggml.bos_token_id", 261);
    gguftok_refuse(&g, "is 261, must be in 0 to 260");
    ggufbuild_str(&g, "tokenizer.ggml.model", "gpt2");
    ggufbuild_str(&g, "tokenizer.ggml.pre", "gpt-2");
    ggufbuild_i32s(&g, "tokenizer.ggml.tokens", few, 3);
    gguftok_refuse(&g, "must be an array of strings");
    ggufbuild_str(&g, "tokenizer.ggml.model", "none");
    gguftok_refuse(&g, "'none' is not supported");
    ggufbuild_u32(&g, "tokenizer.ggml.model", 1);
    gguftok_refuse(&g, "must be string");
}

/* One megabyte of one thing: what is not linear, or near it, does not end. */
static void
test_long(void)
{
    static const char *const units[] = { "h",        "l",  " ", "\n",           "7",
                                         "\xCC\x81", "\t", "'", "\xE2\x80\xA8", "hell",
                                         " \n" };
    static const char *const pre[] = { "gpt-2", "smollm", "llama3", "qwen2" };

    for (size_t k = 0; k < sizeof pre / sizeof *pre; k++) {
        struct ggufbuild g = { 0 };
        struct err e = { 0 };
        struct tokenizer_work w = { 0 };
        struct tokenizer *t;
        size_t ok = 0, n = sizeof units / sizeof *units;

        build(&g, pre[k], "h e,l l,he ll");
        ggufbuild_bool(&g, "tokenizer.ggml.add_bos_token", 0);
        t = gguftok_open(&g, &e);
        for (size_t i = 0; t && i < n; i++) {
            struct buf b = { 0 }, back = { 0 };
            while (b.n < ONE_MB)
                buf_puts(&b, units[i]);
            ok += tokenizer_encode(t, (struct str){ b.p, b.n }, TOKENIZER_NO_SPECIAL,
                                   &w, &e) == 0 &&
                  tokenizer_decode(t, w.id, w.n, 0, &back, &e) == 0 && back.n == b.n &&
                  memcmp(back.p, b.p, b.n) == 0;
            buf_free(&b);
            buf_free(&back);
        }
        tap_ok(ok == n, "%s: a megabyte of one thing, and back: %zu of %zu %s", pre[k],
               ok, n, e.msg);
        tokenizer_work_release(&w);
        tokenizer_close(t);
        ggufbuild_free(&g);
    }
}

int
main(int argc, char **argv)
{
    gguftok_seeds(argc, argv, "bpe");
    test_bytemap();
    test_golden("gpt2");
    test_golden("smollm");
    test_golden("llama3");
    test_golden("qwen2");
    gguftok_real("smollm2", 290);
    test_gguf();
    test_decode();
    test_hostile();
    test_long();
    return tap_done();
}
