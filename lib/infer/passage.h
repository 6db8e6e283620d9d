/*
 * passage.h - a text taken apart into what is translated, and put together again
 *
 * White space between sentences, the marks of lists ("- ", "3. ") and what has no word
 * in it stay as they are; the rest are sentences. One that is longer than a model takes
 * is cut into parts, at the beginning of a word where there is one.
 *
 *     struct passage p = { .vocab = u, .lang = "en", .most = 127, .mem = &arena };
 *     passage_add(&p, text, i, &w, &e);       for every text i
 *     ... p.unit[k].out = its translation, for k < p.n
 *     passage_put(&p, text, i, &buf);         for every text i, in order
 *     passage_release(&p);
 *
 * Owns:    the array of units; ids are in mem.  Threads: one owner.
 */
#ifndef INFER_PASSAGE_H
#define INFER_PASSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "infer/overlong.h"
#include "token/unigram.h"

/* A sentence, or a part of one. */
struct passage_unit {
    size_t text;       /* whose: its number */
    size_t at, end;    /* where in the text; of parts all have the sentence's */
    const int32_t *id; /* [n], without what ends a sentence */
    size_t n;
    int part;       /* which part of its sentence */
    int glued;      /* a part that does not begin a word */
    struct str out; /* its translation, the caller's */
};

struct passage {
    const struct unigram *vocab;
    const char *lang; /* of the text, NULL: not known (text/sents.h) */
    size_t most;      /* ids of a unit, at least 2 */
    int markup;       /* keep what markup.h finds; sentences end around it */
    struct arena *mem;

    struct passage_unit *unit; /* [n], in the order of the texts */
    size_t n, cap, next;       /* next: the first that passage_put() has not put */
};

struct passage_info {
    size_t tokens; /* of all sentences, ends not counted */
    size_t parts;  /* more than sentences: one was too long */
    size_t sentences;
};

/* Text must be UTF-8. ERR_LIMIT (unigram.h): nothing of it was added. */
int passage_add(struct passage *p, struct str text, size_t number,
                struct unigram_work *w, struct passage_info *info, struct err *e);

/* Append the text with its units' translations. */
void passage_put(struct passage *p, struct str text, size_t number, struct buf *out);

void passage_release(struct passage *p);

#endif
