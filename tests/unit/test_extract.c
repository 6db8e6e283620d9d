/* test_extract.c - the sentences that are chosen: by the rule as written, and alone or
 * in company */
#include "infer/extract.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tap.h"

#define TINY "tests/golden/tiny-bert/f32"
#define MOST 40
#define DIM  8

static uint64_t seed = 1;

static uint32_t
draw(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

static double
dot(const float *a, const double *b)
{
    double sum = 0;

    for (size_t i = 0; i < DIM; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

/* The rule of extract.h in double, without anything remembered. 0: two sentences have
 * nearly the same points, so that either may be chosen. */
static int
choose_slowly(const float *vec, const size_t *tokens, size_t n, size_t want,
              int *chosen)
{
    double middle[DIM] = { 0 }, length = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < DIM; d++)
            middle[d] += sqrt((double)tokens[i]) * (double)vec[i * DIM + d];
    for (size_t d = 0; d < DIM; d++)
        length += middle[d] * middle[d];
    for (size_t d = 0; d < DIM; d++)
        middle[d] /= sqrt(length);
    memset(chosen, 0, n * sizeof *chosen);
    for (size_t c = 0; c < want; c++) {
        double first = -9, second = -9;
        size_t at = 0;
        for (size_t i = 0; i < n; i++) {
            double near = 0, x;
            if (chosen[i])
                continue;
            for (size_t k = 0; k < n; k++) {
                double other[DIM];
                for (size_t d = 0; d < DIM; d++)
                    other[d] = (double)vec[k * DIM + d];
                if (chosen[k])
                    near = fmax(near, dot(vec + i * DIM, other));
            }
            x = 0.7 * (dot(vec + i * DIM, middle) + 0.2 / (double)(1 + i)) - 0.3 * near;
            x -= near >= 0.99 ? 2 : 0;
            second = x > first ? first : fmax(second, x);
            if (x > first)
                at = i;
            first = fmax(first, x);
        }
        chosen[at] = 1;
        if (first - second < 1e-5)
            return 0;
    }
    return 1;
}

static void
test_choice(void)
{
    float vec[MOST * DIM];
    size_t tokens[MOST], pick[MOST], same = 0, all = 0;
    int chosen[MOST];

    for (int round = 0; round < 500; round++) {
        size_t n = 1 + draw(MOST), want = 1 + draw((uint32_t)n), good = 1;
        for (size_t i = 0; i < n; i++) {
            double length = 0;
            tokens[i] = 3 + draw(40);
            if (i > 0 && draw(4) == 0) { /* an old one */
                memcpy(vec + i * DIM, vec + draw((uint32_t)i) * DIM, DIM * sizeof *vec);
                continue;
            }
            for (size_t d = 0; d < DIM; d++) {
                vec[i * DIM + d] = (float)((int)draw(2000) - 700) / 1000;
                length += (double)vec[i * DIM + d] * (double)vec[i * DIM + d];
            }
            for (size_t d = 0; d < DIM; d++)
                vec[i * DIM + d] /= (float)sqrt(length);
        }
        if (!choose_slowly(vec, tokens, n, want, chosen))
            continue;
        extract_choose(kernel_best(), vec, tokens, n, DIM, want, pick);
        for (size_t c = 0; c < want; c++)
            good &= chosen[pick[c]] && (c == 0 || pick[c] > pick[c - 1]);
        same += good;
        all++;
    }
    tap_ok(same == all && all > 300, "%zu of %zu choices by the rule", same, all);
}

static struct extract *
open_tiny(size_t n, enum overlong how)
{
    struct extract_opt opt = { .embed = { .session = { .dir = TINY }, .overlong = how },
                               .n = n };
    struct err e;
    struct extract *x = extract_open(&opt, &e);

    if (x == NULL) {
        fprintf(stderr, "%s\n", e.msg);
        exit(1);
    }
    return x;
}

static int
is_summary(size_t n, const char *text, const char *want)
{
    struct extract *x = open_tiny(n, OVERLONG_NONE);
    struct embedder_work w = { 0 };
    struct embedder_info info;
    struct arena a = { 0 };
    struct str in = str_of(text), out;
    int same;

    extract_run(x, &w, &a, &in, 1, &out, &info);
    same = info.code == ERR_NONE && str_is(out, want);
    if (!same)
        printf("# %.*s\n", (int)out.n, out.p);
    arena_release(&a);
    embedder_work_release(&w);
    extract_close(x);
    return same;
}

static void
test_text(void)
{
    tap_ok(is_summary(3, "", "") && is_summary(3, " \n\n ", ""), "no sentence");
    tap_ok(is_summary(3, "  The error.\n", "The error."), "one");
    tap_ok(
        is_summary(9, "The error.  A user.\n\nThe end", "The error. A user. The end"),
        "all, with one space between them");
    tap_ok(is_summary(9, "\xe6\x97\xa5\xe3\x80\x82\xe6\x9c\xac\xe3\x80\x82",
                      "\xe6\x97\xa5\xe3\x80\x82\xe6\x9c\xac\xe3\x80\x82"),
           "none where the text has none");
    tap_ok(is_summary(1, "The error. The error. The error.", "The error."),
           "of equal ones the first");
    tap_ok(is_summary(
               2,
               "The disk is full. The disk is full. A user on the server has an error.",
               "The disk is full. A user on the server has an error."),
           "what is said twice is not chosen twice");
    tap_ok(is_summary(3, "The error. The error. A user is on.",
                      "The error. The error. A user is on."),
           "as long as there is something else");
}

/* Texts of 0 to 60 sentences of the few words of the tiny model. */
static void
make_texts(struct buf *b, struct str *text, size_t n)
{
    static const char *const words[] = { "the",  "error", "user", "session", "a",
                                         "disk", "is",    "for",  "on",      "full" };
    size_t at[200];

    for (size_t i = 0; i < n; i++) {
        at[i] = b->n;
        for (uint32_t s = draw(60); s > 0; s--) {
            buf_puts(b, "The ");
            for (uint32_t k = 1 + draw(9); k > 0; k--)
                buf_printf(b, "%s%s", words[draw(10)], k > 1 ? " " : "");
            buf_puts(b, draw(5) ? ". " : ".\n\n");
        }
    }
    at[n] = b->n;
    for (size_t i = 0; i < n; i++)
        text[i] = (struct str){ b->p + at[i], at[i + 1] - at[i] };
}

static void
test_company(void)
{
    enum { N = 60 };
    struct extract *x = open_tiny(3, OVERLONG_NONE);
    struct embedder_work w = { 0 };
    struct embedder_info info[N], one;
    struct arena a = { 0 };
    struct str text[N + 1], out[N], alone;
    struct buf b = { 0 };
    size_t same = 0, counted = 0, some = 0;

    make_texts(&b, text, N);
    extract_run(x, &w, &a, text, N, out, info);
    for (size_t i = 0; i < N; i++) {
        extract_run(x, &w, &a, &text[i], 1, &alone, &one);
        same += str_eq(alone, out[i]) && one.tokens == info[i].tokens;
        extract_count(x, &w, &text[i], 1, &one);
        counted += one.tokens == info[i].tokens && one.kept == info[i].kept;
        some += out[i].n > 0 && out[i].n < text[i].n;
    }
    tap_ok(same == N && some > N / 2, "%zu of %d the same alone", same, N);
    tap_ok(counted == N, "%zu counted right", counted);
    arena_release(&a);
    embedder_work_release(&w);
    buf_free(&b);
    extract_close(x);
}

static void
test_limits(void)
{
    static const enum overlong hows[] = { OVERLONG_CHUNK, OVERLONG_ERROR,
                                          OVERLONG_SKIP };
    struct embedder_work w = { 0 };
    struct embedder_info info;
    struct arena a = { 0 };
    struct buf b = { 0 };
    struct err e;
    struct str in, out;

    for (int i = 0; i < 60; i++)
        buf_puts(&b, "a ");
    buf_puts(&b, "end. The error.");
    for (int i = 0; i < 3; i++) {
        struct extract *x = open_tiny(1, hows[i]);
        in = buf_span(&b);
        extract_run(x, &w, &a, &in, 1, &out, &info);
        if (hows[i] == OVERLONG_ERROR)
            extract_explain(x, &info, &e);
        tap_ok(hows[i] == OVERLONG_CHUNK  ? out.n > 0 && info.how == OVERLONG_CHUNK
               : hows[i] == OVERLONG_SKIP ? out.n == 0 && info.how == OVERLONG_SKIP
                                          : out.n == 0 && info.code == ERR_OVERLONG,
               "a long sentence, --overlong=%s: %s", overlong_name(hows[i]),
               info.code ? e.msg : "");
        extract_close(x);
    }
    b.n = 0;
    for (int i = 0; i <= EXTRACT_SENTENCES; i++)
        buf_puts(&b, "End. ");
    struct extract *x = open_tiny(1, OVERLONG_NONE);
    in = buf_span(&b);
    extract_run(x, &w, &a, &in, 1, &out, &info);
    extract_explain(x, &info, &e);
    tap_ok(info.code == ERR_LIMIT && out.n == 0, "%s", e.msg);
    extract_close(x);
    arena_release(&a);
    embedder_work_release(&w);
    buf_free(&b);
}

int
main(void)
{
    test_choice();
    test_text();
    test_company();
    test_limits();
    return tap_done();
}
