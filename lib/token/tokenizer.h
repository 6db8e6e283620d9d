/*
 * tokenizer.h - text to token ids and back, whatever the algorithm
 *
 * Reads a Hugging Face tokenizer.json and gives the ids that Hugging Face tokenizers
 * gives, all of them; or a GGUF file, and gives those of llama.cpp. What the file asks
 * for and is not known here is named in the error: nothing is guessed. Truncation and
 * padding sections are ignored; length is the caller's business.
 *
 *     struct tokenizer *t = tokenizer_open("models/minilm", &e);
 *     struct tokenizer_work w = { 0 };               one per thread
 *     if (tokenizer_encode(t, text, 0, &w, &e)) ...
 *     use(w.id, w.n);                                until the next encode
 *     tokenizer_work_release(&w);
 *     tokenizer_close(t);
 *
 * What one would get wrong: a special token that is written in the text ("[MASK]") is
 * plain text unless TOKENIZER_PARSE_SPECIAL is set; Hugging Face does it by default.
 *
 * Owns:    copies of everything; the file is not needed after opening.
 * Threads: constant after open; a tokenizer_work has one owner at a time.
 * Limits:  text below 1 GiB; time and memory linear in the text.
 * Source:  behaviour of Hugging Face tokenizers, compared in tests/unit.
 */
#ifndef TOKEN_TOKENIZER_H
#define TOKEN_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "format/meta.h"

struct tokenizer;

enum tokenizer_flag {
    TOKENIZER_NO_SPECIAL = 1,    /* encode: without the frame ([CLS] and [SEP]);
                                    decode: special tokens are left out */
    TOKENIZER_PARSE_SPECIAL = 2, /* special tokens written in the text are such */
    TOKENIZER_SPANS = 4,         /* fill span, too */
    TOKENIZER_PARSE_ONE = 2 | 8  /* of them only tokenizer_work.one */
};

/* Where a token comes from: [byte, byte_end) and the same in code points, [at, at_end).
 * All 0 for tokens of the frame. */
struct tokenizer_span {
    uint32_t byte, byte_end, at, at_end;
};

/* One thread's workspace and result. A zeroed struct is ready. */
struct tokenizer_work {
    int32_t *id;                 /* [n] */
    struct tokenizer_span *span; /* [n] with TOKENIZER_SPANS */
    size_t n;
    size_t max;  /* set by the caller: more tokens are ERR_LIMIT; 0: no bound but the
                   text's length */
    int32_t one; /* set by the caller, for TOKENIZER_PARSE_ONE */

    size_t cap, span_cap; /* below: private */
    unsigned flags;
    void *scratch;
    void (*scratch_free)(void *scratch);
};
void tokenizer_work_release(struct tokenizer_work *w);

/* From a model's folder, its tokenizer.json or its GGUF file. ERR_MODEL: is not there,
 * is damaged, or asks for what is not known. */
struct tokenizer *tokenizer_open(const char *path, struct err *e);
/* From the metadata of a GGUF file, which may go after it. */
struct tokenizer *tokenizer_from_meta(const struct meta *m, struct err *e);
/* From the text of a tokenizer.json. */
struct tokenizer *tokenizer_parse(const char *json, size_t n, struct err *e);
void tokenizer_close(struct tokenizer *t); /* NULL is fine */

/* The file that it was read from; "": none. */
const char *tokenizer_path(const struct tokenizer *t);

/* Text must be well-formed UTF-8. ERR_LIMIT: too long, or more than w->max tokens;
 * w->n is 0 then. */
int tokenizer_encode(const struct tokenizer *t, struct str text, unsigned flags,
                     struct tokenizer_work *w, struct err *e);

/* Append the text of ids, with U+FFFD for bytes that are no character. ERR_RANGE: an id
 * that is no token. */
int tokenizer_decode(const struct tokenizer *t, const int32_t *id, size_t n,
                     unsigned flags, struct buf *out, struct err *e);

/* Append the bytes of one id, which need be no whole characters; first: none came
 * before it. ERR_RANGE. */
int tokenizer_put(const struct tokenizer *t, int32_t id, int first, struct buf *out,
                  struct err *e);

/* One more than the largest id. */
size_t tokenizer_size(const struct tokenizer *t);

/* The text of an id as the vocabulary has it ("##ing"); an added token that is sought
 * in normalized text is normalized itself. p is NULL where there is none. Valid until
 * close. */
struct str tokenizer_piece(const struct tokenizer *t, int32_t id);
int32_t tokenizer_find(const struct tokenizer *t, struct str piece); /* -1: none */

/* 1: a special token of the file (its added_tokens), which decode can leave out. */
int tokenizer_is_special(const struct tokenizer *t, int32_t id);

/* 1: the token goes on with the word of the one before it ("##ing"), 0: it does not,
 * -1: these tokens do not say. */
int tokenizer_continues(const struct tokenizer *t, int32_t id);

/* What encode puts before and after the text's tokens. */
struct tokenizer_frame {
    const int32_t *before, *after;
    size_t n_before, n_after;
};
struct tokenizer_frame tokenizer_get_frame(const struct tokenizer *t);

#endif
