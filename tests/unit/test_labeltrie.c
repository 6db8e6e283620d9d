/* test_labeltrie.c - labels as a tree of tokens, by brute force */
#include "infer/labeltrie.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "tap.h"

#define LABELS 60
#define LONG   6

static uint64_t seed = 1;

static uint32_t
draw(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

/* The log-probability of a token behind others, whatever tree they are in. */
static float
logp_of(const int32_t *id, size_t n)
{
    uint64_t h = 1;

    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint64_t)(id[i] + 1)) * 0x9e3779b97f4a7c15u;
    return -(float)(h >> 40) / 4e6f;
}

/* The tokens from the root to a node. */
static size_t
path_of(const struct labeltrie *t, uint32_t node, int32_t *id)
{
    size_t n = t->depth[node];

    for (size_t i = n; i > 0; i--, node = t->parent[node])
        id[i - 1] = t->token[node];
    return n;
}

static int
is_tree(const struct labeltrie *t)
{
    size_t run = 0, good = t->token[0] == -1 && t->first[t->n_node] == t->n_node;

    for (uint32_t i = 1; i < t->n_node; i++) {
        good &= t->parent[i] < i && t->depth[i] == t->depth[t->parent[i]] + 1 &&
                t->depth[i] >= t->depth[i - 1] && t->first[t->parent[i]] <= i &&
                i < t->first[t->parent[i] + 1];
        if (t->first[i + 1] > t->first[i])
            good &= run < t->n_run && t->run[run++] == i;
        for (uint32_t k = t->first[i] + 1; k < t->first[i + 1]; k++)
            good &= t->token[k] != t->token[k - 1];
    }
    return good && run == t->n_run;
}

static double
check_fit(const struct labeltrie *t, const struct labeltrie_label *label, size_t n,
          int32_t end)
{
    float logp[LABELS * (LONG + 1) + 1] = { 0 }, fit[LABELS];
    double want[LABELS], best = -INFINITY, worst = 0;
    int32_t id[LONG + 1];
    struct err e;

    for (uint32_t i = 1; i < t->n_node; i++)
        logp[i] = logp_of(id, path_of(t, i, id));
    for (size_t i = 0; i < n; i++) {
        double x = 0;
        memcpy(id, label[i].id, label[i].n * sizeof *id);
        id[label[i].n] = end;
        for (size_t k = 1; k <= label[i].n + (end >= 0); k++)
            x += (double)logp_of(id, k);
        best = fmax(best, want[i] = x);
    }
    if (labeltrie_fit(t, logp, fit, &e))
        return 1;
    for (size_t i = 0; i < n; i++)
        worst = fmax(worst, fabs((double)fit[i] - (want[i] - best)));
    return worst;
}

static void
test_random(void)
{
    static int32_t id[LABELS][LONG];
    struct labeltrie_label label[LABELS];
    int good = 0, made = 0;
    double worst = 0;
    struct err e;

    for (int round = 0; round < 400; round++) {
        size_t n = 1 + draw(LABELS);
        int32_t end = draw(2) ? 9 : -1;
        struct labeltrie *t;
        for (size_t i = 0; i < n; i++) {
            label[i] = (struct labeltrie_label){ id[i], 1 + draw(LONG) };
            for (size_t k = 0; k < LONG; k++)
                id[i][k] = (int32_t)draw(round % 8 + 1);
        }
        if ((t = labeltrie_make(label, n, end, &e)) == NULL)
            continue;
        made++;
        good += is_tree(t) && t->n_label == n;
        worst = fmax(worst, check_fit(t, label, n, end));
        labeltrie_free(t);
    }
    tap_ok(good == made && made > 50, "%d of %d are trees", good, made);
    tap_ok(worst < 2e-6, "log-probabilities differ by %g at most", worst);
}

static void
test_refused(void)
{
    static const int32_t a[] = { 1, 2, 3 }, b[] = { 1, 2, 4 }, bad[] = { 1, -1 };
    static const struct {
        struct labeltrie_label label[3];
        size_t n;
        int32_t end;
        const char *why; /* NULL: made */
    } cases[] = {
        { { { a, 3 }, { b, 3 } }, 2, -1, NULL },
        { { { a, 3 }, { b, 2 } }, 2, 9, NULL },
        { { { a, 3 }, { b, 2 } }, 2, -1, "label 2 is the beginning of label 1" },
        { { { a, 3 }, { b, 3 }, { a, 3 } }, 3, 9, "labels " },
        { { { a, 2 }, { b, 2 } }, 2, 9, "labels " },
        { { { a, 3 }, { b, 0 } }, 2, 9, "label 2 has no tokens" },
        { { { a, 3 }, { b, 3 } }, 2, 4, "label 2 has no tokens, or" },
        { { { bad, 2 } }, 1, 9, "label 1 has" },
        { { { a, 3 } }, 0, 9, "0 labels" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = { 0 };
        struct labeltrie *t =
            labeltrie_make(cases[i].label, cases[i].n, cases[i].end, &e);
        if (cases[i].why)
            tap_ok(t == NULL && e.code == ERR_USAGE && strstr(e.msg, cases[i].why),
                   "%s", e.msg);
        else
            tap_ok(t && is_tree(t), "made %s", e.msg);
        labeltrie_free(t);
    }
}

/* Far below the others, or nothing finite. */
static void
test_extremes(void)
{
    static const int32_t id[] = { 1, 2 };
    static const struct labeltrie_label label[] = { { id, 1 }, { id + 1, 1 } };
    float logp[3] = { 0, -INFINITY, -1 }, fit[2];
    struct err e = { 0 };
    struct labeltrie *t = labeltrie_make(label, 2, -1, &e);

    tap_ok(labeltrie_fit(t, logp, fit, &e) == 0 && fit[0] < -1e29f &&
               isfinite(fit[0]) && fit[1] == 0,
           "one that cannot be");
    logp[1] = NAN;
    tap_ok(labeltrie_fit(t, logp, fit, &e) && e.code == ERR_NAN, "NaN: %s", e.msg);
    logp[1] = logp[2] = -INFINITY;
    tap_ok(labeltrie_fit(t, logp, fit, &e) && e.code == ERR_NAN, "none can be");
    labeltrie_free(t);
}

int
main(void)
{
    test_random();
    test_refused();
    test_extremes();
    return tap_done();
}
