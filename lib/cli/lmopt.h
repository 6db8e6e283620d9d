/*
 * lmopt.h - what the tools that run a language model have in common
 *
 *     struct lmopt o = { .mo = &mo, .conf = &conf, .task = "score" };
 *     struct lm *m = lmopt_open(&o, f, &e);                      tells --stats about it
 *     ...
 *     lm_close(m);
 *
 * Threads: start only.
 */
#ifndef CLI_LMOPT_H
#define CLI_LMOPT_H

#include "cli/filter.h"
#include "cli/modelopt.h"
#include "infer/lm.h"

struct lmopt_conf {
    const char *kv;
    int ctx, special;
};

extern const struct cli_opt lmopt_opts[];

struct lmopt {
    const struct modelopt *mo;
    const struct lmopt_conf *conf;
    const char *task; /* of the catalogue */
    int raw;          /* see chat.h */
    size_t enough;    /* see lm.h */
    struct modelopt_found found;
};

/* NULL: ERR_USAGE, ERR_MODEL. */
struct lm *lmopt_open(struct lmopt *o, struct filter *f, struct err *e);

#endif
