/*
 * labelopt.h - from -m, -l, -L and -p to what gives labels, whatever its kind
 *
 *     struct labelopt o = { .conf = &conf, .mo = &mo };
 *     if (labelopt_read(&o, &fopt, &e)) ...              before filter_open()
 *     if (labelopt_open(&o, f, &e)) ...
 *     labeler_run(o.l, &o.work[worker], ...);            labeler.h
 *     status = filter_close(f, &c, &e);                  which looks at o once more
 *     labelopt_release(&o);
 *
 * -m is a trained head; a language model, which -l and -L give labels to; a model with
 * labels of its own, where there is neither; or a model that makes vectors.
 *
 * Threads: start and end only; o.work[i] belongs to worker i.
 */
#ifndef CLI_LABELOPT_H
#define CLI_LABELOPT_H

#include "cli/headopt.h"
#include "cli/lmopt.h"
#include "cli/prompt.h"
#include "infer/labels.h"

struct labelopt_conf {
    struct cli_list label, file;
    const char *prompt;
    struct lmopt_conf lm; /* special is 0 */
    double temperature;   /* NAN, not given: the kind's own */
};

extern const struct cli_opt labelopt_opts[];

struct labelopt {
    const struct labelopt_conf *conf;
    const struct modelopt *mo;

    struct labeler *l;         /* below: by the functions */
    struct labeler_work *work; /* [filter_threads(f)] */
    int n_work;
    struct prompt *prompt; /* NULL: no -p */
    struct labels labels;
    struct embedopt embed;
    struct headopt head;
    struct lmopt lmopt;
    struct lm *lm;
};

/* Labels and template. ERR_USAGE, ERR_INPUT. */
int labelopt_read(struct labelopt *o, const struct filter_opt *fopt, struct err *e);

/* o->l and o->work. ERR_USAGE, ERR_MODEL, ERR_NOMEM. */
int labelopt_open(struct labelopt *o, struct filter *f, struct err *e);

/* Reject the record, or say how many tokens it has and what became of them. 1: it has
 * probabilities. */
int labelopt_note(const struct labelopt *o, const struct embedder_info *info,
                  struct result *r);

void labelopt_release(struct labelopt *o);

#endif
