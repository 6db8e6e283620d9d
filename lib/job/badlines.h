/*
 * badlines.h - what the tools say of bad records, as lines of a job
 *
 * Tools append their reasons to $TEXTMILL_ERRORS as they come to them, so the lines of
 * several stand in an order that is nobody's. Here they are put in order, and get the
 * place in the job's input instead of the place in a pipe.
 *
 * Threads: pure functions.
 */
#ifndef JOB_BADLINES_H
#define JOB_BADLINES_H

#include "job/manifest.h"

/* Append the lines of `text`, sorted, each with input and offset of the shard. number:
 * they tell lines of the shard's part that begins behind so many; else the numbers are
 * of nobody's interest and left out. ERR_INPUT: these are no such lines. */
int badlines_add(struct buf *b, const struct manifest *m, size_t shard, struct str text,
                 int number, uint64_t before, struct err *e);

/* The lines of arcat, which knows its places: only what it lacks is added. */
int badlines_arcat(struct buf *b, const struct manifest *m, size_t shard,
                   struct str text, struct err *e);

/* A record that the command does not survive, from its line of the shard, from 0. */
void badlines_poison(struct buf *b, const struct manifest *m, size_t shard,
                     uint64_t line, const char *how, struct str raw);

#endif
