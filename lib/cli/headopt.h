/*
 * headopt.h - from -m HEAD to what gives labels
 *
 *     struct headopt h = { 0 };
 *     struct labeler *l = headopt_open(&h, &o, f, path, temperature, &e);
 *     status = filter_close(f, &c, &e);
 *     embedopt_release(&o); labeler_close(l);
 *     headopt_release(&h);                             lives as long as both
 *
 * A head for vectors brings its model, which is looked up by the name in it; a head for
 * words needs none, and then --precision and --overlong are mistakes.
 *
 * Threads: start and end only.
 */
#ifndef CLI_HEADOPT_H
#define CLI_HEADOPT_H

#include "cli/embedopt.h"
#include "format/headfile.h"
#include "infer/labeler.h"

struct headopt {
    struct headfile file;
    struct modelopt base; /* -m and --precision of the model below it */
};

/* temperature 0: the head's own. NULL: ERR_MODEL, ERR_USAGE, ERR_NOMEM. */
struct labeler *headopt_open(struct headopt *h, struct embedopt *o, struct filter *f,
                             const char *path, float temperature, struct err *e);

/* The labels that a model brings: a classifier of fastText, or a checkpoint with such a
 * head. Errors as above. */
struct labeler *headopt_own(struct embedopt *o, struct filter *f, float temperature,
                            struct err *e);

void headopt_release(struct headopt *h);

#endif
