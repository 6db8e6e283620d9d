/*
 * classifier.h - which of some labels fits a text: by likeness, nothing is trained
 *
 *     struct classifier_label label[] = { { STR("login"), STR("somebody logs in") },
 * ... }; struct classifier_opt opt = { .embed = ..., .label = label, .n_label = 4 };
 *     struct labeler *c = classifier_open(&opt, &e);        labeler.h
 *
 * Text and descriptions become vectors (embedder.h); the probability of a label is
 * softmax(cosine / T) over the labels.
 *
 * Cosines of related texts differ by little: T says how much a difference means. It
 * changes the scores, never the order of the labels. The default is where the scores of
 * minilm are honest: the likelihood of the right label is highest at T = 0.04 for 871
 * film reviews with 2 labels (SST-2 dev, right 71 %, mean score 0.71), and at
 * T = 0.03 for 550 log lines of 11 systems with a label each (right 62 %, mean score
 * 0.57); at 0.035 both are within 0.01 nats of their best. Other models, and labels of
 * another kind, may want another T.
 *
 * Threads: as an embedder.  Limits: CLASSIFIER_LABELS labels, all names different.
 */
#ifndef INFER_CLASSIFIER_H
#define INFER_CLASSIFIER_H

#include "infer/labeler.h"

#define CLASSIFIER_LABELS      10000
#define CLASSIFIER_TEMPERATURE 0.035f

struct classifier_label {
    struct str name;
    struct str description; /* empty: the name describes it */
};

struct classifier_opt {
    struct embedder_opt embed;            /* normalize and dims are not looked at */
    const struct classifier_label *label; /* read while opening */
    size_t n_label;
    float temperature; /* 0: CLASSIFIER_TEMPERATURE */
};

/* ERR_USAGE: too many or none, one has no name, two have the same. */
int classifier_check(const struct classifier_label *label, size_t n, struct err *e);

/* ERR_USAGE for labels or a temperature that cannot be, ERR_MODEL, ERR_NOMEM. */
struct labeler *classifier_open(const struct classifier_opt *opt, struct err *e);

#endif
