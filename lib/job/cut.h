/*
 * cut.h - inputs into shards, and whether they are still the same
 *
 * A file of lines is cut behind the first newline after each `block` bytes, so a shard
 * has whole lines and at least one. Archives, packed files and web archives are read by
 * arcat, in one shard, or dealt out by record to several when they are large; so is
 * every input where the user gave options for arcat.
 *
 * Threads: pure functions.
 */
#ifndef JOB_CUT_H
#define JOB_CUT_H

#include "job/manifest.h"

/* An archive of more than so many blocks is dealt out, to at most so many shards. */
#define CUT_ARCHIVE_BLOCKS 16
#define CUT_ARCHIVE_SHARDS 64

/* Fill in m's inputs and shards, by m->block and m->arcat. Reads every byte once.
 * ERR_INPUT: a file cannot be read, or is no regular file. */
int cut_inputs(struct manifest *m, const char *const *paths, size_t n, struct err *e);

/* Are these the inputs that m was made of, with the bytes that they had then? Reads
 * only files that could have changed. ERR_INPUT: no, and which. */
int cut_check(const struct manifest *m, const char *const *paths, size_t n,
              struct err *e);

#endif
