/* test_beam.c - the beam against all translations of two words, and against itself */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/beam.h"
#include "tap.h"

#define TINY  "tests/golden/tiny-marian/i8/"
#define VOCAB 150
#define MOST  64

static struct marian *model;
static struct shortlist *lex;
static const int32_t source[] = { 17, 42, 5, 99 };
static const size_t n_source = sizeof source / sizeof *source;

/* A translation of one word or two, second -1 */
struct pair {
    int32_t first, second;
    double mean;
};

static int
by_mean(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;

    return (x->mean < y->mean) - (x->mean > y->mean);
}

/* log_prob [VOCAB] of the next word behind `first` (-1: of the first one); what is not
 * allowed has -infinity. */
static void
next_word(const char *allowed, int32_t first, double *log_prob)
{
    struct marian_work w = { 0 };
    int32_t id[8];
    size_t start[2] = { 0, n_source + 1 }, d = marian_width(model);
    struct marian_source s = { id, n_source + 1, start, 1, NULL };
    struct marian_row row = { .prev = -1 };
    float *x = mem_alloc(d * sizeof *x), logits[VOCAB];
    double sum = 0;

    memcpy(id, source, sizeof source);
    id[n_source] = 0;
    marian_encode(model, &s, &w);
    marian_step(model, &s, &row, 1, x, &w);
    if (first >= 0) {
        row.prev = first;
        row.step = 1;
        marian_step(model, &s, &row, 1, x, &w);
    }
    marian_logits(model, NULL, x, 1, logits, VOCAB, &w);
    for (size_t i = 0; i < VOCAB; i++)
        sum += allowed[i] ? exp((double)logits[i]) : 0;
    for (size_t i = 0; i < VOCAB; i++)
        log_prob[i] = allowed[i] ? (double)logits[i] - log(sum) : -INFINITY;
    log_prob[1] = -INFINITY; /* unknown: counts in the sum, is never chosen */
    marian_work_release(&w);
    mem_free(x);
}

/* All that two steps can give, best first; how many. */
static size_t
all_pairs(const char *allowed, struct pair *to)
{
    double one[VOCAB], two[VOCAB];
    size_t n = 0;

    next_word(allowed, -1, one);
    for (int32_t i = 0; i < VOCAB; i++) {
        if (isinf(one[i]))
            continue;
        if (i == 0) {
            to[n++] = (struct pair){ 0, -1, one[0] };
            continue;
        }
        next_word(allowed, i, two);
        for (int32_t k = 0; k < VOCAB; k++)
            if (!isinf(two[k]))
                to[n++] = (struct pair){ i, k, (one[i] + two[k]) / 2 };
    }
    qsort(to, n, sizeof *to, by_mean);
    return n;
}

static struct beam
new_beam(size_t width, double factor)
{
    struct beam b = { .factor = factor, .width = width };

    b.allowed =
        (struct allowed){ .m = model, .lex = lex, .never = { 1, -1 }, .copies = 1 };
    allowed_init(&b.allowed);
    return b;
}

/* What of the vocabulary the source may become */
static size_t
read_allowed(struct beam *b, char *allowed)
{
    struct arena mem = { 0 };
    uint64_t *bits = NULL;
    struct allowed_words words;
    size_t n;

    memset(allowed, 0, VOCAB);
    allowed_words(&b->allowed, &bits, source, n_source, &mem, &words);
    n = b->allowed.n_common + words.n;
    for (size_t i = 0; i < n; i++)
        allowed[allowed_id(&b->allowed, &words, i)] = 1;
    mem_free(bits);
    arena_release(&mem);
    return n;
}

/* A beam that is wider than there are first words finds the best of all. */
static void
test_all(void)
{
    struct beam b = new_beam(MOST, 2.0 / (double)(n_source + 1));
    struct beam_work w = { 0 };
    struct beam_source s = { source, n_source };
    struct pair *pair = mem_alloc((MOST + 1) * MOST * sizeof *pair);
    char allowed[VOCAB];
    size_t n_allowed = read_allowed(&b, allowed), n = all_pairs(allowed, pair);
    struct beam_out out;
    int same = 1;

    beam_run(&b, &w, &s, 1, &out);
    tap_ok(n_allowed > 20 && n_allowed <= MOST && n > MOST && out.n == MOST,
           "%zu words, %zu translations", n_allowed, n);
    for (size_t i = 0; i < 20; i++) {
        const struct beam_text *t = &out.text[i];
        int32_t second = pair[i].second > 0 ? pair[i].second : -1;

        same &= fabs(t->mean - pair[i].mean) < 1e-4;
        same &= t->n == (size_t)(pair[i].first > 0) + (second > 0);
        same &= t->n < 1 || t->id[0] == pair[i].first;
        same &= t->n < 2 || t->id[1] == second;
    }
    tap_ok(same, "the best twenty of all, in their order");
    mem_free(pair);
    beam_work_release(&w);
    allowed_release(&b.allowed);
}

/* 0: the same bits */
static int
differ(const struct beam_out *a, const struct beam_out *b)
{
    if (a->n != b->n)
        return 1;
    for (size_t i = 0; i < a->n; i++)
        if (a->text[i].n != b->text[i].n || a->text[i].mean != b->text[i].mean ||
            a->text[i].prob != b->text[i].prob ||
            memcmp(a->text[i].id, b->text[i].id,
                   a->text[i].n * sizeof *a->text[i].id) != 0)
            return 1;
    return 0;
}

/* Sources beside it change no bit of a source's translations. */
static void
test_company(size_t width)
{
    struct beam b = new_beam(width, 1.7);
    struct beam_work all = { 0 }, one = { 0 };
    struct beam_source s[12];
    struct beam_out out[12], alone;
    int32_t id[12][12];
    int bad = 0;

    for (size_t i = 0; i < 12; i++) {
        for (size_t k = 0; k < i; k++)
            id[i][k] = (int32_t)(2 + (31 * i + 17 * k) % (VOCAB - 2));
        s[i] = (struct beam_source){ id[i], i };
    }
    b.score = 1;
    beam_run(&b, &all, s, 12, out);
    for (size_t i = 0; i < 12; i++) {
        beam_run(&b, &one, &s[i], 1, &alone);
        bad += differ(&out[i], &alone);
        bad += out[i].n != width;
    }
    tap_ok(bad == 0, "width %zu: alone and in company the same bits", width);
    beam_work_release(&all);
    beam_work_release(&one);
    allowed_release(&b.allowed);
}

int
main(void)
{
    struct marian_opt opt = { .arith = ARITH_F32 };
    struct err e = { 0 };

    model = marian_open(TINY "model.tiny.bin", &opt, &e);
    lex = model ? shortlist_open(TINY "lex.tiny.bin", VOCAB, VOCAB, &e) : NULL;
    if (!tap_ok(lex != NULL, "the tiny model %s", e.msg))
        return tap_done();
    test_all();
    for (size_t width = 1; width <= 5; width++)
        test_company(width);
    shortlist_close(lex);
    marian_close(model);
    return tap_done();
}
