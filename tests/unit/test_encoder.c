/*
 * test_encoder.c - BERT's relatives and their heads against transformers; what cannot
 * be is refused
 *
 * test_encoder DIR writes the settings that are refused as files instead: seeds of
 * fuzz_config.
 */
#define _GNU_SOURCE /* memmem */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "folder.h"
#include "jfloats.h"
#include "model/taskhead.h"
#include "tap.h"

#define TINY "tests/golden/tiny-encoders/"

static const struct {
    const char *name;
    int task; /* TASKHEADS: no head */
} checkpoints[] = {
    { "bert-seq", TASKHEAD_SEQUENCE },
    { "bert-tok", TASKHEAD_TOKENS },
    { "bert-mlm", TASKHEAD_MASK },
    { "roberta-seq", TASKHEAD_SEQUENCE },
    { "roberta-tok", TASKHEAD_TOKENS },
    { "roberta-mlm", TASKHEAD_MASK },
    { "xlm-seq", TASKHEAD_SEQUENCE },
    { "xlm-tok", TASKHEAD_TOKENS },
    { "xlm-mlm", TASKHEAD_MASK },
    { "distilbert-seq", TASKHEAD_SEQUENCE },
    { "distilbert-tok", TASKHEAD_TOKENS },
    { "distilbert-mlm", TASKHEAD_MASK },
    { "mpnet-seq", TASKHEAD_SEQUENCE },
    { "mpnet-tok", TASKHEAD_TOKENS },
    { "mpnet-mlm", TASKHEAD_MASK },
    { "distilbert-st", TASKHEADS },
    { "mpnet-st", TASKHEADS },
};
#define N_CHECKPOINTS (sizeof checkpoints / sizeof *checkpoints)

static struct model *
open_model(const char *dir, enum arith arith, struct err *e)
{
    struct model_opt opt = { .arith = arith };

    return model_open(dir, &opt, e);
}

/* hidden [n, n_embd] of one sequence; to be freed */
static float *
encode(const struct model *m, const int32_t *id, size_t n)
{
    size_t start[] = { 0, n };
    struct model_batch b = { id, n, start, 1 };
    struct model_work work = { 0 };
    float *h = malloc(n * (size_t)m->n_embd * sizeof *h);

    model_encode(m, &b, h, &work);
    model_work_release(&work);
    return h;
}

static float *
run_head(const struct taskhead *h, const struct model *m, const float *x, size_t n)
{
    struct arena work = { 0 };
    float *y = malloc(n * h->n_out * sizeof *y);

    taskhead_run(h, x, (size_t)m->n_embd, n, y, &work);
    arena_release(&work);
    return y;
}

/* The largest |a - b| in units of the largest |b|: logits are as large as they are. */
static double
apart(const float *a, const float *b, size_t n)
{
    double most = 0, size = 1;

    for (size_t i = 0; i < n; i++) {
        double x = fabs((double)a[i] - (double)b[i]);
        if (!(x <= most))
            most = x;
        if (fabs((double)b[i]) > size)
            size = fabs((double)b[i]);
    }
    return most / size;
}

/* One line of golden.jsonl: hidden states, and logits where it has them. */
static void
test_line(const struct jfloats *j, const char *name, const struct model *m,
          const struct taskhead *h)
{
    size_t n, n_hidden, n_logits, rows;
    int32_t *id = jfloats_ids(j, "ids", &n);
    float *want = jfloats_list(j, "hidden", &n_hidden), *x = encode(m, id, n), *logits;

    tap_ok(n_hidden == n * (size_t)m->n_embd && apart(x, want, n_hidden) < 1e-4,
           "%s: %zu tokens, hidden states off by %.1e", name, n,
           apart(x, want, n_hidden));
    free(want);
    if (h && json_get(j->line, "logits").type != JSON_NONE) {
        want = jfloats_list(j, "logits", &n_logits);
        rows = n_logits / h->n_out;
        logits = run_head(h, m, x, rows);
        tap_ok(n_logits == rows * h->n_out && (rows == 1 || rows == n) &&
                   apart(logits, want, n_logits) < 1e-4,
               "%s: %zu x %zu logits off by %.1e", name, rows, h->n_out,
               apart(logits, want, n_logits));
        free(want);
        free(logits);
    }
    free(x);
    free(id);
}

