/*
 * attempt.h - work on a shard: run the command, look at what it did, keep what is right
 *
 *     struct attempt a;
 *     rc = attempt_open(&a, env, shard, &e);
 *     if (rc == 0) rc = attempt_shard(&a, &e);      ATTEMPT_DONE: it is committed
 *     attempt_close(&a);
 *
 * The command is run on all of the shard. When that fails twice, on halves, and on
 * halves of the half that fails, until a record is alone: one that fails alone, twice,
 * is put aside. (A record that brings a process down must not stop the night.) Output
 * of a run that failed is cut off again; what was made is given its place when all of
 * it is there.
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
};

enum attempt_result {
    ATTEMPT_DONE,
    ATTEMPT_FAILED,  /* the command did, for a reason that may lie in the data */
    ATTEMPT_WRONG,   /* it ended well, but its counts do not agree: e says how */
    ATTEMPT_STOPPED, /* we were asked to stop */
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

enum attempt_result attempt_shard(struct attempt *a, struct err *e);

/* The end of what the command has said on stderr. */
void attempt_say(const struct attempt *a, struct buf *b);

#endif
