/*
 * pretok.h - text to words, before byte-level BPE
 *
 * The regular expressions of the models, each as a matcher written by hand: one pass,
 * a look at the next character, never back. With L, N, S for letters, numbers and white
 * space as pretab.h has them, in the order in which they are tried:
 *
 *     GPT2     's 't 're 've 'm 'll 'd | space? L+ | space? N+ | space? [^SLN]+ |
 *              S+ but for the last before something else | S+
 *     SMOLLM   each N alone; what is between them as GPT2
 *     LLAMA3   's ... in any case | [^\r\nLN]? L+ | N{1,3} | space? [^SLN]+ [\r\n]* |
 *              S* [\r\n]+ | S+ as above | S+
 *     QWEN2    the same, each N alone
 *
 * Threads: pure functions.
 * Source:  tokenizer.json of the models; compared with Hugging Face tokenizers.
 */
#ifndef TOKEN_PRETOK_H
#define TOKEN_PRETOK_H

#include <stddef.h>

#include "base/str.h"

enum pretok { PRETOK_GPT2, PRETOK_SMOLLM, PRETOK_LLAMA3, PRETOK_QWEN2, PRETOK_KINDS };

/* Bytes of the word that well-formed text begins with; n > 0. */
size_t pretok_next(enum pretok kind, const char *p, size_t n);

/* By the name that GGUF files have (tokenizer.ggml.pre); PRETOK_KINDS: not known. */
enum pretok pretok_find(struct str name);

/* By the regular expression of a Split in tokenizer.json; PRETOK_KINDS: not known. */
enum pretok pretok_find_regex(struct str regex);

#endif
