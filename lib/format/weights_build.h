/*
 * weights_build.h - what a weight format gives, and what it calls
 *
 * A format F is a line FORMAT(F) in weights_list.h and two things in F.c:
 *
 *     const char F_name[]        the name that its file has in a model's folder; from
 *                                its first dot on, the end of any file's; "*.end": the
 *                                only file of the folder that ends so, or the first
 *     int F_open(w, path, e)     map files, check them, add their tensors
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

/* Tensor i has its data there: for formats where that is known last. */
void weights_place(struct weights *w, size_t i, const void *data);

/* What the file says about itself; w takes it. Once. */
void weights_set_meta(struct weights *w, struct meta *m);

#endif
