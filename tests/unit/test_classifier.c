/* test_classifier.c - labels by likeness: probabilities, ties, chunks, refusals */
#include "infer/classifier.h"

#include <math.h>
#include <string.h>

#include "pulled.h"
#include "tap.h"

#define TINY "tests/golden/tiny-bert/f32"

static const struct classifier_label three[] = {
    { STR("login"), STR("session opened for user") },
    { STR("failure"), STR("error connection failed") },
    { STR("port"), { "", 0 } },
};

static struct labeler *
open_labels(const char *dir, const struct classifier_label *label, size_t n, float t,
            struct err *e)
{
    struct classifier_opt opt = { .embed = { .session = { .dir = dir } },
                                  .label = label,
                                  .n_label = n,
                                  .temperature = t };

    return classifier_open(&opt, e);
}

static struct labeler *
must_open(const char *dir, float t)
{
    struct err e;
    struct labeler *c = open_labels(dir, three, 3, t, &e);

    if (c == NULL) {
        fprintf(stderr, "%s\n", e.msg);
        exit(1);
    }
    return c;
}

static void
run(const struct labeler *c, const struct str *text, size_t n, float *prob)
{
    struct labeler_work w = { 0 };
    struct embedder_info info[16];

    labeler_run(c, &w, text, n, prob, info);
    labeler_work_release(&w);
}

/* A description as text is nearest to itself; rows are distributions. */
static void
test_own(void)
{
    struct labeler *c = must_open(TINY, 0);
    struct str text[] = { STR("session opened for user"),
                          STR("error connection failed"), STR("port") };
    float p[9];

    run(c, text, 3, p);
    for (size_t i = 0; i < 3; i++) {
        float sum = p[3 * i] + p[3 * i + 1] + p[3 * i + 2];
        tap_ok(labeler_best(c, p + 3 * i) == i && fabsf(sum - 1) < 1e-6f,
               "'%.*s' is label '%.*s' with %.3f", (int)text[i].n, text[i].p,
               (int)c->name[i].n, c->name[i].p, (double)p[4 * i]);
    }
    labeler_close(c);
}

/* Temperature changes the scores and not the order; softmax(cos/T) by hand. */
static void
test_temperature(void)
{
    struct labeler *soft = must_open(TINY, 0.5f), *sharp = must_open(TINY, 0.1f);
    struct str text = STR("password for root");
    float p[3], q[3];
    double worst = 0;

    run(soft, &text, 1, p);
    run(sharp, &text, 1, q);
    for (int i = 1; i < 3; i++) /* log odds are cosine differences / T */
        worst = fmax(worst,
                     fabs(log((double)(q[i] / q[0])) - 5 * log((double)(p[i] / p[0]))));
    tap_ok(worst < 1e-4, "log odds grow by 1 / T: off by %.1e", worst);
    tap_ok(labeler_best(soft, p) == labeler_best(sharp, q), "the same label");
    labeler_close(soft);
    labeler_close(sharp);
}

static void
test_tie(void)
{
    static const struct classifier_label same[] = { { STR("a"), STR("the error") },
                                                    { STR("b"), STR("user") },
                                                    { STR("c"), STR("user") } };
    struct str text = STR("user");
    struct err e;
    struct labeler *c = open_labels(TINY, same, 3, 0, &e);
    float p[3] = { 0 };

    run(c, &text, 1, p);
    tap_ok(p[1] == p[2] && labeler_best(c, p) == 1, "of equal labels the first");
    labeler_close(c);
}

/* Chunks: the mean of log-probabilities, weighted and normalized again. 45 letters are
 * chunks of 23 and 22. */
static void
test_chunks(void)
{
    static const char letters[] = "a b c d e f g h i j k l m n o p q r s t u v w x y z "
                                  "a b c d e f g h i j k l m n "
                                  "o p q r s ";
    struct str text[] = { { letters, 90 }, { letters, 46 }, { letters + 46, 44 } };
    struct labeler *c = must_open(TINY, 0.2f);
    double want[3], sum = 0, worst = 0;
    float p[9];

    run(c, text, 3, p);
    for (int i = 0; i < 3; i++)
        sum += want[i] =
            exp((23 * log((double)p[3 + i]) + 22 * log((double)p[6 + i])) / 45);
    for (int i = 0; i < 3; i++)
        worst = fmax(worst, fabs(want[i] / sum - (double)p[i]));
    tap_ok(worst < 1e-5, "two chunks: off by %.1e", worst);
    labeler_close(c);
}

static void
test_refused(void)
{
    static const struct classifier_label twice[] = { { STR("a"), { "", 0 } },
                                                     { STR("a"), STR("x") } };
    static const struct classifier_label empty[] = { { { "", 0 }, STR("x") } };
    struct err e = { 0 };

    tap_ok(!open_labels(TINY, twice, 2, 0, &e) && e.code == ERR_USAGE, "%s", e.msg);
    tap_ok(!open_labels(TINY, empty, 1, 0, &e) && e.code == ERR_USAGE, "%s", e.msg);
    tap_ok(!open_labels(TINY, three, 0, 0, &e) && e.code == ERR_USAGE, "%s", e.msg);
    tap_ok(!open_labels(TINY, three, 3, -1, &e) && e.code == ERR_USAGE, "%s", e.msg);
    tap_ok(!open_labels(TINY, three, 3, NAN, &e) && e.code == ERR_USAGE, "%s", e.msg);
    tap_ok(!open_labels("/nonexistent", three, 3, 0, &e) && e.code == ERR_MODEL, "%s",
           e.msg);
}

/* Every level gives the bits of ref. */
static void
test_levels(const char *dir, const char *name)
{
    struct str text[] = { STR("Failed password for root from 10.0.0.1 port 22"),
                          STR("") };
    float ref[6], p[6];

    for (int level = CPU_REF; level <= (int)cpu_detect(); level++) {
        struct labeler *c;
        setenv("TEXTMILL_ISA", cpu_name((enum cpu_level)level), 1);
        c = must_open(dir, 0);
        run(c, text, 2, level == CPU_REF ? ref : p);
        if (level != CPU_REF)
            tap_ok(memcmp(p, ref, sizeof p) == 0, "%s: %s gives the bits of ref", name,
                   cpu_name((enum cpu_level)level));
        labeler_close(c);
    }
    unsetenv("TEXTMILL_ISA");
}

int
main(void)
{
    char dir[4096];

    test_own();
    test_temperature();
    test_tie();
    test_chunks();
    test_refused();
    test_levels(TINY, "tiny");
    if (pulled("minilm", dir, sizeof dir))
        test_levels(dir, "minilm");
    else
        tap_skip("minilm", "not pulled");
    return tap_done();
}
