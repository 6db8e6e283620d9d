/*
 * worker.h - take shards that are not done, one after another, until there is none
 *
 * Any number of workers may run at once, on any machine that sees the folder and the
 * inputs under the same names: locks keep them off each other's shards. A worker ends
 * when there is nothing left to take, when it is told to (SIGTERM), and when nobody
 * reads its standard output any more, which is what becomes of it when the driver
 * dies.
 *
 * It says what it did in lines on stdout:
 *     done SHARD LINES BAD BYTES MILLISECONDS
 *     fatal STATUS MESSAGE
 * The driver shows them; what counts are the marks.
 *
 * Threads: one owner.
 */
#ifndef JOB_WORKER_H
#define JOB_WORKER_H

#include "base/err.h"
#include "job/jobdir.h"

/* Seconds that a command has, when the worker is asked to stop, to finish what it has
 * read; it is ended then, and what it did of that shard is done again. */
#define WORKER_PATIENCE 60

struct worker_opt {
    const char *job;     /* id that the manifest must have */
    const char *threads; /* for the tools; NULL: as it is */
    int max_poison;
    int probe; /* see first that the tools are those of the job: on another machine */
};

/* The exit status: 0, also when stopped, when the tools are others (e says so) or when
 * a shard cannot be done (which is said on stdout): then to start it again would not
 * help. Else 3 or 5, with e. */
int worker_run(const struct jobdir *d, const struct worker_opt *opt, struct err *e);

#endif
