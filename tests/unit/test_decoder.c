/* test_decoder.c - decoders against transformers, and against themselves */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "jfloats.h"
#include "model/decoder.h"
#include "pulled.h"
#include "tap.h"

/* ---- running ---- */

struct run {
    struct decoder *m;
    struct decoder_work work;
    float *x, *logits; /* of the last tokens */
    size_t cap;
};

static float *
run_part(struct run *r, struct decoder_seq *s, const int32_t *id, size_t n)
{
    struct decoder_part part = { s, id, n };
    size_t d = (size_t)r->m->n_embd;

    if (n > r->cap) {
        mem_free(r->x);
        r->x = mem_alloc(n * d * sizeof *r->x);
        r->cap = n;
    }
    decoder_run(r->m, &part, 1, r->x, &r->work);
    return r->x;
}

static const float *
run_logits(struct run *r, const float *x)
{
    if (r->logits == NULL)
        r->logits = mem_alloc((size_t)r->m->n_vocab * sizeof *r->logits);
    decoder_logits(r->m, x, 1, r->logits, &r->work);
    return r->logits;
}

static void
run_close(struct run *r)
{
    mem_free(r->x);
    mem_free(r->logits);
    decoder_work_release(&r->work);
    decoder_close(r->m);
}

static int
run_open(struct run *r, const char *path, enum arith arith, enum kv_type kv)
{
    struct decoder_opt opt = { .arith = arith, .kv = kv };
    struct err e;

    *r = (struct run){ .m = decoder_open(path, &opt, &e) };
    if (r->m == NULL)
        tap_ok(0, "%s: %s", path, e.msg);
    return r->m ? 0 : -1;
}

static int32_t
largest(const float *x, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    return (int32_t)best;
}

/* -log softmax(logits)[id] */
static double
surprise(const float *logits, size_t n, int32_t id)
{
    double max = (double)logits[largest(logits, n)], sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += exp((double)logits[i] - max);
    return log(sum) + max - (double)logits[id];
}

/* ---- against the reference ---- */

struct score {
    int rows, top, greedy, wanted;
    double nll, logit; /* largest relative and absolute distances */
};

static void
check_prompt(struct run *r, struct decoder_seq *s, const struct jfloats *j,
             struct score *score)
{
    size_t n, n_vocab = (size_t)r->m->n_vocab, d = (size_t)r->m->n_embd;
    int32_t *id = jfloats_ids(j, "ids", &n);
    double want, nll = 0;
    struct json top = jfloats_member(j, "top8"), pair;
    const float *x = run_part(r, s, id, n), *logits;

    json_double(jfloats_member(j, "mean_nll"), &want);
    for (size_t i = 0; i + 1 < n; i++)
        nll += surprise(run_logits(r, x + i * d), n_vocab, id[i + 1]) / (double)(n - 1);
    score->nll = fmax(score->nll, fabs(nll - want) / want);
    logits = run_logits(r, x + (n - 1) * d);
    for (size_t i = 0; i < 8; i++) {
        int64_t at = 0;
        double logit = 0;

        pair = json_at(top, i);
        json_int(json_at(pair, 0), 0, (int64_t)n_vocab - 1, &at);
        json_double(json_at(pair, 1), &logit);
        score->logit = fmax(score->logit, fabs(logit - (double)logits[at]));
        if (i == 0)
            score->top += at == largest(logits, n_vocab);
    }
    free(id);
}

/* The first 8 tokens that follow */
static void
check_greedy(struct run *r, struct decoder_seq *s, const struct jfloats *j,
             struct score *score)
{
    size_t n, n_vocab = (size_t)r->m->n_vocab;
    int32_t *want = jfloats_ids(j, "greedy", &n);
    int same = 1;

    for (size_t i = 0; i < n && i < 8; i++) {
        int32_t id = largest(r->logits, n_vocab);

        same = same && id == want[i];
        score->greedy += same;
        score->wanted++;
        run_logits(r, run_part(r, s, &id, 1));
    }
    free(want);
}

static void
test_golden(const char *name, enum arith arith, double most)
{
    char dir[2048], file[2100];
    struct score score = { 0 };
    struct jfloats j;
    struct run r;
    struct decoder_seq *s;

    snprintf(file, sizeof file, "%.2000s/golden/%s-greedy.jsonl", tap_shared(), name);
    if (!pulled_gguf(name, dir, sizeof dir) || jfloats_open(&j, file)) {
        tap_skip(name, "no model or no reference");
        return;
    }
    if (run_open(&r, dir, arith, KV_F16) == 0) {
        s = decoder_seq_new(r.m);
        while (jfloats_next(&j)) {
            decoder_seq_reset(s);
            check_prompt(&r, s, &j, &score);
            check_greedy(&r, s, &j, &score);
            score.rows++;
        }
        decoder_seq_free(s);
        tap_ok(score.rows > 0 && score.nll <= most,
               "%s %s: mean nll within %.4f%% of transformers (%d prompts)", name,
               pack_arith_name(arith), 100 * score.nll, score.rows);
        tap_ok(score.top == score.rows, "%d of %d first tokens", score.top, score.rows);
        tap_ok(score.greedy >= 0.85 * score.wanted,
               "%d of %d first 8 greedy tokens; logits within %.3f", score.greedy,
               score.wanted, score.logit);
    }
    run_close(&r);
    jfloats_close(&j);
}

int
main(void)
{
    test_golden("smollm2", ARITH_F32, 0.005);
    test_golden("smollm2", ARITH_I8B32, 0.01);
    test_golden("gemma3", ARITH_F32, 0.005);
    test_golden("gemma3", ARITH_I8B32, 0.01);
    return tap_done();
}
