/*
 * pretab.h - the classes of characters that pre-tokenizers split by
 *
 * What \p{L}, \p{N} and \s are in the regular expressions of Hugging Face tokenizers,
 * asked of the program itself (tests/golden/make_pretab.py). Two stages: O(1).
 *
 * Threads: constants.
 */
#ifndef TOKEN_PRETAB_H
#define TOKEN_PRETAB_H

#include <stdint.h>

enum pretab { PRETAB_OTHER, PRETAB_LETTER, PRETAB_NUMBER, PRETAB_SPACE };

extern const uint32_t pretab_last; /* blocks beyond are like this one */
extern const uint8_t pretab_block[];
extern const uint8_t pretab_class[][128];

static inline enum pretab
pretab_get(uint32_t cp)
{
    uint32_t block = cp >> 7;

    block = pretab_block[block < pretab_last ? block : pretab_last];
    return (enum pretab)pretab_class[block][cp & 127];
}

#endif
