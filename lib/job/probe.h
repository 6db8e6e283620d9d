/*
 * probe.h - run the command on nothing, before it is run on a corpus
 *
 * It must end well there: words that are no program, a model that is missing, options
 * that contradict each other are told at once. What the tools then report of
 * themselves (versions, models and their hashes, precision) is what the job is pinned
 * to.
 *
 * Threads: one owner.
 */
#ifndef JOB_PROBE_H
#define JOB_PROBE_H

#include "base/buf.h"
#include "job/jobdir.h"

struct probe {
    unsigned stages;  /* of the pipe */
    struct buf tools; /* tally_tools() */
    unsigned n_tool;  /* of ours */
};

/* ERR_USAGE, ERR_MODEL, ERR_INPUT: the command does not work; what it said went to
 * stderr. ERR_LIMIT: stopped. */
int probe_run(struct probe *p, const struct jobdir *d, const char *command,
              const char *threads, int stop, struct err *e);
void probe_release(struct probe *p);

#endif
