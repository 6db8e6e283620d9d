/*
 * feed.h - the way out of a tool that makes records of other things than records
 *
 * What filter.h is for the others: options, signals, rejects, counts, exit status,
 * by the same contract (textmill-records(5)). The tool finds things and puts them,
 * one by one:
 *
 *     struct feed *f = feed_open(&c, &opt, &e);
 *     ... feed_put(f, &(struct feed_item){ .kind = OUT_DONE, .out = line }) ...
 *     return feed_close(f, &c, &e);              counts, files, exit status
 *
 * Its sum: in = blank + done + passed + rejected. A thing that was found becomes one
 * record (done), or is nothing (blank), not wanted (passed), or bad (rejected);
 * damage is a bad thing, too.
 *
 * Threads: one owner; SIGUSR1 is answered by another thread.
 */
#ifndef CLI_FEED_H
#define CLI_FEED_H

#include "cli/batch.h"
#include "cli/cli.h"

/* --quiet, --utf8, --on-error, --rejects, --errors, --max-errors, --stats, --progress.
 * What the tool has of the others of filter_opt, it has in its own table. */
extern const struct cli_opt feed_opts[];

struct feed_item {
    enum outcome_kind
        kind;          /* OUT_BLANK, _DONE, _PASSED, _REJECTED, _PIECE (raw goes on) */
    int file;          /* index of the operand */
    struct str member; /* UTF-8; empty: the file itself */
    uint64_t line, byte;   /* line 0: none */
    struct str out, raw;   /* out: the record, with newline */
    const struct err *why; /* rejected */
};

struct feed;

/* NULL: a mistake in the options, or input that cannot be opened. `opt` is constant
 * until feed_close(). */
struct feed *feed_open(const struct cli *c, const struct filter_opt *opt,
                       struct err *e);

int feed_stop_fd(const struct feed *f);              /* signals_fd() */
const char *const *feed_names(const struct feed *f); /* NULL-ended; "-": stdin */

uint64_t *feed_bytes_in(struct feed *f); /* bytes read so far: the caller counts */

/* -1: the run ends; feed_close() knows why. */
int feed_put(struct feed *f, const struct feed_item *item);
int feed_flush(struct feed *f); /* let out what is there: the input pauses */

/* `e` as the run left it (its code ERR_NONE: no error of its own). As
 * filter_close(). */
int feed_close(struct feed *f, const struct cli *c, struct err *e);

#endif
