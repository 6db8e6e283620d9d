/*
 * spm.h - SentencePiece model files: pieces, their scores, and what is done to text
 *
 * The file is one protobuf message; the few fields that encoding and decoding need are
 * read by hand, strictly: every length is compared with what is left, groups and
 * numbers of more than 64 bits are refused, fields that are not known are skipped.
 *
 *     struct spm s;
 *     if (spm_read(&s, p, n, &e) == 0)
 *         use(s.piece, s.n_piece);
 *     spm_release(&s);
 *
 * Owns:    the array of pieces; texts are spans of the file, which must outlive it.
 * Threads: constant once read.
 * Source:  sentencepiece_model.proto; protobuf.dev, "Encoding".
 */
#ifndef TOKEN_SPM_H
#define TOKEN_SPM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum spm_type { /* as the file numbers them */
                SPM_NORMAL = 1,
                SPM_UNKNOWN,
                SPM_CONTROL,
                SPM_USER_DEFINED,
                SPM_UNUSED,
                SPM_BYTE
};

enum spm_model { SPM_UNIGRAM = 1, SPM_BPE, SPM_WORD, SPM_CHAR };

struct spm_piece {
    struct str text; /* at least a byte, UTF-8; no two are the same */
    float score;     /* a logarithm of a probability; finite */
    enum spm_type type;
};

/* What happens to text before it is cut. */
struct spm_rules {
    struct str charsmap; /* see spmnorm.h; empty: none */
    int dummy_prefix;    /* a space is added in front */
    int remove_spaces;   /* at both ends, and all but one between words */
    int escape_spaces;   /* to U+2581 */
    int space_as_suffix; /* the added space goes behind the text */
};

struct spm {
    enum spm_model model;
    struct spm_piece *piece; /* [n_piece]; a piece's id is its index */
    size_t n_piece;
    int32_t unk; /* the one of type SPM_UNKNOWN */
    int32_t eos; /* the control piece that ends a sentence, -1: none */
    int byte_fallback;
    struct str eos_piece;
    struct str unk_surface; /* what decoding makes of unk */
    struct spm_rules rules;
};

/* ERR_MODEL. On failure nothing is to be released. */
int spm_read(struct spm *s, const unsigned char *p, size_t n, struct err *e);
void spm_release(struct spm *s);

#endif
