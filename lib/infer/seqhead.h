/*
 * seqhead.h - the labels that a checkpoint was trained for, and how sure it is of each
 *
 *     struct embedder_opt opt = { .session = { .dir = dir } };
 *     struct seqhead *h = seqhead_open(&opt, &e);
 *     seqhead_run(h, &work, text, n, prob, info);           prob [n, seqhead_count(h)]
 *     seqhead_close(h);
 *
 * For ...ForSequenceClassification. The probabilities of a text are the softmax of the
 * logits; where the settings say that labels do not exclude each other
 * (multi_label_classification), or there is one label, the sigmoid of each. A text of
 * several chunks (overlong.h) gets the mean of their logits, weighted by their tokens:
 * with softmax that is the normalized mean of log-probabilities.
 *
 * Threads: as an embedder.
 */
#ifndef INFER_SEQHEAD_H
#define INFER_SEQHEAD_H

#include "infer/embedder.h"

struct seqhead;

/* The options of pooling are not looked at. ERR_MODEL: also a checkpoint without such a
 * head. */
struct seqhead *seqhead_open(const struct embedder_opt *opt, struct err *e);
void seqhead_close(struct seqhead *h); /* NULL is fine */

const struct embedder *seqhead_embedder(const struct seqhead *h);
size_t seqhead_count(const struct seqhead *h);
struct str seqhead_name(const struct seqhead *h, size_t label); /* until close */
int seqhead_independent(const struct seqhead *h); /* 1: labels do not exclude others */

/* prob [n, count]; the row of a text without one (embedder.h) is zero. */
void seqhead_run(const struct seqhead *h, struct embedder_work *w,
                 const struct str *text, size_t n, float *prob,
                 struct embedder_info *info);

#endif
