/*
 * masktokens.h - a vocabulary made ready for masks (the inside of masks.h)
 *
 * Inside of a string nearly all tokens may follow, and which they are depends on
 * nothing but the characters that there is room for: that set is made once. Only tokens
 * with the quote that ends the string, some hundreds, are looked at state by state.
 *
 * Owns:    what it made; the tokenizer must live as long.
 * Threads: constant once made.
 */
#ifndef INFER_MASKTOKENS_H
#define INFER_MASKTOKENS_H

#include "infer/schemawalk.h"
#include "infer/tokentrie.h"

struct masktokens {
    const struct tokenizer *tokenizer;
    struct tokentrie_words words;
    struct tokentrie *all, *leaving; /* those with a quote that ends a string */
    size_t n_word;                   /* of a mask, 64 tokens each */
    uint64_t *inside;                /* tokens that stay inside of a string */
    uint8_t *chars;                  /* [n_vocab]: characters of it that they begin */
    int32_t *by_chars; /* the same tokens, those of the most characters first */
    uint32_t longer[TOKENTRIE_BYTES + 2]; /* how many have so many or more */
};

struct masktokens *masktokens_make(const struct tokenizer *t);
void masktokens_free(struct masktokens *m); /* NULL is fine */

/* bits [n_word] = the tokens that can follow. */
void masktokens_fill(const struct masktokens *m, const struct schema *s,
                     const struct schemawalk *at, uint64_t *bits);

/* Append text as tokens (int32_t): the longest that fit, from the left. Returns how
 * many; ids may be NULL. Each byte of text must be a token. */
size_t masktokens_cut(const struct masktokens *m, struct str text, struct buf *ids);

/* The same as the tokenizer has it, where its tokens are the text and nothing else. */
void masktokens_encode(const struct masktokens *m, struct str text, struct buf *ids);

/* Is there a token that begins with text and goes on with what can follow `end`? */
int masktokens_goes_on(const struct masktokens *m, struct str text,
                       const struct schema *s, const struct schemawalk *end);

#endif