static void
test_golden(const char *name, int task)
{
    char dir[256], path[300];
    struct err e = { 0 };
    struct jfloats j;
    struct model *m;
    struct taskhead *h = NULL;

    snprintf(dir, sizeof dir, TINY "%s", name);
    snprintf(path, sizeof path, "%s/golden.jsonl", dir);
    m = open_model(dir, ARITH_F32, &e);
    if (m && task != TASKHEADS)
        h = taskhead_open(m, (enum taskhead_task)task, &e);
    if (tap_ok(m && (h || task == TASKHEADS) && jfloats_open(&j, path) == 0,
               "%s: opens%s", name, e.msg)) {
        while (jfloats_next(&j))
            test_line(&j, name, m, h);
        jfloats_close(&j);
    }
    taskhead_close(h);
    model_close(m);
}

/* A sequence's bits alone are those in a crowd, and those of every level are ref's. */
static void
test_same(const char *name, enum arith arith)
{
    static const size_t start[] = { 0, 5, 6, 35 };
    enum { N = 35 };
    char dir[256];
    struct err e = { 0 };
    struct model_work work = { 0 };
    int32_t id[N];
    float *ref = NULL;
    size_t d = 0;

    for (int i = 0; i < N; i++)
        id[i] = 2 + (i * 31) % 90;
    snprintf(dir, sizeof dir, TINY "%s", name);
    for (int level = CPU_REF; level <= (int)cpu_detect(); level++) {
        struct model_batch b = { id, N, start, 3 };
        struct model *m;
        float *all, *alone;
        setenv("TEXTMILL_ISA", cpu_name((enum cpu_level)level), 1);
        if ((m = open_model(dir, arith, &e)) == NULL)
            break;
        d = (size_t)m->n_embd;
        all = malloc(N * d * sizeof *all);
        model_encode(m, &b, all, &work);
        alone = encode(m, id + 6, 29);
        tap_ok(memcmp(alone, all + 6 * d, 29 * d * sizeof *all) == 0,
               "%s in %s at %s: the same in a crowd", name, pack_arith_name(arith),
               cpu_name((enum cpu_level)level));
        if (ref)
            tap_ok(memcmp(ref, all, N * d * sizeof *all) == 0,
                   "%s in %s: %s gives the bits of ref", name, pack_arith_name(arith),
                   cpu_name((enum cpu_level)level));
        free(alone);
        model_close(m);
        if (ref)
            free(all);
        else
            ref = all;
    }
    tap_ok(ref != NULL, "%s in %s: opens%s", name, pack_arith_name(arith), e.msg);
    free(ref);
    model_work_release(&work);
    unsetenv("TEXTMILL_ISA");
}

