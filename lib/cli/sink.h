/*
 * sink.h - where the outcomes of a run go, in order
 *
 * Records to stdout, bad lines to --rejects, reasons to --errors or stderr; counts
 * them, and stops the run where --on-error=fail or --max-errors says so: at the same
 * record, whatever the threads. Nothing is buffered between batches.
 *
 * Threads: one writer at a time.
 */
#ifndef CLI_SINK_H
#define CLI_SINK_H

#include "cli/batch.h"
#include "cli/input.h"
#include "cli/report.h"

struct sink;

/* Opens --rejects and --errors. ERR_USAGE, ERR_OUTPUT. */
struct sink *sink_open(const char *tool, const struct filter_opt *opt,
                       struct report *report, struct err *e);

/* One batch. -1: the run ends here; e says why. */
int sink_write(struct sink *s, const struct input *in, const struct batch *b,
               struct err *e);

/* At the end of a whole run: limits that only now are known; the count of reasons. */
int sink_finish(struct sink *s, struct err *e);

/* Close all, stdout too. -1: something could not be written. */
int sink_close(struct sink *s, struct err *e);

#endif
