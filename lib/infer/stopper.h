/*
 * stopper.h - where an answer ends: stop strings over bytes that come token by token
 *
 *     struct stopper *s = stopper_new(strings, n, &e);
 *     struct stopper_text t = { 0 };                     one per answer
 *     stopper_begin(&t);
 *     while (!done && !stopper_push(s, &t, bytes of the next token)) ...
 *     stopper_end(&t);
 *     use(t.text);                                       until the next begin
 *     stopper_text_release(&t);
 *     stopper_free(s);
 *
 * A stop string may lie across any number of tokens and end within one. The text is cut
 * before the one that is complete first (of those that end together, the longest), and
 * so holds none. Time is linear in the text, for each string.
 *
 * t.sure bytes of t.text are final before the end: what could still become a stop
 * string, and the bytes of a character that is not complete, are held back. At the end
 * such a character is dropped, and bytes that are none have become U+FFFD.
 *
 * Owns:    copies of the strings; a text its bytes.
 * Threads: a stopper is constant; one owner of each text.
 * Source:  Knuth, Morris, Pratt, "Fast pattern matching in strings", 1977.
 */
#ifndef INFER_STOPPER_H
#define INFER_STOPPER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define STOPPER_MAX 64 /* strings */

struct stopper;

/* n may be 0. ERR_USAGE: too many, one is empty or not UTF-8. */
struct stopper *stopper_new(const char *const *string, size_t n, struct err *e);
void stopper_free(struct stopper *s); /* NULL is fine */

/* A zeroed struct is ready. */
struct stopper_text {
    struct buf text;
    size_t sure; /* bytes of it that stay */
    int stopped;

    size_t match[STOPPER_MAX]; /* private: bytes of each string that the text ends in */
};
void stopper_text_release(struct stopper_text *t);

void stopper_begin(struct stopper_text *t);

/* 1: a stop string is complete; the text is cut, and further bytes are ignored. */
int stopper_push(const struct stopper *s, struct stopper_text *t, struct str bytes);

/* Nothing comes behind: all of the text is final, and well-formed UTF-8. */
void stopper_end(struct stopper_text *t);

#endif
