/* metrics.c - how good are labels */
#include "learn/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

#define Z95     1.959963984540054 /* of the normal distribution: 2.5 % are above */
#define SAMPLES 1000

struct metrics_counts *
metrics_counts_new(size_t n_label)
{
    struct metrics_counts *m = mem_zero(1, sizeof *m);

    m->n_label = n_label;
    m->count = mem_zero(n_label, mem_mul(n_label + 1, sizeof *m->count));
    return m;
}

void
metrics_counts_free(struct metrics_counts *m)
{
    if (m)
        mem_free(m->count);
    mem_free(m);
}

void
metrics_clear(struct metrics_counts *m)
{
    memset(m->count, 0, m->n_label * (m->n_label + 1) * sizeof *m->count);
    m->n = 0;
}

static double
share(uint64_t part, uint64_t all)
{
    return all ? (double)part / (double)all : 0;
}

uint64_t
metrics_right(const struct metrics_counts *m)
{
    uint64_t right = 0;

    for (size_t i = 0; i < m->n_label; i++)
        right += metrics_count(m, i, i);
    return right;
}

double
metrics_accuracy(const struct metrics_counts *m)
{
    return share(metrics_right(m), m->n);
}

struct metrics_label
metrics_label(const struct metrics_counts *m, size_t label)
{
    struct metrics_label l = { 0 };
    uint64_t right = metrics_count(m, label, label);

    for (size_t i = 0; i < m->n_label; i++) {
        l.support += metrics_count(m, label, i);
        l.given += metrics_count(m, i, label);
    }
    l.support += metrics_count(m, label, m->n_label);
    l.precision = share(right, l.given);
    l.recall = share(right, l.support);
    l.f1 = share(2 * right, l.given + l.support);
    return l;
}

double
metrics_macro_f1(const struct metrics_counts *m)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < m->n_label; i++) {
        struct metrics_label l = metrics_label(m, i);
        n += l.support + l.given > 0;
        sum += l.f1;
    }
    return n ? sum / (double)n : 0;
}

struct metrics_range
metrics_wilson(uint64_t k, uint64_t n)
{
    double p = share(k, n), z2, middle, half;

    if (n == 0)
        return (struct metrics_range){ 0, 1 };
    z2 = Z95 * Z95 / (double)n;
    middle = p + z2 / 2;
    half = Z95 * sqrt(p * (1 - p) / (double)n + z2 / (4 * (double)n));
    return (struct metrics_range){ fmax((middle - half) / (1 + z2), 0),
                                   fmin((middle + half) / (1 + z2), 1) };
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* What F1 needs of a label */
struct tally {
    uint64_t right, gold, given;
};

/* Macro F1 of n records drawn with return. t [n_label + 1], the last for no label. */
static double
draw_f1(const int32_t *gold, const int32_t *pred, size_t n, struct tally *t,
        size_t n_label, uint64_t *draw)
{
    double sum = 0;
    size_t used = 0;

    memset(t, 0, (n_label + 1) * sizeof *t);
    for (size_t i = 0; i < n; i++) {
        size_t j = (size_t)(num_mix(++*draw) % n);
        t[gold[j]].gold++;
        t[pred[j]].given++;
        t[gold[j]].right += gold[j] == pred[j];
    }
    for (size_t l = 0; l < n_label; l++) {
        used += t[l].gold + t[l].given > 0;
        sum += share(2 * t[l].right, t[l].gold + t[l].given);
    }
    return used ? sum / (double)used : 0;
}

struct metrics_range
metrics_bootstrap_f1(const int32_t *gold, const int32_t *pred, size_t n, size_t n_label)
{
    struct tally *t = mem_alloc(mem_mul(n_label + 1, sizeof *t));
    double f1[SAMPLES] = { 0 };
    uint64_t draw = 0;

    for (int s = 0; s < SAMPLES && n > 0; s++)
        f1[s] = draw_f1(gold, pred, n, t, n_label, &draw);
    mem_free(t);
    qsort(f1, SAMPLES, sizeof *f1, by_size);
    return (struct metrics_range){ f1[SAMPLES / 40], f1[SAMPLES - 1 - SAMPLES / 40] };
}

double
metrics_ece(const float *score, const unsigned char *right, size_t n)
{
    double sum[METRICS_BINS] = { 0 }, apart = 0;

    for (size_t i = 0; i < n; i++) {
        int bin = (int)((double)score[i] * METRICS_BINS);
        sum[bin < METRICS_BINS ? bin : METRICS_BINS - 1] += (double)score[i] - right[i];
    }
    for (int b = 0; b < METRICS_BINS; b++)
        apart += fabs(sum[b]);
    return n ? apart / (double)n : 0;
}
