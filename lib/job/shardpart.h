/*
 * shardpart.h - the first part of a shard, of a run that was asked to stop
 *
 * OUT/shards/000017.part: the hash of what follows; a line of JSON with what was
 * counted; the output; the reasons of bad records. All under one name: it is there or
 * not. The next run begins behind it. A part that is not as it was written is none.
 *
 * Threads: pure functions.
 */
#ifndef JOB_SHARDPART_H
#define JOB_SHARDPART_H

#include "job/attempt.h"

/* What the attempt has kept so far. ERR_OUTPUT. */
int shardpart_write(const struct attempt *a, struct err *e);

/* Into an attempt that was just opened; nothing happens where there is none. -1:
 * ERR_OUTPUT: it cannot be written into the attempt's file. */
int shardpart_read(struct attempt *a, struct err *e);

void shardpart_remove(const struct attempt *a);

#endif
