/* test_sents.c - where sentences end, in a dozen languages */
#include "text/sents.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/pool.h"
#include "tap.h"
#include "text/abbrev.h"
#include "text/charkind.h"
#include "text/utf8.h"

/* The text with '|' where one sentence ends and '#' where a paragraph begins, too; each
 * stands for the white space there. */
static void
cut(struct str text, const char *lang, unsigned flags, struct buf *b)
{
    struct sents s;
    struct sents_span span;
    int first = 1;

    b->n = 0;
    sents_begin(&s, text, lang, flags);
    for (; sents_next(&s, &span); first = 0) {
        if (!first)
            buf_char(b, span.paragraph ? '#' : '|');
        buf_add(b, text.p + span.at, span.end - span.at);
    }
    buf_char(b, '\0');
}

/* `want` has the marks and no white space beside them; '|' becomes a space, '#' a blank
 * line, '~' (at a place where nothing may be between) nothing. */
static void
check(const char *lang, unsigned flags, const char *want)
{
    struct buf text = { 0 }, got = { 0 }, plain = { 0 };

    for (const char *p = want; *p; p++) {
        if (*p == '|' || *p == '#')
            buf_puts(&text, *p == '|' ? " " : "\n\n");
        else if (*p != '~')
            buf_char(&text, *p);
        buf_char(&plain, *p == '~' ? '|' : *p);
    }
    buf_char(&plain, '\0');
    cut((struct str){ text.p, text.n }, lang, flags, &got);
    if (!tap_ok(strcmp(got.p, plain.p) == 0, "%s: %s", lang ? lang : "-", want))
        printf("# got: %s\n", got.p);
    buf_free(&text);
    buf_free(&got);
    buf_free(&plain);
}

static const char *const english[] = {
    "The mill turns.|It grinds all day.",
    "Is it on?|Yes!|Then wait.",
    "Wait!!|What?!|Who said so?",
    "Ask Dr. Brown or Mrs. Green about it.|They know.",
    "J. R. Miller met A. B. Cook.|They talked.",
    "You and I.|Then the others.",
    "Henry I. Ford came.",
    "It costs $3.14 a litre.|That is a lot.",
    "In 1999.|Then came 2000.",
    "1. Open the lid.|2. Press the button.",
    "See Fig. 3 and No. 7 on pp. 12 ff. of vol. 2.",
    "The answer is no.|He left.",
    "He lives in the U.S. with his dog.|She does not.",
    "He moved to the U.S.|The others stayed.",
    "The U.S. Army is large.",
    "Acme Inc. Annual Report",
    "He works at Acme Inc.|They pay well.",
    "We open at 9 a.m. on Monday, e.g. next week, i.e. soon.",
    "Visit www.example.com.|Next, write to a.b@example.org.|Then open file.tar.gz.",
    "\"Come in.\" he said.",
    "\"Come in.\"|He sat down.",
    "She said, \"Go!\" and left.",
    "(It was late.)|We left (see p. 5) at once.",
    "The list [...] goes on.",
    "Well... maybe.|I do not know.",
    "Wait…|What was that?",
    "The end. . . .|Next one.",
    "It is said.[12]|The next one is not.",
    "Use .NET here.|.NET is a name.",
    "Yahoo! is a name.",
    "one sentence.|another one there",
    "wow!|that is great",
    "Two spaces.|And one tab.",
    "He asked “why?” and left.",
    "A first.|“quoted name” begins one.",
    "etc. and so on",
    NULL,
};

static const struct {
    const char *lang, *want;
} others[] = {
    { "de", "Am 3. Oktober feiern wir.|Danach ist Ruhe." },
    { NULL, "Am 3. Oktober feiern wir.|Danach ist Ruhe." },
    { "de", "Das ist z.B. Herr Dr. Meier bzw. Frau Schulz.|Sie kommen." },
    { "de", "„Komm rein.“|Er kam." },
    { "pt", "O Sr. Silva mora na Av. Brasil.|A casa é azul." },
    { "es", "¿Qué pasa?|¡Nada!|Vive en EE.UU. con Ud." },
    { "fr", "M. Dupont est là.|Il dit « Bonjour. »|Elle rit." },
    { "fr", "Pourquoi ?|Parce que." },
    { "it", "Il dott. Rossi parla.|È tardi." },
    { "nl", "Dhr. Jansen komt bijv. Morgen.|Wij ook." },
    { "ru", "А. С. Пушкин "
            "жил.|Он писал." },
    { "el", "Τι κάνεις;|"
            "Καλά." },
    { "zh", "今天很好。~你呢？~好！" },
    { "ja", "「行く。」と言った。~朝。" },
    { "hi", "यह है।|"
            "वह है।" },
    { "ar", "كيف؟|جيد." },
    { "ko", "간다.|온다." },
    { "th", "กข คง" },
};

