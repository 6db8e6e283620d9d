/*
 * attempt.h - runs of the command on lines of a shard, and what is kept of them
 *
 *     struct attempt a;
 *     rc = attempt_open(&a, env, shard, &e);
 *     if (rc == 0 && attempt_try(&a, INTAKE_ALL, &e) == ATTEMPT_DONE) ...
 *     attempt_close(&a);
 *
 * A run is kept when every stage of the pipe ended well, the tools were those of the
 * job and the counts agree: then its output stays behind that of the runs before it.
 * Output of a run that failed is cut off again.
 *
 * Threads: one owner.
 */
#ifndef JOB_ATTEMPT_H
#define JOB_ATTEMPT_H

#include "job/bashpipe.h"
#include "job/shardmark.h"

/* What workers know; constant. */
struct attempt_env {
    const struct jobdir *dir;
    const struct manifest *manifest;
    const char *threads;
    int stop, stop_write; /* bashpipe.h */
    uint64_t max_poison;  /* records of a shard */
    int patience;         /* seconds for a command that is asked to stop */
};

enum attempt_result {
    ATTEMPT_DONE,
    ATTEMPT_FAILED,  /* the command did, for a reason that may lie in the data */
    ATTEMPT_WRONG,   /* it ended well, but its counts do not agree: e says how */
    ATTEMPT_STOPPED, /* we were asked to stop; what was finished is kept: n_before */
    ATTEMPT_FATAL    /* nobody can do it: e says why */
};

enum attempt_file {
    ATTEMPT_OUT,
    ATTEMPT_ERRORS,
    ATTEMPT_REPORT,
    ATTEMPT_ARCAT,
    ATTEMPT_ARCAT_ERRORS,
    ATTEMPT_LOG,
    ATTEMPT_FILES
};

struct attempt {
    const struct attempt_env *env;
    size_t shard;
    int fd[ATTEMPT_FILES]; /* files of our own, gone at close unless committed */
    char path[ATTEMPT_FILES][PATH_MAX];
    uint64_t out_bytes, n_lines; /* kept so far; lines of the shard, once counted */
    uint64_t n_bytes;            /* that attempt_look() saw last */
    uint64_t n_before; /* its first lines, that are done: of a run that was stopped */
    struct sha *sha;
    struct buf errors, poison; /* lines */
    uint64_t n_poison;
    char how[160]; /* how the command ended the last time it failed */
    struct shardmark mark;
};

/* ERR_OUTPUT. To be closed in any case. */
int attempt_open(struct attempt *a, const struct attempt_env *env, size_t shard,
                 struct err *e);
void attempt_close(struct attempt *a);

/* Run the command on those lines. */
enum attempt_result attempt_try(struct attempt *a, struct intake_lines lines,
                                struct err *e);

/* Read those lines without the command: into raw, or (NULL) to count them all. */
enum attempt_result attempt_look(struct attempt *a, struct intake_lines lines,
                                 struct buf *raw, struct tally *t, struct err *e);

/* Take in what arcat reported when all of the shard was read. */
int attempt_add_arcat(struct attempt *a, struct tally *t, struct err *e);

/* The end of what the command has said on stderr. */
void attempt_say(const struct attempt *a, struct buf *b);

#endif
