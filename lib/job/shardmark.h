/*
 * shardmark.h - what says that a shard is done
 *
 * OUT/shards/000017.json, written last, with the size and hash of what was made. A
 * mark of another job, or one whose files are not there as it says, is none: then the
 * shard is done again.
 *
 * Threads: pure functions.
 */
#ifndef JOB_SHARDMARK_H
#define JOB_SHARDMARK_H

#include "job/jobdir.h"
#include "job/manifest.h"
#include "job/tally.h"

struct shardmark {
    struct tally tally;
    uint64_t out_bytes, errors_bytes, poison_bytes;
    char out_sha[SHA_HEX];
    char host[64];
};

/* ERR_OUTPUT. Fills in mark->host. */
int shardmark_write(const struct jobdir *d, const struct manifest *m, size_t shard,
                    struct shardmark *mark, struct err *e);

/* 1: the shard is done; 0: it is not. */
int shardmark_read(const struct jobdir *d, const struct manifest *m, size_t shard,
                   struct shardmark *mark);
int shardmark_there(const struct jobdir *d,
                    size_t shard); /* a file of that name, at least */
void shardmark_remove(const struct jobdir *d, size_t shard);

#endif
