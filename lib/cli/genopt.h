/*
 * genopt.h - how answers are written: the options of every tool that generates text
 *
 *     struct genopt o = { .conf = &conf };
 *     if (genopt_read(&o, &e)) ...                       files; no model is needed
 *     m = lmopt_open(...);
 *     struct asker_opt opt = { .lm = m };
 *     if (genopt_fill(&o, m, f, &opt, &e)) ...
 *     a = asker_open(&opt, &e);
 *     filter_run(f, work, job, &e);
 *     genopt_tell(&o, asker_generator(a), f);            what it did
 *     genopt_release(&o);                                after asker_close()
 *
 * Threads: start only; what it made is constant.
 */
#ifndef CLI_GENOPT_H
#define CLI_GENOPT_H

#include "cli/filter.h"
#include "infer/asker.h"
#include "infer/schema.h"

struct genopt_conf {
    const char *system, *schema, *prefix;
    struct cli_list stop, choice;
    int max_tokens, top_k, seed, slots;
    double temperature, top_p, min_p, penalty;
};
#define GENOPT_INIT                                                                    \
    {                                                                                  \
        .max_tokens = 128, .top_p = 1, .penalty = 1                                    \
    }

extern const struct cli_opt genopt_opts[];        /* all of them */
extern const struct cli_opt genopt_sample_opts[]; /* not --system, --schema, --choice */

struct genopt {
    const struct genopt_conf *conf;
    struct schema *schema;
    struct masks *masks;
    struct stopper *stop;
    struct labeltrie *labels;
    struct str system;
    struct buf file; /* what --system=@FILE holds */
    struct buf told; /* for --stats */
};

/* Files and strings. ERR_USAGE, ERR_INPUT. */
int genopt_read(struct genopt *o, struct err *e);

/* opt->generator and opt->system. ERR_USAGE, ERR_MODEL. */
int genopt_fill(struct genopt *o, const struct lm *m, const struct filter *f,
                struct asker_opt *opt, struct err *e);

/* What --stats says of the generator; o is released after filter_close(). */
void genopt_tell(struct genopt *o, const struct generator *g, struct filter *f);

void genopt_release(struct genopt *o);

#endif
