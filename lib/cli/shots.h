/*
 * shots.h - --shots FILE: examples that a prompt shows before its question
 *
 *     struct shots s;
 *     if (shots_read(&s, "shots.jsonl", prompt, &e)) ...
 *     text.turn = s.turn; text.n_turn = s.n;                   chat.h
 *     shots_release(&s);
 *
 * One JSON object a line, blank ones passed over. The string `output` is the answer,
 * the string `input` what was asked. Without `input` the object is filled into the
 * template as a record is, so that a file of records with answers serves as it is.
 *
 * Owns: the texts.  Threads: constant once read.  Limits: a file of 64 MiB.
 */
#ifndef CLI_SHOTS_H
#define CLI_SHOTS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/prompt.h"
#include "infer/chat.h"

struct shots {
    struct chat_turn *turn; /* [n] */
    size_t n;
    struct arena mem;
};

/* p may be NULL: then each line has `input`. ERR_INPUT: the file cannot be read, or a
 * line is not such an example, with its number; ERR_LIMIT as prompt_fill(). */
int shots_read(struct shots *s, const char *path, const struct prompt *p,
               struct err *e);
void shots_release(struct shots *s);

#endif
