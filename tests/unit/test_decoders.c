/* test_decoders.c - the pulled decoders against transformers */
#include "decoders.h"
#include "jfloats.h"
#include "kernel/kernel.h"
#include "pulled.h"
#include "tap.h"

/* How far the mean surprise may be from f32, and how many of 100 first tokens and of
 * those that follow must be equal. In 8 bits .28 % (smollm2) and .21 % (gemma3) were
 * measured, 18 of 20 and 9 of 10, 82 and 79 of 100: among the prompts are some whose
 * two likeliest tokens are .1 apart. */
struct bound {
    enum arith arith;
    double nll;
    int top, greedy;
};

static const struct bound exact = { ARITH_F32, 0.005, 100, 85 };
static const struct bound eight = { ARITH_I8B32, 0.01, 90, 75 };
static const struct bound sixteen = { ARITH_I16, 0.001, 100, 100 };

enum { GREEDY = 8, TOP = 8, ROWS = 32 };

struct prompt {
    int32_t *id; /* [n]; then the tokens that follow */
    size_t n;
    double nll; /* mean, of the tokens from the second on */
    int64_t top[TOP];
    double logit[TOP];
};

/* What one gave: distances, absolute but for that of nll */
struct score {
    double nll, logit;
    int top, greedy; /* equal: the first one; those of GREEDY before one differs */
};

struct run {
    const struct decoder *m;
    const struct prompt *prompt;
    struct score *score;
};

static void
read_prompt(const struct jfloats *j, struct prompt *p)
{
    size_t n;
    int32_t *next = jfloats_ids(j, "greedy", &n);

    p->id = jfloats_ids(j, "ids", &p->n);
    p->id = realloc(p->id, (p->n + GREEDY) * sizeof *p->id);
    if (n < GREEDY || !json_double(jfloats_member(j, "mean_nll"), &p->nll))
        jfloats_die("greedy or mean_nll");
    memcpy(p->id + p->n, next, GREEDY * sizeof *next);
    for (size_t i = 0; i < TOP; i++) {
        struct json pair = json_at(jfloats_member(j, "top8"), i);

        if (!json_int(json_at(pair, 0), 0, INT32_MAX, &p->top[i]) ||
            !json_double(json_at(pair, 1), &p->logit[i]))
            jfloats_die("top8");
    }
    free(next);
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

/* -log softmax(x)[id]; x is used up */
static double
surprise(float *x, size_t n, int32_t id)
{
    float max = x[largest(x, n)], it = x[id];
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        x[i] -= max;
    kernel_best()->exp(x, n);
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    return log(sum) + (double)max - (double)it;
}

/* Logits behind token i of the prompt and what follows it */
static void
judge(const struct prompt *p, size_t i, float *y, size_t n_vocab, struct score *to)
{
    if (i + 1 < p->n) {
        to->nll += surprise(y, n_vocab, p->id[i + 1]) / (double)(p->n - 1);
        return;
    }
    if (i + 1 == p->n) {
        to->top = largest(y, n_vocab) == p->top[0];
        for (size_t t = 0; t < TOP; t++)
            to->logit = fmax(to->logit, fabs(p->logit[t] - (double)y[p->top[t]]));
    }
    if ((size_t)to->greedy == i + 1 - p->n)
        to->greedy += largest(y, n_vocab) == p->id[i + 1];
}

/* The reference's own next tokens are given: while all before were equal, they are what
 * greedy choice would have taken. */
static void
run_prompt(void *arg, int at)
{
    const struct run *r = arg;
    const struct prompt *p = r->prompt + at;
    size_t n = p->n + GREEDY - 1, n_vocab = (size_t)r->m->n_vocab;
    struct decoder_seq *s = decoder_seq_new(r->m);
    float *x = decoders_run(r->m, s, p->id, n);
    struct score *to = r->score + at;

    for (size_t i = 0; i < n; i += ROWS) {
        size_t rows = n - i < ROWS ? n - i : ROWS;
        float *y = decoders_logits(r->m, x + i * (size_t)r->m->n_embd, rows);

        for (size_t t = 0; t < rows; t++)
            judge(p, i + t, y + t * n_vocab, n_vocab, to);
        mem_free(y);
    }
    to->nll = fabs(to->nll - p->nll) / p->nll;
    decoder_seq_free(s);
    mem_free(x);
}

static void
report(const char *what, const struct score *score, int n, const struct bound *b)
{
    struct score all = { 0 };

    for (int i = 0; i < n; i++) {
        all.nll = fmax(all.nll, score[i].nll);
        all.logit = fmax(all.logit, score[i].logit);
        all.top += score[i].top;
        all.greedy += score[i].greedy;
    }
    tap_ok(n > 0 && all.nll <= b->nll,
           "%s: mean nll within %.3f%% of transformers (%d prompts)", what,
           100 * all.nll, n);
    tap_ok(all.top * 100 >= n * b->top, "%s: %d of %d first tokens; logits within %.3f",
           what, all.top, n, all.logit);
    tap_ok(all.greedy * 100 >= b->greedy * n * GREEDY,
           "%s: %d of %d first greedy tokens", what, all.greedy, n * GREEDY);
}

/* Every so many of the prompts */
static void
test_pulled(const char *name, const struct bound *b, int every, struct pool *pool)
{
    enum { MOST = 20 };
    char dir[2048], file[2100], what[64];
    struct prompt prompt[MOST] = { 0 };
    struct score score[MOST] = { 0 };
    struct run r = { NULL, prompt, score };
    struct decoder_opt opt = { .arith = b->arith, .pool = pool };
    struct decoder *m;
    struct jfloats j;
    struct err e;
    int n = 0;

    snprintf(what, sizeof what, "%s %s", name, pack_arith_name(b->arith));
    snprintf(file, sizeof file, "%.2000s/golden/%s-greedy.jsonl", tap_shared(), name);
    if (!pulled_gguf(name, dir, sizeof dir) || jfloats_open(&j, file)) {
        tap_skip(what, "no model or no reference");
        return;
    }
    for (int i = 0; n < MOST && jfloats_next(&j); i++)
        if (i % every == 0)
            read_prompt(&j, prompt + n++);
    r.m = m = decoder_open(dir, &opt, &e);
    if (tap_ok(m != NULL, "%s opens%s", what, m ? "" : e.msg)) {
        pool_run(pool, n, run_prompt, &r);
        report(what, score, n, b);
    }
    while (n > 0)
        free(prompt[--n].id);
    decoder_close(m);
    jfloats_close(&j);
}

int
main(void)
{
    struct pool *pool = pool_new(2);

    test_pulled("smollm2", &exact, 3, pool);
    test_pulled("smollm2", &eight, 1, pool);
    test_pulled("smollm2", &sixteen, 1, pool);
    test_pulled("gemma3", &exact, 6, pool);
    test_pulled("gemma3", &eight, 2, pool);
    test_pulled("gemma3", &sixteen, 2, pool);
    pool_free(pool);
    return tap_done();
}
