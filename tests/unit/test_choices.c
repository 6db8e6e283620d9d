/* test_choices.c - texts as a tree of tokens: behind what, ended by what, refused */
#include "infer/choices.h"

#include <string.h>

#include "tap.h"

#define MODEL "tests/golden/tiny-lm"

/* Do the tokens of a leaf's path, from the root on, have the text? */
static int
has_text(const struct lm *m, const struct labeltrie *t, size_t label, const char *text)
{
    int32_t id[64];
    uint32_t node = t->leaf[label];
    size_t n = t->depth[node];
    struct buf b = { 0 };
    struct err e;
    int same;

    for (size_t i = n; i > 0; i--, node = t->parent[node])
        id[i - 1] = t->token[node];
    same = tokenizer_decode(m->tokenizer, id, n, 0, &b, &e) == 0 &&
           str_is(buf_span(&b), text);
    buf_free(&b);
    return same;
}

static void
test_texts(const struct lm *m)
{
    static const struct str text[] = { STR(" good"), STR(" bad"), STR(" go on") };
    static const struct str before[] = { STR(""), STR("\nCategory:"), STR("g") };
    struct err e = { 0 };

    for (size_t k = 0; k < 3; k++) {
        struct choices_opt opt = {
            .lm = m, .text = text, .n = 3, .before = before[k], .end = -1
        };
        struct labeltrie *t = choices_make(&opt, &e);

        tap_ok(t && has_text(m, t, 0, " good") && has_text(m, t, 1, " bad") &&
                   has_text(m, t, 2, " go on"),
               "behind '%s': %s", before[k].p, e.msg);
        labeltrie_free(t);
    }
}

/* One begins another: what ends them is a token of each. */
static void
test_end(const struct lm *m)
{
    static const struct str text[] = { STR("a"), STR("aa a") };
    struct choices_opt opt = { .lm = m, .text = text, .n = 2, .end = -1 };
    size_t n_end;
    const int32_t *end = chat_ends(m->chat, &n_end);
    struct err e = { 0 };
    struct labeltrie *t = choices_make(&opt, &e);

    if (tap_ok(t && n_end > 0, "made %s", e.msg))
        tap_ok(t->token[t->leaf[0]] == end[0] && t->token[t->leaf[1]] == end[0],
               "ended as an answer is");
    labeltrie_free(t);
    opt.end = 7;
    if (tap_ok((t = choices_make(&opt, &e)) != NULL, "made %s", e.msg))
        tap_ok(t->token[t->leaf[0]] == 7, "ended as is said");
    labeltrie_free(t);
}

static void
test_refused(const struct lm *m)
{
    static const struct {
        struct str text[2];
        const char *why;
    } cases[] = {
        { { STR("a"), STR("a") }, "same tokens" },
        { { STR("a"), STR("") }, "no tokens" },
        { { STR("a"), STR("\xff") }, "UTF-8" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct choices_opt opt = { .lm = m, .text = cases[i].text, .n = 2, .end = -1 };
        struct err e = { 0 };

        tap_ok(choices_make(&opt, &e) == NULL && e.code == ERR_USAGE &&
                   strstr(e.msg, cases[i].why),
               "%s", e.msg);
    }
}

int
main(void)
{
    struct lm_opt o = { .path = MODEL };
    struct err e;
    struct lm *m = lm_open(&o, &e);

    if (tap_ok(m != NULL, "%s", m ? MODEL : e.msg)) {
        test_texts(m);
        test_end(m);
        test_refused(m);
    }
    lm_close(m);
    return tap_done();
}
