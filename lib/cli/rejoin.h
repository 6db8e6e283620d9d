/*
 * rejoin.h - the pieces of a record together again, as chunk had made them
 *
 * Pieces of one record follow each other with `_chunk` {"i":0,"n":3,...}, i from 0 to
 * n - 1, and have the same `_src` if they have one. They become the record of the first
 * piece without `_chunk`, its member made of all of theirs: strings end to end, with
 * something in between where there was white space in the text; lists as one list.
 * Records without `_chunk` pass.
 *
 * Counts: of n pieces n - 1 are blank and the last is the one done. Pieces of a record
 * that is not whole are rejected, all that are there.
 *
 * Limits:  a record's pieces, REJOIN_BYTES.  Threads: one owner.
 */
#ifndef CLI_REJOIN_H
#define CLI_REJOIN_H

#include "cli/feed.h"

#define REJOIN_BYTES ((size_t)256 << 20)

struct rejoin_opt {
    struct str member;  /* to put together */
    struct str between; /* text that goes between pieces that did not touch */
};

/* All of the feed's input. -1: it ended early; feed_close() takes e. */
int rejoin_run(struct feed *f, const struct rejoin_opt *opt, size_t max_line,
               struct err *e);

#endif
