/* test_tokenizer.c - the front of the tokenizers: limits, pieces, files that are wrong
 */
#include "base/file.h"
#include "tap.h"
#include "token/tokenizer.h"

#define GOLDEN "tests/golden/"

/* Our small tokenizer, with these members before those of the file. */
static struct tokenizer *
small(const char *members, struct err *e)
{
    struct buf file = { 0 }, b = { 0 };
    struct tokenizer *t = NULL;

    if (file_read(GOLDEN "wordpiece.json", (size_t)1 << 20, &file, e) == 0) {
        buf_printf(&b, "{%s,", members);
        buf_add(&b, file.p + 1, file.n - 1);
        t = tokenizer_parse(b.p, b.n, e);
    }
    buf_free(&file);
    buf_free(&b);
    return t;
}

#define BERT "\"normalizer\":{\"type\":\"BertNormalizer\"}"
#define ADDED                                                                          \
    "\"added_tokens\":[{\"id\":2,\"content\":\"[CLS]\",\"special\":true,"              \
    "\"normalized\":false}]"

static void
check_front(struct tokenizer *t)
{
    struct tokenizer_frame f = tokenizer_get_frame(t);
    struct tokenizer_work w = { 0 };
    struct buf out = { 0 };
    struct err e = { 0 };
    int32_t bad[] = { 2, 1 << 30 };

    tap_ok(f.n_before == 1 && f.n_after == 1 && f.before[0] == 2 && f.after[0] == 3,
           "the frame is [CLS] and [SEP]");
    tap_ok(tokenizer_find(t, STR("##ing")) > 0 &&
               str_is(tokenizer_piece(t, tokenizer_find(t, STR("##ing"))), "##ing"),
           "a piece and its id are each other's");
    tap_ok(tokenizer_find(t, STR("nonesuch")) == -1 &&
               tokenizer_piece(t, -1).p == NULL &&
               tokenizer_piece(t, (int32_t)tokenizer_size(t)).p == NULL,
           "what is not there");
    tap_ok(tokenizer_is_special(t, 2) && !tokenizer_is_special(t, 3) &&
               !tokenizer_is_special(t, -1),
           "special is what the file says");
    w.max = 5;
    tap_ok(tokenizer_encode(t, STR("a b c"), 0, &w, &e) == 0 && w.n == 5,
           "as many as are allowed");
    tap_ok(tokenizer_encode(t, STR("a b c d"), 0, &w, &e) && e.code == ERR_LIMIT &&
               w.n == 0,
           "one more is a limit");
    w.max = 0;
    tap_ok(tokenizer_encode(t, STR("a b c d"), TOKENIZER_SPANS, &w, &e) == 0 &&
               w.n == 6 && w.span[4].byte == 6 && w.span[5].at_end == 0,
           "spans, in a workspace that had none");
    tap_ok(tokenizer_encode(t, STR(""), TOKENIZER_NO_SPECIAL, &w, &e) == 0 && w.n == 0,
           "nothing from nothing");
    tap_ok(tokenizer_decode(t, bad, 2, 0, &out, &e) && e.code == ERR_RANGE,
           "an id that is no token");
    tokenizer_work_release(&w);
    buf_free(&out);
}

/* Of two special tokens in the text only one is such. */
static void
check_one(void)
{
    static const struct str text = STR("a [CLS] b [SEP]c");
    struct err e = { 0 };
    struct tokenizer *t = small(BERT ",\"added_tokens\":["
                                     "{\"id\":2,\"content\":\"[CLS]\",\"special\":true,"
                                     "\"normalized\":false},"
                                     "{\"id\":3,\"content\":\"[SEP]\",\"special\":true,"
                                     "\"normalized\":false}]",
                                &e);
    struct tokenizer_work w = { .one = 3 };
    unsigned flags = TOKENIZER_NO_SPECIAL | TOKENIZER_SPANS;
    size_t cls = 0, sep = 0, all;

    tokenizer_encode(t, text, flags | TOKENIZER_PARSE_SPECIAL, &w, &e);
    all = w.n;
    tokenizer_encode(t, text, flags | TOKENIZER_PARSE_ONE, &w, &e);
    for (size_t i = 0; i < w.n; i++) {
        cls += w.id[i] == 2;
        sep += w.id[i] == 3 && w.span[i].byte == 10 && w.span[i].byte_end == 15;
    }
    tap_ok(all == 5 && w.n > 5 && cls == 0 && sep == 1, "one special token of two");
    tap_ok(tokenizer_continues(t, tokenizer_find(t, STR("##ing"))) == 1 &&
               tokenizer_continues(t, tokenizer_find(t, STR("a"))) == 0 &&
               tokenizer_continues(t, 3) == 0 && tokenizer_continues(t, -1) == 0,
           "what goes on with a word");
    tokenizer_work_release(&w);
    tokenizer_close(t);
}

/* The worst of words: quadratic time would run into the limit of the test. */
static void
check_worst(const struct tokenizer *t, const char *unit, const char *name)
{
    struct tokenizer_work w = { 0 };
    struct buf text = { 0 };
    struct err e = { 0 };

    while (text.n < (size_t)1 << 20)
        buf_puts(&text, unit);
    tap_ok(tokenizer_encode(t, (struct str){ text.p, text.n },
                            TOKENIZER_SPANS | TOKENIZER_NO_SPECIAL, &w, &e) == 0 &&
               w.n == 1 && w.span[0].byte_end == text.n,
           "1 MB of %s is one token", name);
    tokenizer_work_release(&w);
    buf_free(&text);
}

static void
check_wrong(const char *members, const char *word)
{
    struct err e = { 0 };
    struct tokenizer *t = small(members, &e);

    tap_ok(t == NULL && e.code == ERR_MODEL && strstr(e.msg, word), "%s: %s", word,
           e.msg);
    tokenizer_close(t);
}

int
main(void)
{
    struct err e = { 0 };
    struct tokenizer *t = small(BERT "," ADDED, &e);

    if (!tap_ok(t != NULL, "opens %s", e.msg))
        return tap_done();
    check_front(t);
    check_one();
    check_worst(t, "x", "a letter");
    check_worst(t, "\xC3\xA9", "an accented letter");
    check_worst(t, "\xE3\x80\xAE\xE3\x80\xAA", "marks out of order that stay");
    tokenizer_close(t);

    check_wrong("\"normalizer\":{\"type\":\"Precompiled\"}", "Precompiled");
    check_wrong("\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":1}",
                "lowercase");
    check_wrong("\"normalizer\":null,\"added_tokens\":{}", "added_tokens");
    check_wrong("\"normalizer\":null,\"decoder\":{\"type\":\"Fuse\"}", "decoder");
    check_wrong(
        "\"normalizer\":null,\"added_tokens\":[{\"id\":7,\"content\":\"[CLS]\"}]",
        "would be 2");
    check_wrong(
        "\"normalizer\":null,\"added_tokens\":[{\"id\":2,\"content\":\"[CLS]\"},"
        "{\"id\":2,\"content\":\"[CLS]\"}]",
        "twice");
    t = tokenizer_open("no/such/folder", &e);
    tap_ok(t == NULL && e.code == ERR_MODEL, "no file: %s", e.msg);
    return tap_done();
}
