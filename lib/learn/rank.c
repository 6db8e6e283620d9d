/* rank.c - how good is an order */
#include "learn/rank.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

#define CUT 10 /* of ndcg */

const int rank_cut[RANK_CUTS] = { 1, 5, 10 };

struct place {
    double value;
    size_t i;
};

/* ---- Spearman ---- */

static int
rising(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

/* Ranks from 1, the mean of them for equal values. */
static double *
ranks(const double *x, size_t n)
{
    struct place *p = mem_alloc(mem_mul(n, sizeof *p));
    double *rank = mem_alloc(mem_mul(n, sizeof *rank));

    for (size_t i = 0; i < n; i++)
        p[i] = (struct place){ x[i], i };
    qsort(p, n, sizeof *p, rising);
    for (size_t i = 0, k; i < n; i += k) {
        for (k = 1; i + k < n && p[i + k].value == p[i].value;)
            k++;
        for (size_t j = i; j < i + k; j++)
            rank[p[j].i] = (double)(2 * i + k + 1) / 2;
    }
    mem_free(p);
    return rank;
}

double
rank_spearman(const double *x, const double *y, size_t n)
{
    double *a, *b, mean = (double)(n + 1) / 2, xy = 0, xx = 0, yy = 0;

    if (n < 2)
        return NAN;
    a = ranks(x, n);
    b = ranks(y, n);
    for (size_t i = 0; i < n; i++) {
        xy += (a[i] - mean) * (b[i] - mean);
        xx += (a[i] - mean) * (a[i] - mean);
        yy += (b[i] - mean) * (b[i] - mean);
    }
    mem_free(a);
    mem_free(b);
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

/* ---- retrieval ---- */

/* The nearest first; of equal ones the first that came. */
static int
falling(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    return (x->i > y->i) - (x->i < y->i);
}

static double
product(const float *a, const float *b, size_t d)
{
    double sum[4] = { 0 };
    size_t i = 0;

    for (; i + 4 <= d; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += (double)a[i + k] * (double)b[i + k];
    for (; i < d; i++)
        sum[0] += (double)a[i] * (double)b[i];
    return sum[0] + sum[1] + (sum[2] + sum[3]);
}

static int
is_relevant(const struct rank_item *a, const struct rank_item *b)
{
    for (size_t i = 0; i < a->n_key; i++)
        for (size_t j = 0; j < b->n_key; j++)
            if (a->key[i] == b->key[j])
                return 1;
    return 0;
}

/* What a relevant document at this place, from 1, is worth. */
static double
gain(size_t at)
{
    return num_log(2) / num_log((double)at + 1);
}

/* Add what one order of documents, the best first, is worth. */
static void
add_query(struct rank_retrieval *r, const struct rank_item *item, size_t query,
          const struct place *p, size_t n)
{
    double ideal = 0, got = 0;
    size_t found = 0, first = 0, hit[RANK_CUTS] = { 0 };

    for (size_t i = 0; i < n; i++) {
        if (!is_relevant(&item[query], &item[p[i].i]))
            continue;
        first = found++ ? first : i + 1;
        for (int c = 0; c < RANK_CUTS; c++)
            hit[c] += i < (size_t)rank_cut[c];
        got += i < CUT ? gain(i + 1) : 0;
        ideal += found <= CUT ? gain(found) : 0;
    }
    if (found == 0) {
        r->skipped++;
        return;
    }
    r->queries++;
    r->mrr += 1 / (double)first;
    r->ndcg10 += got / ideal;
    for (int c = 0; c < RANK_CUTS; c++)
        r->recall[c] += (double)hit[c] / (double)found;
}

struct rank_retrieval
rank_retrieve(const struct rank_item *item, size_t n, size_t d)
{
    struct place *p = mem_alloc(mem_mul(n, sizeof *p) + 1);
    struct rank_retrieval r = { 0 };
    int each = 1;

    for (size_t i = 0; i < n; i++)
        each &= !item[i].is_query;
    for (size_t q = 0; q < n; q++) {
        size_t k = 0;
        if (!each && !item[q].is_query)
            continue;
        for (size_t i = 0; i < n; i++)
            if (i != q && !item[i].is_query)
                p[k++] = (struct place){ product(item[q].vec, item[i].vec, d), i };
        qsort(p, k, sizeof *p, falling);
        add_query(&r, item, q, p, k);
    }
    mem_free(p);
    if (r.queries > 0) {
        r.mrr /= (double)r.queries;
        r.ndcg10 /= (double)r.queries;
        for (int c = 0; c < RANK_CUTS; c++)
            r.recall[c] /= (double)r.queries;
    }
    return r;
}
