/* plan.c - what a run would be: --dry-run */
#include "cli/plan.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/jout.h"

#define BINS 65536 /* longer texts count as the last bin */
#define SEEN_MAX                                                                       \
    ((size_t)8 << 20) /* texts told apart; beyond that shares are of these */

struct plan {
    uint64_t *bin; /* [BINS]: texts by tokens */
    uint64_t texts, tokens, max;
    uint64_t *seen; /* hashes of texts, 0: free */
    size_t mask, n_seen;
    uint64_t repeats, looked;
    size_t sample_records, sample_tokens;
    double sample_seconds;
};

struct plan *
plan_new(void)
{
    struct plan *p = mem_zero(1, sizeof *p);

    p->bin = mem_zero(BINS, sizeof *p->bin);
    p->mask = 4095;
    p->seen = mem_zero(p->mask + 1, sizeof *p->seen);
    return p;
}

void
plan_free(struct plan *p)
{
    if (p == NULL)
        return;
    mem_free(p->bin);
    mem_free(p->seen);
    mem_free(p);
}

static uint64_t *
look(uint64_t *seen, size_t mask, uint64_t hash)
{
    size_t i = hash & mask;

    while (seen[i] && seen[i] != hash)
        i = (i + 1) & mask;
    return &seen[i];
}

static void
widen(struct plan *p)
{
    size_t mask = p->mask * 2 + 1;
    uint64_t *seen = mem_zero(mask + 1, sizeof *seen);

    for (size_t i = 0; i <= p->mask; i++)
        if (p->seen[i])
            *look(seen, mask, p->seen[i]) = p->seen[i];
    mem_free(p->seen);
    p->seen = seen;
    p->mask = mask;
}

void
plan_add(struct plan *p, uint64_t hash, size_t tokens)
{
    uint64_t *slot;

    p->bin[tokens < BINS ? tokens : BINS - 1]++;
    p->texts++;
    p->tokens += tokens;
    p->max = tokens > p->max ? tokens : p->max;

    if (p->n_seen >= SEEN_MAX)
        return;
    hash += hash == 0;
    if (p->n_seen > p->mask / 2)
        widen(p);
    slot = look(p->seen, p->mask, hash);
    p->looked++;
    p->repeats += *slot == hash;
    p->n_seen += *slot != hash;
    *slot = hash;
}

void
plan_sample(struct plan *p, size_t records, size_t tokens, double seconds)
{
    p->sample_records += records;
    p->sample_tokens += tokens;
    p->sample_seconds += seconds;
}

static uint64_t
quantile(const struct plan *p, double share)
{
    uint64_t want = (uint64_t)(share * (double)p->texts), sum = 0;

    for (uint64_t i = 0; i < BINS; i++)
        if ((sum += p->bin[i]) > want)
            return i;
    return p->max;
}

/* Seconds for the whole on all threads, by tokens where there are any. */
static double
predict(const struct plan *p, int threads)
{
    double size = p->tokens ? (double)p->tokens : (double)p->texts;
    double sample = p->tokens ? (double)p->sample_tokens : (double)p->sample_records;

    return sample > 0 ? size / sample * p->sample_seconds / threads : 0;
}

void
plan_json(const struct plan *p, const struct report *r, struct buf *b)
{
    buf_printf(
        b,
        "{\"records\":%llu,\"blank\":%llu,\"passed\":%llu,\"rejected\":%llu,"
        "\"texts\":%llu,\"tokens\":%llu,\"tokens_p50\":%llu,\"tokens_p99\":%llu,"
        "\"tokens_max\":%llu,\"overlong\":%llu,\"repeats\":",
        (unsigned long long)r->in, (unsigned long long)r->blank,
        (unsigned long long)r->passed, (unsigned long long)(r->rejected + r->kept),
        (unsigned long long)p->texts, (unsigned long long)p->tokens,
        (unsigned long long)quantile(p, 0.5), (unsigned long long)quantile(p, 0.99),
        (unsigned long long)p->max, (unsigned long long)r->overlong);
    jout_double(b, p->looked ? (double)p->repeats / (double)p->looked : 0, 4);
    buf_puts(b, ",\"seconds\":");
    jout_double(b, predict(p, r->threads), 1);
    buf_printf(b, ",\"bytes\":%llu,\"threads\":%d}\n", (unsigned long long)mem_peak(),
               r->threads);
}
