/* test_sample.c - which tokens are left, and which one is drawn */
#include "infer/sample.h"

#include <math.h>

#include "base/mem.h"
#include "base/num.h"
#include "jfloats.h"
#include "tap.h"

#define GOLDEN "tests/golden/sample.jsonl"
#define BIG    262144

/* ---- against transformers ---- */

static double
number(const struct jfloats *j, const char *name)
{
    double v;

    if (!json_double(jfloats_member(j, name), &v))
        jfloats_die(name);
    return v;
}

static struct sample_opt
read_opt(const struct jfloats *j)
{
    return (struct sample_opt){ .temperature = number(j, "temperature"),
                                .top_k = (int)number(j, "top_k"),
                                .top_p = number(j, "top_p"),
                                .min_p = number(j, "min_p"),
                                .penalty = number(j, "penalty") };
}

/* The largest difference of a probability; 1 where other ids are left. */
static double
difference(const struct jfloats *j, const struct sample_work *w)
{
    size_t n, n_p;
    int32_t *id = jfloats_ids(j, "ids", &n);
    float *p = jfloats_list(j, "p", &n_p);
    double worst = w->n != n || memcmp(w->id, id, n * sizeof *id) != 0;

    for (size_t i = 0; i < n_p && worst < 1; i++)
        worst = fmax(worst, fabs((double)w->p[i] / w->total - (double)p[i]));
    free(id);
    free(p);
    return worst;
}

/* The case's row; `bits` has the list of allowed ids as a set of bits. */
static double
try_case(const struct jfloats *j, struct sample_row row, int as_bits)
{
    struct sample_opt opt = read_opt(j);
    struct sample_work w = { 0 };
    struct err e = { 0 };
    size_t n;
    int32_t *seen = jfloats_ids(j, "seen", &row.n_seen);
    int32_t *allowed = jfloats_ids(j, "allowed", &n);
    uint64_t *bits = mem_zero(row.n / 64 + 1, sizeof *bits);
    double worst;

    for (size_t i = 0; i < n; i++)
        bits[allowed[i] / 64] |= UINT64_C(1) << allowed[i] % 64;
    row.seen = seen;
    if (n && as_bits) {
        row.allowed = bits;
    } else if (n) {
        row.allowed_id = allowed;
        row.n_allowed = n;
    }
    worst = sample_check(&opt, &e) || sample_filter(&opt, &w, &row, &e)
                ? 1
                : difference(j, &w);
    sample_work_release(&w);
    mem_free(bits);
    free(seen);
    free(allowed);
    return worst;
}

static void
test_golden(void)
{
    struct jfloats j;
    struct sample_row row = { .n = 0 };
    struct err e;
    float *before = NULL;
    int cases = 0, same = 0, kept = 1, logprobs = 0, rows = 0;
    double worst = 0;

    if (jfloats_open(&j, GOLDEN))
        jfloats_die(GOLDEN);
    while (jfloats_next(&j)) {
        if (json_get(j.line, "logits").type != JSON_NONE) {
            struct sample_opt greedy = SAMPLE_OPT_INIT;
            struct sample_work w = { 0 };
            struct sample_pick pick;
            free(row.logits);
            free(before);
            row.logits = jfloats_list(&j, "logits", &row.n);
            before = jfloats_list(&j, "logits", &row.n);
            greedy.logprob = 1;
            rows++;
            logprobs += sample_next(&greedy, &w, &row, &pick, &e) == 0 &&
                        fabs((double)pick.logprob - number(&j, "logprob")) < 2e-6;
            sample_work_release(&w);
            continue;
        }
        for (int as_bits = 0; as_bits < 2; as_bits++) {
            double d = try_case(&j, row, as_bits);
            if (d >= 1e-5 && same == cases)
                printf("# the first that differs, by %g: %.*s\n", d,
                       (int)(j.line.n < 200 ? j.line.n : 200), j.line.p);
            worst = fmax(worst, d);
            same += d < 1e-5;
            cases++;
        }
        kept &= memcmp(before, row.logits, row.n * sizeof *before) == 0;
    }
    tap_ok(cases > 200 && same == cases,
           "%d of %d sets of tokens as transformers, probabilities within %.1e", same,
           cases, worst);
    tap_ok(kept, "the logits are put back");
    tap_ok(rows == 5 && logprobs == rows, "%d of %d log-probabilities as torch",
           logprobs, rows);
    free(row.logits);
    free(before);
    jfloats_close(&j);
}

/* ---- greedy ---- */

static int32_t
greedy(const struct sample_row *row, struct err *e)
{
    struct sample_opt opt = SAMPLE_OPT_INIT;
    struct sample_work w = { 0 };
    struct sample_pick pick = { -1, 0 };

    e->code = ERR_NONE;
    if (sample_next(&opt, &w, row, &pick, e))
        pick.id = -1;
    sample_work_release(&w);
    return pick.id;
}

