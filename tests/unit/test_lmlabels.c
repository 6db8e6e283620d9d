/* test_lmlabels.c - labels by a language model: the formula, the same bits in any
 * company, long texts, mistakes. What the model says of a label is held against the
 * network in test_generator. */
#include "infer/lmlabels.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "infer/choices.h"
#include "tap.h"

#define MODEL  "tests/golden/tiny-lm"
#define TEXTS  5
#define LABELS 3

static char longer[3000];
static const struct str text[TEXTS] = { STR("Why is the sky blue?"),
                                        STR(""),
                                        STR("Hi"),
                                        { longer, sizeof longer },
                                        STR("a\nb \xe2\x80\x94") };
static const struct classifier_label label[LABELS] = { { STR("good"), STR("") },
                                                       { STR("bad"), STR("very bad") },
                                                       { STR("so"), STR("") } };
static const struct str blank[] = { STR(""), STR("N/A") };

static struct lmlabels_opt
options(const struct lm *m)
{
    return (struct lmlabels_opt){ .lm = m,
                                  .label = label,
                                  .n = LABELS,
                                  .head = STR("Text: "),
                                  .tail = STR("\nKind:"),
                                  .blank = blank,
                                  .n_blank = 2,
                                  .overlong = OVERLONG_TRUNCATE };
}

static void
run(const struct lmlabels_opt *opt, size_t step, float *prob,
    struct embedder_info *info)
{
    struct labeler_work w = { 0 };
    struct err e = { 0 };
    struct labeler *l = lmlabels_open(opt, &e);

    if (tap_ok(l != NULL, "opened %s", e.msg))
        for (size_t i = 0; i < TEXTS; i += step)
            labeler_run(l, &w, text + i, step, prob + i * LABELS, info + i);
    labeler_work_release(&w);
    labeler_close(l);
}

/* What an asker says of the prompt itself */
static void
ask(const struct lm *m, struct labeltrie *t, struct str user, float *fit)
{
    struct asker_opt o = { .lm = m, .overlong = OVERLONG_ERROR };
    struct asker_work w = { 0 };
    struct generator_answer a;
    struct asker_info info;
    struct err e = { 0 };
    struct asker *asker;

    o.generator = (struct generator_opt){ .max_tokens = 1,
                                          .sample = SAMPLE_OPT_INIT,
                                          .labels = t };
    asker = asker_open(&o, &e);
    asker_run(asker, &w, &user, 1, &a, &info);
    memcpy(fit, a.fit, LABELS * sizeof *fit);
    asker_close(asker);
    asker_work_release(&w);
}

static void
test_formula(const struct lm *m, float temperature)
{
    static const struct str follow[] = { STR(" good"), STR(" very bad"), STR(" so") };
    struct choices_opt c = { .lm = m, .text = follow, .n = LABELS, .end = -1 };
    struct lmlabels_opt opt = options(m);
    float prob[TEXTS * LABELS], fit[LABELS], none[LABELS], na[LABELS];
    struct embedder_info info[TEXTS];
    struct err e = { 0 };
    struct labeltrie *t;
    double want[LABELS], sum = 0, off = 0;

    c.before = opt.tail;
    t = choices_make(&c, &e);
    opt.temperature = temperature;
    run(&opt, TEXTS, prob, info);
    ask(m, t, STR("Text: Hi\nKind:"), fit);
    ask(m, t, STR("Text: \nKind:"), none);
    ask(m, t, STR("Text: N/A\nKind:"), na);
    for (size_t i = 0; i < LABELS; i++)
        sum += want[i] = exp(((double)fit[i] - 0.5 * (double)(none[i] + na[i])) /
                             (double)temperature);
    for (size_t i = 0; i < LABELS; i++)
        off = fmax(off, fabs(want[i] / sum - (double)prob[2 * LABELS + i]));
    tap_ok(off < 1e-5, "within %.1e at temperature %g", off, (double)temperature);
    labeltrie_free(t);
}

