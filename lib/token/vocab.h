/*
 * vocab.h - the pieces of a model: from id to text, and the longest piece at a place
 *
 * A lexicon is a set of pieces that can be asked for the longest one that text begins
 * with. Substrings are found by a polynomial hash: the hashes of all prefixes of a word
 * are computed once, in one pass, and give the hash of any part of it in O(1). For
 * every first byte a mask says which lengths exist, so that few are tried.
 *
 *     h[0] = 0; h[i + 1] = vocab_hash_step(h[i], byte[i]);
 *     id = vocab_longest(&v.whole, &word, from, &len);
 *
 * Owns:    copies of all pieces.
 * Threads: constant once filled. A hostile vocabulary can only slow its owner down.
 */
#ifndef TOKEN_VOCAB_H
#define TOKEN_VOCAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "format/meta.h"
#include "json/json.h"

#define VOCAB_BASE 0x9E3779B97F4A7C15u

static inline uint64_t
vocab_hash_step(uint64_t h, unsigned char byte)
{
    return h * VOCAB_BASE + byte + 1;
}

struct vocab_slot {
    uint32_t tag; /* of the hash */
    int32_t id;   /* -1: free */
    uint32_t at, n;
};

struct vocab_lexicon {
    const char *bytes; /* the vocabulary's */
    struct vocab_slot *slot;
    size_t mask, count;
    uint64_t *maybe;      /* a bit by hash: 0 where no piece has such a one */
    uint64_t length[256]; /* by first byte; bit n: of n bytes, 63: of 63 or more */
    uint64_t *power;      /* [longest + 1] of VOCAB_BASE */
    size_t longest;       /* bytes */
};

struct vocab_piece {
    uint32_t at, n;
    int32_t id;
};

struct vocab {
    struct buf bytes;          /* all pieces, end to end */
    struct vocab_piece *piece; /* in the order of the file */
    size_t n_piece;
    int32_t *by_id; /* [n_id] index of a piece, -1: no piece has that id */
    size_t n_id;
    struct vocab_lexicon whole; /* all pieces */
};

/* A word whose prefixes are hashed: hash[0..n]. */
struct vocab_word {
    const char *p; /* [n], and 8 bytes more can be read */
    size_t n;
    const uint64_t *hash;
};

/* From {"piece": id, ...}. ERR_MODEL: ids that are no integers, twice there, beyond
 * 2^31 or too sparse; a piece twice. */
int vocab_parse(struct vocab *v, struct json object, struct err *e);
/* From a list of strings, ids from 0. Empty ones may be there more than once.
 * ERR_MODEL: one is no UTF-8, or there twice. */
int vocab_list(struct vocab *v, struct meta_array pieces, struct err *e);
void vocab_release(struct vocab *v);

struct str vocab_text(const struct vocab *v, int32_t id);    /* p NULL: no such id */
int32_t vocab_find(const struct vocab *v, struct str piece); /* -1: none */

/* The pieces that begin with prefix, without it. */
void vocab_suffixes(const struct vocab *v, struct str prefix,
                    struct vocab_lexicon *out);
void vocab_lexicon_release(struct vocab_lexicon *l);

/* The piece that is word[from, from + n), or -1. */
int32_t vocab_exact(const struct vocab_lexicon *l, const struct vocab_word *word,
                    size_t from, size_t n);

/* The longest piece that word[from..] begins with: its id and length in bytes, or -1.
 */
int32_t vocab_longest(const struct vocab_lexicon *l, const struct vocab_word *word,
                      size_t from, size_t *n);

#endif
