/*
 * jobreport.h - OUT/report.md: what a job did, for people
 *
 * Owns: sums and the slowest shards.  Threads: one owner.
 */
#ifndef JOB_JOBREPORT_H
#define JOB_JOBREPORT_H

#include "job/jobdir.h"
#include "job/shardmark.h"

#define JOBREPORT_SLOW 5

struct jobreport {
    const struct manifest *m;
    struct tally sum;
    double seconds; /* of the driver's last run */
    struct {
        size_t shard;
        double seconds;
        uint64_t lines, tries;
        char host[64];
    } slow[JOBREPORT_SLOW]; /* the slowest first */
    size_t n_slow;
};

void jobreport_init(struct jobreport *r, const struct manifest *m, double seconds);
void jobreport_release(struct jobreport *r);
void jobreport_add(struct jobreport *r, size_t shard, const struct shardmark *mark);

/* The exit status of a job that is whole: 0, or 1 where records are bad. */
int jobreport_status(const struct jobreport *r);

/* ERR_OUTPUT. */
int jobreport_write(const struct jobreport *r, const struct jobdir *d, struct err *e);

#endif
