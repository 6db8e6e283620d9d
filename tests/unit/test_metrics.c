/* test_metrics.c - measures of labels against scikit-learn's and scipy's */
#include "learn/metrics.h"

#include <math.h>

#include "goldlearn.h"
#include "tap.h"

#define NEAR(x, y) (fabs((x) - (y)) < 1e-12)

static int
label_is_right(const struct goldlearn *g, const struct metrics_counts *m, size_t i)
{
    struct metrics_label l = metrics_label(m, i);
    size_t n;
    double *p = goldlearn_list(g, "precision", &n),
           *r = goldlearn_list(g, "recall", &n), *f = goldlearn_list(g, "f1", &n);
    int ok = NEAR(l.precision, p[i]) && NEAR(l.recall, r[i]) && NEAR(l.f1, f[i]);

    free(p);
    free(r);
    free(f);
    return ok;
}

static void
test_labels(const struct goldlearn *g)
{
    size_t n, k = (size_t)goldlearn_number(g, "k");
    int32_t *gold = jfloats_ids(&g->j, "gold", &n),
            *pred = jfloats_ids(&g->j, "pred", &n);
    struct metrics_counts *m = metrics_counts_new(k);
    struct metrics_range r;
    int ok = 1;

    for (size_t i = 0; i < n; i++)
        metrics_add(m, (size_t)gold[i], (size_t)pred[i]);
    for (size_t i = 0; i < k; i++)
        ok &= label_is_right(g, m, i);
    tap_ok(NEAR(metrics_accuracy(m), goldlearn_number(g, "accuracy")) &&
               NEAR(metrics_macro_f1(m), goldlearn_number(g, "macro_f1")) && ok,
           "%zu records, %zu labels: accuracy %.4f, macro F1 %.4f", n, k,
           metrics_accuracy(m), metrics_macro_f1(m));
    r = metrics_bootstrap_f1(gold, pred, n, k);
    tap_ok(r.low <= metrics_macro_f1(m) && r.high >= metrics_macro_f1(m) &&
               r.low >= 0 && r.high <= 1,
           "bootstrap: %.3f to %.3f", r.low, r.high);
    metrics_counts_free(m);
    free(gold);
    free(pred);
}

/* Of 400 records with accuracy p in each of two labels, macro F1 is about the
 * accuracy: the percentiles must be about where the normal distribution has them. */
static void
test_bootstrap(void)
{
    int32_t gold[400], pred[400];
    struct metrics_range r;

    for (int i = 0; i < 400; i++) {
        gold[i] = i % 2;
        pred[i] = i % 10 < 8 ? gold[i] : !gold[i];
    }
    r = metrics_bootstrap_f1(gold, pred, 400, 2);
    tap_ok(fabs(r.low - (0.8 - 1.96 * 0.02)) < 0.006 &&
               fabs(r.high - (0.8 + 1.96 * 0.02)) < 0.006,
           "bootstrap of 0.8 in 400: %.4f to %.4f", r.low, r.high);
}

static void
test_no_label(void)
{
    struct metrics_counts *m = metrics_counts_new(2);

    metrics_add(m, 0, 0);
    metrics_add(m, 0, 2);
    metrics_add(m, 1, 2);
    tap_ok(NEAR(metrics_accuracy(m), 1.0 / 3) &&
               NEAR(metrics_label(m, 0).recall, 0.5) &&
               metrics_label(m, 1).support == 1 && metrics_label(m, 1).f1 == 0,
           "a record without a label is wrong");
    metrics_clear(m);
    tap_ok(metrics_accuracy(m) == 0 && metrics_macro_f1(m) == 0, "nothing is 0");
    metrics_counts_free(m);
}

static void
test_ece(const struct goldlearn *g)
{
    size_t n;
    float *score = jfloats_list(&g->j, "score", &n);
    int32_t *right = jfloats_ids(&g->j, "right", &n);
    unsigned char bit[1000];

    for (size_t i = 0; i < n; i++)
        bit[i] = (unsigned char)right[i];
    tap_ok(fabs(metrics_ece(score, bit, n) - goldlearn_number(g, "ece")) < 1e-7,
           "calibration error of %zu: %.4f", n, metrics_ece(score, bit, n));
    free(score);
    free(right);
}

int
main(void)
{
    struct goldlearn g;

    goldlearn_open(&g);
    while (goldlearn_next(&g, "labels"))
        test_labels(&g);
    goldlearn_close(&g);
    goldlearn_open(&g);
    while (goldlearn_next(&g, "wilson")) {
        uint64_t k = (uint64_t)goldlearn_number(&g, "right"),
                 n = (uint64_t)goldlearn_number(&g, "n");
        struct metrics_range r = metrics_wilson(k, n);
        tap_ok(NEAR(r.low, goldlearn_number(&g, "low")) &&
                   NEAR(r.high, goldlearn_number(&g, "high")),
               "Wilson, %d of %d: %.4f to %.4f", (int)k, (int)n, r.low, r.high);
    }
    goldlearn_close(&g);
    goldlearn_open(&g);
    while (goldlearn_next(&g, "ece"))
        test_ece(&g);
    goldlearn_close(&g);
    test_bootstrap();
    test_no_label();
    return tap_done();
}
