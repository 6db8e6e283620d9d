/* sample.c - the next token, out of the numbers that a model gave all of them */
#include "infer/sample.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "tensor/logits.h"

#define CHUNK     4096 /* logits that one look at their maximum may pass over */
#define TEMP_MIN  1e-4
#define TEMP_MAX  1e4
#define TOP_K_MAX (1 << 30)

/* A logit that the penalty changed */
struct sample_old {
    size_t at;
    float logit;
};

void
sample_work_release(struct sample_work *w)
{
    mem_free(w->id);
    mem_free(w->p);
    mem_free(w->mass);
    mem_free(w->seen);
    mem_free(w->old);
    *w = (struct sample_work){ 0 };
}

int
sample_check(const struct sample_opt *o, struct err *e)
{
    if (o->temperature != 0 &&
        !(o->temperature >= TEMP_MIN && o->temperature <= TEMP_MAX))
        return err_set(e, ERR_USAGE, "--temperature is 0, or from %g to %g", TEMP_MIN,
                       TEMP_MAX);
    if (o->top_k < 0 || o->top_k > TOP_K_MAX)
        return err_set(e, ERR_USAGE, "--top-k is from 0 to %d", TOP_K_MAX);
    if (!(o->top_p > 0 && o->top_p <= 1))
        return err_set(e, ERR_USAGE, "--top-p is more than 0, and at most 1");
    if (!(o->min_p >= 0 && o->min_p <= 1))
        return err_set(e, ERR_USAGE, "--min-p is from 0 to 1");
    if (!(o->penalty >= 0.01 && o->penalty <= 100))
        return err_set(e, ERR_USAGE, "--penalty is from 0.01 to 100");
    return 0;
}

/* ---- random numbers ---- */

uint64_t
sample_key(uint64_t seed, const int32_t *prompt, size_t n)
{
    uint64_t key = num_mix(seed + 1);

    for (size_t i = 0; i < n; i++)
        key = num_mix(key + (uint32_t)prompt[i] + 1);
    return key;
}

double
sample_uniform(uint64_t key, uint64_t draw)
{
    return (double)(num_mix(key + num_mix(draw + 1)) >> 11) * 0x1p-53;
}

/* ---- the penalty ---- */

static void
remember(struct sample_work *w, size_t at, float logit)
{
    if (w->n_old == w->cap_old) {
        size_t cap = w->cap_old * 2 + 256;
        w->old = mem_grow(w->old, w->n_old * sizeof *w->old, cap * sizeof *w->old);
        w->cap_old = cap;
    }
    w->old[w->n_old++] = (struct sample_old){ at, logit };
}

/* A bit for each token that was seen, so that twice is once. */
static void
punish(const struct sample_opt *o, struct sample_work *w, const struct sample_row *row)
{
    size_t words = row->n / 64 + 1;
    float r = (float)o->penalty;

    if (words > w->n_seen) {
        mem_free(w->seen);
        w->seen = mem_zero(words, sizeof *w->seen);
        w->n_seen = words;
    }
    for (size_t i = 0; i < row->n_seen; i++) {
        size_t at = (size_t)row->seen[i];
        uint64_t bit = UINT64_C(1) << at % 64;
        float *x = &row->logits[at];
        if (row->seen[i] < 0 || at >= row->n || (w->seen[at / 64] & bit))
            continue;
        w->seen[at / 64] |= bit;
        remember(w, at, *x);
        *x = *x > 0.0f ? *x / r : *x * r;
    }
}

static void
forgive(struct sample_work *w, const struct sample_row *row)
{
    while (w->n_old > 0) {
        const struct sample_old *old = &w->old[--w->n_old];
        row->logits[old->at] = old->logit;
        w->seen[old->at / 64] = 0;
    }
}

/* ---- greedy ---- */

/* The best so far */
struct best {
    size_t at; /* SIZE_MAX: none */
    float logit;
    int nan;
};

static inline void
challenge(struct best *b, const float *x, size_t at)
{
    if (x[at] > b->logit) {
        b->logit = x[at];
        b->at = at;
    }
    b->nan |= x[at] != x[at];
}

/* 64 tokens, of which those in `bits` are allowed. */
static void
challenge_word(const struct kernels *k, struct best *b, const float *x, size_t at,
               uint64_t bits)
{
    if (bits == UINT64_MAX) {
        float max = logits_max(k, x + at, 64);
        if (max <= b->logit)
            return;
    }
    for (; bits; bits &= bits - 1)
        challenge(b, x, at + (size_t)__builtin_ctzll(bits));
}

/* The bits of word i that stand for tokens. */
static uint64_t
allowed_word(const struct sample_row *row, size_t i)
{
    size_t left = row->n - 64 * i;

    return row->allowed[i] & (left < 64 ? (UINT64_C(1) << left) - 1 : UINT64_MAX);
}

