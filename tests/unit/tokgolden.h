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

/* Are these the ids of the list? */
static inline int
tokgolden_same_ids(struct json list, const int32_t *id, size_t n)
{
    struct json_iter it = json_begin(list);
    struct json key, v;
    int64_t want;
    size_t i = 0;

    for (; json_next(&it, &key, &v); i++)
        if (i >= n || !json_int(v, 0, INT32_MAX, &want) || want != id[i])
            return 0;
    return i == n;
}

/* Are these the spans, in code points, of the list of pairs? */
static inline int
tokgolden_same_spans(struct json list, const struct tokenizer_work *w)
{
    struct json_iter it = json_begin(list);
    struct json key, v;
    int64_t from, to;
    size_t i = 0;

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
        struct json spans = json_get(j.line, "offsets");
        int same;
        jfloats_text(&j, "text", &text);
        same = tokenizer_encode(t, (struct str){ text.p, text.n },
                                TOKENIZER_NO_SPECIAL | TOKENIZER_SPANS, &w, &e) == 0 &&
               tokgolden_same_ids(json_get(j.line, "ids"), w.id, w.n) &&
               (spans.type == JSON_NONE || tokgolden_same_spans(spans, &w));
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