/* Alone, among others, on a warm and a cold labeler, with both ends or without */
static void
test_same(const struct lm *m)
{
    static const struct str whole[] = { STR("Text: \nKind:"), STR("Text: N/A\nKind:") };
    struct lmlabels_opt opt = options(m);
    float all[TEXTS * LABELS], one[TEXTS * LABELS], hi[LABELS];
    struct embedder_info info[TEXTS], alone[TEXTS], hi_info;
    struct labeler_work w = { 0 };
    struct str prompt = STR("Text: Hi\nKind:");
    struct err e = { 0 };
    struct labeler *l;

    run(&opt, TEXTS, all, info);
    opt.slots = 1;
    run(&opt, 1, one, alone);
    tap_ok(memcmp(all, one, sizeof all) == 0, "the same bits alone");
    tap_ok(info[3].how == OVERLONG_TRUNCATE && info[3].kept < info[3].tokens &&
               info[3].kept > 200,
           "%zu of %zu tokens kept", info[3].kept, info[3].tokens);
    opt.whole = 1;
    opt.blank = whole;
    if (tap_ok((l = lmlabels_open(&opt, &e)) != NULL, "whole prompts %s", e.msg))
        labeler_run(l, &w, &prompt, 1, hi, &hi_info);
    tap_ok(memcmp(hi, all + 2 * LABELS, sizeof hi) == 0, "the same bits as a prompt");
    labeler_count(l, &w, &prompt, 1, &hi_info);
    tap_ok(hi_info.tokens == info[2].tokens, "counted as run");
    labeler_close(l);
    labeler_work_release(&w);
}

/* What is cut off a long text is not what follows it. */
static void
test_long(const struct lm *m)
{
    struct lmlabels_opt opt = options(m);
    float first[TEXTS * LABELS], second[TEXTS * LABELS];
    struct embedder_info info[TEXTS];
    struct err e = { 0 };

    run(&opt, TEXTS, first, info);
    opt.tail = STR("\nSort:");
    run(&opt, TEXTS, second, info);
    tap_ok(memcmp(first + 3 * LABELS, second + 3 * LABELS, LABELS * sizeof *first) != 0,
           "the tail is read behind a text that was cut");
    opt.overlong = OVERLONG_SKIP;
    run(&opt, TEXTS, first, info);
    tap_ok(info[3].how == OVERLONG_SKIP && info[3].kept == 0 &&
               first[3 * LABELS] == 0 && info[0].kept > 0,
           "skipped");
    opt.overlong = OVERLONG_ERROR;
    run(&opt, TEXTS, first, info);
    tap_ok(info[3].code == ERR_OVERLONG && info[4].code == ERR_NONE, "refused");
    opt.head = (struct str){ longer, sizeof longer };
    tap_ok(lmlabels_open(&opt, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
}

static void
test_mistakes(const struct lm *m)
{
    struct classifier_label twice[] = { { STR("a"), STR("x") },
                                        { STR("a"), STR("y") } };
    struct lmlabels_opt opt = options(m);
    struct err e = { 0 };

    opt.label = twice;
    opt.n = 2;
    tap_ok(lmlabels_open(&opt, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
    twice[1] = (struct classifier_label){ STR("b"), STR("x") };
    tap_ok(lmlabels_open(&opt, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
    opt.n = 0;
    tap_ok(lmlabels_open(&opt, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
    opt = options(m);
    opt.temperature = -1;
    tap_ok(lmlabels_open(&opt, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
}

int
main(void)
{
    struct lm_opt o = { .path = MODEL, .chat = { .raw = 1 } };
    struct err e;
    struct lm *m = lm_open(&o, &e);

    memset(longer, 'x', sizeof longer);
    if (tap_ok(m != NULL, "%s", m ? MODEL : e.msg)) {
        test_formula(m, 1);
        test_formula(m, 0.5f);
        test_same(m);
        test_long(m);
        test_mistakes(m);
    }
    lm_close(m);
    return tap_done();
}
