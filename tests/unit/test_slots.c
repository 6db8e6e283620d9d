/*
 * test_slots.c - how many sequences fit: no more than there is memory for, and the
 * sizes that this is reckoned with are not below what is taken
 */
#include "infer/slots.h"

#include <pthread.h>

#include "base/mem.h"
#include "base/pool.h"
#include "decoders.h"
#include "model/decodersize.h"
#include "pulled.h"
#include "tap.h"

#define MB ((size_t)1 << 20)

/* ---- sizes ---- */

/* What a work takes for one call of n tokens, after n_ctx - n in the same way */
static size_t
taken(const struct decoder *m, size_t n, size_t n_ctx)
{
    struct decoder_seq *s = decoder_seq_new(m);
    struct decoder_work work = { 0 };
    int32_t *id = mem_zero(n, sizeof *id);
    float *x = mem_alloc(n * (size_t)m->n_embd * sizeof *x);
    size_t bytes;

    for (size_t at = 0; at + n <= n_ctx; at += n) {
        struct decoder_part part = { s, id, n, 0 };

        decoder_run(m, &part, 1, x, &work);
    }
    bytes = work.state.total + work.scratch.total;
    decoder_work_release(&work);
    decoder_seq_free(s);
    mem_free(id);
    mem_free(x);
    return bytes;
}

static void
test_work(const char *name, const char *path, size_t n, size_t n_ctx)
{
    struct err e;

    for (enum arith arith = ARITH_F32; arith < ARITHS; arith++) {
        struct decoder *m = decoders_open(path, arith, KV_F16, &e);
        size_t most, is;

        if (m == NULL) {
            tap_ok(0, "%s: %s", name, e.msg);
            return;
        }
        most = decodersize_work(m, n, n_ctx);
        is = taken(m, n, n_ctx);
        tap_ok(is <= most && most < 20 * MB + 8 * is,
               "%s %s, calls of %zu: %zu KB, at most %zu", name, pack_arith_name(arith),
               n, is / 1024, most / 1024);
        decoder_close(m);
    }
}

static void
test_works(void)
{
    static const char *const names[] = { "llama",       "qwen2",      "gemma2",
                                         "gemma3",      "gpt2-bare",  "mistral",
                                         "gguf-linear", "gguf-llama", "gguf-gemma3" };
    char path[4096];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, DECODERS_TINY "%s", names[i]);
        test_work(names[i], path, 72, 144);
        test_work(names[i], path, 1, 70);
    }
    if (pulled_gguf("smollm2", path, sizeof path))
        test_work("smollm2", path, 192, 192 * 3);
    else
        tap_skip("smollm2", "not pulled");
}

static void
test_seq(const struct lm *m)
{
    const struct decoder *d = m->decoder;
    size_t block = decodersize_seq(d, 1, 0);

    tap_ok(block > 0 && decodersize_seq(d, 64, 0) == block &&
               decodersize_seq(d, 65, 0) == 2 * block &&
               decodersize_seq(d, 256, 0) == 4 * block &&
               decodersize_seq(d, 256, 63) == 4 * block &&
               decodersize_seq(d, 256, 64) == 3 * block &&
               decodersize_seq(d, 0, 0) == 0,
           "sequences are in blocks; what is shared is not counted");
}

/* ---- slots ---- */

/* Slots of each worker, and tokens of all; 0: none fit */
struct fit {
    size_t n, tokens;
};

static struct fit
fit(const struct lm *m, struct slots_opt o, size_t mem)
{
    struct fit f = { 0 };
    struct err e = { 0 };
    struct slots *s;

    o.mem = mem;
    if ((s = slots_open(m, &o, &e)) != NULL)
        f = (struct fit){ slots_count(s), slots_tokens(s) };
    else if (e.code != ERR_USAGE)
        tap_ok(0, "%s", e.msg);
    slots_close(s);
    return f;
}

