/* test_decoder.c - decoders against transformers, and against themselves */
#include "decoders.h"
#include "jfloats.h"
#include "tap.h"

/* ---- tiny checkpoints of all architectures ---- */

static const struct {
    const char *name, *config; /* NULL: config.json */
} checkpoints[] = {
    { "llama", NULL },         { "llama", "old.json" },
    { "llama-tied", NULL },    { "llama-tied", "old.json" },
    { "llama-3", NULL },       { "llama-3", "old.json" },
    { "llama-bias", NULL },    { "mistral", NULL },
    { "mistral", "old.json" }, { "qwen2", NULL },
    { "qwen2", "old.json" },   { "gemma2", NULL },
    { "gemma2", "old.json" },  { "gemma3", NULL },
    { "gemma3", "old.json" },  { "gpt2", NULL },
    { "gpt2-bare", NULL },     { "gguf-llama", NULL },
    { "gguf-linear", NULL },   { "gguf-qwen2", NULL },
    { "gguf-gemma2", NULL },   { "gguf-gemma3", NULL },
    { "gguf-gpt2", NULL },     { "gemma", NULL },
    { "gemma", "old.json" },   { "gguf-gemma", NULL },
    { "gemma3-images", NULL }, { "gemma3-images-bare", NULL },
};
#define N_CHECKPOINTS (sizeof checkpoints / sizeof *checkpoints)

static double
golden_apart(const struct decoder *m, const struct jfloats *j)
{
    size_t n, n_at, n_logits, d = (size_t)m->n_embd, n_vocab = (size_t)m->n_vocab;
    int32_t *id = jfloats_ids(j, "ids", &n), *at = jfloats_ids(j, "at", &n_at);
    float *want = jfloats_list(j, "logits", &n_logits);
    struct decoder_seq *s = decoder_seq_new(m);
    float *x = decoders_run(m, s, id, n);
    double most = n_logits == n_at * n_vocab ? 0 : INFINITY;

    for (size_t i = 0; i < n_at && most < INFINITY; i++) {
        float *y = decoders_logits(m, x + (size_t)at[i] * d, 1);

        most = fmax(most, decoders_apart(y, want + i * n_vocab, n_vocab));
        mem_free(y);
    }
    decoder_seq_free(s);
    mem_free(x);
    free(id);
    free(at);
    free(want);
    return most;
}

static const struct {
    enum kv_type kv;
    double most;
} kinds[] = { { KV_F32, 1e-5 }, { KV_F16, 2e-3 }, { KV_I8, 5e-2 } };

static void
test_kinds(const char *dir, const char *name, const char *config)
{
    char golden[300];
    struct err e;
    struct jfloats j;

    snprintf(golden, sizeof golden, DECODERS_TINY "%s/golden.jsonl", name);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct decoder *m = decoders_open(dir, ARITH_F32, kinds[i].kv, &e);
        double most = 0;
        int rows = 0;

        if (m == NULL || jfloats_open(&j, golden)) {
            tap_ok(0, "%s opens%s", name, e.msg);
            return;
        }
        for (; jfloats_next(&j); rows++)
            most = fmax(most, golden_apart(m, &j));
        tap_ok(rows == 3 && most <= kinds[i].most, "%s %s, kv %s: off by %.1e", name,
               config ? config : "", kv_name(kinds[i].kv), most);
        jfloats_close(&j);
        decoder_close(m);
    }
}

/* With the settings in another file */
static void
test_checkpoint(const char *name, const char *config)
{
    char dir[256];
    struct folder f;

    snprintf(dir, sizeof dir, DECODERS_TINY "%s", name);
    if (config == NULL) {
        test_kinds(dir, name, NULL);
        return;
    }
    folder_make(&f);
    decoders_copy(&f, name, config);
    test_kinds(f.dir, name, config);
    folder_remove(&f);
}

/* ---- the same bits in any company ---- */

enum { LONG = 144 }; /* the n_ctx of all tiny ones */

