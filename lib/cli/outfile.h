/*
 * outfile.h - may a file that an option names be written?
 *
 * Whoever forgets the name behind --stats gives it that of the input. So nothing that a
 * run would write over may hold what no earlier run wrote, and this is seen before
 * anything is opened: such a file is not touched, whatever else happens.
 *
 *     struct outfile out[] = { { "--stats", path, OUTFILE_STATS, 0 }, { 0 } };
 *     if (outfile_check(out, names, &e)) ...
 *
 * A file is free when it is not there, is empty, is no regular file (a pipe, a device),
 * or is of the kind that would be written. What lies under /dev is always free: tools
 * append there (outfile_appends()).
 *
 * Owns: nothing.  Threads: no state.
 */
#ifndef CLI_OUTFILE_H
#define CLI_OUTFILE_H

#include "base/err.h"
#include "base/str.h"

struct filter_opt;

enum outfile_kind {
    OUTFILE_LINES, /* lines of the input: cannot be told from anybody else's */
    OUTFILE_STATS,
    OUTFILE_ERRORS,
    OUTFILE_HEAD,
};

struct outfile {
    const char *option; /* as users write it, for messages; NULL ends a list */
    const char *path;   /* NULL: not asked for */
    enum outfile_kind kind;
    int appended; /* nothing that is there is lost; but it must be no input */
};

/* names [NULL-ended, or NULL]: the inputs, "-" is standard input, as is none at all.
 * They and standard output must differ from all that is written. ERR_USAGE. */
int outfile_check(const struct outfile *out, const char *const *names, struct err *e);

/* The same for all that the options of a tool and the environment name; and what is not
 * there yet can be made: ERR_OUTPUT. */
int outfile_check_options(const struct filter_opt *o, const char *const *names,
                          struct err *e);

/* Is path written behind what is there, not in its place? */
int outfile_appends(const char *path);

/* Do these first bytes, at most OUTFILE_LOOK, of a file of `size` begin one of ours? */
#define OUTFILE_LOOK ((size_t)64 << 10)
int outfile_is(enum outfile_kind kind, struct str bytes, unsigned long long size);

#endif
