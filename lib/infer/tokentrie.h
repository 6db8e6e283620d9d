/*
 * tokentrie.h - the tokens of a vocabulary as a tree of their bytes
 *
 * Nodes stand in the order of a walk that goes down first, so that a whole walk is one
 * loop, and leaving out a subtree is a jump:
 *
 *     for (uint32_t i = 0; i < t->n_node;)
 *         if (step(&state[t->depth[i]], &state[t->depth[i] + 1], t->byte[i]))
 *             tokens t->token[t->first[i]] up to t->first[i + 1] end here, i++;
 *         else
 *             i = t->skip[i];
 *
 * Special tokens are not in it, nor those of no bytes or more than TOKENTRIE_BYTES.
 *
 * Owns:    copies of everything.  Threads: constant once made.
 */
#ifndef INFER_TOKENTRIE_H
#define INFER_TOKENTRIE_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "token/tokenizer.h"

#define TOKENTRIE_BYTES 255

/* The bytes of all tokens. */
struct tokentrie_words {
    struct str *word; /* [n]; empty: a token that is left out */
    size_t n, longest;
    struct buf text;
};
void tokentrie_words_read(struct tokentrie_words *w, const struct tokenizer *t);
void tokentrie_words_release(struct tokentrie_words *w);

struct tokentrie {
    uint8_t *byte, *depth; /* [n_node]; depth 0: a first byte */
    uint32_t *skip;        /* [n_node]: the next node that is not below this one */
    uint32_t *first;       /* [n_node + 1]: of token */
    int32_t *token;
    uint32_t n_node, n_token;
};

/* Of those tokens for which want [w->n] is not 0, or of all (NULL). */
struct tokentrie *tokentrie_make(const struct tokentrie_words *w, const uint8_t *want);
void tokentrie_free(struct tokentrie *t); /* NULL is fine */

/* The longest token that text begins with: its id and its bytes, or -1 and 0. Of
 * several tokens of the same bytes the one with the lowest id. */
int32_t tokentrie_longest(const struct tokentrie *t, struct str text, size_t *n);

/* The node of text, from which all tokens that begin with it go down; n_node: none. */
uint32_t tokentrie_find(const struct tokentrie *t, struct str text);

#endif
