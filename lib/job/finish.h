/*
 * finish.h - all shards are done: check them once more, join them, say so
 *
 * result.jsonl, errors.jsonl and quarantine.jsonl are made of the shards in order, then
 * report.md, then _SUCCESS: from there on the job is done, and its shards can go.
 *
 * Threads: one owner.
 */
#ifndef JOB_FINISH_H
#define JOB_FINISH_H

#include "job/jobdir.h"
#include "job/manifest.h"

struct finish_opt {
    double seconds; /* of this run of the driver */
    int keep;       /* the shards */
};

/* *status: of the job, 0 or 1 (bad records). 1: shards were found damaged, their marks
 * are gone, they must be done again. -1: ERR_OUTPUT. */
int finish_job(const struct jobdir *d, const struct manifest *m,
               const struct finish_opt *opt, int *status, struct err *e);

/* Is the job done? 1 and its status, or 0. -1: _SUCCESS is that of another job:
 * ERR_INPUT. */
int finish_done(const struct jobdir *d, const struct manifest *m, int *status,
                struct err *e);

/* Remove the shards of a job that is done, with all that is in their folder. */
void finish_clear(const struct jobdir *d);

#endif
