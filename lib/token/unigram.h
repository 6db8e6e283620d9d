/*
 * unigram.h - SentencePiece unigram: text to the likeliest pieces, and back
 *
 * Gives the ids that sentencepiece gives, all of them. The text is normalized
 * (spmnorm.h), then cut where the sum of the pieces' scores is highest; a character
 * that no piece covers is unknown, and neighbours that are unknown are one, or, where
 * the model says so, are written byte by byte.
 *
 *     struct unigram *u = unigram_open("vocab.en.spm", &e);
 *     struct unigram_work w = { 0 };                  one per thread
 *     if (unigram_encode(u, text, &w, &e)) ...
 *     use(w.id, w.n);                                 until the next encode
 *     unigram_decode(u, id, n, &out, &e);
 *     unigram_work_release(&w);
 *     unigram_close(u);
 *
 * What one would get wrong: control and user-defined pieces that are written in the
 * text ("</s>") are plain text.
 *
 * Threads: constant after open; one unigram_work per thread.
 * Limits:  UNIGRAM_TEXT bytes of text, pieces of UNIGRAM_PIECE bytes; time and memory
 *          are linear in the text.
 * Source:  Kudo, "Subword Regularization", 2018; behaviour of sentencepiece.
 */
#ifndef TOKEN_UNIGRAM_H
#define TOKEN_UNIGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define UNIGRAM_TEXT  ((size_t)64 << 20)
#define UNIGRAM_PIECE 1024

struct unigram;

/* One thread's workspace and result. A zeroed struct is ready. */
struct unigram_work {
    int32_t *id;   /* [n] */
    uint32_t *end; /* [n] where in text each token ends; the next one begins there */
    size_t n;
    struct buf text; /* normalized */

    size_t cap; /* below: private */
    struct buf best;
};
void unigram_work_release(struct unigram_work *w);

/* From a file, or from bytes, which are copied. ERR_MODEL. */
struct unigram *unigram_open(const char *path, struct err *e);
struct unigram *unigram_parse(const void *p, size_t n, struct err *e);
void unigram_close(struct unigram *u); /* NULL is fine */

/* Text must be UTF-8. Nothing is put before or after it. ERR_LIMIT: too long; w->n is 0
 * then. */
int unigram_encode(const struct unigram *u, struct str text, struct unigram_work *w,
                   struct err *e);

/* Append the text of ids. ERR_RANGE: an id that is no piece. */
int unigram_decode(const struct unigram *u, const int32_t *id, size_t n,
                   struct buf *out, struct err *e);

size_t unigram_size(const struct unigram *u);
struct str unigram_piece(const struct unigram *u, int32_t id); /* p NULL: none */
int32_t unigram_unk(const struct unigram *u);
int32_t unigram_eos(const struct unigram *u); /* -1: none */

#endif