/* config.json of a checkpoint with one member replaced. */
static const struct {
    const char *name;
    int task;
    const char *from, *to, *refused;
} configs[] = {
    { "roberta-seq", TASKHEADS, "\"hidden_act\": \"gelu\"",
      "\"hidden_act\": \"gelu_new\"", "hidden_act: 'gelu_new' is not supported" },
    { "roberta-seq", TASKHEADS, "\"is_decoder\": false", "\"is_decoder\": true",
      "is_decoder" },
    { "roberta-seq", TASKHEADS, "\"pad_token_id\": 1", "\"pad_token_id\": 39",
      "pad_token_id: must be" },
    { "roberta-seq", TASKHEADS, "\"pad_token_id\": 1", "\"pad_token_id\": -1",
      "pad_token_id: must be" },
    { "roberta-seq", TASKHEADS, "\"max_position_embeddings\": 40",
      "\"max_position_embeddings\": 1", "pad_token_id" },
    { "roberta-seq", TASKHEADS, "\"type_vocab_size\": 1", "\"type_vocab_size\": 2",
      "must be [2, 24]" },
    { "xlm-tok", TASKHEADS, "\"vocab_size\": 700", "\"vocab_size\": 701",
      "must be [701, 24]" },
    { "distilbert-seq", TASKHEADS, "\"activation\": \"gelu\"",
      "\"activation\": \"relu\"", "activation: 'relu' is not supported" },
    { "distilbert-seq", TASKHEADS, "\"dim\": 24", "\"dim\": 25",
      "3 does not divide 25" },
    { "distilbert-seq", TASKHEADS, "\"hidden_dim\": 40", "\"hidden_dim\": 41",
      "[41, 24]" },
    { "distilbert-seq", TASKHEADS, "\"n_layers\": 2", "\"n_layers\": 3",
      "no tensor 'distilbert.transformer.layer.2" },
    { "distilbert-seq", TASKHEADS, "\"n_heads\": 3", "\"n_heads\": 0",
      "n_heads: must be" },
    { "mpnet-seq", TASKHEADS, "\"relative_attention_num_buckets\": 32",
      "\"relative_attention_num_buckets\": 64", "relative_attention_num_buckets" },
    { "mpnet-seq", TASKHEADS, "\"max_position_embeddings\": 112",
      "\"max_position_embeddings\": 2", "no room" },
    { "mpnet-seq", TASKHEADS, "\"num_attention_heads\": 3",
      "\"num_attention_heads\": 4", "must be [32, 4]" },
    { "mpnet-seq", TASKHEADS, "\"mpnet\"", "\"albert\"", "'albert' is not supported" },

    { "bert-seq", TASKHEAD_TOKENS, "\"hidden_act\"", "\"hidden_act\"",
      "'BertForSequenceClassification' has no labels for tokens" },
    { "bert-tok", TASKHEAD_SEQUENCE, "\"hidden_act\"", "\"hidden_act\"",
      "'BertForTokenClassification' has no labels for texts" },
    { "bert-tok", TASKHEAD_MASK, "\"hidden_act\"", "\"hidden_act\"",
      "no tensor 'cls.predictions" },
    { "bert-tok", TASKHEAD_TOKENS, "\"architectures\"", "\"builders\"",
      "architectures: missing" },
    { "bert-seq", TASKHEAD_SEQUENCE, "\"0\": \"good\"", "\"3\": \"good\"",
      "'3' is not one of 0 to 2" },
    { "bert-seq", TASKHEAD_SEQUENCE, "\"0\": \"good\"", "\"1\": \"good\"",
      "'1' is not one of 0 to 2, or is there twice" },
    { "bert-seq", TASKHEAD_SEQUENCE, "\"0\": \"good\",", "",
      "2 labels, the weights have 3" },
    { "bert-seq", TASKHEAD_SEQUENCE, "\"0\": \"good\"", "\"0\": \"bad\"",
      "two labels are called 'bad'" },
    { "bert-seq", TASKHEAD_SEQUENCE, "\"0\": \"good\"", "\"0\": \"\"",
      "label 0 is empty" },
    { "bert-seq", TASKHEAD_SEQUENCE, "\"0\": \"good\"", "\"0\": 1",
      "a label must be a string" },
    { "bert-seq", TASKHEAD_SEQUENCE, "\"0\": \"good\"", "\"0\": \"\\ud800\"",
      "a label must be a string" },
    { "bert-seq", TASKHEAD_SEQUENCE, "\"id2label\": {",
      "\"problem_type\": \"regression\", \"id2label\": {",
      "problem_type: 'regression' is not supported" },
    { "bert-mlm", TASKHEAD_MASK, "\"tie_word_embeddings\": true",
      "\"tie_word_embeddings\": false", "no tensor 'cls.predictions.decoder.weight'" },
};
#define N_CONFIGS (sizeof configs / sizeof *configs)

/* The checkpoint's config.json with its change, in b. */
static void
changed(size_t i, struct buf *b)
{
    char path[256];
    struct file text;
    struct err e;
    const char *p, *at;

    snprintf(path, sizeof path, TINY "%s/config.json", configs[i].name);
    if (file_map(&text, path, &e))
        jfloats_die(e.msg);
    p = (const char *)text.p;
    if ((at = memmem(p, text.n, configs[i].from, strlen(configs[i].from))) == NULL)
        jfloats_die(configs[i].from);
    buf_add(b, p, (size_t)(at - p));
    buf_puts(b, configs[i].to);
    at += strlen(configs[i].from);
    buf_add(b, at, (size_t)(p + text.n - at));
    file_unmap(&text);
}

