/*
 * batch.h - what happens to the records of one batch (the inside of filter.h)
 *
 * line -> checked object -> is it wanted? -> its text -> the tool -> spliced line.
 * Every record leaves with an outcome; the sink writes and counts them in order.
 *
 * Owns: a batch its bytes and arena.  Threads: one worker at a time per batch.
 */
#ifndef CLI_BATCH_H
#define CLI_BATCH_H

#include "cli/dedup.h"
#include "cli/filter.h"
#include "cli/input.h"
#include "cli/jqfilter.h"
#include "cli/jqneeds.h"
#include "cli/result.h"
#include "json/path.h"

#define BATCH_WATCH (FILTER_MEMBERS + 4 + 2 * JQNEEDS_MAX)

/* What a jq program is sent of a record: n members, or all of it when n < 0. */
struct batch_need {
    int n, watch[JQNEEDS_MAX];
    struct buf key[JQNEEDS_MAX]; /* "name": */
};

/* Constant during a run: the options, and what follows from them. */
struct batch_conf {
    const struct filter_opt *opt;
    const struct filter_tool *tool;
    int replace_utf8, keep;    /* --utf8=replace, --on-error=keep */
    struct path *path;         /* -i is a plain path */
    int in_jq;                 /* -i is a jq program */
    struct batch_need need[2]; /* by jq_op */
    struct jqfilter *jq;
    struct dedup *dedup;
    struct str out;                    /* the output member's name */
    struct buf member[FILTER_MEMBERS]; /* "name": of each member */
    int n_member;
    struct arena names;
    struct buf key; /* "out": in _error and _overlong */
    struct json_watch watch[BATCH_WATCH];
    int n_watch, w_in, w_out[FILTER_MEMBERS], w_error, w_overlong; /* -1: none */
};

enum outcome_kind {
    OUT_BLANK,
    OUT_DONE,
    OUT_PASSED,
    OUT_KEPT,     /* out with _error in it */
    OUT_REJECTED, /* not in out; e says why */
    OUT_PIECE     /* a further piece of the line before */
};

struct outcome {
    enum outcome_kind kind;
    size_t out_end; /* in batch->out: where this record's bytes end */
    struct err *e;  /* kept, rejected */
    size_t tokens;  /* of the text */
    int overlong, folded;
    uint64_t hash; /* of the text, when only counting */
};

struct record;

struct batch {
    struct input_batch in;
    struct arena arena;
    struct buf out;
    struct outcome *outcome; /* [in.n_line], in the arena */
    struct err fatal;        /* the run ends with this batch */
    struct batch *next;
    unsigned long long seq;
    double seconds_work, seconds_record;
};

/* A worker's scratch, kept from batch to batch. */
struct batch_work {
    int worker, count_only; /* count_only: --dry-run */
    struct result_pad pad;
    struct buf text, reply, packed;
    struct batch_conf conf; /* own copy: the watch list is written to by each scan */
};

int batch_conf_init(struct batch_conf *c, const struct filter_opt *opt,
                    const struct filter_tool *tool, struct err *e);
void batch_conf_release(struct batch_conf *c);

void batch_work_init(struct batch_work *w, const struct batch_conf *c, int worker);
void batch_work_release(struct batch_work *w);

/* Fill in b->out and b->outcome. A run that must end: b->fatal. */
void batch_run(struct batch *b, struct batch_work *w, filter_work *work, void *arg);

#endif
