/* test_scorer.c - the same numbers for a text alone and among others; cut and odd
 * texts. The numbers themselves are compared in tests/tools/score.bats. */
#include "infer/scorer.h"

#include <string.h>

#include "base/mem.h"
#include "tap.h"

#define MODEL "tests/golden/tiny-lm"
#define TEXTS 150 /* more than a pass has room for */

static char space[TEXTS][400];
static struct str text[TEXTS];

/* From nothing to beyond the model's 256 tokens */
static void
make_texts(void)
{
    for (size_t i = 0; i < TEXTS; i++) {
        size_t n = i * 53 % 400;

        for (size_t k = 0; k < n; k++)
            space[i][k] = k % 7 == 3 ? ' ' : (char)('a' + (i + k * k) % 26);
        text[i] = (struct str){ space[i], n };
    }
}

static int
same(const struct scorer_info *a, const struct scorer_info *b)
{
    return a->code == b->code && a->how == b->how && a->tokens == b->tokens &&
           a->kept == b->kept && a->foretold == b->foretold &&
           memcmp(&a->mean_nll, &b->mean_nll, sizeof a->mean_nll) == 0;
}

static void
test_alone(const struct lm *m, const struct scorer_opt *opt)
{
    struct scorer_work w = { 0 }, other = { 0 };
    struct scorer_opt many = { .overlong = opt->overlong };
    static struct scorer_info all[TEXTS], counted[TEXTS];
    struct scorer_info one;
    size_t equal = 0, agree = 0, cut = 0, none = 0;

    scorer_run(m, opt, &w, text, TEXTS, all);
    scorer_count(m, opt, &w, text, TEXTS, counted);
    for (size_t i = 0; i < TEXTS; i++) {
        scorer_run(m, &many, &other, &text[TEXTS - 1 - i], 1, &one);
        equal += same(&one, &all[TEXTS - 1 - i]);
        counted[i].mean_nll = all[i].mean_nll;
        agree += same(&counted[i], &all[i]);
        cut += all[i].how == OVERLONG_TRUNCATE && all[i].kept == m->n_ctx;
        none += all[i].foretold == 0;
    }
    tap_ok(equal == TEXTS, "%zu of %d texts: alone as among %zu at once", equal, TEXTS,
           opt->room ? slots_count(opt->room) : SCORER_SLOTS);
    tap_ok(agree == TEXTS, "%zu of %d: counted as run", agree, TEXTS);
    tap_ok(cut > 0 && none > 0, "%zu were cut, %zu had nothing to foretell", cut, none);
    scorer_run(m, opt, &w, NULL, 0, NULL);
    tap_ok(1, "no text at all");
    scorer_work_release(&w);
    scorer_work_release(&other);
}

/* Memory for a block or two of tokens: they come one after another. */
static void
test_room(const struct lm *m, struct scorer_opt *opt)
{
    size_t mem = mem_now();
    struct err e;

    do {
        mem += (size_t)16 << 10;
        opt->room = scorer_room(m, mem, 1, &e);
    } while (opt->room == NULL);
    tap_ok(slots_tokens(opt->room) < m->n_ctx, "room for %zu tokens",
           slots_tokens(opt->room));
    test_alone(m, opt);
    slots_close(opt->room);
}

int
main(void)
{
    struct scorer_opt opt = { .overlong = OVERLONG_TRUNCATE };
    struct lm_opt lo = { .path = MODEL };
    struct err e;
    struct lm *m = lm_open(&lo, &e);

    if (!tap_ok(m != NULL, "%s", m ? MODEL : e.msg))
        return tap_done();
    make_texts();
    test_alone(m, &opt);
    for (size_t slots = 1; slots <= 3; slots += 2) {
        struct slots_opt so = { .most = slots };

        opt.room = slots_open(m, &so, &e);
        test_alone(m, &opt);
        slots_close(opt.room);
    }
    test_room(m, &opt);
    lm_close(m);
    return tap_done();
}
