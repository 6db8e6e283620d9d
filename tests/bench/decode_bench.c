/*
 * decode_bench.c - tokens a second of a decoder, on one thread: prompts, and one token
 * at a time of 1 and of 32 sequences behind a shared prompt
 *
 * usage: decode_bench MODEL [PRECISION [PROMPT [RECORDS [KV]]]]
 *
 * Ends with a sum over all states: the same bits before and after a change.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "model/decoder.h"

enum { STEPS = 16, SEQS = 32 };

struct bench {
    const struct decoder *m;
    struct decoder_work work;
    size_t prompt, records;
    uint64_t sum;
};

static double
cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
add_sum(struct bench *b, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, x + i, 4);
        b->sum = (b->sum ^ bits) * 0x100000001b3u;
    }
}

static int32_t *
random_ids(const struct decoder *m, size_t n, uint32_t seed)
{
    int32_t *id = mem_alloc(n * sizeof *id);

    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        id[i] = (int32_t)((seed >> 8) % (uint32_t)m->n_vocab);
    }
    return id;
}

static void
bench_prompts(struct bench *b)
{
    size_t n = b->prompt, d = (size_t)b->m->n_embd;
    int32_t *id = random_ids(b->m, n * b->records, 1);
    float *x = mem_alloc(n * d * sizeof *x), *y = mem_alloc((size_t)b->m->n_vocab * 4);
    struct decoder_seq *s = decoder_seq_new(b->m);
    double from = cpu_seconds();

    for (size_t r = 0; r < b->records; r++) {
        struct decoder_part part = { s, id + r * n, n, n - 1 };

        decoder_seq_reset(s);
        decoder_run(b->m, &part, 1, x, &b->work);
        decoder_logits(b->m, x, 1, y, &b->work);
        add_sum(b, x, d);
    }
    printf("prompts of %zu: %.0f tokens/s\n", n,
           (double)(n * b->records) / (cpu_seconds() - from));
    decoder_seq_free(s);
    mem_free(x);
    mem_free(y);
    mem_free(id);
}

static void
bench_steps(struct bench *b, size_t n_seq)
{
    size_t d = (size_t)b->m->n_embd;
    int32_t *id = random_ids(b->m, b->prompt + STEPS * n_seq, 2);
    float *x = mem_alloc((b->prompt + n_seq) * d * sizeof *x);
    float *y = mem_alloc(n_seq * (size_t)b->m->n_vocab * sizeof *y);
    struct decoder_seq *first = decoder_seq_new(b->m), *s[SEQS];
    struct decoder_part part[SEQS] = { { first, id, b->prompt, 0 } };
    double from;

    decoder_run(b->m, part, 1, x, &b->work);
    for (size_t i = 0; i < n_seq; i++)
        decoder_seq_fork(s[i] = decoder_seq_new(b->m), first, b->prompt);
    from = cpu_seconds();
    for (size_t t = 0; t < STEPS; t++) {
        for (size_t i = 0; i < n_seq; i++)
            part[i] =
                (struct decoder_part){ s[i], id + b->prompt + t * n_seq + i, 1, 0 };
        decoder_run(b->m, part, n_seq, x, &b->work);
        decoder_logits(b->m, x, n_seq, y, &b->work);
        add_sum(b, y, n_seq);
        add_sum(b, x, n_seq * d);
    }
    printf("%zu at a time behind %zu: %.1f tokens/s\n", n_seq, b->prompt,
           (double)(STEPS * n_seq) / (cpu_seconds() - from));
    for (size_t i = 0; i < n_seq; i++)
        decoder_seq_free(s[i]);
    decoder_seq_free(first);
    mem_free(x);
    mem_free(y);
    mem_free(id);
}

int
main(int argc, char **argv)
{
    int arith = argc > 2 ? pack_arith_find(argv[2]) : ARITH_I8;
    int kv = argc > 5 ? kv_find(argv[5]) : KV_F16;
    struct decoder_opt opt = { .cache = 1 };
    struct bench b = { .prompt = argc > 3 ? strtoul(argv[3], NULL, 10) : 128,
                       .records = argc > 4 ? strtoul(argv[4], NULL, 10) : 8 };
    struct decoder *m;
    struct err e;

    if (argc < 2 || arith < 0 || kv < 0) {
        fprintf(stderr,
                "usage: decode_bench MODEL [PRECISION [PROMPT [RECORDS [KV]]]]\n");
        return 2;
    }
    opt.arith = (enum arith)arith;
    opt.kv = (enum kv_type)kv;
    if ((m = decoder_open(argv[1], &opt, &e)) == NULL) {
        fprintf(stderr, "%s\n", e.msg);
        return 1;
    }
    b.m = m;
    bench_prompts(&b);
    bench_steps(&b, 1);
    bench_steps(&b, SEQS);
    printf("sum %016llx\n", (unsigned long long)b.sum);
    decoder_work_release(&b.work);
    decoder_close(m);
    return 0;
}
