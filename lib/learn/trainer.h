/*
 * trainer.h - a linear head on vectors or words: chosen, fitted, measured, calibrated
 *
 *     struct trainer_set set = { vec, n, d, label, n_label, print, NULL };
 *     struct trainer_opt opt = { .folds = 5 };
 *     struct trainer *t = trainer_run(&set, &opt);
 *     t->weights, t->bias, t->temperature
 *     trainer_free(t);
 *
 * The rows are divided into folds by their prints alone: a row is in the same fold
 * whatever its neighbours, and the same text twice is never on both sides. For each C
 * of the grid and each fold a head is fitted on the other folds and asked about this
 * one. All rows so held out give a C its temperature, the one of the least loss, and
 * the C whose loss is then the least wins, of equal ones the smallest. The head is
 * fitted on all rows.
 *
 * Threads: folds are fitted by the pool; the result does not depend on its size.
 */
#ifndef LEARN_TRAINER_H
#define LEARN_TRAINER_H

#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "learn/logit.h"

#define TRAINER_GRID   7
#define TRAINER_SHARES 5
#define TRAINER_FOLDS  100

struct trainer_set {
    const float *vec; /* [n, d] */
    size_t n, d;
    const int32_t *label; /* [n]: 0 to n_label - 1 */
    size_t n_label;
    const uint64_t *print;             /* [n]: of the text, any hash */
    const struct logit_sparse *sparse; /* [n]: instead of vec; or NULL */
};

struct trainer_opt {
    double c;          /* 0: the best of the grid */
    int folds;         /* 2 to TRAINER_FOLDS */
    int balance;       /* each label weighs the same, as scikit-learn's 'balanced' */
    int curve;         /* fit on shares of the rows too */
    uint64_t seed;     /* of the folds */
    struct pool *pool; /* NULL: one thread */
};

/* Fits with one C, over all held-out rows */
struct trainer_point {
    double c, temperature;
    double loss;  /* mean of -log(probability) at that temperature */
    double right; /* share */
};

/* Fits on a share of the other folds' rows, with the C that was chosen */
struct trainer_share {
    double share;
    double rows; /* mean over the folds */
    double right, macro_f1;
};

struct trainer {
    double c, temperature;
    int best; /* which point of the grid */
    struct trainer_point grid[TRAINER_GRID];
    int n_grid;
    struct trainer_share curve[TRAINER_SHARES];
    int n_curve;
    float *weights; /* [n_label, d]: of vectors to 6 digits, of words to 3 decimals */
    float *bias;    /* [n_label] */
    float *held;    /* [n, n_label]: probabilities of held-out rows, calibrated */
    double loss;    /* of these, as in struct trainer_point */
    int converged;
};

/* n > 0, n_label > 1. */
struct trainer *trainer_run(const struct trainer_set *set,
                            const struct trainer_opt *opt);
void trainer_free(struct trainer *t); /* NULL is fine */

/* The temperature of the least loss for scores z [n, n_label], 0.05 to 20. */
double trainer_temperature(const double *z, const int32_t *label, size_t n,
                           size_t n_label);

#endif
