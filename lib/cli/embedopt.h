/*
 * embedopt.h - what the tools that make vectors of texts have in common
 *
 * From options to an embedder, and from what it says about a text to the record.
 *
 *     struct embedopt o = { .mo = &mo, .task = "embed" };
 *     struct embedder_opt opt = { 0 };
 *     if (embedopt_find(&o, f, &opt, &e) == 0 && (m = embedder_open(&opt, &e))) {
 *         embedopt_use(&o, f, m);
 *         filter_run(f, work, &job, &e);             work: &o.work[b->worker]
 *     }
 *     status = filter_close(f, &c, &e);              which looks at o once more
 *     embedopt_release(&o);
 *
 * Threads: start and end only; o.work[i] belongs to worker i.
 */
#ifndef CLI_EMBEDOPT_H
#define CLI_EMBEDOPT_H

#include "cli/filter.h"
#include "cli/modelopt.h"
#include "infer/embedder.h"

struct embedopt {
    const struct modelopt *mo;
    const char *task; /* of the catalogue: "embed" */
    struct modelopt_found found;
    struct embedder_work *work; /* [filter_threads(f)] */
    int n_work;
};

/* Fill in opt->session and opt->overlong. ERR_USAGE, ERR_MODEL. */
int embedopt_find(struct embedopt *o, struct filter *f, struct embedder_opt *opt,
                  struct err *e);

/* Make the workers' memory, and tell --stats about the model. m must live until
 * filter_close(). */
void embedopt_use(struct embedopt *o, struct filter *f, const struct embedder *m);
void embedopt_release(struct embedopt *o);

/* The workers' memory alone, for what needs no model. */
void embedopt_work(struct embedopt *o, struct filter *f);

/* Reject the record, or say how many tokens it has and what became of them. 1: there is
 * a vector. m may be NULL where nothing is rejected. */
int embedopt_note(const struct embedder *m, const struct embedder_info *info,
                  struct result *r);

#endif