static const struct {
    const char *name;
    enum arith arith;
    enum kv_type kv;
} bits[] = {
    { "llama", ARITH_F32, KV_F16 },     { "gpt2-bare", ARITH_F32, KV_I8 },
    { "mistral", ARITH_I8, KV_F16 },    { "mistral", ARITH_F32, KV_I8 },
    { "gemma2", ARITH_F32, KV_F16 },    { "gemma3", ARITH_I8B32, KV_I8 },
    { "gemma3", ARITH_F32, KV_F32 },    { "gguf-llama", ARITH_I8B32, KV_I8 },
    { "gguf-qwen2", ARITH_I8, KV_F16 },
};

static void
fill_ids(int32_t *id, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        id[i] = (int32_t)(seed >> 26);
    }
}

/* The text in calls of `some` tokens, from token `at` of s on, in x + at * d */
static void
append(const struct decoder *m, struct decoder_seq *s, const int32_t *id, size_t at,
       size_t some, float *x)
{
    size_t d = (size_t)m->n_embd;

    for (size_t n; at < LONG; at += n) {
        float *y;

        n = LONG - at < some ? LONG - at : some;
        y = decoders_run(m, s, id + at, n);
        memcpy(x + at * d, y, n * d * sizeof *x);
        mem_free(y);
    }
}

static void
test_cuts(const struct decoder *m, const char *name, const int32_t *id,
          const float *want)
{
    static const size_t some[] = { 1, 7, 33, 64, 143 };
    size_t all = LONG * (size_t)m->n_embd;
    float *x = mem_alloc(all * sizeof *x);
    struct decoder_seq *s = decoder_seq_new(m);

    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        decoder_seq_reset(s);
        append(m, s, id, 0, some[i], x);
        tap_ok(memcmp(x, want, all * sizeof *x) == 0, "%s: the same by %zu tokens",
               name, some[i]);
    }
    decoder_seq_free(s);
    mem_free(x);
}

/* Other texts in the same calls, of other lengths, before it and behind it */
static void
test_neighbours(const struct decoder *m, const char *name, const int32_t *id,
                const float *want)
{
    enum { CALLS = 3, CUT = LONG / CALLS };
    size_t d = (size_t)m->n_embd, before = 5, behind = 70, same = 0;
    struct decoder_seq *s[3];
    struct decoder_work work = { 0 };
    float *x = mem_alloc((before + CUT + behind) * d * sizeof *x);
    int32_t other[2 * LONG];

    fill_ids(other, 2 * LONG, 99);
    for (int i = 0; i < 3; i++)
        s[i] = decoder_seq_new(m);
    for (size_t i = 0; i < CALLS; i++) {
        struct decoder_part part[] = { { s[0], other + i * before, before, 0 },
                                       { s[1], id + i * CUT, CUT, 0 },
                                       { s[2], other + i * behind, behind, 0 } };

        decoder_run(m, part, i < 2 ? 3 : 2, x, &work);
        same += memcmp(x + before * d, want + i * CUT * d, CUT * d * sizeof *x) == 0;
    }
    tap_ok(same == CALLS, "%s: the same beside others", name);
    for (int i = 0; i < 3; i++)
        decoder_seq_free(s[i]);
    decoder_work_release(&work);
    mem_free(x);
}

/* States of some tokens only: nothing, one, all but one */
static void
test_skips(const struct decoder *m, const char *name, const int32_t *id,
           const float *want)
{
    size_t d = (size_t)m->n_embd;
    struct decoder_seq *s[4];
    struct decoder_part part[4];
    struct decoder_work work = { 0 };
    float *x = mem_alloc(2 * LONG * d * sizeof *x);

    for (size_t i = 0; i < 4; i++)
        part[i] = (struct decoder_part){ s[i] = decoder_seq_new(m), id, LONG - i, 0 };
    part[0].skip = LONG - 1;
    part[1].skip = LONG - 1;
    part[2].skip = 1;
    part[3].skip = LONG - 10;
    decoder_run(m, part, 4, x, &work);
    tap_ok(memcmp(x, want + (LONG - 1) * d, d * sizeof *x) == 0 &&
               memcmp(x + d, want + d, (LONG - 3) * d * sizeof *x) == 0 &&
               memcmp(x + (LONG - 2) * d, want + (LONG - 10) * d, 7 * d * sizeof *x) ==
                   0,
           "%s: the same where others are skipped", name);
    decoder_seq_reset(s[1]);
    part[0] = (struct decoder_part){ s[1], id, LONG - 1, LONG - 1 };
    decoder_run(m, part, 1, NULL, &work);
    part[0] = (struct decoder_part){ s[1], id + LONG - 1, 1, 0 };
    decoder_run(m, part, 1, x, &work);
    tap_ok(memcmp(x, want + (LONG - 1) * d, d * sizeof *x) == 0,
           "%s: the same behind a call that wanted nothing", name);
    for (size_t i = 0; i < 4; i++)
        decoder_seq_free(s[i]);
    decoder_work_release(&work);
    mem_free(x);
}

