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

#include "cli/batchconf.h"
#include "cli/filter.h"
#include "cli/input.h"
#include "cli/result.h"

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
    size_t more;       /* records that went out behind the first */
    uint64_t hash;     /* of the text, when only counting */
    struct str member; /* of the file, where the record is not in the file itself */
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
    struct batchconf conf; /* own copy: the watch list is written to by each scan */
};

void batch_work_init(struct batch_work *w, const struct batchconf *c, int worker);
void batch_work_release(struct batch_work *w);

/* Fill in b->out and b->outcome. A run that must end: b->fatal. */
void batch_run(struct batch *b, struct batch_work *w, filter_work *work, void *arg);

#endif
