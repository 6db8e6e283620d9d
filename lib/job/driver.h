/*
 * driver.h - a job from its plan to _SUCCESS
 *
 *     plan, or find the plan that is there and see that it is the same job
 *     while shards are missing: let parallel start workers, and watch them
 *     finish.h
 *
 * Nothing is known but what is on the disk, so it does not matter how often, or where,
 * it was ended before.
 *
 * Threads: one owner; the signals have their own.
 */
#ifndef JOB_DRIVER_H
#define JOB_DRIVER_H

#include <stddef.h>

#include "base/err.h"

struct driver_opt {
    const char *dir, *command;
    const char *const *inputs;
    size_t n_input;
    const char *arcat; /* options; NULL: none */
    size_t block;      /* bytes; 0: as the job has it, DRIVER_BLOCK for a new one */
    int workers;       /* on each machine; 0: as many as fit */
    int max_poison;    /* records of a shard */
    const char *hosts, *until;
    int keep, quiet;
};

#define DRIVER_BLOCK  ((size_t)4 << 20)
#define DRIVER_POISON 100

/* The exit status. What ended it early is in e: print it when e->code is set. */
int driver_run(const struct driver_opt *opt, struct err *e);

#endif
