/*
 * test_bert.c - BERT against transformers, and against itself in other company
 *
 * test_bert DIR writes the settings that are refused as files instead: seeds of
 * fuzz_config.
 */
#define _GNU_SOURCE /* memmem */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "folder.h"
#include "jfloats.h"
#include "model/model.h"
#include "tap.h"

#define TINY "tests/golden/tiny-bert/"
#define SEQS 5

struct golden {
    struct model *m;
    int n;
    size_t n_tok[SEQS];
    int32_t *id[SEQS];
    float *hidden[SEQS]; /* by transformers */
};

static struct model *
open_model(const char *dir, enum arith arith, struct err *e)
{
    struct model_opt opt = { .arith = arith };

    return model_open(dir, &opt, e);
}

static int
golden_open(struct golden *g, const char *name, enum arith arith)
{
    struct err e = { 0 };
    struct jfloats j;
    char dir[256], path[300];
    size_t n;

    *g = (struct golden){ 0 };
    snprintf(dir, sizeof dir, TINY "%s", name);
    snprintf(path, sizeof path, "%s/hidden.jsonl", dir);
    g->m = open_model(dir, arith, &e);
    if (!tap_ok(g->m && jfloats_open(&j, path) == 0, "%s in %s: opens%s", name,
                pack_arith_name(arith), e.msg))
        return -1;
    while (g->n < SEQS && jfloats_next(&j)) {
        g->id[g->n] = jfloats_ids(&j, "ids", &g->n_tok[g->n]);
        g->hidden[g->n] = jfloats_list(&j, "hidden", &n);
        if (n != g->n_tok[g->n] * (size_t)g->m->n_embd)
            jfloats_die("hidden");
        g->n++;
    }
    jfloats_close(&j);
    return 0;
}

static void
golden_close(struct golden *g)
{
    for (int i = 0; i < g->n; i++) {
        free(g->id[i]);
        free(g->hidden[i]);
    }
    model_close(g->m);
}

/* Run sequences, given by number, as one batch; hidden [all their tokens, n_embd]. */
static float *
run(const struct golden *g, const int *seq, int n_seq)
{
    struct model_work work = { 0 };
    size_t start[64] = { 0 }, n = 0;
    int32_t *id;
    float *h;

    for (int s = 0; s < n_seq; s++)
        start[s + 1] = n += g->n_tok[seq[s]];
    id = malloc(n * sizeof *id);
    h = malloc(n * (size_t)g->m->n_embd * sizeof *h);
    for (int s = 0; s < n_seq; s++)
        memcpy(id + start[s], g->id[seq[s]], g->n_tok[seq[s]] * sizeof *id);
    struct model_batch b = { id, n, start, (size_t)n_seq };
    model_encode(g->m, &b, h, &work);
    model_work_release(&work);
    free(id);
    return h;
}

/* |a - b| / |b| over n values */
static double
distance(const float *a, const float *b, size_t n)
{
    double diff = 0, len = 0;

    for (size_t i = 0; i < n; i++) {
        diff += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        len += (double)b[i] * (double)b[i];
    }
    return sqrt(diff / len);
}

static void
test_golden(const char *name, enum arith arith, double most)
{
    struct golden g;

    if (golden_open(&g, name, arith))
        return;
    for (int i = 0; i < g.n; i++) {
        float *h = run(&g, &i, 1);
        double worst = 0;
        for (size_t t = 0; t < g.n_tok[i]; t++) {
            size_t d = (size_t)g.m->n_embd;
            double x = distance(h + t * d, g.hidden[i] + t * d, d);
            worst = x > worst || isnan(x) ? x : worst;
        }
        tap_ok(worst < most, "%s in %s: %zu tokens, worst row off by %.1e", name,
               pack_arith_name(arith), g.n_tok[i], worst);
        free(h);
    }
    golden_close(&g);
}

/* Each sequence alone, then in a crowd: the same bits. */
static void
test_neighbours(const char *name, enum arith arith)
{
    static const int crowd[] = { 4, 0, 3, 3, 1, 2, 4, 0, 2, 1, 3 };
    const int n_crowd = (int)(sizeof crowd / sizeof *crowd);
    struct golden g;
    size_t at = 0;
    float *all;
    int same = 0;

    if (golden_open(&g, name, arith))
        return;
    all = run(&g, crowd, n_crowd);
    for (int s = 0; s < n_crowd; s++) {
        size_t n = g.n_tok[crowd[s]] * (size_t)g.m->n_embd;
        float *alone = run(&g, &crowd[s], 1);
        same += memcmp(alone, all + at, n * sizeof *all) == 0;
        at += n;
        free(alone);
    }
    tap_ok(same == n_crowd, "%s in %s: %d of %d the same alone and in a crowd", name,
           pack_arith_name(arith), same, n_crowd);
    free(all);
    golden_close(&g);
}

/* Every level that this machine has gives the bits of ref. */
static void
test_levels(const char *name, enum arith arith)
{
    static const int all[] = { 0, 1, 2, 3, 4 };
    enum cpu_level best = cpu_detect();
    float *ref = NULL;
    size_t n = 0;

    for (int level = CPU_REF; level <= (int)best; level++) {
        struct golden g;
        float *h;
        setenv("TEXTMILL_ISA", cpu_name((enum cpu_level)level), 1);
        if (golden_open(&g, name, arith))
            break;
        h = run(&g, all, SEQS);
        if (level == CPU_REF) {
            for (int i = 0; i < SEQS; i++)
                n += g.n_tok[i] * (size_t)g.m->n_embd;
            ref = h;
        } else {
            tap_ok(memcmp(h, ref, n * sizeof *h) == 0,
                   "%s in %s: %s gives the bits of ref", name, pack_arith_name(arith),
                   cpu_name((enum cpu_level)level));
            free(h);
        }
        golden_close(&g);
    }
    free(ref);
    unsetenv("TEXTMILL_ISA");
}

