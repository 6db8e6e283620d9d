/*
 * choices.h - the texts that an answer may be, as a tree of a model's tokens
 *
 *     struct choices_opt opt = { .lm = lm, .text = text, .n = 3, .end = -1 };
 *     struct labeltrie *t = choices_make(&opt, &e);          labeltrie.h
 *
 * Where `before` is given, a text is encoded behind it, since a tokenizer may treat the
 * beginning of a text in a way of its own (a space that is put before it), and the
 * tokens that follow those of `before` are the text's. Where the two join in one token,
 * the text is encoded alone, as it is without `before`.
 *
 * Threads: pure function.
 */
#ifndef INFER_CHOICES_H
#define INFER_CHOICES_H

#include "infer/labeltrie.h"
#include "infer/lm.h"

struct choices_opt {
    const struct lm *lm;
    const struct str *text; /* [n] */
    size_t n;
    struct str before; /* what stands before each; empty: not known */
    int32_t end;       /* what ends them where one begins another; -1: the token that
                          ends an answer */
};

/* ERR_USAGE: as labeltrie_make(), or a text is not UTF-8; ERR_LIMIT. */
struct labeltrie *choices_make(const struct choices_opt *opt, struct err *e);

#endif
