/* test_chunker.c - pieces of texts: whole units, no more tokens than asked, overlap */
#include "infer/chunker.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tap.h"
#include "text/utf8.h"

#define TINY "tests/golden/tiny-bert/f32"

static struct tokenizer *tokenizer;
static struct chunker_work work;

/* The pieces with '|' between them. */
static const char *
cut(const struct chunker *c, struct str text, struct buf *b)
{
    struct err e;

    b->n = 0;
    if (chunker_run(c, &work, text, &e))
        return "(refused)";
    for (size_t i = 0; i < work.n_piece; i++) {
        if (i > 0)
            buf_char(b, '|');
        buf_add(b, text.p + work.piece[i].at, work.piece[i].end - work.piece[i].at);
    }
    buf_char(b, '\0');
    return b->p;
}

static void
test_pieces(void)
{
    static const char text[] = "One two. Three four. Five.\n\nSix seven. Eight.";
    static const struct {
        enum chunker_unit unit;
        size_t max, overlap;
        const char *want;
    } cases[] = {
        { CHUNKER_SENTENCES, 0, 0, "One two.|Three four.|Five.|Six seven.|Eight." },
        { CHUNKER_PARAGRAPHS, 0, 0, "One two. Three four. Five.|Six seven. Eight." },
        { CHUNKER_SENTENCES, 1000, 0, text },
        { CHUNKER_PARAGRAPHS, 1000, 0, text },
        { CHUNKER_SENTENCES, 1000, 9, text },
    };
    struct buf b = { 0 };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chunker c = { cases[i].unit, cases[i].max, cases[i].overlap, "en",
                             tokenizer };
        const char *got = cut(&c, str_of(text), &b);
        tap_ok(strcmp(got, cases[i].want) == 0, "case %zu, %zu pieces", i,
               work.n_piece);
    }
    buf_free(&b);
}

static void
test_none(void)
{
    static const char *const text[] = { "", " ", " \n\n\t" };
    struct chunker c = { CHUNKER_SENTENCES, 5, 1, NULL, tokenizer };
    struct buf b = { 0 };

    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        for (int unit = 0; unit < 3; unit++) {
            c.unit = (enum chunker_unit)unit;
            tap_ok(strcmp(cut(&c, str_of(text[i]), &b), text[i]) == 0 &&
                       work.n_piece == 1,
                   "a text without a unit is one piece");
        }
    buf_free(&b);
}

/* Whatever the text: pieces begin further and further on, none has too many tokens, no
 * token that begins in a unit is lost, and offsets are those of characters. */
static int
is_good(const struct chunker *c, struct str text)
{
    size_t covered = 0, tokens = 0;
    struct tokenizer_work t = { 0 };
    struct err e;
    int ok = chunker_run(c, &work, text, &e) == 0 && work.n_piece > 0;

    for (size_t i = 0; ok && i < work.n_piece; i++) {
        const struct chunker_piece *p = &work.piece[i];
        ok &= p->end <= text.n && (p->end > p->at || text.n == 0 || work.n_piece == 1);
        ok &= i == 0 || (p->at > p[-1].at && p->end > p[-1].end);
        ok &= p->at_char == utf8_count(text.p, p->at) &&
              p->end_char == utf8_count(text.p, p->end);
        ok &= utf8_valid(text.p + p->at, p->end - p->at) == p->end - p->at;
        ok &= c->unit == CHUNKER_TOKENS || p->tokens <= c->max_tokens;
        tokens += p->tokens;
    }
    if (!ok || tokenizer_encode(tokenizer, text, TOKENIZER_NO_SPECIAL | TOKENIZER_SPANS,
                                &t, &e))
        return 0;
    for (size_t k = 0, i = 0; k < t.n; k++) {
        while (i < work.n_piece && work.piece[i].end <= t.span[k].byte)
            i++;
        covered += i < work.n_piece && work.piece[i].at <= t.span[k].byte;
    }
    ok = covered == t.n && (c->overlap ? tokens >= t.n : tokens == t.n);
    tokenizer_work_release(&t);
    return ok;
}

static void
test_random(void)
{
    static const char *const piece[] = {
        "hello",
        " ",
        ". ",
        "ab",
        "abc. ",
        "\n\n",
        "\xe6\x97\xa5",
        "\xe3\x80\x82",
        "!",
        " a",
        "\xc3\xa9",
        "e\xcc\x81",
        "\n",
        "...",
        "A",
        "\xf0\x9f\x98\x80",
        "world ",
    };
    struct buf b = { 0 };
    int ok = 1;

    srand(5);
    for (int i = 0; i < 20000 && ok; i++) {
        size_t max = 1 + (size_t)rand() % 12;
        struct chunker c = { (enum chunker_unit)(i % 3), max, (size_t)rand() % 5, NULL,
                             tokenizer };
        b.n = 0;
        for (int n = rand() % 40; n > 0; n--)
            buf_puts(&b, piece[(size_t)rand() % (sizeof piece / sizeof *piece)]);
        buf_room(&b, 1);
        ok = is_good(&c, (struct str){ b.p, b.n });
        if (!ok)
            printf("# unit %d max %zu overlap %zu: '%.*s'\n", (int)c.unit, max,
                   c.overlap, (int)b.n, b.p);
    }
    tap_ok(ok, "20,000 random texts: covered, in bounds, in order");
    buf_free(&b);
}

static void
test_overlap(void)
{
    struct chunker c = { CHUNKER_TOKENS, 4, 1, NULL, tokenizer };
    struct buf b = { 0 };
    const char *got;

    got = cut(&c, STR("a a a a a a"), &b);
    tap_ok(strcmp(got, "a a a a|a a a") == 0, "one token twice: %s", got);
    c.overlap = 99;
    cut(&c, STR("a a a a a a"), &b);
    tap_ok(work.n_piece == 3, "more overlap than a piece: one further at a time");
    buf_free(&b);
}

int
main(void)
{
    struct err e;

    tokenizer = tokenizer_open(TINY, &e);
    if (!tap_ok(tokenizer != NULL, "tokenizer"))
        return tap_done();
    test_pieces();
    test_none();
    test_overlap();
    test_random();
    chunker_work_release(&work);
    tokenizer_close(tokenizer);
    return tap_done();
}