/* config.json of the tiny model with one member replaced. */
static const struct {
    const char *from, *to, *refused;
} configs[] = {
    { "\"gelu\"", "\"gelu_new\"", "hidden_act: 'gelu_new' is not supported" },
    { "\"model_type\": \"bert\"", "\"model_type\": \"albert\"",
      "model_type: 'albert' is not supported" },
    { "\"model_type\": \"bert\",", "", "model_type: missing" },
    { "\"use_cache\": true", "\"position_embedding_type\": \"relative_key\"",
      "position_embedding_type: 'relative_key'" },
    { "\"is_decoder\": false", "\"is_decoder\": true", "is_decoder: true" },
    { "\"hidden_size\": 32", "\"hidden_size\": 31", "4 does not divide 31" },
    { "\"hidden_size\": 32", "\"hidden_size\": 64", "is [96, 32], must be [96, 64]" },
    { "\"hidden_size\": 32", "\"hidden_size\": 0", "hidden_size: must be" },
    { "\"hidden_size\": 32", "\"hidden_size\": -32", "hidden_size: must be" },
    { "\"hidden_size\": 32", "\"hidden_size\": \"32\"", "hidden_size: must be" },
    { "\"hidden_size\": 32", "\"hidden_size\": 4294967328", "hidden_size: must be" },
    { "\"intermediate_size\": 64", "\"intermediate_size\": 65", "must be [65, 32]" },
    { "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3",
      "no tensor 'encoder.layer.2" },
    { "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1000000",
      "num_hidden_layers" },
    { "\"num_attention_heads\": 4", "\"num_attention_heads\": 0",
      "num_attention_heads" },
    { "\"vocab_size\": 96", "\"vocab_size\": 97", "must be [97, 32]" },
    { "\"max_position_embeddings\": 64", "\"max_position_embeddings\": 65",
      "[65, 32]" },
    { "\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": -1", "layer_norm_eps" },
    { "\"type_vocab_size\": 2", "\"type_vocab_size\": 3", "must be [3, 32]" },
};

/* text with the first `from` replaced, in b. */
static void
replace(const struct file *text, const char *from, const char *to, struct buf *b)
{
    const char *p = (const char *)text->p;
    const char *at = memmem(p, text->n, from, strlen(from));

    if (at == NULL)
        jfloats_die(from);
    buf_add(b, p, (size_t)(at - p));
    buf_puts(b, to);
    at += strlen(from);
    buf_add(b, at, text->n - (size_t)(at - p));
}

static void
test_configs(void)
{
    struct file config, weights;
    struct err e = { 0 };

    if (file_map(&config, TINY "f32/config.json", &e) ||
        file_map(&weights, TINY "f32/model.safetensors", &e))
        jfloats_die(e.msg);
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        struct folder f;
        struct buf b = { 0 };
        struct model *m;
        replace(&config, configs[i].from, configs[i].to, &b);
        folder_make(&f);
        folder_write(&f, "config.json", b.p, b.n);
        folder_write(&f, "model.safetensors", weights.p, weights.n);
        m = open_model(f.dir, ARITH_F32, &e);
        tap_ok(!m && e.code == ERR_MODEL && strstr(e.msg, configs[i].refused),
               "config with %s: %s", configs[i].to, m ? "accepted" : e.msg);
        model_close(m);
        buf_free(&b);
        folder_remove(&f);
    }
    file_unmap(&config);
    file_unmap(&weights);
}

static int
write_seeds(const char *dir)
{
    struct file config;
    struct err e;

    if (file_map(&config, TINY "f32/config.json", &e))
        jfloats_die(e.msg);
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        char path[4096];
        struct buf b = { 0 };
        buf_puts(&b, "== config.json\n");
        replace(&config, configs[i].from, configs[i].to, &b);
        snprintf(path, sizeof path, "%s/config-%02zu", dir, i);
        if (file_replace(path, b.p, b.n, &e))
            jfloats_die(e.msg);
        buf_free(&b);
    }
    file_unmap(&config);
    return 0;
}

int
main(int argc, char **argv)
{
    static const char *const models[] = { "f32", "f16", "bf16", "shards", "odd" };
    /* In 8 bits, both operands of a product of random numbers lose 0.5 % of their
     * length, and one after another there are 8 products: 1 to 3 % is what is seen. */
    static const double bars[ARITHS] = {
        [ARITH_F32] = 1e-4, [ARITH_I8] = 0.04, [ARITH_I8B32] = 0.04, [ARITH_I16] = 0.04
    };

    if (argc == 2)
        return write_seeds(argv[1]);
    for (int arith = 0; arith < ARITHS; arith++) {
        for (size_t i = 0; i < sizeof models / sizeof *models; i++)
            test_golden(models[i], (enum arith)arith, bars[arith]);
        test_neighbours("f32", (enum arith)arith);
        test_neighbours("odd", (enum arith)arith);
        test_levels("f32", (enum arith)arith);
        test_levels("odd", (enum arith)arith);
    }
    test_configs();
    return tap_done();
}
