/*
 * filter.h - the loop of every tool: read records, work on them, write them in order
 *
 * A tool is an option table, one callback over a batch of texts, and a main():
 *
 *     f = filter_open(&c, &opt, &tool, &e);                helpers, signals, threads
 *     m = f ? embedder_open(&how, &e) : NULL;              with filter_pool(f)
 *     if (m)
 *         filter_run(f, work, m, &e);
 *     return filter_close(f, &c, &e);                      counts, files, exit status
 *
 * The contract that users see (options, rejects, exit status) is textmill-records(5);
 * this is where it is kept. Input is cut into batches; each of -j workers takes the
 * next one, scans its records, calls the tool, splices the result; what is done is
 * written in the order in which it was read. At most 2 batches a worker are in memory.
 *
 * Threads: work() is called by several threads at once, each with its own batch.
 */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/pool.h"
#include "cli/cli.h"
#include "cli/outfile.h"
#include "cli/result.h"
#include "json/json.h"

struct filter_opt {
    const char *in, *out, *where;
    int threads, text, raw, force, quiet;
    int batch, linger;
    size_t mem, max_line;
    const char *utf8, *on_error, *rejects, *errors, *max_errors, *stats;
    int progress, dry_run, dedup;
    struct outfile also; /* what the tool itself will write; path NULL: nothing */
};

extern const struct cli_opt filter_opts[];
extern const struct cli_opt filter_read_opts[]; /* of tools that consume; no -i */
#define FILTER_OPT_INIT                                                                \
    {                                                                                  \
        .linger = 50                                                                   \
    }

/* What kind of tool it is. Constant. */
struct filter_tool {
    const char *in, *out;      /* members read and written unless -i, -o; in NULL: the
                                  text is the whole record */
    enum json_type type;       /* of the member that is read; JSON_NONE: any but null */
    const char *const *suffix; /* written: out + suffix, NULL-ended; the first is "";
                                  one that begins with '=' is a name of its own behind
                                  it. NULL: the tool consumes, no records go out */
    int batch;                 /* records in a window unless --batch */
    int costly; /* a text costs far more than to see whether the window has it twice */
};

struct filter_batch {
    int n;
    unsigned long long seq; /* the batch's number, in the order of the input */
    const struct str *text; /* [n]: UTF-8 text; for other types the value's bytes */
    const struct str *line; /* [n]: the whole record, one checked JSON object */
    struct result **result; /* [n] */
    struct arena *arena;    /* until the batch is written */
    int worker;             /* whose workspace to use: below filter_threads() */
    int count_only;         /* --dry-run: say result_tokens(), put nothing */
};

/* Texts in, results out. Texts may be worked on in any order, results are told apart by
 * their index. -1: the run must end. A text that cannot be done is result_reject()ed.
 */
typedef int filter_work(void *arg, struct filter_batch *b, struct err *e);

/* What --stats says about the model. Strings are the caller's until filter_close(). */
struct filter_model {
    const char *name, *file; /* file: what the sha256 is of */
    const char *precision;
};

struct filter;

/* How many workers there will be, for what is to be opened before filter_open() starts
 * them; -1: ERR_USAGE. */
int filter_ask_threads(const struct filter_opt *o, struct err *e);

/* NULL: a mistake in the options or input that cannot be opened; nothing was read. */
struct filter *filter_open(const struct cli *c, const struct filter_opt *opt,
                           const struct filter_tool *tool, struct err *e);
struct pool *filter_pool(struct filter *f);
int filter_threads(const struct filter *f);

/* What --mem leaves to the tool beside windows and --dedup; 0: it was not said. */
size_t filter_mem(const struct filter *f);
void filter_model(struct filter *f, const struct filter_model *m);

/* All of the input. -1: ended early, e says why. */
int filter_run(struct filter *f, filter_work *work, void *arg, struct err *e);

/* The progress line of work behind filter_run(): so many of `of` are done, of what that
 * is called. One thread at a time. */
void filter_step(struct filter *f, const char *what, size_t done, size_t of);

/* Was the run asked to stop before the end of input? Then what was seen is not all. */
int filter_stopped(const struct filter *f);

/* A JSON value that --stats shows as member "result". The caller's until
 * filter_close(). The progress line ends: now others may write to stderr. */
void filter_result(struct filter *f, struct str json);

/* Flush and check everything, write --stats; the exit status. e->code other than
 * ERR_NONE: the run failed (also before filter_run()). f may be NULL. Ends the process
 * by the signal that stopped the run, if one did. */
int filter_close(struct filter *f, const struct cli *c, struct err *e);

#endif
