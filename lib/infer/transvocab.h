/*
 * transvocab.h - the words of a translation model: pieces to its ids, ids to text
 *
 * Both sides share a SentencePiece model, or each has its own. Their pieces' numbers
 * are the model's ids, or, in folders of Hugging Face, vocab.json says which id a piece
 * has.
 *
 *     struct transvocab_files f = { "source.spm", "target.spm", "vocab.json" };
 *     struct transvocab *v = transvocab_open(&f, &e);
 *     unigram_encode(transvocab_source(v), text, &w, &e);
 *     transvocab_ids(v, w.id, w.n, id);
 *     transvocab_decode(v, id, n, &text);
 *     transvocab_close(v);
 *
 * Threads: constant after open.  Limits: a vocab.json of 64 MB, ids below 2^24.
 */
#ifndef INFER_TRANSVOCAB_H
#define INFER_TRANSVOCAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "token/unigram.h"

struct transvocab;

struct transvocab_files {
    const char *source, *target; /* target NULL: the same */
    const char *json;            /* NULL: pieces' numbers are ids */
};

/* ERR_MODEL, ERR_NOMEM. */
struct transvocab *transvocab_open(const struct transvocab_files *f, struct err *e);
void transvocab_close(struct transvocab *v); /* NULL is fine */

const struct unigram *transvocab_source(const struct transvocab *v);
int
transvocab_shared(const struct transvocab *v); /* do ids mean the same on both sides */

/* Are these the words of a model that takes and gives so many? ERR_MODEL. */
int transvocab_check(const struct transvocab *v, size_t n_source, size_t n_target,
                     struct err *e);

/* What ends a sentence of each side; what is never written: -1 where there is none. */
int32_t transvocab_source_end(const struct transvocab *v);
int32_t transvocab_target_end(const struct transvocab *v);
int32_t transvocab_unknown(const struct transvocab *v);
int32_t transvocab_pad(const struct transvocab *v);

/* Pieces of the source as ids. id may be piece. */
void transvocab_ids(const struct transvocab *v, const int32_t *piece, size_t n,
                    int32_t *id);

/* Append the text of ids of the target, each below n_target. */
void transvocab_decode(const struct transvocab *v, const int32_t *id, size_t n,
                       struct buf *out);

#endif
