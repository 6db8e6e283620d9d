/* fuzz_tokgguf.c - a GGUF file of any bytes as a tokenizer, of any kind, then texts */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "format/gguf.h"
#include "format/weights_build.h"
#include "text/utf8.h"
#include "token/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What was encoded can be decoded, and has its spans within the text, in order. */
static void
try_text(const struct tokenizer *t, struct str text)
{
    struct tokenizer_work w = { 0 };
    struct buf b = { 0 };
    struct err e = { 0 };

    if (tokenizer_encode(t, text, TOKENIZER_SPANS, &w, &e) ||
        tokenizer_decode(t, w.id, w.n, 0, &b, &e) || utf8_valid(b.p, b.n) != b.n)
        abort();
    for (size_t i = 0; i < w.n; i++)
        if (w.span[i].byte > w.span[i].byte_end || w.span[i].byte_end > text.n ||
            w.span[i].at > w.span[i].at_end)
            abort();
    tokenizer_work_release(&w);
    buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char sample[] = "It's 12 a  b\n\nhello \xE2\x96\x81\xC3\xA9 <s><tab>";
    struct weights *w = weights_new("fuzz");
    struct err e = { 0 };
    struct tokenizer *t;

    if (gguf_read(w, p, n, &e) == 0) {
        t = tokenizer_from_meta(weights_meta(w), &e);
        if (t) {
            /* The end of the file as text: so texts can be looked for, too. */
            size_t k = n < 64 ? n : 64;
            const char *tail = (const char *)p + n - k;
            try_text(t, str_of(sample));
            try_text(t, (struct str){ tail, utf8_valid(tail, k) });
        } else if (e.code != ERR_MODEL)
            abort();
        tokenizer_close(t);
    }
    weights_close(w);
    return 0;
}
