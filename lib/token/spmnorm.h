/*
 * spmnorm.h - what SentencePiece does to text before it is cut into pieces
 *
 * Characters are replaced by the file's own map (NFKC and more, precompiled), then
 * spaces are dealt with: those at the ends and repeated ones go, the rest becomes
 * U+2581, one is put in front. Which of that is done, the file says.
 *
 * The map is a double-array trie whose leaves name strings: a little-endian u32, the
 * bytes of the trie, then the strings, each ended by NUL. Of the keys that text begins
 * with the longest wins.
 *
 * Owns:    a copy of the trie; the strings are spans of the file.
 * Threads: constant after init.
 * Source:  Kudo and Richardson, "SentencePiece", 2018; behaviour of sentencepiece; Aoe,
 *          "An Efficient Digital Search Algorithm by Using a Double-Array Structure",
 *          1989, in the layout of Darts-clone.
 */
#ifndef TOKEN_SPMNORM_H
#define TOKEN_SPMNORM_H

#include "base/buf.h"
#include "token/spm.h"

#define SPMNORM_SPACE "\xE2\x96\x81" /* U+2581 */

struct spmnorm {
    struct spm_rules rules;
    uint32_t *unit; /* [n_unit], n_unit 0: there is no map */
    size_t n_unit;
    struct str strings;
    char plain[128]; /* 1: stays as it is where ASCII follows */
};

/* ERR_MODEL: the map is cut or its sizes lie. */
int spmnorm_init(struct spmnorm *m, const struct spm_rules *rules, struct err *e);
void spmnorm_release(struct spmnorm *m);

/* Append what becomes of the text, which is UTF-8. ERR_LIMIT: more than any honest map
 * makes of it. */
int spmnorm_run(const struct spmnorm *m, struct str text, struct buf *out,
                struct err *e);

#endif
