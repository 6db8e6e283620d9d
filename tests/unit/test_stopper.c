/* test_stopper.c - stop strings across the borders of tokens */
#include "infer/stopper.h"

#include "base/mem.h"
#include "base/num.h"
#include "tap.h"
#include "text/utf8.h"

/* The text of pieces that are pushed one by one; NULL ends them. */
static int
gives(const struct stopper *s, const char *const *piece, const char *want, int stopped)
{
    struct stopper_text t = { .sure = 0 };
    size_t sure = 0;
    int same, kept = 1;

    stopper_begin(&t);
    for (; *piece; piece++) {
        stopper_push(s, &t, str_of(*piece));
        kept &= t.sure >= sure && t.sure <= t.text.n;
        sure = t.sure;
    }
    stopper_end(&t);
    same = str_is(buf_span(&t.text), want) && t.stopped == stopped && kept &&
           t.sure >= sure;
    if (!same)
        printf("# '%.*s'\n", (int)t.text.n, t.text.p);
    stopper_text_release(&t);
    return same;
}

#define PIECES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_strings(void)
{
    static const char *const stop[] = { "\n\n", "END", "aab", "baab", "\xC3\xA9!" };
    struct err e;
    struct stopper *s = stopper_new(stop, 5, &e);

    tap_ok(gives(s, PIECES("one", " two", "\n", "three"), "one two\nthree", 0), "none");
    tap_ok(gives(s, PIECES("one\n", "\ntwo"), "one", 1), "across a border");
    tap_ok(gives(s, PIECES("xENDy"), "x", 1), "within a token");
    tap_ok(gives(s, PIECES("E", "N", "E", "N", "D", "z"), "EN", 1), "begun twice");
    tap_ok(gives(s, PIECES("aaa", "aaa", "b"), "aaaa", 1), "overlapping itself");
    tap_ok(gives(s, PIECES("ba", "ab"), "", 1), "of two that end together the longest");
    tap_ok(gives(s, PIECES("x\xC3", "\xA9", "!"), "x", 1), "within a character");
    tap_ok(gives(s, PIECES("EN"), "EN", 0), "a beginning is text");
    stopper_free(s);
}

static void
test_characters(void)
{
    struct err e;
    struct stopper *s = stopper_new(NULL, 0, &e);
    struct stopper_text t = { .sure = 0 };

    tap_ok(gives(s, PIECES("a", "\xE4", "\xB8", "\xAD"), "a\xE4\xB8\xAD", 0),
           "a character of three tokens");
    tap_ok(gives(s, PIECES("a", "\xE4\xB8"), "a", 0), "one that is cut is dropped");
    tap_ok(gives(s, PIECES("a\xE4\xB8", "b\x80"),
                 "a\xEF\xBF\xBD"
                 "b\xEF\xBF\xBD",
                 0),
           "what is none becomes U+FFFD");
    stopper_begin(&t);
    stopper_push(s, &t, STR("ab\xF0\x9F\x98"));
    tap_ok(t.sure == 2, "bytes of a character are held back");
    stopper_push(s, &t, STR("\x80"));
    tap_ok(t.sure == 6, "until it is whole");
    stopper_text_release(&t);
    stopper_free(s);
}

static void
test_held(void)
{
    static const char *const stop[] = { "<end>" };
    struct err e;
    struct stopper *s = stopper_new(stop, 1, &e);
    struct stopper_text t = { .sure = 0 };

    stopper_begin(&t);
    stopper_push(s, &t, STR("ab<en"));
    tap_ok(t.sure == 2, "a beginning is held back");
    stopper_push(s, &t, STR("<"));
    tap_ok(t.sure == 5, "until it cannot be one");
    tap_ok(stopper_push(s, &t, STR("end>")) == 1 && t.text.n == 5 && t.stopped, "cut");
    tap_ok(stopper_push(s, &t, STR("more")) == 1 && t.text.n == 5, "and over");
    stopper_text_release(&t);
    stopper_free(s);
}

/* The plain way: after each byte, does the text end in one of the strings? */
static size_t
plainly(const char *text, size_t n, const char *const *stop, size_t n_stop)
{
    for (size_t i = 1; i <= n; i++) {
        size_t longest = 0;
        for (size_t k = 0; k < n_stop; k++) {
            size_t m = strlen(stop[k]);
            if (m <= i && m > longest && memcmp(text + i - m, stop[k], m) == 0)
                longest = m;
        }
        if (longest)
            return i - longest;
    }
    return n;
}

static void
test_random(void)
{
    static const char *const stop[] = { "abab", "aaab", "bba", "babaabab" };
    struct err e;
    struct stopper *s = stopper_new(stop, 4, &e);
    struct stopper_text t = { .sure = 0 };
    int same = 0;

    for (uint64_t i = 0; i < 2000; i++) {
        char text[32];
        uint64_t bits = num_mix(i);
        size_t from = 0;
        for (size_t k = 0; k < 32; k++)
            text[k] = bits >> k & 1 ? 'a' : 'b';
        stopper_begin(&t);
        for (size_t k = 0; k < 32; k += from) {
            from = 1 + (bits >> (k + 1)) % 3;
            from = from > 32 - k ? 32 - k : from;
            stopper_push(s, &t, (struct str){ text + k, from });
        }
        stopper_end(&t);
        same += t.text.n == plainly(text, 32, stop, 4);
    }
    tap_ok(same == 2000, "%d of 2000 texts cut as the plain way cuts them", same);
    stopper_text_release(&t);
    stopper_free(s);
}

static void
test_refused(void)
{
    static const char *const bad[][2] = { { "a", "" }, { "a", "\xFF" } };
    static const char *many[STOPPER_MAX + 1];
    struct err e = { 0 };

    for (size_t i = 0; i < 2; i++)
        tap_ok(stopper_new(bad[i], 2, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
    tap_ok(stopper_new(many, STOPPER_MAX + 1, &e) == NULL && e.code == ERR_USAGE, "%s",
           e.msg);
}

int
main(void)
{
    test_strings();
    test_characters();
    test_held();
    test_random();
    test_refused();
    return tap_done();
}
