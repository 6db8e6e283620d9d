/* test_trainer.c - heads: found, the same for any pool, calibrated as by scipy */
#include "learn/trainer.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "goldlearn.h"
#include "tap.h"

#define N 600
#define D 8
#define K 3

struct data {
    float vec[N * D];
    int32_t label[N];
    uint64_t print[N];
};

static double
normal(uint64_t *draw)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += (double)(num_mix(++*draw) >> 11) * 0x1p-53;
    return sum;
}

/* Three clouds around corners, half as wide as they are apart. */
static void
make(struct data *d)
{
    uint64_t draw = 0;

    for (int i = 0; i < N; i++) {
        d->label[i] = i % K;
        d->print[i] = (uint64_t)i;
        for (int l = 0; l < D; l++)
            d->vec[i * D + l] =
                (float)(0.7 * normal(&draw) + (l == i % K ? 1 : 0) + 0.3);
    }
}

static struct trainer *
train(const struct data *d, const struct trainer_opt *opt)
{
    struct trainer_set set = { d->vec, N, D, d->label, K, d->print, NULL };

    return trainer_run(&set, opt);
}

static int
same(const struct trainer *a, const struct trainer *b)
{
    return a->c == b->c && a->temperature == b->temperature && a->loss == b->loss &&
           memcmp(a->weights, b->weights, K * D * sizeof(float)) == 0 &&
           memcmp(a->bias, b->bias, K * sizeof(float)) == 0 &&
           memcmp(a->held, b->held, N * K * sizeof(float)) == 0 &&
           memcmp(a->curve, b->curve, sizeof a->curve) == 0;
}

static double
right(const struct data *d, const struct trainer *t)
{
    double n = 0;

    for (int i = 0; i < N; i++) {
        int best = 0;
        double z[K];
        for (int k = 0; k < K; k++) {
            z[k] = (double)t->bias[k];
            for (int l = 0; l < D; l++)
                z[k] += (double)t->weights[k * D + l] * (double)d->vec[i * D + l];
            best = z[k] > z[best] ? k : best;
        }
        n += best == d->label[i];
    }
    return n / N;
}

static void
test_run(const struct data *d)
{
    struct pool *pool = pool_new(3);
    struct trainer_opt opt = { .folds = 5, .curve = 1 },
                       seed = { .folds = 5, .seed = 1 };
    struct trainer *a = train(d, &opt), *b, *c;

    opt.pool = pool;
    b = train(d, &opt);
    c = train(d, &seed);
    tap_ok(a->converged && right(d, a) > 0.7 &&
               fabs(right(d, a) - a->grid[a->best].right) < 0.05,
           "clouds: %.3f right, %.3f held out, C %g, T %g", right(d, a),
           a->grid[a->best].right, a->c, a->temperature);
    tap_ok(same(a, b), "three threads, the same bits");
    tap_ok(memcmp(a->held, c->held, N * K * sizeof(float)) != 0,
           "another seed, others folds");
    tap_ok(a->n_curve == TRAINER_SHARES && a->curve[0].rows < a->curve[1].rows &&
               a->curve[4].rows == N * 0.8 &&
               a->curve[4].right == a->grid[a->best].right,
           "the curve ends where the grid's best is");
    trainer_free(a);
    trainer_free(b);
    trainer_free(c);
    pool_free(pool);
}

/* Balanced weights are those of a set where the rare label is repeated. */
static void
test_balance(const struct data *d)
{
    static struct data few;
    struct trainer_opt opt = { .c = 1, .folds = 2, .balance = 1 };
    struct trainer_set set = { few.vec, 0, D, few.label, 2, few.print, NULL };
    struct trainer *a, *b;
    double rare[2] = { 0 };

    for (int i = 0; i < N; i++) { /* label 1 loses nine of ten */
        if (i % K == 2 || (i % K == 1 && i % 10 != 0))
            continue;
        memcpy(few.vec + set.n * D, d->vec + i * D, D * sizeof(float));
        few.label[set.n] = i % K;
        few.print[set.n++] = (uint64_t)i;
    }
    a = trainer_run(&set, &opt);
    opt.balance = 0;
    b = trainer_run(&set, &opt);
    for (size_t i = 0; i < set.n; i++) {
        rare[0] += a->held[2 * i + 1] > 0.5f;
        rare[1] += b->held[2 * i + 1] > 0.5f;
    }
    tap_ok(rare[0] > 1.5 * rare[1],
           "balanced: the rare label is given %g times, not %g", rare[0], rare[1]);
    trainer_free(a);
    trainer_free(b);
}

/* Rows of the same print are in one fold: what was seen is not asked for. */
static void
test_twins(void)
{
    static struct data d;
    struct trainer_opt opt = { .c = 100, .folds = 5 };
    struct trainer *t;
    uint64_t draw = 7;

    for (int i = 0; i < N; i += 2) { /* noise, each row twice, labels by chance */
        for (int l = 0; l < D; l++)
            d.vec[i * D + l] = d.vec[(i + 1) * D + l] = (float)normal(&draw);
        d.label[i] = d.label[i + 1] = (int32_t)(num_mix((uint64_t)i) % K);
        d.print[i] = d.print[i + 1] = num_mix(~(uint64_t)i);
    }
    t = train(&d, &opt);
    tap_ok(t->grid[0].right < 0.42, "noise stays noise: %.3f right of 3 labels",
           t->grid[0].right);
    trainer_free(t);
}

/* The same rows as sparse ones: the same head, to the three decimals that are kept. */
static void
test_sparse(const struct data *d)
{
    static struct logit_sparse row[N];
    static int32_t column[D];
    static double value[N * D];
    struct pool *pool = pool_new(3);
    struct trainer_opt opt = { .folds = 5, .curve = 1 };
    struct trainer_set set = { NULL, N, D, d->label, K, d->print, row };
    struct trainer *a = train(d, &opt), *b, *c;
    double most = 0;

    opt.pool = pool;
    for (int i = 0; i < N; i++) {
        row[i] = (struct logit_sparse){ column, value + i * D, D };
        for (int l = 0; l < D; l++) {
            column[l] = l;
            value[i * D + l] = (double)d->vec[i * D + l];
        }
    }
    b = trainer_run(&set, &opt);
    opt.pool = NULL;
    c = trainer_run(&set, &opt);
    for (int i = 0; i < K * D; i++)
        most = fmax(most, fabs((double)(a->weights[i] - b->weights[i])));
    tap_ok(b->converged && b->c == a->c && b->temperature == a->temperature &&
               most > 1e-6 && most < 5.1e-4,
           "sparse rows: weights off by %.1e", most);
    tap_ok(same(b, c), "three threads, the same bits");
    trainer_free(a);
    trainer_free(b);
    trainer_free(c);
    pool_free(pool);
}

static void
test_temperature(void)
{
    struct goldlearn g;

    goldlearn_open(&g);
    while (goldlearn_next(&g, "temperature")) {
        size_t n, k = (size_t)goldlearn_number(&g, "k");
        double *z = goldlearn_list(&g, "z", &n), want = goldlearn_number(&g, "T"), t;
        int32_t *label = jfloats_ids(&g.j, "label", &n);
        t = trainer_temperature(z, label, n, k);
        tap_ok(fabs(t / want - 1) < 0.006, "temperature %g, scipy's %.4f", t, want);
        free(z);
        free(label);
    }
    goldlearn_close(&g);
}

int
main(void)
{
    static struct data d;

    make(&d);
    test_run(&d);
    test_balance(&d);
    test_twins();
    test_sparse(&d);
    test_temperature();
    return tap_done();
}
