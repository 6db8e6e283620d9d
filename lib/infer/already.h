/*
 * already.h - is a text already in the language that it shall be translated into?
 *
 * By a fastText model that tells languages apart. Where the language that texts are
 * expected in is known, too, the likelier of the two counts: a few words often look
 * like a third one. Of 600 package summaries each (en-pt) that finds 583 of those that
 * are Portuguese and errs in 4 that are not; the likeliest of all languages, 464 and 3.
 *
 *     struct already *a = already_open("lid.176.ftz", "en", "pt-br", &e);
 *     struct already_work w = { 0 };                        one per thread
 *     if (already_is(a, &w, text)) ...
 *     already_work_release(&w);
 *     already_close(a);
 *
 * Threads: constant after open; one already_work per thread.
 */
#ifndef INFER_ALREADY_H
#define INFER_ALREADY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "infer/fasttext.h"

struct already;

struct already_work {
    struct fasttext_work model;
    struct arena mem;
};
void already_work_release(struct already_work *w);

/* path: as fasttext_open() has it. Of languages what stands before - or _ counts; from
 * "" or one that the model does not know: any. ERR_USAGE: the model does not know `to`.
 */
struct already *already_open(const char *path, const char *from, const char *to,
                             struct err *e);
void already_close(struct already *a); /* NULL is fine */

/* UTF-8. 1, or 0: it is not, or has no word that the model knows. */
int already_is(const struct already *a, struct already_work *w, struct str text);

#endif
