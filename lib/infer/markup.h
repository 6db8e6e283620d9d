/*
 * markup.h - what in a text is no language: it must come through unharmed
 *
 * Addresses (https://..., www...., a@b.c, mailto:...), code in `backticks`, also of
 * several lines, <tags>, comments, &entities;, {placeholders}, ${them}, %{them} and
 * #{them}, and %s, %5.2f, %(name)s, %%.
 *
 *     struct markup_span s = { 0, 0 };
 *     while (markup_next(text, &s))
 *         keep(text.p + s.at, s.end - s.at);
 *
 * Threads: pure function.  Limits: a span has MARKUP_MAX bytes at most, code
 *          MARKUP_CODE; so time is linear in the text.
 */
#ifndef INFER_MARKUP_H
#define INFER_MARKUP_H

#include <stddef.h>

#include "base/str.h"

#define MARKUP_MAX  1000
#define MARKUP_CODE ((size_t)1 << 16)

struct markup_span {
    size_t at, end;
};

/* The first span at or behind s->end: 1, or 0. Never empty; spans do not overlap. */
int markup_next(struct str text, struct markup_span *s);

#endif