/* A beginning of one text goes on as another; the first text stays as it is. */
static void
test_forks(const struct decoder *m, const char *name, const int32_t *id,
           const float *want)
{
    static const size_t cut[] = { 0, 1, 63, 64, 65, 128, LONG - 1 };
    size_t d = (size_t)m->n_embd;
    struct decoder_seq *from = decoder_seq_new(m), *s = decoder_seq_new(m);
    float *x = mem_alloc(LONG * d * sizeof *x);
    int32_t other[LONG];

    append(m, from, id, 0, LONG - 1, x);
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        size_t at = cut[i], left = (LONG - at) * d;
        int good;

        fill_ids(other, LONG, (uint32_t)i);
        decoder_seq_fork(s, from, at);
        good = decoder_seq_tokens(s) == at;
        append(m, s, other, at, 9, x); /* must not show in `from` */
        decoder_seq_fork(s, from, at);
        append(m, s, id, at, 50, x);
        tap_ok(good && memcmp(x + at * d, want + at * d, left * sizeof *x) == 0 &&
                   decoder_seq_tokens(from) == LONG,
               "%s: the same behind a fork at %zu", name, at);
    }
    decoder_seq_free(s);
    decoder_seq_free(from);
    mem_free(x);
}

/* Rows of logits in company and alone */
static void
test_rows(const struct decoder *m, const char *name, const float *x)
{
    size_t d = (size_t)m->n_embd, n_vocab = (size_t)m->n_vocab;
    float *all = decoders_logits(m, x, 40), *one = decoders_logits(m, x + 17 * d, 1);

    tap_ok(memcmp(all + 17 * n_vocab, one, n_vocab * sizeof *one) == 0,
           "%s: the same logits", name);
    mem_free(all);
    mem_free(one);
}

static void
test_bits(size_t i)
{
    char dir[256], name[100];
    float *ref = NULL;
    size_t bytes = 0;
    int32_t id[LONG];
    struct err e;

    fill_ids(id, LONG, 1);
    snprintf(dir, sizeof dir, DECODERS_TINY "%s", bits[i].name);
    for (int level = CPU_REF; level <= (int)cpu_detect(); level++) {
        struct decoder *m;
        struct decoder_seq *s;
        float *x;

        setenv("TEXTMILL_ISA", cpu_name((enum cpu_level)level), 1);
        snprintf(name, sizeof name, "%s %s kv %s at %s", bits[i].name,
                 pack_arith_name(bits[i].arith), kv_name(bits[i].kv),
                 cpu_name((enum cpu_level)level));
        m = decoders_open(dir, bits[i].arith, bits[i].kv, &e);
        if (!tap_ok(m != NULL, "%s opens%s", name, e.msg))
            break;
        s = decoder_seq_new(m);
        x = decoders_run(m, s, id, LONG);
        bytes = LONG * (size_t)m->n_embd * sizeof *x;
        if (ref == NULL)
            memcpy(ref = mem_alloc(bytes), x, bytes);
        tap_ok(memcmp(ref, x, bytes) == 0, "%s: the bits of ref", name);
        test_cuts(m, name, id, x);
        test_neighbours(m, name, id, x);
        test_skips(m, name, id, x);
        test_forks(m, name, id, x);
        test_rows(m, name, x);
        mem_free(x);
        decoder_seq_free(s);
        decoder_close(m);
    }
    unsetenv("TEXTMILL_ISA");
    mem_free(ref);
}

int
main(void)
{
    for (size_t i = 0; i < N_CHECKPOINTS; i++)
        test_checkpoint(checkpoints[i].name, checkpoints[i].config);
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        test_bits(i);
    return tap_done();
}