static struct best
find_best(const struct kernels *k, const struct sample_row *row)
{
    struct best b = { SIZE_MAX, -INFINITY, 0 };

    if (row->allowed_id) {
        for (size_t i = 0; i < row->n_allowed; i++)
            challenge(&b, row->logits, (size_t)row->allowed_id[i]);
    } else if (row->allowed) {
        for (size_t i = 0; i < (row->n + 63) / 64; i++)
            challenge_word(k, &b, row->logits, 64 * i, allowed_word(row, i));
    } else {
        size_t at = logits_best(k, row->logits, row->n);
        b.nan = at == row->n && isnan(logits_max(k, row->logits, row->n));
        if (at < row->n)
            b = (struct best){ at, row->logits[at], 0 };
    }
    return b;
}

/* Is there one to be picked, given the largest? */
static int
check_best(float max, int nan, struct err *e)
{
    if (nan || max == INFINITY)
        return err_set(e, ERR_NAN, "the model gave no finite numbers");
    if (max == -INFINITY)
        return err_set(e, ERR_RANGE, "no token is allowed");
    return 0;
}

/* ---- what is left to draw from ---- */

/* Order of floats as order of integers; no NaN. */
static uint32_t
order_of(float x)
{
    uint32_t u;

    memcpy(&u, &x, sizeof u);
    return u >> 31 ? ~u : u | UINT32_C(1) << 31;
}

#define LEVELS 3
#define FANS   4 /* histograms side by side: adding to one place waits for itself */
static const int level_shift[LEVELS] = { 21, 11, 0 };
static const uint32_t level_size[LEVELS] = { 1 << 11, 1 << 10, 1 << 11 };

/* Of x from the largest down, how many of equal order does it take until the sum of
 * their amounts (their own value, or 1) reaches the target? The order of the last of
 * them; *above is the sum over those of higher order. One look a level, no sorting. */
static uint32_t
threshold(const float *x, size_t n, int by_value, double target, double *above)
{
    double sum[FANS][1 << 11];
    uint32_t prefix = 0;

    *above = 0;
    for (int level = 0; level < LEVELS; level++) {
        int shift = level_shift[level], seen = level ? level_shift[level - 1] : 32;
        uint32_t size = level_size[level], at = size - 1;
        memset(sum, 0, sizeof sum);
        for (size_t i = 0; i < n; i++) {
            uint32_t u = order_of(x[i]);
            if (level == 0 || (u ^ prefix) >> seen == 0)
                sum[i % FANS][u >> shift & (size - 1)] += by_value ? (double)x[i] : 1;
        }
        for (;; at--) {
            double here = sum[0][at] + sum[1][at] + sum[2][at] + sum[3][at];
            if (*above + here >= target || at == 0)
                break;
            *above += here;
        }
        prefix |= at << shift;
    }
    return prefix;
}

static float
float_of(uint32_t order)
{
    float x;

    order = order >> 31 ? order & ~(UINT32_C(1) << 31) : ~order;
    memcpy(&x, &order, sizeof x);
    return x;
}

static void
reserve(struct sample_work *w, size_t n)
{
    if (n <= w->cap)
        return;
    mem_free(w->id);
    mem_free(w->p);
    mem_free(w->mass);
    w->id = mem_alloc(mem_mul(n, sizeof *w->id));
    w->p = mem_alloc(mem_mul(n, sizeof *w->p));
    w->mass = mem_alloc(mem_mul(n / LOGITS_BLOCK + 1, sizeof *w->mass));
    w->cap = n;
}

/* Only those of at least `min` stay, and of those that equal it, `equal` ones. */
static void
keep_from(struct sample_work *w, float min, size_t equal)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++) {
        int stays = w->p[i] > min || (w->p[i] == min && equal > 0);
        equal -= stays && w->p[i] == min;
        w->id[n] = w->id[i];
        w->p[n] = w->p[i];
        n += (size_t)stays;
    }
    w->n = n;
}

/* Tokens as they are found, with their logits in p; once in a while all but the top k
 * leave, and then what is below the k-th is passed over. */
struct collect {
    struct sample_work *w;
    const float *x;
    size_t k, full;
    float min;
    int nan;
};

static void
shrink(struct collect *c)
{
    struct sample_work *w = c->w;
    double above;

    if (c->k < w->n) {
        c->min = float_of(threshold(w->p, w->n, 0, (double)c->k, &above));
        keep_from(w, c->min, w->n);
    }
    c->full = w->n + (c->k > CHUNK ? c->k : CHUNK);
}

static inline void
add(struct collect *c, size_t at)
{
    struct sample_work *w = c->w;

    c->nan |= c->x[at] != c->x[at];
    w->id[w->n] = (int32_t)at;
    w->p[w->n] = c->x[at];
    w->n += c->x[at] >= c->min;
    if (w->n == c->full)
        shrink(c);
}

static void
add_word(struct collect *c, size_t at, uint64_t bits)
{
    for (; bits; bits &= bits - 1)
        add(c, at + (size_t)__builtin_ctzll(bits));
}

static void
add_all(struct collect *c, const struct kernels *k, size_t n)
{
    for (size_t at = 0; at < n; at += CHUNK / 8) {
        size_t end = n - at < CHUNK / 8 ? n : at + CHUNK / 8;
        float max = logits_max(k, c->x + at, end - at);
        c->nan |= max != max;
        for (size_t i = at; max >= c->min && i < end; i++)
            add(c, i);
    }
}

