/*
 * chatfile.h - what a model's files say about how it is spoken to
 *
 *     struct chatfile f = { 0 };
 *     if (chatfile_open(&f, dir, tokenizer, &e)) ...
 *     use(f.text, f.bos, ...);
 *     chatfile_close(&f);
 *
 * A GGUF file: the keys tokenizer.chat_template, tokenizer.ggml.bos_token_id and its
 * like. A Hugging Face folder (one with a tokenizer.json): chat_template.jinja, else
 * tokenizer_config.json's chat_template, or the one of them that is named "default";
 * bos_token and eos_token there; eos_token_id of generation_config.json, else of
 * config.json. Nothing of it has to be there.
 *
 * Owns:    its copies.    Threads: constant after open.
 * Source:  https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; behaviour of
 *          transformers.
 */
#ifndef INFER_CHATFILE_H
#define INFER_CHATFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/meta.h"
#include "token/tokenizer.h"

#define CHATFILE_ENDS 8

struct chatfile {
    struct buf text;            /* the template; empty: none */
    int32_t bos, eos;           /* -1: none */
    int32_t end[CHATFILE_ENDS]; /* all that end an answer, eos among them */
    size_t n_end;
};

/* ERR_MODEL: a file is damaged, or names an id that is no token. f is empty then. */
int chatfile_open(struct chatfile *f, const char *path, const struct tokenizer *t,
                  struct err *e);
int chatfile_read_meta(struct chatfile *f, const struct meta *m,
                       const struct tokenizer *t, struct err *e);
void chatfile_close(struct chatfile *f);

#endif
