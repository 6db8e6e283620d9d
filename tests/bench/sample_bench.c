/* sample_bench.c - microseconds for a pick out of 49,152 and 262,144 logits, best of 50
 */
#include <stdio.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"
#include "infer/sample.h"

#define ROUNDS 50

static const struct {
    const char *name;
    struct sample_opt opt;
    unsigned allowed; /* of 50 tokens; 0: no mask */
} list[] = {
    { "greedy", { .top_p = 1, .penalty = 1 }, 0 },
    { "greedy, log-probability", { .top_p = 1, .penalty = 1, .logprob = 1 }, 0 },
    { "greedy, 98 % allowed", { .top_p = 1, .penalty = 1 }, 49 },
    { "greedy, 2 % allowed", { .top_p = 1, .penalty = 1 }, 1 },
    { "temperature", { .temperature = 1, .top_p = 1, .penalty = 1 }, 0 },
    { "top-k 40", { .temperature = 0.8, .top_k = 40, .top_p = 1, .penalty = 1 }, 0 },
    { "top-k 40, top-p 0.95",
      { .temperature = 0.8, .top_k = 40, .top_p = 0.95, .penalty = 1 },
      0 },
    { "top-p 0.95", { .temperature = 0.8, .top_p = 0.95, .penalty = 1 }, 0 },
    { "min-p 0.05", { .temperature = 1, .top_p = 1, .min_p = 0.05, .penalty = 1 }, 0 },
};

/* Near to a normal distribution with a deviation of 2.5, and two tokens that stand out.
 */
static void
fill(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double sum = -6;
        for (uint64_t k = 0; k < 12; k++)
            sum += sample_uniform(i, k);
        x[i] = (float)(2.5 * sum);
    }
    x[n / 3] = 14;
    x[n / 2] = 13.5f;
}

static double
measure(size_t which, float *x, uint64_t *bits, size_t n)
{
    struct sample_work w = { 0 };
    struct sample_row row = { .logits = x, .n = n, .key = 1 };
    struct sample_pick pick;
    struct err e;
    double best = 1e9;

    for (size_t i = 0; i < n / 64; i++)
        bits[i] = 0;
    for (size_t i = 0; i < n; i++)
        if (num_mix(i) % 50 < list[which].allowed)
            bits[i / 64] |= UINT64_C(1) << i % 64;
    row.allowed = list[which].allowed ? bits : NULL;
    for (row.draw = 0; row.draw < ROUNDS; row.draw++) {
        double t = pool_clock();
        if (sample_next(&list[which].opt, &w, &row, &pick, &e))
            puts(e.msg);
        t = pool_clock() - t;
        best = t < best ? t : best;
    }
    sample_work_release(&w);
    return best * 1e6;
}

int
main(void)
{
    static const size_t size[] = { 49152, 262144 };
    float *x = mem_alloc(size[1] * sizeof *x);
    uint64_t *bits = mem_alloc(size[1] / 8);

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        printf("%-26s", list[i].name);
        for (size_t s = 0; s < 2; s++) {
            fill(x, size[s]);
            printf(" %8.1f", measure(i, x, bits, size[s]));
        }
        putchar('\n');
    }
    mem_free(bits);
    mem_free(x);
    return 0;
}