static void
test_greedy(void)
{
    float *x = mem_alloc(BIG * sizeof *x);
    uint64_t *bits = mem_zero(BIG / 64, sizeof *bits);
    struct sample_row row = { .logits = x, .n = BIG };
    const int32_t ids[] = { 5, 130, 131, 200000 };
    struct err e;

    for (size_t i = 0; i < BIG; i++)
        x[i] = (float)(num_mix(i) % 1000);
    x[77777] = x[99999] = 1000;
    tap_ok(greedy(&row, &e) == 77777, "greedy: of equal ones the lower id");
    row.n = 77777;
    tap_ok(greedy(&row, &e) >= 0 && x[greedy(&row, &e)] == 999,
           "greedy: no look ahead");
    row.n = BIG;
    x[131] = x[200000] = 999.5f;
    row.allowed_id = ids;
    row.n_allowed = 4;
    tap_ok(greedy(&row, &e) == 131, "greedy: from a list");
    row.allowed_id = NULL;
    row.allowed = bits;
    tap_ok(greedy(&row, &e) == -1 && e.code == ERR_RANGE, "greedy: nothing: %s", e.msg);
    for (size_t i = 0; i < 4; i++)
        bits[ids[i] / 64] |= UINT64_C(1) << ids[i] % 64;
    bits[3] = UINT64_MAX;
    tap_ok(greedy(&row, &e) == 131, "greedy: from a set of bits");
    x[3 * 64 + 40] = x[3 * 64 + 41] = 999.75f;
    tap_ok(greedy(&row, &e) == 3 * 64 + 40, "greedy: in a word that is all allowed");
    row.n = 3 * 64 + 40;
    tap_ok(greedy(&row, &e) == 131, "greedy: bits beyond the end do not count");
    mem_free(bits);
    mem_free(x);
}

/* ---- what is no number ---- */

static enum err_code
code_of(double temperature, float bad, size_t at, const uint64_t *allowed)
{
    float x[100];
    struct sample_opt opt = SAMPLE_OPT_INIT;
    struct sample_work w = { 0 };
    struct sample_row row = { .logits = x, .n = 100, .allowed = allowed };
    struct sample_pick pick;
    struct err e = { 0 };

    for (size_t i = 0; i < 100; i++)
        x[i] = -INFINITY;
    x[7] = 0.5f;
    x[at] = bad;
    opt.temperature = temperature;
    if (sample_next(&opt, &w, &row, &pick, &e) == 0 && pick.id != 7)
        e.code = ERR_OUTPUT;
    sample_work_release(&w);
    return e.code;
}

static void
test_nan(void)
{
    const uint64_t all[2] = { UINT64_MAX, UINT64_MAX }, some[2] = { 1 << 7, 0 };

    for (int t = 0; t < 2; t++) {
        const char *name = t ? "drawn" : "greedy";
        tap_ok(code_of(t, -INFINITY, 99, NULL) == ERR_NONE, "%s: the finite one", name);
        tap_ok(code_of(t, NAN, 99, NULL) == ERR_NAN &&
                   code_of(t, NAN, 7, NULL) == ERR_NAN,
               "%s: NaN", name);
        tap_ok(code_of(t, NAN, 99, all) == ERR_NAN, "%s: NaN among the allowed", name);
        tap_ok(code_of(t, NAN, 99, some) == ERR_NONE, "%s: NaN that is not allowed",
               name);
        tap_ok(code_of(t, INFINITY, 3, NULL) == ERR_NAN, "%s: infinity", name);
        tap_ok(code_of(t, -INFINITY, 7, NULL) == ERR_RANGE, "%s: none finite", name);
    }
}

/* ---- draws ---- */

/* Chi-square of 20,000 draws over the tokens that are left, 19 degrees of freedom: a
 * value beyond 60 has a probability below 1e-5. */
static void
test_draws(void)
{
    float x[50];
    int count[50] = { 0 };
    struct sample_opt opt = { .temperature = 1, .top_k = 20, .top_p = 1, .penalty = 1 };
    struct sample_work w = { 0 };
    struct sample_row row = { .logits = x, .n = 50, .key = sample_key(1, NULL, 0) };
    struct sample_pick pick;
    struct err e;
    double chi = 0, total = 20000;
    int outside = 0;

    for (size_t i = 0; i < 50; i++)
        x[i] = (float)(num_mix(i) % 300) / 100;
    for (row.draw = 0; row.draw < 20000; row.draw++) {
        sample_next(&opt, &w, &row, &pick, &e);
        count[pick.id]++;
    }
    for (size_t i = 0; i < w.n; i++) {
        double want = total * (double)w.p[i] / w.total;
        chi += (count[w.id[i]] - want) * (count[w.id[i]] - want) / want;
        outside += count[w.id[i]];
    }
    tap_ok(w.n == 20 && outside == 20000 && chi < 60, "draws follow the weights: %.1f",
           chi);
    sample_work_release(&w);
}

