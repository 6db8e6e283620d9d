/*
 * shardwork.h - a shard from its first try to its place
 *
 * The command is run on all of the shard. When that fails twice, on halves, and on
 * halves of the half that fails, until a record is alone: one that fails alone, twice,
 * is put aside. (A record that brings a process down must not stop the night.) A run
 * that is asked to stop leaves what it finished for the next one, which goes on behind
 * it (shardpart.h). What was made is given its place when all of it is there, and then
 * the mark.
 *
 * Threads: one owner.
 */
#ifndef JOB_SHARDWORK_H
#define JOB_SHARDWORK_H

#include "job/attempt.h"

/* ATTEMPT_DONE: it is committed. Never ATTEMPT_FAILED. */
enum attempt_result shardwork_run(struct attempt *a, struct err *e);

#endif
