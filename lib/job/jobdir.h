/*
 * jobdir.h - the folder of a job: names in it, and changes that last
 *
 *     OUT/manifest.jsonl         what is to be done (manifest.h)
 *     OUT/lock                   held by the driver; says who it is
 *     OUT/shards/lock            byte i is held by whoever works on shard i
 *     OUT/shards/000017.json     shard 17 is done: its counts (tally.h)
 *     OUT/shards/000017.out      its records; .errors, .poison: what was bad
 *     OUT/shards/000017.part     the first part of it (shardpart.h)
 *     OUT/shards/.000017.*       being written
 *     OUT/result.jsonl, errors.jsonl, quarantine.jsonl, report.md, _SUCCESS
 *
 * A file is written under a name of its own beside its place, brought to the disk, and
 * then renamed: at its place there is all of it or nothing, also after the power fails.
 * Locks end with the process that has them, however that ends.
 *
 * Threads: pure functions.
 */
#ifndef JOB_JOBDIR_H
#define JOB_JOBDIR_H

#include <limits.h>
#include <stddef.h>

#include "base/err.h"

struct jobdir {
    char path[PATH_MAX - 64]; /* absolute, so that any process finds it */
};

/* ERR_USAGE: there is no such folder, and make is 0; ERR_OUTPUT: it cannot be made. */
int jobdir_open(struct jobdir *d, const char *path, int make, struct err *e);

/* "OUT/name". */
void jobdir_path(const struct jobdir *d, const char *name, char path[PATH_MAX]);

/* "OUT/shards/000017.json", for the suffix ".json". */
void jobdir_shard(const struct jobdir *d, size_t shard, const char *suffix,
                  char path[PATH_MAX]);

/* Open a new file for what will be the shard's file of that suffix; path: where. The
 * descriptor, or -1, ERR_OUTPUT. */
int jobdir_temp(const struct jobdir *d, size_t shard, const char *suffix,
                char path[PATH_MAX], struct err *e);

/* The same for any place: beside it, as ".NAME.x7Yz1q". */
int jobdir_beside(const char *place, char path[PATH_MAX], struct err *e);

/* Bring what was written to the disk, close it and give it its place. ERR_OUTPUT: it
 * could not be; then the file is gone. */
int jobdir_commit(int fd, const char *temp, const char *place, struct err *e);

/* Such a file with these bytes, committed, and the folder brought to the disk. */
int jobdir_replace(const char *path, const void *p, size_t n, struct err *e);

/* The names in a folder last from here on. */
int jobdir_sync(const char *dir, struct err *e);

/* Remove what workers that have died had begun. */
void jobdir_sweep(const struct jobdir *d);

/* Remove a folder with all that is in it, as far as that goes. */
void jobdir_remove(const char *path);

/* Be the only driver, and write down who that is. A descriptor to keep, or -1: e says
 * who has it (ERR_LIMIT), or why the folder cannot be used (ERR_OUTPUT). */
int jobdir_hold(const struct jobdir *d, struct err *e);

/* A descriptor for jobdir_take(), or -1. */
int jobdir_locks(const struct jobdir *d, struct err *e);

/* Work on that shard alone, until jobdir_leave() or the end of the process. 1: yes, 0:
 * somebody else does, -1: there are no locks here. */
int jobdir_take(int locks, size_t shard, struct err *e);
void jobdir_leave(int locks, size_t shard);
int jobdir_busy(int locks, size_t shard); /* 1: somebody else works on it */

#endif
