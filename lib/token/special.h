/*
 * special.h - added tokens: found in the text before anything else looks at it
 *
 * The leftmost, and of those the longest, is taken; `single_word` ones only where no
 * letter touches them; `lstrip` and `rstrip` ones swallow the white space beside them.
 * There are two sets: those sought in the text as it is, and those sought after
 * normalization ("normalized": true), whose own text is normalized too.
 *
 *     special_begin(&it, &set, text, n, flags);
 *     while (special_next(&it, &m)) ...              text[m.from, m.to) is m.id
 *
 * Owns:    copies of the texts.    Threads: constant once sealed.
 * Source:  behaviour of Hugging Face tokenizers.
 */
#ifndef TOKEN_SPECIAL_H
#define TOKEN_SPECIAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

struct special_token {
    struct str text; /* as the file has it */
    struct str seek; /* what is sought: text, or its normalized form */
    int32_t id;
    int special, single_word, lstrip, rstrip, normalized;
};

/* The tokens that are sought in one pass. */
struct special_set {
    const struct special_token *token;
    struct map *by_text;      /* seek to index of token */
    size_t *length, n_length; /* lengths that exist, longest first */
    unsigned char first[256]; /* bytes that one begins with */
    int plain;                /* has some that are not special */
    int normalized;           /* which ones this set has */
};

struct special {
    struct special_token *token; /* in the order of the file */
    size_t n;
    struct special_set plain, normal;
};

struct special_match {
    size_t from, to;
    int32_t id;
};

struct special_iter {
    const struct special_set *set;
    const char *text;
    size_t n, seek;          /* where the search goes on */
    size_t done;             /* end of the last match, stripped space included */
    size_t white, white_end; /* a run of white space that was walked before */
    int parse_special;
    int32_t one; /* of the special ones only this; -1: any */
};

/* Fills plain and normal from token[0..n). ERR_MODEL: one is empty, or there twice. */
int special_seal(struct special *s, struct err *e);
void special_release(struct special *s);

/* parse_special 0: those that are special are plain text. */
void special_begin(struct special_iter *it, const struct special_set *set,
                   const char *text, size_t n, int parse_special);
int special_next(struct special_iter *it, struct special_match *m);

#endif
