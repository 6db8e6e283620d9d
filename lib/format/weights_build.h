/*
 * weights_build.h - what a weight format gives, and what it calls
 *
 * A format F is a line FORMAT(F) in weights_list.h and two things in F.c:
 *
 *     const char F_name[]        the name that its file has in a model's folder, or,
 * for a file given by path, the end of its name int F_open(w, path, e)     map files,
 * check them, add their tensors
 *
 * Errors are ERR_MODEL; weights.c puts the path in front.
 */
#ifndef FORMAT_WEIGHTS_BUILD_H
#define FORMAT_WEIGHTS_BUILD_H

#include "base/file.h"
#include "format/weights.h"

#define FORMAT(f)                                                                      \
    extern const char f##_name[];                                                      \
    int f##_open(struct weights *w, const char *path, struct err *e);
#include "format/weights_list.h"
#undef FORMAT

/* A table without tensors; `path` is for messages. */
struct weights *weights_new(const char *path);

/* Map a file that lives as long as w. Not to be opened: ERR_MODEL. */
int weights_map(struct weights *w, const char *path, struct file *f, struct err *e);

/* Copy bytes into memory of w. */
struct str weights_keep(struct weights *w, const char *p, size_t n);

/* Add a tensor; name and dtype must live as long as w. A name that is there: ERR_MODEL.
 */
int weights_add(struct weights *w, const struct weight *t, struct err *e);

#endif
