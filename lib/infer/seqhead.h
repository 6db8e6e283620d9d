/*
 * seqhead.h - the labels that a checkpoint was trained for, and how sure it is of each
 *
 *     struct embedder_opt opt = { .session = { .dir = dir } };
 *     struct labeler *l = seqhead_open(&opt, 0, &e);        labeler.h
 *
 * For ...ForSequenceClassification: the scores are its logits. Where its settings say
 * that labels do not exclude each other (multi_label_classification), or there is one
 * label, the labels are independent.
 *
 * Threads: as an embedder.
 */
#ifndef INFER_SEQHEAD_H
#define INFER_SEQHEAD_H

#include "infer/labeler.h"

/* The options of pooling are not looked at; temperature 0 is 1. ERR_MODEL: also a
 * checkpoint without such a head; ERR_USAGE, ERR_NOMEM. */
struct labeler *seqhead_open(const struct embedder_opt *opt, float temperature,
                             struct err *e);

#endif
