/* test_generator.c - the same bits for any slots, order, prefix; limits; labels. What
 * the model answers is compared in tests/tools/generate.bats. */
#include "infer/generator.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "tap.h"

#define MODEL   "tests/golden/tiny-lm"
#define PROMPTS 40
#define LONGEST 60
#define TOKENS  9
#define COMMON  17 /* ids that most prompts begin with */

struct prompts {
    int32_t id[PROMPTS][LONGEST];
    struct generator_prompt prompt[PROMPTS];
};

static struct prompts prompts;

static void
make_prompts(struct prompts *p)
{
    uint32_t r = 1;

    for (size_t i = 0; i < PROMPTS; i++) {
        size_t n = 1 + i * 37 % LONGEST;

        for (size_t t = 0; t < n; t++) {
            r = r * 1664525 + 1013904223; /* Knuth's and Lewis' constants */
            p->id[i][t] =
                t < COMMON && i % 4 ? (int32_t)t + 30 : (int32_t)(r >> 8) % 400;
        }
        p->prompt[i] = (struct generator_prompt){ p->id[i], n };
    }
}

/* The answers of a run, by their prompts' numbers */
struct said {
    size_t n[PROMPTS];
    int32_t id[PROMPTS][TOKENS];
    float logprob[PROMPTS][TOKENS];
    float prob[PROMPTS][3];
    enum generator_finish how[PROMPTS];
    enum err_code code[PROMPTS];
};

static void
keep(struct said *s, size_t i, const struct generator_answer *a)
{
    s->n[i] = a->tokens;
    s->how[i] = a->finish;
    s->code[i] = a->e.code;
    if (a->tokens > 0 && a->tokens <= TOKENS) {
        memcpy(s->id[i], a->id, a->tokens * sizeof *a->id);
        memcpy(s->logprob[i], a->logprob, a->tokens * sizeof *a->logprob);
    }
    if (a->prob)
        memcpy(s->prob[i], a->prob, sizeof s->prob[i]);
}

/* All prompts with these options, `step` apart (coprime to PROMPTS), so many a call */
static int
run(const struct generator_opt *opt, size_t step, size_t call, struct said *s)
{
    struct generator_work w = { 0 };
    struct generator_prompt some[PROMPTS];
    struct generator_answer a[PROMPTS];
    struct err e;
    struct generator *g = generator_open(opt, &e);

    *s = (struct said){ .n = { 0 } };
    if (g == NULL)
        return tap_ok(0, "%s", e.msg), -1;
    for (size_t at = 0; at < PROMPTS; at += call) {
        size_t n = PROMPTS - at < call ? PROMPTS - at : call;

        for (size_t i = 0; i < n; i++)
            some[i] = prompts.prompt[(at + i) * step % PROMPTS];
        generator_run(g, &w, some, n, a);
        for (size_t i = 0; i < n; i++)
            keep(s, (at + i) * step % PROMPTS, &a[i]);
    }
    generator_work_release(&w);
    generator_close(g);
    return 0;
}

static void
test_same(const char *name, struct generator_opt opt)
{
    static const struct {
        size_t slots, step, call;
        int prefix;
    } way[] = { { 1, 1, PROMPTS, 0 },  { 3, 1, PROMPTS, 0 }, { 32, 1, PROMPTS, 0 },
                { 64, 7, PROMPTS, 0 }, { 5, 39, 1, 0 },      { 32, 1, PROMPTS, 1 },
                { 3, 11, 13, 1 },      { 1, 1, 1, 1 } };
    static struct said want, got;

    opt.slots = 0;
    if (run(&opt, 1, PROMPTS, &want))
        return;
    for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
        opt.slots = way[i].slots;
        /* A prompt that is cut off by the prefix, and one that is the prefix, too */
        opt.prefix = way[i].prefix ? prompts.id[3] : NULL;
        opt.n_prefix = way[i].prefix ? COMMON : 0;
        if (run(&opt, way[i].step, way[i].call, &got) == 0)
            tap_ok(memcmp(&want, &got, sizeof want) == 0,
                   "%s: %zu slots, steps of %zu, %zu a call%s", name, way[i].slots,
                   way[i].step, way[i].call, way[i].prefix ? ", a prefix" : "");
    }
}

