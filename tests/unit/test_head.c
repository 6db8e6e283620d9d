/* test_head.c - trained heads: numbers, chunks, levels, models that do not fit */
#include "infer/head.h"

#include <math.h>

#include "base/mem.h"
#include "tap.h"

#define TINY "tests/golden/tiny-bert/f32"
#define D    32

static float weights[3 * D], bias[3] = { 0.25f, -1, 0 };
static struct str names[] = { STR("x"), STR("y"), STR("z") };

static struct headfile
make_file(void)
{
    struct headfile h = { .base = "tiny",
                          .precision = "f32",
                          .n_label = 3,
                          .dim = D,
                          .label = names,
                          .temperature = 2,
                          .bias = bias,
                          .weights = weights };
    struct session_opt opt = { .dir = TINY };
    struct err e;
    struct session *s = session_open(&opt, &e);

    for (int i = 0; i < 3 * D; i++)
        weights[i] = (float)((i * 37 % 19) - 9) / 3;
    session_sha(s, h.sha);
    session_close(s);
    return h;
}

static struct labeler *
must_open(const struct headfile *file)
{
    struct head_opt opt = { .embed = { .session = { .dir = TINY } }, .file = file };
    struct err e;
    struct labeler *l = head_open(&opt, &e);

    if (l == NULL) {
        fprintf(stderr, "%s\n", e.msg);
        exit(1);
    }
    return l;
}

static void
run(const struct labeler *l, const struct str *text, size_t n, float *prob)
{
    struct labeler_work w = { 0 };
    struct embedder_info info[16];

    labeler_run(l, &w, text, n, prob, info);
    labeler_work_release(&w);
}

/* softmax((W v + b) / T) in double, of the embedder's vector. */
static void
test_numbers(const struct headfile *file)
{
    struct labeler *l = must_open(file);
    struct embedder_work w = { 0 };
    struct embedder_info info;
    struct str text = STR("session opened for user");
    double z[3], sum = 0, worst = 0;
    float v[D], p[3];

    run(l, &text, 1, p);
    embedder_run(l->embedder, &w, &text, 1, v, &info);
    for (int k = 0; k < 3; k++) {
        z[k] = (double)bias[k];
        for (int i = 0; i < D; i++)
            z[k] += (double)weights[k * D + i] * (double)v[i];
        sum += z[k] = exp(z[k] / 2);
    }
    for (int k = 0; k < 3; k++)
        worst = fmax(worst, fabs(z[k] / sum - (double)p[k]));
    tap_ok(worst < 1e-6, "softmax((W v + b) / T): off by %.1e", worst);
    embedder_work_release(&w);
    labeler_close(l);
}

/* As in test_classifier.c: 45 letters are chunks of 23 and 22. */
static void
test_chunks(const struct headfile *file)
{
    static const char letters[] = "a b c d e f g h i j k l m n o p q r s t u v w x y z "
                                  "a b c d e f g h i j k l m n "
                                  "o p q r s ";
    struct str text[] = { { letters, 90 }, { letters, 46 }, { letters + 46, 44 } };
    struct labeler *l = must_open(file);
    double want[3], sum = 0, worst = 0;
    float p[9];

    run(l, text, 3, p);
    for (int i = 0; i < 3; i++)
        sum += want[i] =
            exp((23 * log((double)p[3 + i]) + 22 * log((double)p[6 + i])) / 45);
    for (int i = 0; i < 3; i++)
        worst = fmax(worst, fabs(want[i] / sum - (double)p[i]));
    tap_ok(worst < 1e-5, "two chunks: off by %.1e", worst);
    labeler_close(l);
}

static void
test_levels(const struct headfile *file)
{
    struct str text[] = { STR("Failed password for root from 10.0.0.1"), STR("") };
    float ref[6], p[6];

    for (int level = CPU_REF; level <= (int)cpu_detect(); level++) {
        struct labeler *l;
        setenv("TEXTMILL_ISA", cpu_name((enum cpu_level)level), 1);
        l = must_open(file);
        run(l, text, 2, level == CPU_REF ? ref : p);
        if (level != CPU_REF)
            tap_ok(memcmp(p, ref, sizeof p) == 0, "%s gives the bits of ref",
                   cpu_name((enum cpu_level)level));
        labeler_close(l);
    }
    unsetenv("TEXTMILL_ISA");
}

static void
refuse(const struct headfile *file, float t, enum err_code code)
{
    struct head_opt opt = { .embed = { .session = { .dir = TINY } },
                            .file = file,
                            .temperature = t };
    struct err e = { 0 };

    tap_ok(head_open(&opt, &e) == NULL && e.code == code, "%s", e.msg);
}

int
main(void)
{
    struct headfile file = make_file(), other = file;
    struct labeler *l = must_open(&file);

    tap_ok(strcmp(session_precision(embedder_session(l->embedder)), "f32") == 0,
           "the head's own precision");
    labeler_close(l);
    test_numbers(&file);
    test_chunks(&file);
    test_levels(&file);
    other.sha[5] ^= 1;
    refuse(&other, 0, ERR_MODEL);
    other = file;
    other.dim = D - 1;
    refuse(&other, 0, ERR_MODEL);
    other = file;
    memcpy(other.precision, "f99", 4);
    refuse(&other, 0, ERR_MODEL);
    refuse(&file, -1, ERR_USAGE);
    return tap_done();
}
