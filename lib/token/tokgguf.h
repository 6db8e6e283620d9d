/*
 * tokgguf.h - what GGUF files say about tokens besides the vocabulary
 *
 * tokenizer.ggml.token_type: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused,
 * 6 byte. Those of type 4 are found in any text, of type 2 and 3 where special tokens
 * are. Which tokens are put around a text: add_bos_token, add_eos_token and the ids.
 *
 * Source:  https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; behaviour of
 *          llama.cpp.
 */
#ifndef TOKEN_TOKGGUF_H
#define TOKEN_TOKGGUF_H

#include "format/meta.h"
#include "token/frame.h"
#include "token/special.h"
#include "token/vocab.h"

/* Append the added tokens, as struct special_token; texts stay the vocabulary's.
 * ERR_MODEL: the types are not as many as the tokens, or of another type. */
int tokgguf_special(const struct meta *m, const struct vocab *v, struct buf *tokens,
                    struct err *e);

/* add_bos: what holds where the file does not say. ERR_MODEL: an id is no token. */
int tokgguf_frame(const struct meta *m, const struct vocab *v, int add_bos,
                  struct frame *f, struct err *e);

#endif
