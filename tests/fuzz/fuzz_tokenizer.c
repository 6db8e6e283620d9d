/*
 * fuzz_tokenizer.c - a tokenizer.json of any bytes, then a text for it
 *
 * The two are parted by the first zero byte; where there is nothing before it, a small
 * tokenizer of our own takes the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text/utf8.h"
#include "token/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char small[] =
    "{\"added_tokens\":[{\"id\":0,\"content\":\"[UNK]\",\"special\":true,"
    "\"normalized\":false},{\"id\":15,\"content\":\"\\u4e00 E\\u0301\",\"lstrip\":true,"
    "\"rstrip\":true,\"normalized\":true},{\"id\":16,\"content\":\"<x>\","
    "\"normalized\":false,\"single_word\":true}],\"normalizer\":{\"type\":"
    "\"BertNormalizer\"},"
    "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":{\"type\":"
    "\"BertProcessing\",\"cls\":[\"a\",1],\"sep\":[\"b\",2]},\"decoder\":{\"type\":"
    "\"WordPiece\"},\"model\":{\"type\":\"WordPiece\",\"max_input_chars_per_word\":9,"
    "\"vocab\":{\"[UNK]\":0,\"a\":1,\"b\":2,\"ab\":3,\"##a\":4,\"##b\":5,\"##ab\":6,"
    "\".\":7,\"'\":8,\"e\":9,\"##e\":10,\"\\u4e00\":11,\"\\u302e\":12,\"##\\u302e\":13,"
    "\"aba\":14}}}";

static void
check(int ok)
{
    if (!ok)
        abort();
}

/* Spans lie in the text and rise; every id has a piece. */
static void
check_tokens(const struct tokenizer *t, const struct tokenizer_work *w, struct str text)
{
    struct buf out = { 0 };
    struct err e = { 0 };
    size_t at_end = utf8_count(text.p, text.n);

    for (size_t i = 0; i < w->n; i++) {
        struct tokenizer_span s = w->span[i];
        check(s.byte <= s.byte_end && s.byte_end <= text.n);
        check(s.at <= s.at_end && s.at_end <= at_end);
        check(tokenizer_piece(t, w->id[i]).p != NULL);
    }
    check(tokenizer_decode(t, w->id, w->n, TOKENIZER_NO_SPECIAL, &out, &e) == 0);
    buf_free(&out);
}

/* The same with and without spans, up to the bound and not beyond. */
static void
encode(const struct tokenizer *t, struct str text, unsigned flags)
{
    struct tokenizer_work w = { 0 }, again = { 0 };
    struct err e = { 0 };

    check(tokenizer_encode(t, text, flags | TOKENIZER_SPANS, &w, &e) == 0);
    check_tokens(t, &w, text);
    again.max = w.n;
    check(tokenizer_encode(t, text, flags, &again, &e) == 0);
    check(w.n == again.n &&
          (w.n == 0 || memcmp(w.id, again.id, w.n * sizeof *w.id) == 0));
    if (w.n > 1) {
        again.max = w.n - 1;
        check(tokenizer_encode(t, text, flags, &again, &e) && e.code == ERR_LIMIT);
    }
    tokenizer_work_release(&w);
    tokenizer_work_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    size_t split = n ? strnlen((const char *)p, n) : 0;
    struct buf text = { 0 };
    struct err e = { 0 };
    struct tokenizer *t;

    t = split ? tokenizer_parse((const char *)p, split, &e)
              : tokenizer_parse(small, sizeof small - 1, &e);
    check(t || (split && e.code == ERR_MODEL && e.msg[0]));
    if (t && split < n) {
        utf8_repair(&text, (const char *)p + split + 1, n - split - 1);
        /* One of the four settings, by the input's size: speed finds more. */
        encode(t, (struct str){ text.p, text.n }, (unsigned)n % TOKENIZER_SPANS);
    }
    tokenizer_close(t);
    buf_free(&text);
    return 0;
}
