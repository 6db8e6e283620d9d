/*
 * test_slots.c - how many sequences fit: no more than there is memory for, and the
 * sizes that this is reckoned with are not below what is taken
 */
#include "infer/slots.h"

#include "base/mem.h"
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

/* 0: none fit */
static size_t
fit(const struct lm *m, struct slots_opt o, size_t mem)
{
    size_t n = 0;
    struct err e = { 0 };

    o.mem = mem;
    if (slots_fit(m, &o, &n, &e) == 0)
        return n;
    if (e.code != ERR_USAGE)
        tap_ok(0, "%s", e.msg);
    return 0;
}

/* The least memory for n slots of each worker */
static size_t
least_for(const struct lm *m, const struct slots_opt *o, size_t n)
{
    size_t lo = 1, hi = (size_t)1 << 40;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (fit(m, *o, mid) >= n)
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
    size_t slot = o.slot + decodersize_seq(m->decoder, m->n_ctx, 0), one, more;

    tap_ok(fit(m, o, 0) == 32, "without a bound: the most");
    tap_ok(fit(m, o, 1) == 0 && fit(m, o, SIZE_MAX) == 32, "next to nothing, and all");
    one = least_for(m, &o, 1);
    more = least_for(m, &o, 11);
    tap_ok(one > mem_now() + slot, "%zu MB are needed for one", one / MB);
    tap_ok(more - one > 10 * slot - 2 * MB && more - one < 10 * slot + 2 * MB,
           "ten more take ten times as much as one: %zu MB", (more - one) / MB);
    o.workers = 4;
    tap_ok(least_for(m, &o, 1) > one + 3 * slot, "a slot for each worker");
    o.workers = 1;
    o.shared = m->n_ctx - 1;
    o.slot = 0;
    tap_ok(fit(m, o, one) == 32, "what is shared is there once");
    o.slot = SIZE_MAX / 2;
    tap_ok(fit(m, o, SIZE_MAX - 1) <= 1 && fit(m, o, SIZE_MAX / 2) == 0, "no overflow");
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
    lm_close(m);
    return tap_done();
}
