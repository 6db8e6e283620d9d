/*
 * report.h - counts of a run: --stats, $TEXTMILL_REPORT, --progress, SIGUSR1
 *
 * Threads: the writer changes them; others read through report_progress() under the
 * filter's lock.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <pthread.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/filter.h"

struct report {
    const char *tool;
    int threads;
    struct filter_model model;
    int consumes;      /* records do not go out */
    struct str result; /* JSON of the tool's own; empty: none */
    uint64_t in, blank, done, passed, kept, rejected; /* records, as written */
    uint64_t read;                                    /* lines, as read */
    uint64_t more; /* records out behind the first of those done */
    uint64_t overlong, folded, tokens;
    uint64_t bytes_in, bytes_out, bytes_total; /* total: 0 when not known */
    uint64_t by_code[ERR_CODES];               /* kept and rejected ones */
    double start, seconds_read, seconds_record, seconds_work, seconds_write;
    const char *file;      /* the input is done up to this file, */
    uint64_t byte;         /* this offset, */
    const char *stopped;   /* and was ended by this signal; NULL: it was not */
    double shown;          /* when the progress line was last shown */
    double stepped;        /* when report_step() was first called, */
    size_t step;           /* with this */
    int progress, newline; /* show it; as lines, since stderr is no terminal */
};

/* One JSON object, no newline. status: the exit status, as a shell would see it. */
void report_json(const struct report *r, int status, struct buf *b);

/* To `path`, and appended to $TEXTMILL_REPORT in one write. ERR_OUTPUT. */
int report_write(const struct report *r, int status, const char *path, struct err *e);

/* Sets whether progress is shown: when it is asked for, or somebody looks at stderr
 * while no records go there. */
void report_begin(struct report *r, const struct filter_opt *opt);

/* The progress line, at most twice a second; `now` in pool_clock() seconds. */
void report_show(struct report *r, double now);
void report_show_end(struct report *r);

/* The same for `done` of `of` things behind the last record: "train: 640 of 9,000
 * vectors, 211/s, 0:39 left". The clock of the rate begins at the first call. */
void report_step(struct report *r, const char *what, size_t done, size_t of,
                 double now);

/* {"records":...}: a line of progress as JSON, with newline. */
void report_progress(const struct report *r, double now, struct buf *b);

/* The answer to SIGUSR1: that line on stderr. The lock is that of r. */
void report_tell(const struct report *r, pthread_mutex_t *lock);

#endif