static void
test_limits(struct generator_opt opt)
{
    static struct said s;
    struct err e;

    for (size_t max = 1; max <= TOKENS; max += 4) {
        int ok = 1, cut = 0;

        opt.max_tokens = max;
        if (run(&opt, 1, PROMPTS, &s))
            return;
        for (size_t i = 0; i < PROMPTS; i++) {
            ok &= s.n[i] <= max && (s.how[i] == GENERATOR_LENGTH) == (s.n[i] == max);
            cut += s.how[i] == GENERATOR_LENGTH;
        }
        tap_ok(ok && cut > PROMPTS / 2, "at most %zu tokens, and never one less", max);
    }
    opt.max_tokens = 0;
    tap_ok(generator_open(&opt, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
    opt.max_tokens = 1;
    opt.slots = 100000;
    tap_ok(generator_open(&opt, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
}

/* log-probability of the n ids of `label` behind a prompt, by the network alone */
static double
log_likely(const struct lm *m, const struct generator_prompt *p, const int32_t *label,
           size_t n)
{
    size_t v = (size_t)m->decoder->n_vocab, d = (size_t)m->decoder->n_embd;
    struct decoder_work w = { 0 };
    struct decoder_seq *seq = decoder_seq_new(m->decoder);
    float *x = mem_alloc(LONGEST * d * sizeof *x),
          *logits = mem_alloc(v * sizeof *logits);
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        struct decoder_part part = { seq, i ? &label[i - 1] : p->id, i ? 1 : p->n, 0 };
        double all = 0;

        decoder_run(m->decoder, &part, 1, x, &w);
        decoder_logits(m->decoder, x + (part.n - 1) * d, 1, logits, &w);
        for (size_t t = 0; t < v; t++)
            all += exp((double)logits[t]);
        sum += (double)logits[label[i]] - log(all);
    }
    mem_free(x);
    mem_free(logits);
    decoder_seq_free(seq);
    decoder_work_release(&w);
    return sum;
}

/* Two labels with a common beginning, and one for which the sequence goes back */
static void
test_labels(const struct lm *m)
{
    static const int32_t a[] = { 50, 60, 70 }, b[] = { 50, 61 }, c[] = { 51, 60 };
    static const struct labeltrie_label label[] = { { a, 3 }, { b, 2 }, { c, 2 } };
    static struct said s;
    struct err e;
    struct labeltrie *t = labeltrie_make(label, 3, -1, &e);
    struct generator_opt opt = {
        .lm = m, .max_tokens = 1, .sample = SAMPLE_OPT_INIT, .labels = t
    };
    double most = 0;

    if (!tap_ok(t != NULL, "labels") || run(&opt, 1, PROMPTS, &s))
        return;
    for (size_t i = 0; i < PROMPTS; i++) {
        double pa = log_likely(m, &prompts.prompt[i], a, 3),
               pb = log_likely(m, &prompts.prompt[i], b, 2),
               pc = log_likely(m, &prompts.prompt[i], c, 2);
        double off_a =
            fabs((double)s.prob[i][0] - 1 / (1 + exp(pb - pa) + exp(pc - pa)));
        double off_c =
            fabs((double)s.prob[i][2] - 1 / (1 + exp(pa - pc) + exp(pb - pc)));
        double off = off_a + off_c;

        most = off > most || isnan(off) ? off : most;
    }
    tap_ok(most < 1e-5, "labels: as label by label, within %.1e", most);
    test_same("labels", opt);
    labeltrie_free(t);
}

int
main(void)
{
    struct lm_opt lo = { .path = MODEL };
    struct err e;
    struct lm *m = lm_open(&lo, &e);
    struct stopper *stop;
    struct generator_opt opt = { .lm = m, .max_tokens = TOKENS };

    if (!tap_ok(m != NULL, "%s", m ? MODEL : e.msg))
        return tap_done();
    make_prompts(&prompts);
    opt.stop = stop = stopper_new(NULL, 0, &e);
    opt.sample = (struct sample_opt)SAMPLE_OPT_INIT;
    opt.sample.logprob = 1;
    test_same("greedy", opt);
    opt.sample.temperature = 1;
    opt.sample.top_p = 0.9;
    opt.seed = 5;
    test_same("drawn", opt);
    test_limits(opt);
    test_labels(m);
    stopper_free(stop);
    lm_close(m);
    return tap_done();
}
