/*
 * reader.h - what the network makes of each token of a text, however long it is
 *
 *     struct reader *r = reader_open(&opt, &e);
 *     struct reader_text *t = ...;                     [n]
 *     reader_tokens(r, &work, text, n, t, info);
 *     reader_run(r, &work, t, n, take, arg);           take() gets the hidden states
 *     reader_close(r);
 *
 * A text of more tokens than the model takes is read in windows of as many as it does
 * take, spread evenly, of which neighbours share a quarter at least. What two windows
 * share is halved: each answers for the tokens that are nearer to its middle, so that
 * every token but those at the ends of the text has an eighth of a window on either
 * side of it. A token is thus answered for once, and what is made of the tokens knows
 * nothing of windows.
 *
 * It rests on an embedder, whose options, memory and notes on a text it uses.
 *
 * Threads: constant after open, but for reader_seek(); one embedder_work per thread.
 */
#ifndef INFER_READER_H
#define INFER_READER_H

#include "infer/embedder.h"

struct reader;

/* The options of pooling are not looked at. Errors as embedder_open(). */
struct reader *reader_open(const struct embedder_opt *opt, struct err *e);
void reader_close(struct reader *r); /* NULL is fine */

const struct embedder *reader_embedder(const struct reader *r);
const struct session *reader_session(const struct reader *r);

/* Only this special token is one where a text has it, and only windows that answer for
 * one of them are read. */
void reader_seek(struct reader *r, int32_t id);

/* A text's tokens, without the frame; valid until the next reader_tokens() with w. */
struct reader_text {
    const int32_t *id;                 /* [n] */
    const struct tokenizer_span *span; /* [n] */
    size_t n;                          /* of those that count: fewer when truncated */
};

/* What is wrong with a text, or was cut, is in its info; it then has no tokens. */
void reader_tokens(const struct reader *r, struct embedder_work *w,
                   const struct str *text, size_t n, struct reader_text *t,
                   struct embedder_info *info);

/* Tokens [from, to) of text number `text`. */
struct reader_part {
    size_t text, from, to;
};

/* x [to - from, n_embd] */
typedef void reader_take(void *arg, const struct reader_part *part, const float *x);

/* Every token of each text once, in order. */
void reader_run(const struct reader *r, struct embedder_work *w,
                const struct reader_text *t, size_t n, reader_take *take, void *arg);

/* Window i of n tokens, `room` at a time: it reads [at, at + size) and answers for
 * [from, to). */
struct reader_window {
    size_t at, size, from, to;
};
size_t reader_count(size_t n, size_t room); /* windows; 1 for no tokens */
struct reader_window reader_window(size_t n, size_t room, size_t i);

#endif