/* Of equal ones, so many that their sums are made in parts */
static void
test_flat(void)
{
    enum { N = 3000 };
    static float x[N];
    struct sample_opt opt = { .temperature = 1, .top_p = 1, .penalty = 1 };
    struct sample_work w = { 0 };
    struct sample_row row = { .logits = x, .n = N, .key = 7 };
    struct sample_pick pick;
    struct err e;
    int good = 0;

    for (row.draw = 0; row.draw < 1000; row.draw++)
        good += sample_next(&opt, &w, &row, &pick, &e) == 0 &&
                pick.id == (int32_t)(sample_uniform(7, row.draw) * N);
    tap_ok(good == 1000, "draws from equal ones are where the random number is");
    sample_work_release(&w);
}

static void
test_keys(void)
{
    const int32_t a[] = { 1, 2, 3 }, b[] = { 1, 2, 4 }, c[] = { 0, 1, 2, 3 };
    uint64_t key[] = { sample_key(0, a, 3), sample_key(1, a, 3), sample_key(0, b, 3),
                       sample_key(0, a, 2), sample_key(0, c, 4), sample_key(0, a, 0) };
    int twice = 0, out = 0;
    double mean = 0;

    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++)
            twice += key[i] == key[j];
    for (uint64_t i = 0; i < 100000; i++) {
        double u = sample_uniform(key[0], i);
        out += !(u >= 0 && u < 1);
        mean += u / 100000;
    }
    tap_ok(twice == 0 && key[0] == sample_key(0, a, 3), "seed and prompt make the key");
    tap_ok(out == 0 && fabs(mean - 0.5) < 0.005, "numbers from 0 to 1, mean %.4f",
           mean);
}

/* Whatever else the workspace did, and however large the row. */
static void
test_alone(void)
{
    float *x = mem_alloc(BIG * sizeof *x);
    struct sample_opt opt[] = {
        { .temperature = 1, .top_p = 1, .penalty = 1 },
        { .temperature = 1, .top_k = 40, .top_p = 1, .penalty = 1 },
        { .temperature = 1.5, .top_p = 0.95, .penalty = 1 },
        { .temperature = 1,
          .top_k = 100000,
          .top_p = 0.9,
          .min_p = 0.1,
          .penalty = 1.2 },
    };
    struct sample_work used = { 0 };
    struct err e;
    int same = 0;

    for (int i = 0; i < 16; i++) {
        const int32_t seen[] = { 3, -1, BIG, 5 };
        struct sample_work fresh = { 0 };
        struct sample_row row = { .logits = x,
                                  .n = i % 4 ? BIG : 1000,
                                  .seen = seen,
                                  .n_seen = 4,
                                  .key = 5,
                                  .draw = (uint64_t)i };
        struct sample_pick one = { -1, 0 }, two = { -2, 0 };
        for (size_t k = 0; k < BIG; k++) /* rising, falling, flat, wild */
            x[k] = i < 4    ? (float)k / 10000
                   : i < 8  ? -(float)k / 10000
                   : i < 12 ? 1.0f
                            : (float)(num_mix(k) % 30);
        sample_next(&opt[i % 4], &used, &row, &one, &e);
        sample_next(&opt[i % 4], &fresh, &row, &two, &e);
        same += one.id == two.id;
        sample_work_release(&fresh);
    }
    tap_ok(same == 16, "the same in a fresh workspace and a used one");
    sample_work_release(&used);
    mem_free(x);
}

static void
test_check(void)
{
    struct sample_opt good = SAMPLE_OPT_INIT, o;
    struct err e;
    int refused = 0;

    o = good, o.temperature = NAN, refused += sample_check(&o, &e) != 0;
    o = good, o.temperature = -1, refused += sample_check(&o, &e) != 0;
    o = good, o.top_k = -1, refused += sample_check(&o, &e) != 0;
    o = good, o.top_p = 0, refused += sample_check(&o, &e) != 0;
    o = good, o.min_p = 1.1, refused += sample_check(&o, &e) != 0;
    o = good, o.penalty = 0, refused += sample_check(&o, &e) != 0;
    tap_ok(sample_check(&good, &e) == 0 && refused == 6 && e.code == ERR_USAGE,
           "values out of their bounds: %s", e.msg);
}

int
main(void)
{
    test_golden();
    test_greedy();
    test_nan();
    test_draws();
    test_flat();
    test_keys();
    test_alone();
    test_check();
    return tap_done();
}