static void
test_config(size_t i)
{
    char path[256];
    struct folder f;
    struct file weights;
    struct buf b = { 0 };
    struct err e = { 0 };
    struct model *m;
    struct taskhead *h = NULL;

    changed(i, &b);
    snprintf(path, sizeof path, TINY "%s/model.safetensors", configs[i].name);
    if (file_map(&weights, path, &e))
        jfloats_die(e.msg);
    folder_make(&f);
    folder_write(&f, "config.json", b.p, b.n);
    folder_write(&f, "model.safetensors", weights.p, weights.n);
    m = open_model(f.dir, ARITH_F32, &e);
    if (m && configs[i].task != TASKHEADS)
        h = taskhead_open(m, (enum taskhead_task)configs[i].task, &e);
    tap_ok(!h && (!m || configs[i].task != TASKHEADS) && e.code == ERR_MODEL &&
               strstr(e.msg, configs[i].refused),
           "%s with %s: %s", configs[i].name, configs[i].to, e.msg);
    taskhead_close(h);
    model_close(m);
    file_unmap(&weights);
    folder_remove(&f);
    buf_free(&b);
}

/* A checkpoint cut anywhere is refused: network or head. */
static void
test_cut(const char *name, enum taskhead_task task)
{
    char path[256];
    struct file config, weights;
    struct err e;
    int refused = 0;

    snprintf(path, sizeof path, TINY "%s/config.json", name);
    if (file_map(&config, path, &e))
        jfloats_die(e.msg);
    snprintf(path, sizeof path, TINY "%s/model.safetensors", name);
    if (file_map(&weights, path, &e))
        jfloats_die(e.msg);
    for (size_t i = 0; i < 64; i++) {
        struct folder f;
        struct model *m;
        struct taskhead *h = NULL;
        folder_make(&f);
        folder_write(&f, "config.json", config.p, config.n);
        folder_write(&f, "model.safetensors", weights.p, weights.n * i / 64);
        if ((m = open_model(f.dir, ARITH_F32, &e)) != NULL)
            h = taskhead_open(m, task, &e);
        refused += !h && e.code == ERR_MODEL;
        taskhead_close(h);
        model_close(m);
        folder_remove(&f);
    }
    tap_ok(refused == 64, "%s: %d of 64 cuts refused", name, refused);
    file_unmap(&config);
    file_unmap(&weights);
}

/* Without names the labels are numbers, as transformers has it. */
static void
test_unnamed(void)
{
    static const char text[] = "{\"architectures\":[\"XForSequenceClassification\"]}";
    struct err e = { 0 };
    struct model *m = open_model(TINY "roberta-seq", ARITH_F32, &e);
    struct taskhead *h;

    config_close(m->config);
    m->config = config_parse(text, strlen(text), "c", &e);
    h = taskhead_open(m, TASKHEAD_SEQUENCE, &e);
    tap_ok(h && h->n_out == 3 && str_is(h->label[2], "LABEL_2") && !h->independent,
           "no id2label: LABEL_0 and so on");
    taskhead_close(h);
    model_close(m);
}

static int
write_seeds(const char *dir)
{
    for (size_t i = 0; i < N_CONFIGS; i++) {
        char path[4096];
        struct err e;
        struct buf b = { 0 };
        buf_printf(&b, "== weights\n%s\n== config.json\n", configs[i].name);
        changed(i, &b);
        snprintf(path, sizeof path, "%s/encoder-%02zu", dir, i);
        if (file_replace(path, b.p, b.n, &e))
            jfloats_die(e.msg);
        buf_free(&b);
    }
    return 0;
}

int
main(int argc, char **argv)
{
    static const char *const same[] = { "roberta-tok", "distilbert-tok", "mpnet-tok" };

    if (argc == 2)
        return write_seeds(argv[1]);
    for (size_t i = 0; i < N_CHECKPOINTS; i++)
        test_golden(checkpoints[i].name, checkpoints[i].task);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        for (int arith = 0; arith < ARITHS; arith++)
            test_same(same[i], (enum arith)arith);
    for (size_t i = 0; i < N_CONFIGS; i++)
        test_config(i);
    for (size_t i = 0; i < N_CHECKPOINTS; i++)
        if (checkpoints[i].task != TASKHEADS)
            test_cut(checkpoints[i].name, (enum taskhead_task)checkpoints[i].task);
    test_unnamed();
    return tap_done();
}
