/*
 * tokgolden.h - a tokenizer against a file of texts with their ids
 */
#ifndef TESTS_UNIT_TOKGOLDEN_H
#define TESTS_UNIT_TOKGOLDEN_H

#include <stdio.h>
#include <string.h>

#include "jfloats.h"
#include "tap.h"
#include "token/tokenizer.h"

struct tokgolden {
    int lines, same;
    int other; /* lines whose ids, decoded, are not their text, and so are no answer */
};

/* The ids of a line, as decode has them, must be its text. */
static inline int
tokgolden_spells(const struct tokenizer *t, const int32_t *id, size_t n,
                 const struct buf *text)
{
    struct buf b = { 0 };
    struct err e;
    int ok = tokenizer_decode(t, id, n, TOKENIZER_NO_SPECIAL, &b, &e) == 0 &&
             b.n == text->n && (b.n == 0 || memcmp(b.p, text->p, b.n) == 0);

    buf_free(&b);
    return ok;
}

static inline int
tokgolden_same_spans(const struct jfloats *j, const struct tokenizer_work *w)
{
    struct json_iter it = json_begin(json_get(j->line, "offsets"));
    struct json key, v;
    int64_t from, to;
    size_t i = 0;

    if (json_get(j->line, "offsets").type == JSON_NONE)
        return 1;
    for (; json_next(&it, &key, &v); i++)
        if (i >= w->n || !json_int(json_at(v, 0), 0, UINT32_MAX, &from) ||
            !json_int(json_at(v, 1), 0, UINT32_MAX, &to) || from != w->span[i].at ||
            to != w->span[i].at_end)
            return 0;
    return i == w->n;
}

/* All lines of the file; -1: it is not there. */
static inline int
tokgolden_run(const struct tokenizer *t, const char *path, struct tokgolden *g)
{
    struct tokenizer_work w = { 0 };
    struct buf text = { 0 };
    struct jfloats j;
    struct err e = { 0 };

    *g = (struct tokgolden){ 0 };
    if (jfloats_open(&j, path))
        return -1;
    while (jfloats_next(&j)) {
        size_t n;
        int32_t *id = jfloats_ids(&j, "ids", &n);
        int same;
        jfloats_text(&j, "text", &text);
        same = tokenizer_encode(t, (struct str){ text.p, text.n },
                                TOKENIZER_NO_SPECIAL | TOKENIZER_SPANS, &w, &e) == 0 &&
               w.n == n && (n == 0 || memcmp(w.id, id, n * sizeof *id) == 0) &&
               tokgolden_same_spans(&j, &w);
        g->lines++;
        g->same += same;
        g->other += !same && !tokgolden_spells(t, id, n, &text);
        free(id);
    }
    tokenizer_work_release(&w);
    buf_free(&text);
    jfloats_close(&j);
    return 0;
}

#endif
