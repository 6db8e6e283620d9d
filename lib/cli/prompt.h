/*
 * prompt.h - -p TEMPLATE: what a model is asked, out of a record's members
 *
 *     struct prompt *p = prompt_open("Summarize:\n{text}", n_helper, &e);
 *     if (prompt_fill(p, helper, line, n, arena, out, &e)) ...       out [n]
 *     prompt_close(p);
 *
 * {NAME} is the member of that name, {.a.b[0]} a plain path (path.h): a string as it
 * is, any other value as its JSON text in the record; where it is missing or null, the
 * record is rejected as `missing`. NAME has no braces, quotes or white space: a brace
 * that does not begin such a thing is text, so JSON can be written as it is.
 *
 * {{PROGRAM}} is jq, run over the whole record; it must give one string or number, or
 * the record is rejected as `type`. It ends at the first two braces together: within it
 * they need a space between them. What would be taken for one of these is written as
 * jq, too: {{"{text}"}}.
 *
 * A template that begins with @ is the name of a file that holds it; a line's end at
 * the end of the file does not count.
 *
 * Owns:    what it parsed, and the jq helpers (jqfilter.h): to be opened before threads
 *          start. No helper runs where there is no program.
 * Threads: constant after open, but one caller per helper at a time.
 * Limits:  a template of 1 MiB, 64 things to fill in, a text of 256 MiB.
 */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define PROMPT_SLOTS 64

struct prompt;

/* n_helper: how many callers at a time, at least 1. ERR_USAGE: a bad template or
 * program; ERR_INPUT: the file cannot be read. */
struct prompt *prompt_open(const char *spec, int n_helper, struct err *e);
void prompt_close(struct prompt *p); /* NULL is fine */

/* The text before the first thing that is filled in: what all prompts begin with. */
struct str prompt_head(const struct prompt *p);

/* The text behind the last one: what all prompts end with; empty where nothing is
 * filled in. */
struct str prompt_tail(const struct prompt *p);

/* The template with `word` in the place of each thing, appended. */
void prompt_blank(const struct prompt *p, struct str word, struct buf *out);

/* How many things there are to fill in */
size_t prompt_slots(const struct prompt *p);

struct prompt_text {
    struct str text;     /* in the arena */
    const struct err *e; /* NULL, or why there is none: in the arena */
};

/* Lines are checked JSON objects. -1: the run must end, a program went too far. */
int prompt_fill(const struct prompt *p, int helper, const struct str *line, size_t n,
                struct arena *a, struct prompt_text *out, struct err *e);

#endif
