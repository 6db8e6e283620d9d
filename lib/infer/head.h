/*
 * head.h - which of some labels fits a text: by a head that was trained for a model
 *
 *     struct headfile file;                                 headfile.h
 *     struct head_opt opt = { .embed = ..., .file = &file };
 *     struct labeler *l = head_open(&opt, &e);              labeler.h
 *
 * A text's vector, of length 1, times the head's weights, plus its bias: the scores of
 * the labels, in float32, each a product in the fixed order of the kernels.
 *
 * The model must be the one whose vectors the head was fitted to: the SHA-256 of its
 * weights is compared.
 *
 * Threads: as an embedder.
 */
#ifndef INFER_HEAD_H
#define INFER_HEAD_H

#include "format/headfile.h"
#include "infer/labeler.h"

struct head_opt {
    struct embedder_opt embed;   /* precision NULL: the head's; normalize and dims are
                                  not looked at */
    const struct headfile *file; /* lives as long as the labeler */
    float temperature;           /* 0: the head's */
};

/* ERR_MODEL: the head does not fit the model; ERR_USAGE, ERR_NOMEM. */
struct labeler *head_open(const struct head_opt *opt, struct err *e);

#endif