static void
test_lines(void)
{
    struct buf b = { 0 };

    check("en", 0, "A line\nthat goes on.|Next.#New paragraph.");
    cut(STR("Things:\n- one\n- two\n3) three\nand on"), "en", 0, &b);
    tap_ok(strcmp(b.p, "Things:|- one|- two|3) three\nand on") == 0, "items: %s", b.p);
    cut(STR("a. b\r\nc\n\n d.\fe"), "en", SENTS_LINES, &b);
    tap_ok(strcmp(b.p, "a. b|c#d.#e") == 0, "lines: %s", b.p);
    cut(STR(" One. Two.\nThree.\n \t\nFour. \n\n\n"), NULL, SENTS_PARAGRAPHS, &b);
    tap_ok(strcmp(b.p, "One. Two.\nThree.#Four.") == 0, "paragraphs: %s", b.p);
    cut(STR(" \n\t\n 　 "), NULL, 0, &b);
    tap_ok(strcmp(b.p, "") == 0, "white space alone has no sentence");
    cut(STR(""), NULL, 0, &b);
    tap_ok(strcmp(b.p, "") == 0, "nor has no text");
    buf_free(&b);
}

/* Spans rise, are not empty, and leave nothing but white space outside. */
static int
is_cover(struct str text, const char *lang, unsigned flags)
{
    struct sents s;
    struct sents_span span;
    size_t at = 0;
    int ok = 1;

    sents_begin(&s, text, lang, flags);
    for (; sents_next(&s, &span); at = span.end) {
        const char *p = text.p + at;
        ok &= span.at >= at && span.end > span.at && span.end <= text.n;
        while (ok && p < text.p + span.at) {
            enum charkind k = charkind_of(utf8_next(&p));
            ok = k == CHARKIND_SPACE || k == CHARKIND_LINE;
        }
    }
    for (const char *p = text.p + at; ok && p < text.p + text.n;) {
        enum charkind k = charkind_of(utf8_next(&p));
        ok = k == CHARKIND_SPACE || k == CHARKIND_LINE;
    }
    return ok;
}

/* Pieces put together by chance, cut by every language's rules. */
static void
test_random(void)
{
    static const char *const piece[] = {
        ".",
        "!",
        "?",
        " ",
        "\n",
        "\r\n",
        "\"",
        "(",
        ")",
        "a",
        "I",
        "B",
        "Dr",
        "z.B",
        "3",
        "。",
        "»",
        "«",
        "…",
        "ก",
        "А",
        "-",
        "•",
        ";",
        "α",
        "[1]",
        "\f",
        "😀",
        "\xe2\x80\xa8",
        "」",
        "と",
        "the",
        "The",
    };
    static const char *const lang[] = { NULL, "en", "de", "fr", "x" };
    struct buf b = { 0 };
    int ok = 1;

    srand(7);
    for (int i = 0; i < 20000 && ok; i++) {
        b.n = 0;
        for (int n = rand() % 24; n > 0; n--)
            buf_puts(&b, piece[(size_t)rand() % (sizeof piece / sizeof *piece)]);
        buf_room(&b, 1);
        ok = is_cover((struct str){ b.p, b.n }, lang[i % 5], (unsigned)i % 4);
    }
    tap_ok(ok, "20,000 random texts are covered");
    buf_free(&b);
}

/* A megabyte of one thing takes no longer than a few of prose. */
static void
test_linear(void)
{
    static const char *const piece[] = { ". ", ".",   ".\"", " ",    "\n",  "a",
                                         "(",  ". (", "\n ", "A. ",  "1. ", "ก ",
                                         "!",  "。",  "- ",  ".[1]", "Dr. " };
    struct buf b = { 0 };

    for (size_t i = 0; i < sizeof piece / sizeof *piece; i++) {
        double start;
        int ok;
        b.n = 0;
        while (b.n < (size_t)1 << 20)
            buf_puts(&b, piece[i]);
        start = pool_clock();
        ok = is_cover((struct str){ b.p, b.n }, NULL, 0);
        tap_ok(ok && pool_clock() - start < 5, "1 MB of '%s'", piece[i]);
    }
    buf_free(&b);
}

int
main(void)
{
    for (int i = 0; english[i]; i++)
        check("en", 0, english[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        check(others[i].lang, 0, others[i].want);
    test_lines();
    test_random();
    test_linear();
    return tap_done();
}
