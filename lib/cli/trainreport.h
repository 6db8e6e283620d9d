/*
 * trainreport.h - what a training has found out, as JSON and for people
 *
 * Threads: pure functions.
 */
#ifndef CLI_TRAINREPORT_H
#define CLI_TRAINREPORT_H

#include "base/buf.h"
#include "cli/examples.h"
#include "learn/metrics.h"
#include "learn/trainer.h"

struct trainreport {
    const struct examples *x;
    const struct trainer *t;
    const struct trainer_opt *opt;
    struct metrics_counts *counts; /* of held-out records */
    struct metrics_range accuracy, macro_f1;
    double ece;
};

void trainreport_make(struct trainreport *r, const struct examples *x,
                      const struct trainer *t, const struct trainer_opt *opt);
void trainreport_release(struct trainreport *r);

/* One object on one line: --stats and the head file have it. */
void trainreport_json(const struct trainreport *r, struct buf *b);

/* Lines; each begins with "train: ". */
void trainreport_text(const struct trainreport *r, struct buf *b);

#endif
