/*
 * headtrain.h - from examples to a head: vectors or words, fit, report, file
 *
 *     struct headtrain h = { .m = m, .base = "minilm", .opt = ..., .save = path };
 *     if (headtrain_run(&h, row, n, &said, &e)) ...
 *
 * Threads: one caller; the pool of opt works.
 */
#ifndef CLI_HEADTRAIN_H
#define CLI_HEADTRAIN_H

#include "base/buf.h"
#include "infer/vectors.h"
#include "learn/trainer.h"

struct headtrain {
    const struct embedder *m; /* whose vectors have length 1; NULL: words */
    const char *base;         /* the model's name */
    size_t min;               /* of words: how many texts must have one */
    struct vectors_opt vectors;
    struct trainer_opt opt;
    const char *save; /* NULL: nothing is written */
};

struct headtrain_said {
    struct buf *json, *text; /* get the report (trainreport.h) */
};

/* row [n, 2]: texts and labels. ERR_INPUT: too few labels, or no words; ERR_NAN;
 * ERR_OUTPUT. */
int headtrain_run(const struct headtrain *h, const struct str *row, size_t n,
                  struct headtrain_said *said, struct err *e);

#endif
