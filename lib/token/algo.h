/*
 * algo.h - what a tokenization algorithm must offer, and how it hands tokens out
 *
 * One algorithm covers its normalizer, pre-tokenizer, model and decoder, so that it may
 * do all of them in one pass. Around it, tokenizer.c cuts out the added tokens and adds
 * the frame. To add one: its file, one line in tokenizer_list.h.
 *
 * Threads: as tokenizer.h says.
 */
#ifndef TOKEN_ALGO_H
#define TOKEN_ALGO_H

#include "base/mem.h"
#include "format/meta.h"
#include "token/special.h"
#include "token/tokenizer.h"
#include "token/tokjson.h"
#include "token/vocab.h"

/* A stretch of the text between added tokens: bytes [from, to), with `at` code points
 * before it. */
struct algo_segment {
    const char *text;
    size_t from, to, at;
    const struct special *special; /* the added tokens */
};

struct algo {
    /* Set itself up from the sections of a tokenizer.json; NULL: not from such a file.
     * The vocabulary stays the caller's and outlives the result. */
    void *(*open)(const struct tokjson *file, const struct vocab *v, struct err *e);
    /* The same from the metadata of a GGUF file; NULL: no such file asks for it. */
    void *(*open_gguf)(const struct meta *m, const struct vocab *v, struct err *e);
    void (*close)(void *model);
    /* Append the tokens of a segment to w by algo_emit(). */
    int (*encode)(const void *model, struct algo_segment seg, struct tokenizer_work *w,
                  struct err *e);
    /* Append one piece to a text that is being decoded; first: it is the first one. */
    void (*decode)(const void *model, struct str piece, int first, struct buf *out);
    /* Does a GGUF file that says nothing of it mean a token before each text? */
    int (*adds_bos)(const void *model);
    /* Append what the normalizer makes of a text: added tokens are matched so. */
    void (*normalize)(const void *model, struct str text, struct buf *out);
    /* Does a piece go on with the word before it? NULL: pieces do not say. */
    int (*continues)(const void *model, struct str piece);
};

void algo_grow(struct tokenizer_work *w); /* in tokenizer.c */

/* Append a token. The span is kept only where it was asked for. */
static inline void
algo_emit(struct tokenizer_work *w, int32_t id, struct tokenizer_span span)
{
    if (w->n == w->cap)
        algo_grow(w);
    w->id[w->n] = id;
    if (w->flags & TOKENIZER_SPANS)
        w->span[w->n] = span;
    w->n++;
}

/* The one special token that may be written in the text; -1: any. */
static inline int32_t
algo_one(const struct tokenizer_work *w)
{
    return (w->flags & TOKENIZER_PARSE_ONE) == TOKENIZER_PARSE_ONE ? w->one : -1;
}

/* Did the last tokens go beyond the bound? To be asked once in a while. */
static inline int
algo_over(const struct tokenizer_work *w)
{
    return w->max && w->n > w->max;
}

#endif
