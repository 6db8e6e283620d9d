/*
 * metrics.h - how good are labels: counts, and what follows from them
 *
 *     struct metrics_counts *m = metrics_counts_new(n_label);
 *     metrics_add(m, gold, pred);                 for each record
 *     metrics_accuracy(m), metrics_macro_f1(m), metrics_label(m, i)
 *     metrics_counts_free(m);
 *
 * A share of nothing is 0. Means over labels are over those that are in gold or pred.
 *
 * Source:  as scikit-learn's classification_report with zero_division=0; Wilson, 1927;
 *          Efron, "Bootstrap methods", 1979 (percentiles); Guo et al., "On calibration
 *          of modern neural networks", 2017, 15 bins of equal width.
 * Threads: one owner.
 */
#ifndef LEARN_METRICS_H
#define LEARN_METRICS_H

#include <stddef.h>
#include <stdint.h>

#define METRICS_BINS   15
#define METRICS_LABELS 2000 /* what callers should not go beyond: counts are a square */

/* How often a label was given to records of a label. */
struct metrics_counts {
    size_t n_label;
    uint64_t n;
    uint64_t *count; /* [gold][pred]: n_label rows of n_label + 1, the last: no label */
};

struct metrics_label {
    double precision, recall, f1;
    uint64_t support, given; /* records of this label; to which it was given */
};

struct metrics_range {
    double low, high;
};

struct metrics_counts *metrics_counts_new(size_t n_label);
void metrics_counts_free(struct metrics_counts *m); /* NULL is fine */
void metrics_clear(struct metrics_counts *m);

/* pred == n_label: no label was given. */
static inline void
metrics_add(struct metrics_counts *m, size_t gold, size_t pred)
{
    m->count[gold * (m->n_label + 1) + pred]++;
    m->n++;
}

static inline uint64_t
metrics_count(const struct metrics_counts *m, size_t gold, size_t pred)
{
    return m->count[gold * (m->n_label + 1) + pred];
}

uint64_t metrics_right(const struct metrics_counts *m); /* records */
double metrics_accuracy(const struct metrics_counts *m);
double metrics_macro_f1(const struct metrics_counts *m);
struct metrics_label metrics_label(const struct metrics_counts *m, size_t label);

/* 95 % interval of a share, k of n, by Wilson's formula. n == 0: 0 to 1. */
struct metrics_range metrics_wilson(uint64_t k, uint64_t n);

/* 95 % interval of macro F1: percentiles of 1000 samples of the n records with return,
 * drawn by a fixed generator. pred as in metrics_add(). */
struct metrics_range metrics_bootstrap_f1(const int32_t *gold, const int32_t *pred,
                                          size_t n, size_t n_label);

/* Expected calibration error: how far, bin by bin, the mean score is from the share
 * that is right. score [n] is 0 to 1, right [n] is 0 or 1. */
double metrics_ece(const float *score, const unsigned char *right, size_t n);

#endif
