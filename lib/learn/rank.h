/*
 * rank.h - how good is an order: Spearman's correlation, retrieval
 *
 * Source:  Spearman, 1904, with mean ranks for equal values, as scipy.stats.spearmanr;
 *          Voorhees, "The TREC-8 question answering track report", 1999 (reciprocal
 *          rank); Jarvelin, Kekalainen, "Cumulated gain-based evaluation of IR
 *          techniques", 2002, as scikit-learn's ndcg_score with gains 0 and 1.
 * Threads: pure functions.
 */
#ifndef LEARN_RANK_H
#define LEARN_RANK_H

#include <stddef.h>
#include <stdint.h>

/* -1 to 1; NaN for fewer than two pairs, or where all x or all y are equal. */
double rank_spearman(const double *x, const double *y, size_t n);

#define RANK_CUTS 3 /* recall is taken at 1, 5 and 10 */
extern const int rank_cut[RANK_CUTS];

/* Means over queries */
struct rank_retrieval {
    size_t queries,
        skipped; /* skipped: nothing is relevant to them, they do not count */
    double mrr;  /* of 1 / the place of the first relevant document */
    double recall[RANK_CUTS];
    double ndcg10;
};

/* A thing to find, or to find with. */
struct rank_item {
    const float *vec;   /* [d], of length 1 or 0 */
    const int32_t *key; /* [n_key]: relevant to each other are two that share one */
    size_t n_key;
    int is_query; /* else a document */
};

/*
 * Documents are ordered by their inner product with the query, equal ones as they come.
 * Where no item is a query, each is one, and all others are the documents.
 */
struct rank_retrieval rank_retrieve(const struct rank_item *item, size_t n, size_t d);

#endif