static void
collect(struct sample_work *w, const struct kernels *k, const struct sample_opt *o,
        const struct sample_row *row, struct collect *c)
{
    size_t top = o->top_k ? (size_t)o->top_k : row->n;

    *c = (struct collect){ .w = w, .x = row->logits, .k = top, .min = -INFINITY };
    reserve(w, row->n + 1); /* add() writes one further, which may not count */
    w->n = 0;
    shrink(c);
    if (row->allowed_id)
        for (size_t i = 0; i < row->n_allowed; i++)
            add(c, (size_t)row->allowed_id[i]);
    else if (row->allowed)
        for (size_t i = 0; i < (row->n + 63) / 64; i++)
            add_word(c, 64 * i, allowed_word(row, i));
    else
        add_all(c, k, row->n);
    shrink(c);
}

static void
sum_up(struct sample_work *w)
{
    w->total = 0;
    for (size_t i = 0; i < w->n; i += LOGITS_BLOCK) {
        size_t end = w->n - i < LOGITS_BLOCK ? w->n : i + LOGITS_BLOCK;
        double sum = 0;
        for (size_t j = i; j < end; j++)
            sum += (double)w->p[j];
        w->mass[i / LOGITS_BLOCK] = sum;
        w->total += sum;
    }
}

/* Those that are not among the fewest to have the share p. Far tails leave first: all
 * that is below the mean of half of what may be lost. */
static void
cut_top_p(struct sample_work *w, double share)
{
    double target = share * w->total, above, equal;
    double small = (1 - share) * w->total / 2 / (double)w->n;
    float min;

    keep_from(w, small < 1 ? (float)small : 1.0f, w->n);
    min = float_of(threshold(w->p, w->n, 1, target, &above));
    equal = min > 0.0f ? (target - above) / (double)min : 0;
    keep_from(w, min,
              equal < 1              ? 1
              : equal < (double)w->n ? (size_t)ceil(equal)
                                     : w->n);
    sum_up(w);
}

/* The logits that are left become weights, the likeliest 1; then what depends on them.
 */
static void
weigh(struct sample_work *w, const struct kernels *k, const struct sample_opt *o,
      float max)
{
    w->total =
        logits_exp(k, w->p, w->n, max, (float)(1 / o->temperature), w->p, w->mass);
    if (o->top_p < 1)
        cut_top_p(w, o->top_p);
    if (o->min_p > 0) {
        keep_from(w, (float)o->min_p, w->n);
        sum_up(w);
    }
}

static int
filter(const struct sample_opt *o, struct sample_work *w, const struct sample_row *row,
       struct err *e)
{
    const struct kernels *k = kernel_best();
    struct collect c;
    float max;

    collect(w, k, o, row, &c);
    max = logits_max(k, w->p, w->n);
    if (check_best(max, c.nan, e))
        return -1;
    weigh(w, k, o, max);
    return 0;
}

/* The first token at which the weights so far exceed u of their sum. */
static int32_t
draw(const struct sample_work *w, double u)
{
    double target = u * w->total, sum = 0;
    size_t block = 0, last = (w->n - 1) / LOGITS_BLOCK, i, pick;

    while (block < last && sum + w->mass[block] <= target)
        sum += w->mass[block++];
    i = pick = block * LOGITS_BLOCK;
    for (; i < w->n && sum <= target; i++)
        if (w->p[i] > 0.0f) {
            sum += (double)w->p[i];
            pick = i;
        }
    while (pick > 0 && w->p[pick] <= 0.0f) /* u was too near to 1 for these sums */
        pick--;
    return w->id[pick];
}

/* ---- together ---- */

static int
pick_one(const struct sample_opt *o, struct sample_work *w,
         const struct sample_row *row, struct sample_pick *pick, struct err *e)
{
    struct best b;

    if (o->temperature > 0) {
        if (filter(o, w, row, e))
            return -1;
        pick->id = draw(w, sample_uniform(row->key, row->draw));
        return 0;
    }
    b = find_best(kernel_best(), row);
    if (check_best(b.logit, b.nan, e))
        return -1;
    pick->id = (int32_t)b.at;
    return 0;
}

int
sample_next(const struct sample_opt *o, struct sample_work *w,
            const struct sample_row *row, struct sample_pick *pick, struct err *e)
{
    int rc;

    if (o->penalty != 1)
        punish(o, w, row);
    rc = pick_one(o, w, row, pick, e);
    forgive(w, row);
    if (rc || !o->logprob)
        return rc;
    pick->logprob = (float)((double)row->logits[pick->id] -
                            logits_log_sum(kernel_best(), row->logits, row->n));
    return isnan(pick->logprob) ? check_best(NAN, 1, e) : 0;
}

int
sample_filter(const struct sample_opt *o, struct sample_work *w,
              const struct sample_row *row, struct err *e)
{
    int rc;

    if (o->penalty != 1)
        punish(o, w, row);
    rc = filter(o, w, row, e);
    forgive(w, row);
    return rc;
}
