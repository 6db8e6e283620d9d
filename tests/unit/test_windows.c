/* test_windows.c - windows cover a text once; hidden states are those of the model */
#include "infer/windows.h"

#include <string.h>

#include "base/mem.h"
#include "tap.h"

#define TINY "tests/golden/tiny-encoders/bert-tok"

/* For all small sizes: every token has one window, which reads it with an eighth of a
 * window around it, or up to the end of the text. */
static int
is_cover(size_t n, size_t room)
{
    size_t count = windows_count(n, room), at = 0;

    for (size_t i = 0; i < count; i++) {
        struct windows_at w = windows_at(n, room, i);
        if (w.from != at || w.to < w.from || w.at > w.from || w.at + w.size < w.to ||
            w.size > room || w.at + w.size > n)
            return 0;
        if ((w.at > 0 && w.from - w.at < room / 8) ||
            (w.at + w.size < n && w.at + w.size - w.to < room / 8))
            return 0;
        at = w.to;
    }
    return at == n;
}

static void
test_windows(void)
{
    int good = 1;

    for (size_t room = 1; room < 40; room++)
        for (size_t n = 0; n < 300; n++)
            good &= is_cover(n, room);
    tap_ok(good, "windows of 1 to 39, texts of 0 to 299: each token once");
    tap_ok(is_cover((size_t)1 << 30, 510) && is_cover((size_t)1 << 30, 1),
           "the longest text");
    tap_ok(windows_count(510, 510) == 1 && windows_count(511, 510) == 2 &&
               windows_count(510 + 383, 510) == 2 && windows_count(510 + 384, 510) == 3,
           "no more windows than it takes");
}

/* The rows that came, and the tokens they came for */
struct seen {
    size_t n, parts;
    int in_order;
};

static void
take(void *arg, const struct windows_part *part, const float *x)
{
    struct seen *s = arg;

    s->in_order &= part->text == 1 || part->from == s->n;
    s->n += part->to - part->from;
    s->parts += x != NULL;
}

static struct windows *
must_open(enum overlong how)
{
    struct embedder_opt opt = { .session = { .dir = TINY }, .overlong = how };
    struct err e;
    struct windows *r = windows_open(&opt, &e);

    if (r == NULL) {
        fprintf(stderr, "%s\n", e.msg);
        exit(1);
    }
    return r;
}

static void
test_policy(enum overlong how, size_t tokens, enum err_code code, size_t kept)
{
    struct windows *r = must_open(how);
    struct embedder_work w = { 0 };
    struct embedder_info info[2];
    struct windows_text t[2];
    struct seen seen = { .in_order = 1 };
    struct buf b = { 0 };

    while (b.n < 140)
        buf_puts(&b, "a ");
    struct str text[] = { { b.p, b.n }, STR("") };
    windows_tokens(r, &w, text, 2, t, info);
    windows_run(r, &w, t, 2, take, &seen);
    tap_ok(
        t[0].n == tokens && seen.n == tokens && seen.in_order && info[0].code == code &&
            info[0].kept == kept && info[0].tokens == 72 && info[0].how == how,
        "%s: %zu of 70 tokens in %zu windows", overlong_name(how), seen.n, seen.parts);
    tap_ok(t[1].n == 0 && info[1].code == ERR_NONE && info[1].tokens == 2,
           "nothing from nothing");
    embedder_work_release(&w);
    windows_close(r);
    buf_free(&b);
}

static void
test_seek(void)
{
    static const struct str text[] = { STR("a [MASK] b"), STR("a b"),
                                       STR("[CLS] [MASK]") };
    struct windows *r = must_open(OVERLONG_NONE);
    struct embedder_work w = { 0 };
    struct embedder_info info[3];
    struct windows_text t[3];
    struct seen seen = { 0 };

    windows_seek(r, 4);
    windows_tokens(r, &w, text, 3, t, info);
    windows_run(r, &w, t, 3, take, &seen);
    tap_ok(t[0].n == 3 && t[0].id[1] == 4 && t[0].span[1].byte == 2 &&
               t[0].span[1].byte_end == 8,
           "the token that is sought is one");
    tap_ok(t[2].n > 3 && t[2].id[t[2].n - 1] == 4 && seen.parts == 2,
           "no other is, and a text without it is not read");
    embedder_work_release(&w);
    windows_close(r);
}

int
main(void)
{
    test_windows();
    test_policy(OVERLONG_CHUNK, 70, ERR_NONE, 72);
    test_policy(OVERLONG_TRUNCATE, 30, ERR_NONE, 32);
    test_policy(OVERLONG_ERROR, 0, ERR_OVERLONG, 0);
    test_policy(OVERLONG_SKIP, 0, ERR_NONE, 0);
    test_seek();
    return tap_done();
}
