/* test_q8_arrange.c - no two products saturate, and the sums are what they should be */
#include "kernel/q8_arrange.h"

#include <string.h>

#include "tap.h"

#define NR   Q8_ARRANGED_NR
#define K    90 /* the last four has two inputs */
#define KEPT 92

static uint32_t seed = 1;

static int
below(int n)
{
    seed = seed * 1664525 + 1013904223;
    return (int)((seed >> 16) % (uint32_t)n);
}

/* One panel, plain and arranged */
struct panel {
    int8_t plain[KEPT * NR], q[2 * KEPT * NR];
    int32_t start[KEPT / 16 * NR + NR];
    uint16_t order[KEPT / 4], count[KEPT / 16 * Q8_KINDS + Q8_KINDS];
    struct q8_arranged to;
};

/* Weights up to `most` that are often at its edge */
static void
fill(struct panel *p, int most, size_t block)
{
    memset(p, 0, sizeof *p);
    for (size_t l = 0; l < K; l++)
        for (size_t i = 0; i < NR; i++)
            p->plain[l / 4 * NR * 4 + i * 4 + l % 4] =
                (int8_t)(below(4) ? below(2 * most + 1) - most
                                  : (below(2) ? most : -most));
    p->to = (struct q8_arranged){ p->q, p->start, p->order, p->count };
    q8_arrange(p->plain, K, block, &p->to);
}

/* 32 products of a half as the instruction adds them: 1 if two do not fit 16 bits */
static int
add_half(const int8_t *q, const int8_t *flip, const uint8_t x[4], int32_t *sum)
{
    int bad = 0;

    for (size_t i = 0; i < 32; i += 2) {
        int two = 0;

        for (size_t l = i; l < i + 2; l++)
            two += q[l] * (flip ? x[l % 4] ^ (uint8_t)flip[l] : x[l % 4]);
        bad |= two > INT16_MAX || two < INT16_MIN;
        sum[i / 4] += two;
    }
    return bad;
}

/* Inputs [l, ...) of a block, at *q and *order; what they are is added to sum [NR]. */
static int
add_block(const struct panel *p, size_t b, size_t l, const uint8_t *x, const int8_t **q,
          const uint16_t **order, int32_t *sum)
{
    int bad = 0;

    for (int kind = 0; kind < Q8_KINDS; kind++)
        for (int n = p->count[b * Q8_KINDS + (size_t)kind]; n > 0; n--) {
            const uint8_t *four = x + l + 4 * (size_t) * (*order)++;

            for (int half = 0; half < 2; half++) {
                int flips = kind >> half & 1;
                bad |= add_half(*q, flips ? *q + 32 : NULL, four, sum + 8 * half);
                *q += flips ? 64 : 32;
            }
        }
    return bad;
}

/* Blocks whose sums are wrong, or two products of which do not fit */
static int
count_bad(const struct panel *p, size_t block)
{
    const int8_t *q = p->q;
    const uint16_t *order = p->order;
    uint8_t x[KEPT];
    int bad = 0;

    for (size_t l = 0; l < KEPT; l++)
        x[l] = (uint8_t)(below(2) ? below(255) : 254 * below(2));
    for (size_t b = 0, l = 0; l < K; b++, l += block) {
        int32_t sum[NR], want[NR] = { 0 };

        memcpy(sum, p->start + b * NR, sizeof sum);
        for (size_t i = l; i < l + block && i < K; i++)
            for (size_t j = 0; j < NR; j++)
                want[j] += x[i] * p->plain[i / 4 * NR * 4 + j * 4 + i % 4];
        bad += add_block(p, b, l, x, &q, &order, sum) ||
               memcmp(sum, want, sizeof sum) != 0;
    }
    return bad;
}

/* Columns that do not come back as they were */
static int
count_lost(const struct panel *p, size_t block)
{
    int lost = 0;

    for (size_t i = 0; i < NR; i++) {
        int8_t w[KEPT * NR];

        memcpy(w, p->plain, sizeof w);
        for (size_t l = 0; l < KEPT / 4; l++)
            memset(w + l * NR * 4 + (NR - 1 - i) * 4, 99, 4);
        q8_arrange_get(&p->to, K, block, i, w, NR - 1 - i);
        for (size_t l = 0; l < KEPT / 4; l++)
            lost += memcmp(w + l * NR * 4 + (NR - 1 - i) * 4,
                           p->plain + l * NR * 4 + i * 4, 4) != 0;
    }
    return lost;
}

static void
test(int most, size_t block)
{
    int bad = 0, lost = 0;
    struct panel p;

    for (int i = 0; i < 200; i++) {
        fill(&p, most, block);
        bad += count_bad(&p, block);
        lost += count_lost(&p, block);
    }
    tap_ok(bad == 0 && lost == 0, "weights up to %d, blocks of %zu", most, block);
}

/* What the order is for: small weights need no masks, whatever the activations are. */
static void
test_kinds(void)
{
    struct panel p;

    fill(&p, 64, 32);
    tap_ok(p.count[0] == 8 && p.count[1] + p.count[2] + p.count[3] == 0,
           "weights up to 64: no masks");
    fill(&p, 127, 32);
    tap_ok(p.count[0] + p.count[1] + p.count[2] + p.count[3] == 8 && p.count[3] > 0,
           "weights up to 127: some");
}

int
main(void)
{
    test(127, 16);
    test(127, 32);
    test(127, 192);
    test(70, 48);
    test_kinds();
    return tap_done();
}
