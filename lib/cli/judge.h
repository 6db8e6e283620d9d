/*
 * judge.h - what evaluate does for each task: read a record, report on all of them
 *
 * A record becomes JUDGE_FIELDS byte strings, whose meaning is the task's; all of them
 * together, in the order of the input, become a report, as text and as one JSON object.
 * A task is a file and a line of judge_tasks.
 *
 * Threads: read() by many at once; report() by one.
 */
#ifndef CLI_JUDGE_H
#define CLI_JUDGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "cli/member.h"

#define JUDGE_FIELDS 3

struct judge_conf {
    struct member pred[2];
    int n_pred; /* 1 or 2 */
    struct member score, query;
    int has_query;
};

struct judge_task {
    const char *name;
    const char *pred; /* the member where --pred is not given */
    int max_pred;     /* how many the task takes */

    /* gold is there and not null. -1: the record is rejected for e. */
    int (*read)(const struct judge_conf *c, struct json gold, struct str line,
                struct arena *a, struct str *field, struct err *e);

    /* row [n, JUDGE_FIELDS]. -1: ERR_INPUT. */
    int (*report)(const struct str *row, size_t n, struct buf *text, struct buf *json,
                  struct err *e);
};

extern const struct judge_task judgelabels_task, judgespearman_task,
    judgeretrieval_task;

/* A copy of bytes in the arena. */
struct str judge_copy(struct arena *a, const void *p, size_t n);

/* A string's text, or a number or boolean as it is written. ERR_TYPE, ERR_UTF8. */
int judge_text(struct json v, const char *name, struct arena *a, struct str *text,
               struct err *e);

/* A vector: an array of numbers, or base64 of little-endian float32, as embed(1) writes
 * it; scaled to length 1 where it is not 0. The floats' bytes. ERR_TYPE, ERR_RANGE. */
int judge_vector(struct json v, const char *name, struct arena *a, struct str *bytes,
                 struct err *e);

/* ,"name":0.1234 or null where x is NaN */
void judge_real(struct buf *json, const char *name, double x);

#endif
