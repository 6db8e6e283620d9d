/*
 * progress.h - how far a job is: one line for all of it, and JSON on SIGUSR1
 *
 * On a terminal the line is written anew every second, elsewhere once a minute.
 *
 * Threads: it locks itself; progress_tell() may come from the signals' thread.
 */
#ifndef JOB_PROGRESS_H
#define JOB_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct progress;

struct progress *progress_new(int quiet);
void progress_free(struct progress *p);

/* What is to be done, and what was already done before this run. */
void progress_begin(struct progress *p, size_t shards, uint64_t bytes,
                    size_t shards_before, uint64_t bytes_before);
void progress_add(struct progress *p, uint64_t lines, uint64_t bad, uint64_t bytes);

void progress_show(struct progress *p);                  /* when it is time to */
void progress_end(struct progress *p);                   /* leave the line */
void progress_say(struct progress *p, const char *text); /* a line of its own */

/* A line of JSON on stderr: for signals_open(), arg is the progress. */
void progress_tell(void *arg);

#endif
