/*
 * chunker.h - a text in pieces: whole sentences, paragraphs or tokens, with overlap
 *
 * A text is cut into units, and as many units as fit make a piece. A unit that alone is
 * too long is itself cut, a paragraph into sentences, a sentence where its tokens end:
 * no piece is too long. Pieces begin and end at
 * characters of their units: white space between two units that are not in one piece is
 * in none.
 *
 *     struct chunker c = { .unit = CHUNKER_SENTENCES, .max_tokens = 200, .overlap = 1,
 *                          .tokenizer = t };
 *     struct chunker_work w = { 0 };
 *     if (chunker_run(&c, &w, text, &e) == 0) ...       w.piece [w.n_piece], at least 1
 *     chunker_work_release(&w);
 *
 * A text without a unit (of white space) is one piece, which is all of it.
 *
 * Owns:    the work its memory; it belongs to one thread.
 * Threads: a struct chunker is constant.
 * Time:    linear in text and pieces: an overlap of k units makes each unit part of up
 *          to k + 1 pieces.
 */
#ifndef INFER_CHUNKER_H
#define INFER_CHUNKER_H

#include "text/sents.h"
#include "token/tokenizer.h"

enum chunker_unit { CHUNKER_SENTENCES, CHUNKER_PARAGRAPHS, CHUNKER_TOKENS };

struct chunker {
    enum chunker_unit unit;
    size_t max_tokens; /* of a piece; 0: a unit each, and no tokens are counted */
    size_t overlap;    /* units at the beginning of a piece that end the one before;
                          fewer where it would not get on */
    const char *lang;  /* sents.h; NULL: not known */
    const struct tokenizer *tokenizer; /* not needed where max_tokens is 0 */
};

struct chunker_piece {
    size_t at, end;           /* bytes */
    size_t at_char, end_char; /* code points */
    size_t tokens;            /* 0 where they are not counted */
};

struct chunker_work {
    struct tokenizer_work tokens;
    struct chunker_piece *unit, *piece;
    size_t n_unit, cap_unit, n_piece, cap_piece;
};

/* CHUNKER_TOKENS needs max_tokens. ERR_LIMIT: too long a text for the tokenizer. */
int chunker_run(const struct chunker *c, struct chunker_work *w, struct str text,
                struct err *e);

void chunker_work_release(struct chunker_work *w);

#endif
