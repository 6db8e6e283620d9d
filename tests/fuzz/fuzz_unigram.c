/*
 * fuzz_unigram.c - a SentencePiece model of any bytes: read it, encode, decode
 *
 * What stands behind the last 0xFF 0x00 of the input is the text.
 */
#include <stdint.h>
#include <stdlib.h>

#include "text/utf8.h"
#include "token/unigram.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define TEXT "  The server\t e\xCC\x81 \xE4\xB8\xAD\xEF\xB7\xBA A\xCC\x8A</s><0x41>--  "

static void
use(const struct unigram *u, struct str text)
{
    struct unigram_work w = { 0 };
    struct buf out = { 0 };
    struct err e = { 0 };
    size_t at = 0;

    if (unigram_encode(u, text, &w, &e) == 0) {
        for (size_t i = 0; i < w.n; at = w.end[i++])
            if (w.end[i] <= at || unigram_piece(u, w.id[i]).p == NULL)
                abort();
        if (at != w.text.n || unigram_decode(u, w.id, w.n, &out, &e))
            abort();
    } else if (e.code != ERR_LIMIT || w.n != 0) {
        abort();
    }
    buf_free(&out);
    unigram_work_release(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct err e = { 0 };
    struct buf text = { 0 };
    size_t cut = n;
    struct unigram *u;

    while (cut >= 2 && (p[cut - 2] != 0xFF || p[cut - 1] != 0x00))
        cut--;
    if (cut >= 2)
        utf8_repair(&text, (const char *)p + cut, n - cut);
    u = unigram_parse(p, cut >= 2 ? cut - 2 : n, &e);
    if (u) {
        use(u, STR(TEXT));
        use(u, (struct str){ text.p, text.n });
    } else if (e.code != ERR_MODEL || e.msg[0] == '\0') {
        abort();
    }
    unigram_close(u);
    buf_free(&text);
    return 0;
}
