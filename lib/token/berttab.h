/*
 * berttab.h - the classes of characters that BERT tokenizers go by
 *
 * What Hugging Face tokenizers does with each code point: asked of the program itself
 * (tests/golden/make_bert_tables.py), since it mixes several Unicode versions, none of
 * them this machine's. Two stages, then the record: O(1).
 *
 * Threads: constants.
 */
#ifndef TOKEN_BERTTAB_H
#define TOKEN_BERTTAB_H

#include <stdint.h>

enum berttab_flag {
    BERTTAB_DROP = 1,   /* clean_text removes it */
    BERTTAB_SPACE = 2,  /* clean_text makes it a space */
    BERTTAB_WHITE = 4,  /* words end there, and it goes */
    BERTTAB_PUNCT = 8,  /* a word by itself */
    BERTTAB_CJK = 16,   /* handle_chinese_chars puts spaces around it */
    BERTTAB_MARK = 32,  /* strip_accents removes it (category Mn) */
    BERTTAB_LETTER = 64 /* \w: what single_word must not touch */
};

struct berttab_record {
    uint8_t flags;
    uint8_t ccc;     /* canonical combining class, 0: a starter */
    uint8_t n_nfd;   /* canonical decomposition: so many characters in the pool, */
    uint8_t n_lower; /* or 0: itself (but for Hangul); lower case likewise, where */
    uint16_t nfd;    /* 0 means: the character + lower */
    int32_t lower;   /* distance, or place in the pool */
};

extern const uint32_t berttab_last; /* blocks beyond are like this one */
extern const uint16_t berttab_block[];
extern const uint16_t berttab_index[];
extern const struct berttab_record berttab_record[];
extern const uint32_t berttab_pool[];

static inline const struct berttab_record *
berttab_get(uint32_t cp)
{
    uint32_t block = cp >> 7;

    block = berttab_block[block < berttab_last ? block : berttab_last];
    return &berttab_record[berttab_index[block << 7 | (cp & 127)]];
}

#endif
