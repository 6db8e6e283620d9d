/*
 * placer.h - GNU parallel, which starts the workers, here or on other machines
 *
 * It is given nothing but the workers' command line: it starts one for each place,
 * starts anew those that die, elsewhere if it can, and leaves hosts that cannot be
 * reached. Its standard output is a pipe that we read, and what workers say in it is
 * for the eye: not a byte of a result goes through it, and its exit status is not
 * believed (it is 0 after a SIGHUP, and 255 when its TMPDIR is full).
 *
 * Threads: one owner.
 */
#ifndef JOB_PLACER_H
#define JOB_PLACER_H

#include <sys/types.h>

#include "job/jobdir.h"

struct placer_opt {
    const char *job;     /* the manifest's id */
    const char *threads; /* of each tool */
    const char *hosts;   /* file of parallel's --sshloginfile; NULL: here */
    int workers, n_host; /* on each of n_host machines */
    int max_poison;
};

struct placer {
    pid_t pid;
    int said;  /* what the workers say; close it, and they stop */
    int ticks; /* of 0.1 seconds that they have for that */
};

/* How many hosts the file has. -1: ERR_USAGE. */
int placer_hosts(const char *path, struct err *e);

/* ERR_USAGE: there is no parallel. */
int placer_start(struct placer *p, const struct jobdir *d, const struct placer_opt *opt,
                 struct err *e);

/* Close what is open and wait for all of it; after some seconds, end it. */
void placer_finish(struct placer *p);

#endif
