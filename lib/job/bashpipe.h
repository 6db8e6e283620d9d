/*
 * bashpipe.h - one run of the user's pipe, by bash, which tells how every stage ended
 *
 * The pipe gets its input from an intake, writes where it is told to, and must be ended
 * by its input: a stage that is left behind when we die finds the input closed.
 *
 * Threads: one owner. SIGPIPE must be ignored.
 */
#ifndef JOB_BASHPIPE_H
#define JOB_BASHPIPE_H

#include "job/intake.h"

#define BASHPIPE_STAGES 32

struct bashpipe {
    const char *command;
    int out, err;                /* descriptors for stdout and stderr; -1: ours */
    const char *report, *errors; /* paths for the tools */
    const char *threads;         /* for the tools, NULL: as it is */
    int stop;       /* descriptor: readable, or its other end closed: stop; -1: none */
    int stop_write; /* descriptor of a pipe: when nobody reads it, stop; -1: none */
    int patience; /* seconds: asked to stop, tell the command so (SIGTERM), and wait so
                       long for it to finish what it has read; 0: end it at once */
};

struct bashpipe_end {
    int status[BASHPIPE_STAGES]; /* of each stage, as PIPESTATUS has it */
    unsigned n_stage;            /* 0: bash itself did not get so far, */
    int bash;                    /* and ended with that */
    int early;                   /* the first stage did not read all */
    int told;                    /* it was told to stop, and ended in time */
    int fed;                     /* all of the intake was written to it */
    int stopped;                 /* we were asked to stop: the rest means nothing */
};

/* in: NULL: no input. -1: it could not be run, or the intake failed. */
int bashpipe_run(const struct bashpipe *p, struct intake *in, struct bashpipe_end *end,
                 struct err *e);

/* Is every status 0 or 1? */
int bashpipe_good(const struct bashpipe_end *end);

/* "0 0 139" */
void bashpipe_say(const struct bashpipe_end *end, char *text, size_t cap);

#endif
