/*
 * headtrain.h - from examples to a head: vectors, fit, report, file
 *
 *     struct headtrain h = { .m = m, .base = "minilm", .opt = ..., .save = path };
 *     if (headtrain_run(&h, row, n, &json, &text, &e)) ...
 *
 * Threads: one caller; the pool of opt works.
 */
#ifndef CLI_HEADTRAIN_H
#define CLI_HEADTRAIN_H

#include "base/buf.h"
#include "infer/vectors.h"
#include "learn/trainer.h"

struct headtrain {
    const struct embedder *m; /* whose vectors have length 1 */
    const char *base;         /* the model's name */
    struct vectors_opt vectors;
    struct trainer_opt opt;
    const char *save; /* NULL: nothing is written */
};

/* row [n, 2]: texts and labels. json and text get the report (trainreport.h).
 * ERR_INPUT: too few labels; ERR_NAN; ERR_OUTPUT. */
int headtrain_run(const struct headtrain *h, const struct str *row, size_t n,
                  struct buf *json, struct buf *text, struct err *e);

#endif
