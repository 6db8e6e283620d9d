/*
 * spawn.h - start a program in a process group of its own
 *
 * Signals are as at the start of a program: nothing blocked, SIGPIPE ends it.
 *
 * Threads: any.
 */
#ifndef JOB_SPAWN_H
#define JOB_SPAWN_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

#define SPAWN_FD 9 /* what the program finds fd[3] as */

struct spawn {
    const char *const *argv; /* NULL-ended; argv[0] is looked for in PATH */
    int fd[4];               /* what is to be 0, 1, 2 and SPAWN_FD; -1: as ours, none */
    const char *env[8][2];   /* variables to set, NULL-ended; value NULL: to remove */
    int session;             /* and in a session of its own, without a terminal */
};

/* The process, or -1: ERR_LIMIT. */
pid_t spawn_start(const struct spawn *s, struct err *e);

/* Wait for it: its exit status as a shell has it, 128 + n for a signal. */
int spawn_wait(pid_t pid);

/* The same, and nothing of its process group is left. */
int spawn_finish(pid_t pid);

int spawn_ended(pid_t pid); /* 1: it has; it must still be waited for */

/* A pipe whose ends no other program inherits. ERR_LIMIT. */
int spawn_pipe(int fd[2], struct err *e);

/* The folder of our program comes first in PATH, so that the tools are those beside us.
 * Before any thread. */
void spawn_own_path(void);

/* Append "it's" as 'it'\''s', for a shell. */
void spawn_quote(struct buf *b, const char *word);

#endif
