/* test_asker.c - prompts: what they begin with, room for the answer, empty ones */
#include "infer/asker.h"

#include <string.h>

#include "base/mem.h"
#include "tap.h"

#define MODEL "tests/golden/tiny-lm"
#define TEXTS 6

static char longer[2000];
static const struct str text[TEXTS] = { STR("Hi"),
                                        STR(""),
                                        STR("Why is the sky blue?"),
                                        { longer, sizeof longer },
                                        STR("Hi"),
                                        STR("a\nb \xe2\x80\x94") };

static struct lm *
open_lm(int raw)
{
    struct lm_opt o = { .path = MODEL, .chat = { .raw = raw } };
    struct err e;
    struct lm *m = lm_open(&o, &e);

    tap_ok(m != NULL, "%s", m ? MODEL : e.msg);
    return m;
}

static int
same(const struct generator_answer *a, const struct generator_answer *b)
{
    return a->tokens == b->tokens && a->finish == b->finish &&
           (a->tokens == 0 || memcmp(a->id, b->id, a->tokens * sizeof *a->id) == 0);
}

/* What is common is found and computed once, and a text alone gets the same answer. */
static void
test_turns(struct asker_opt o)
{
    static const struct chat_turn turn[] = { { STR("one"), STR("1") } };
    const struct str system = STR("Be brief.");
    struct asker_work all = { 0 }, one = { 0 };
    struct generator_answer a[TEXTS], b;
    struct asker_info info[TEXTS], some;
    struct asker *asker;
    struct err e;
    size_t common;
    int equal = 1;

    o.system = &system;
    o.turn = turn;
    o.n_turn = 1;
    if (!tap_ok((asker = asker_open(&o, &e)) != NULL, "opened"))
        return;
    (void)lmprefix_ids(generator_prefix(asker_generator(asker)), &common);
    tap_ok(common > 20, "%zu tokens are common", common);
    asker_run(asker, &all, text, TEXTS, a, info);
    for (size_t i = 0; i < TEXTS; i++) {
        asker_run(asker, &one, &text[i], 1, &b, &some);
        equal &= same(&a[i], &b) && some.tokens == info[i].tokens;
        asker_count(asker, &one, &text[i], 1, &some);
        equal &= some.tokens == info[i].tokens && some.kept == info[i].kept;
    }
    tap_ok(equal, "alone as among others, counted as run");
    tap_ok(info[3].how == OVERLONG_TRUNCATE && info[3].tokens > 256 &&
               info[3].kept <= o.lm->n_ctx - 8 && a[3].tokens == 8,
           "%zu tokens, %zu kept, %zu written", info[3].tokens, info[3].kept,
           a[3].tokens);
    asker_close(asker);
    asker_work_release(&all);
    asker_work_release(&one);
}

static void
test_empty(struct asker_opt o)
{
    struct asker_work w = { 0 };
    struct generator_answer a[TEXTS];
    struct asker_info info[TEXTS];
    struct err e;
    struct asker *asker = asker_open(&o, &e);

    if (!tap_ok(asker != NULL, "opened"))
        return;
    asker_run(asker, &w, text, TEXTS, a, info);
    tap_ok(info[1].e.code == ERR_RANGE && a[1].tokens == 0 && info[0].e.code == 0 &&
               a[0].tokens > 0,
           "%s", info[1].e.msg);
    asker_close(asker);
    o.generator.max_tokens = o.lm->n_ctx;
    tap_ok(asker_open(&o, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
    asker_work_release(&w);
}

int
main(void)
{
    struct lm *chat = open_lm(0), *raw = open_lm(1);
    struct err e;
    struct stopper *stop = stopper_new(NULL, 0, &e);
    struct asker_opt o = { .overlong = OVERLONG_TRUNCATE,
                           .generator = { .max_tokens = 8, .stop = stop } };

    memset(longer, 'x', sizeof longer);
    o.generator.sample = (struct sample_opt)SAMPLE_OPT_INIT;
    if (chat && raw) {
        o.lm = chat;
        test_turns(o);
        o.lm = raw;
        test_empty(o);
    }
    stopper_free(stop);
    lm_close(chat);
    lm_close(raw);
    return tap_done();
}
