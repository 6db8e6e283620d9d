/* fuzz_sents.c - any text: its sentences rise, are not empty, and end at characters */
#include <stdint.h>
#include <stdlib.h>

#include "text/sents.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
cut(struct str text, const char *lang, unsigned flags)
{
    struct sents s;
    struct sents_span span;
    size_t at = 0;

    sents_begin(&s, text, lang, flags);
    while (sents_next(&s, &span)) {
        if (span.at < at || span.end <= span.at || span.end > text.n)
            abort();
        at = span.end;
        if (utf8_valid(text.p + span.at, span.end - span.at) != span.end - span.at)
            abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char *const lang[] = { NULL, "en", "de", "ru" };
    struct buf b = { 0 };

    utf8_repair(&b, (const char *)p, n);
    for (size_t i = 0; i < sizeof lang / sizeof *lang; i++)
        cut((struct str){ b.p, b.n }, lang[i], (unsigned)(n + i) % 4);
    buf_free(&b);
    return 0;
}
