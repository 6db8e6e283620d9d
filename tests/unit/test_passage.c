/* test_passage.c - a text taken apart and put together again */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/passage.h"
#include "tap.h"

#define SPM "tests/golden/unigram/map.spm"

static struct unigram *vocab;
static struct arena mem;
static struct unigram_work work;

/* Each unit becomes <n>, by its place in the text; what comes out, for free(). */
static char *
translate(const char *text, size_t most, int markup, struct passage_info *info)
{
    struct passage p = { .vocab = vocab, .most = most, .markup = markup, .mem = &mem };
    struct buf out = { 0 };
    struct err e = { 0 };
    char *copy;

    if (passage_add(&p, str_of(text), 0, &work, info, &e))
        buf_puts(&out, e.msg);
    for (size_t i = 0; i < p.n; i++) {
        char *mark = arena_alloc(&mem, 32);

        snprintf(mark, 32, "<%zu>", i);
        p.unit[i].out = str_of(mark);
    }
    passage_put(&p, str_of(text), 0, &out);
    buf_char(&out, '\0');
    copy = strdup(out.p);
    buf_free(&out);
    passage_release(&p);
    return copy;
}

static void
becomes_with(int markup, const char *text, const char *want)
{
    struct passage_info info;
    char *got = translate(text, 127, markup, &info);

    tap_ok(strcmp(got, want) == 0, "a text of %zu bytes, %zu sentences", strlen(text),
           info.sentences);
    if (strcmp(got, want) != 0)
        fprintf(stderr, "got  '%s'\nwant '%s'\n", got, want);
    free(got);
}

static void
becomes(const char *text, const char *want)
{
    becomes_with(0, text, want);
}

static void
test_parts(void)
{
    struct passage_info info;
    struct buf b = { 0 };
    char *got;

    for (int i = 0; i < 20; i++)
        buf_puts(&b, "the ");
    buf_char(&b, '\0');
    got = translate(b.p, 7, 0, &info);
    tap_ok(info.sentences == 1 && info.tokens == 20 && info.parts == 3 &&
               strcmp(got, "<0> <1> <2> ") == 0,
           "parts of words: %s", got);
    free(got);
    b.n = 0;
    for (int i = 0; i < 50; i++)
        buf_puts(&b, "vd"); /* many tokens, one word */
    buf_char(&b, '\0');
    got = translate(b.p, 40, 0, &info);
    tap_ok(info.parts > 1 && strchr(got, ' ') == NULL, "parts inside a word: %s", got);
    free(got);
    buf_free(&b);
}

/* No unit is longer than it may be, whatever the text, and memory stays small. */
static void
test_long(void)
{
    static const char *const unit[] = { "a", "the ", "\xE4\xB8\xAD", "x1" };

    for (size_t k = 0; k < sizeof unit / sizeof *unit; k++) {
        struct passage p = { .vocab = vocab, .most = 127, .mem = &mem };
        struct passage_info info;
        struct buf b = { 0 };
        struct err e = { 0 };
        size_t tokens = 0, most = 0;

        while (b.n < 1 << 20)
            buf_puts(&b, unit[k]);
        if (passage_add(&p, (struct str){ b.p, b.n }, 0, &work, &info, &e))
            abort();
        for (size_t i = 0; i < p.n; i++) {
            tokens += p.unit[i].n;
            most = p.unit[i].n > most ? p.unit[i].n : most;
        }
        tap_ok(most <= 127 && most > 0 && tokens == info.tokens && p.n == info.parts,
               "1 MB of '%s': %zu parts", unit[k], p.n);
        tap_ok(work.best.cap < 4 << 20, "memory for one stretch alone");
        passage_release(&p);
        buf_free(&b);
        arena_reset(&mem);
    }
}

int
main(void)
{
    struct err e = { 0 };

    vocab = unigram_open(SPM, &e);
    if (!tap_ok(vocab != NULL, "%s %s", SPM, e.msg))
        return tap_done();
    becomes("the server", "<0>");
    becomes("", "");
    becomes("  \n ", "  \n ");
    becomes("A disk is full. The server does not answer.", "<0> <1>");
    becomes(" the server\n\n\tA disk. ", " <0>\n\n\t<1> ");
    becomes("- one\n- two", "- <0>\n- <1>");
    becomes("* one\n  + two", "* <0>\n  + <1>");
    becomes("1. one\n22) two", "1. <0>\n22) <1>");
    becomes("\xE2\x80\xA2 one", "\xE2\x80\xA2 <0>");
    becomes("# head\n\n> quote", "# <0>\n\n> <1>");
    becomes("-one", "<0>");
    becomes("2.5 is a number", "<0>");
    becomes("a - b", "<0>");
    becomes("---", "---");
    becomes("one\n\n***\n\ntwo", "<0>\n\n***\n\n<1>");
    becomes_with(1, "one `a. B` two. Three {x}. Four", "<0> `a. B` <1> <2> {x}. <3>");
    becomes_with(1, "one\n```\nA b.\n\nC d.\n```\ntwo",
                 "<0>\n```\nA b.\n\nC d.\n```\n<1>");
    becomes_with(1, "- {x}\n- one %s", "- {x}\n- <0> %s");
    becomes_with(1, "#{x} one", "#{x} <0>");
    becomes_with(0, "one {x}.", "<0>");
    test_parts();
    test_long();
    unigram_close(vocab);
    unigram_work_release(&work);
    arena_release(&mem);
    return tap_done();
}