/* The least memory for n slots of each worker */
static size_t
least_for(const struct lm *m, const struct slots_opt *o, size_t n)
{
    size_t lo = 1, hi = (size_t)1 << 40;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (fit(m, *o, mid).n >= n)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

static void
test_fit(const struct lm *m)
{
    struct slots_opt o = { .most = 32, .pass = 192, .slot = 10 * MB };
    size_t block = decodersize_seq(m->decoder, 64, 0);
    size_t all = decodersize_seq(m->decoder, m->n_ctx, 0), one, more;
    struct fit f = fit(m, o, 0);

    tap_ok(f.n == 32 && f.tokens == SIZE_MAX, "without a bound: the most");
    tap_ok(fit(m, o, 1).n == 0 && fit(m, o, SIZE_MAX).n == 32,
           "next to nothing, and all");
    one = least_for(m, &o, 1);
    more = least_for(m, &o, 11);
    tap_ok(one > mem_now() + o.slot + block, "%zu MB are needed for one", one / MB);
    tap_ok(more - one > 10 * o.slot && more - one < 10 * o.slot + all + 2 * MB,
           "ten more take ten times as much as one: %zu MB", (more - one) / MB);
    f = fit(m, o, one + 2 * MB);
    tap_ok(f.n == 1 && f.tokens >= 64 && f.tokens < (2 * MB / block + 2) * 64,
           "what is left is for tokens: %zu", f.tokens);
    o.workers = 4;
    tap_ok(least_for(m, &o, 1) > one + 3 * o.slot, "a slot for each worker");
    o.workers = 1;
    o.slot = 0;
    tap_ok(fit(m, o, one).n > 1, "slots that take nothing: tokens alone count");
    o.slot = SIZE_MAX / 2;
    tap_ok(fit(m, o, SIZE_MAX - 1).n <= 1 && fit(m, o, SIZE_MAX / 2).n == 0,
           "no overflow");
}

/* ---- taking and giving ---- */

static struct slots *
open_for(const struct lm *m, size_t blocks)
{
    struct slots_opt o = { .most = 8, .pass = 1 };
    size_t mem = mem_now(), tokens = 0;
    struct slots *s = NULL;
    struct err e;

    for (; tokens < blocks * 64; mem += decodersize_seq(m->decoder, 1, 0) / 2) {
        slots_close(s);
        o.mem = mem;
        tokens = (s = slots_open(m, &o, &e)) ? slots_tokens(s) : 0;
    }
    return s;
}

static void
test_take(const struct lm *m)
{
    struct slots *s = open_for(m, 10);
    size_t a = slots_take(s, 300, 0, 0), b = slots_take(s, 320, 0, 0), c;

    tap_ok(a > 0 && b > 0 && slots_take(s, 300, 0, 0) == 0, "two of five blocks");
    tap_ok(slots_take(s, 1, 0, 0) == 0 && slots_take(s, 64, 64, 0) > 0,
           "no third, but one whose tokens are all another's");
    slots_give(s, a);
    tap_ok(slots_take(s, 321, 0, 0) == 0, "none of six blocks");
    c = slots_take(s, 200, 0, 1);
    tap_ok(c > 0 && c < a, "one of four, and nobody waits");
    slots_close(s);

    s = open_for(m, 2);
    a = slots_take(s, 6400, 0, 1);
    tap_ok(a > 0 && slots_take(s, 1, 0, 0) == 0, "what is too long for all is alone");
    slots_give(s, a);
    tap_ok(slots_take(s, 1, 0, 0) > 0, "and then others come");
    slots_close(s);
}

/* ---- many threads ---- */

struct crowd {
    struct slots *s;
    pthread_mutex_t lock;
    size_t tokens, most, times;
};

/* Each takes some tokens, now and then more than there are. */
static void
come(void *arg, int i)
{
    struct crowd *c = arg;

    for (size_t k = 0; k < 200; k++) {
        size_t n = 64 * (1 + (k * 7 + (size_t)i) % 5), got;

        n = k % 50 == 49 ? 6400 : n;
        got = slots_take(c->s, n, 0, 1);
        pthread_mutex_lock(&c->lock);
        c->tokens += n;
        if (c->tokens > c->most && c->tokens != 6400)
            c->most = c->tokens;
        c->times += got > 0;
        pthread_mutex_unlock(&c->lock);
        pthread_mutex_lock(&c->lock);
        c->tokens -= n;
        pthread_mutex_unlock(&c->lock);
        slots_give(c->s, got);
    }
}

static void
test_crowd(const struct lm *m)
{
    struct crowd c = { .s = open_for(m, 8) };
    struct pool *pool = pool_new(4);

    pthread_mutex_init(&c.lock, NULL);
    pool_run(pool, 4, come, &c);
    tap_ok(c.times == 800 && c.most >= 320 && c.most <= slots_tokens(c.s),
           "%zu times, %zu of %zu tokens at most", c.times, c.most, slots_tokens(c.s));
    pthread_mutex_destroy(&c.lock);
    pool_free(pool);
    slots_close(c.s);
}

int
main(void)
{
    struct lm_opt opt = { .path = "tests/golden/tiny-lm" };
    struct err e;
    struct lm *m;

    test_works();
    if ((m = lm_open(&opt, &e)) == NULL)
        return tap_ok(0, "%s", e.msg), tap_done();
    test_seq(m);
    test_fit(m);
    test_take(m);
    test_crowd(m);
    lm_close(m);
    return tap_done();
}
