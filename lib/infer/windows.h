/*
 * windows.h - what the network makes of each token of a text, however long it is
 *
 *     struct windows *r = windows_open(&opt, &e);
 *     struct windows_text *t = ...;                     [n]
 *     windows_tokens(r, &work, text, n, t, info);
 *     windows_run(r, &work, t, n, take, arg);           take() gets the hidden states
 *     windows_close(r);
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
 * Threads: constant after open, but for windows_seek(); one embedder_work per thread.
 */
#ifndef INFER_WINDOWS_H
#define INFER_WINDOWS_H

#include "infer/embedder.h"

struct windows;

/* The options of pooling are not looked at. Errors as embedder_open(). */
struct windows *windows_open(const struct embedder_opt *opt, struct err *e);
void windows_close(struct windows *r); /* NULL is fine */

const struct embedder *windows_embedder(const struct windows *r);
const struct session *windows_session(const struct windows *r);

/* Only this special token is one where a text has it, and only windows that answer for
 * one of them are read. */
void windows_seek(struct windows *r, int32_t id);

/* A text's tokens, without the frame; valid until the next windows_tokens() with w. */
struct windows_text {
    const int32_t *id;                 /* [n] */
    const struct tokenizer_span *span; /* [n] */
    size_t n;                          /* of those that count: fewer when truncated */
};

/* What is wrong with a text, or was cut, is in its info; it then has no tokens. */
void windows_tokens(const struct windows *r, struct embedder_work *w,
                    const struct str *text, size_t n, struct windows_text *t,
                    struct embedder_info *info);

/* Tokens [from, to) of text number `text`. */
struct windows_part {
    size_t text, from, to;
};

/* x [to - from, n_embd] */
typedef void windows_take(void *arg, const struct windows_part *part, const float *x);

/* Every token of each text once, in order. */
void windows_run(const struct windows *r, struct embedder_work *w,
                 const struct windows_text *t, size_t n, windows_take *take, void *arg);

/* Window i of n tokens, `room` at a time: it reads [at, at + size) and answers for
 * [from, to). */
struct windows_at {
    size_t at, size, from, to;
};
size_t windows_count(size_t n, size_t room); /* windows; 1 for no tokens */
struct windows_at windows_at(size_t n, size_t room, size_t i);

#endif
