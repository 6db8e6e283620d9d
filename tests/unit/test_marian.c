/* test_marian.c - the network against a reference in double, and against itself */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "folder.h"
#include "model/marian.h"
#include "tap.h"
#include "json/json.h"

#define TINY         "tests/golden/tiny-marian/"
#define SELF         TINY "self/model.tiny.bin"
#define SELF_ANSWERS TINY "self/answers.jsonl"
#define OPUS         TINY "opus"
#define OPUS_ANSWERS TINY "opus/answers.jsonl"
#define MOST         200 /* ids of a row */
#define ROWS         40

/* One line of a reference. */
struct row {
    int32_t source[MOST], id[MOST];
    size_t n_source, n;
    int32_t top[MOST][4];
    double logit[MOST][4];
    struct json text;
};

static size_t
read_ids(struct json array, int32_t *out)
{
    struct json_iter it = json_begin(array);
    struct json k, v;
    int64_t id;
    size_t n = 0;

    while (n < MOST && json_next(&it, &k, &v))
        out[n++] = json_int(v, 0, INT32_MAX, &id) ? (int32_t)id : -1;
    return n;
}

static void
read_row(struct json line, struct row *r)
{
    r->n_source = read_ids(json_get(line, "source"), r->source);
    r->n = read_ids(json_get(line, "ids"), r->id);
    r->text = json_get(line, "text");
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < 4; k++) {
            struct json pair = json_at(json_at(json_get(line, "top"), i), k);
            int64_t id = -1;

            json_int(json_at(pair, 0), 0, INT32_MAX, &id);
            r->top[i][k] = (int32_t)id;
            json_double(json_at(pair, 1), &r->logit[i][k]);
        }
}

static struct row *
read_rows(const char *path, size_t *n, struct file *f)
{
    struct row *rows = mem_zero(ROWS, sizeof *rows);
    struct err e;

    *n = 0;
    if (file_map(f, path, &e))
        return rows;
    for (size_t at = 0, k; at < f->n && *n < ROWS; at += k + 1) {
        const char *p = (const char *)f->p + at, *end = memchr(p, '\n', f->n - at);
        struct json line;

        k = end ? (size_t)(end - p) : f->n - at;
        if (json_scan(p, k, NULL, 0, &line, &e) == 0)
            read_row(line, &rows[(*n)++]);
    }
    return rows;
}

/* What is needed to go through a source step by step. */
struct run {
    const struct marian *m;
    struct marian_work w;
    struct marian_source s;
    size_t start[ROWS + 1];
    int32_t id[ROWS * MOST];
    float *x, *logits;
};

static void
run_begin(struct run *r, const struct marian *m, const struct row *row, size_t n)
{
    *r = (struct run){ .m = m };
    for (size_t i = 0; i < n; i++) {
        memcpy(r->id + r->start[i], row[i].source, row[i].n_source * sizeof *r->id);
        r->start[i + 1] = r->start[i] + row[i].n_source;
    }
    r->s = (struct marian_source){ r->id, r->start[n], r->start, n, NULL };
    r->x = mem_zero(n * marian_width(m), sizeof *r->x);
    r->logits = mem_zero(n * marian_vocab(m), sizeof *r->logits);
    marian_encode(m, &r->s, &r->w);
}

static void
run_end(struct run *r)
{
    mem_free(r->x);
    mem_free(r->logits);
    marian_work_release(&r->w);
}

/* Largest difference of the logits of the reference's best words, going its way. */
static double
worst_of(const struct marian *m, const struct row *row, int *same)
{
    struct run *r = mem_zero(1, sizeof *r);
    struct marian_row step = { 0 };
    double worst = 0;

    run_begin(r, m, row, 1);
    for (size_t t = 0; t < row->n; t++) {
        size_t best = 0;

        step.step = t;
        step.prev = t ? row->id[t - 1] : -1;
        marian_step(m, &r->s, &step, 1, r->x, &r->w);
        marian_logits(m, NULL, r->x, 1, r->logits, marian_vocab(m), &r->w);
        for (size_t i = 1; i < marian_vocab(m); i++)
            if (r->logits[i] > r->logits[best])
                best = i;
        *same &= (int32_t)best == row->top[t][0];
        for (size_t k = 0; k < 4; k++) {
            double d = fabs((double)r->logits[row->top[t][k]] - row->logit[t][k]);

            worst = d > worst || isnan(d) ? d : worst;
        }
    }
    run_end(r);
    mem_free(r);
    return worst;
}

/* f32 agrees with the reference; 8 bits stay near. */
static void
test_reference(const char *model, const char *answers, enum arith arith, double most)
{
    struct marian_opt opt = { .arith = arith };
    struct err e = { 0 };
    struct marian *m = marian_open(model, &opt, &e);
    struct file f = { 0 };
    double worst = 0;
    int same = 1;
    size_t n;
    struct row *rows = read_rows(answers, &n, &f);

    tap_ok(m != NULL && n > 0, "%s %s", model, e.msg);
    for (size_t i = 0; m && i < n; i++) {
        double d = worst_of(m, &rows[i], &same);

        worst = d > worst || isnan(d) ? d : worst;
    }
    tap_ok(worst > 0 && worst < most, "%s, %s: logits differ by at most %.6f", model,
           pack_arith_name(arith), worst);
    if (arith == ARITH_F32)
        tap_ok(m && same, "%s: the same best word at every step", model);
    marian_close(m);
    mem_free(rows);
    file_unmap(&f);
}

/* Any word for row i at step t */
static struct marian_row
next_row(const struct marian_row *before, size_t seq, size_t i, size_t t)
{
    return (struct marian_row){ seq, t, t ? (int32_t)(7 * i + t) : -1,
                                t ? before->past : NULL };
}

/* All rows at once, some of the words: the bits of each row alone with all words. */
static void
test_company(const char *model, const char *answers, enum arith arith)
{
    struct marian_opt opt = { .arith = arith };
    struct err e = { 0 };
    struct marian *m = marian_open(model, &opt, &e);
    struct file f = { 0 };
    size_t n, n_vocab = marian_vocab(m), d = marian_width(m);
    struct row *rows = read_rows(answers, &n, &f);
    struct run *all = mem_zero(1, sizeof *all), *one = mem_zero(1, sizeof *one);
    static const int32_t some[] = { 0, 1, 5, 31, 64, 65, 100, 149 };
    const size_t n_some = sizeof some / sizeof *some;
    struct arena mem = { 0 };
    struct marian_words *words = marian_words_new(m, some, n_some, &mem);
    struct marian_row step[ROWS] = { 0 };
    float few[ROWS * 8];
    int same = 1;

    run_begin(all, m, rows, n);
    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < n; i++)
            step[i] = next_row(&step[i], i, i, t);
        marian_step(m, &all->s, step, n, all->x, &all->w);
        marian_logits(m, words, all->x, n, few, n_some, &all->w);
    }
    for (size_t i = 0; i < n; i++) {
        run_begin(one, m, rows + i, 1);
        for (size_t t = 0; t < 3; t++) {
            step[0] = next_row(&step[0], 0, i, t);
            marian_step(m, &one->s, step, 1, one->x, &one->w);
        }
        marian_logits(m, NULL, one->x, 1, one->logits, n_vocab, &one->w);
        for (size_t k = 0; k < n_some; k++)
            same &= memcmp(&few[i * n_some + k], &one->logits[some[k]], 4) == 0;
        same &= memcmp(all->x + i * d, one->x, d * sizeof *one->x) == 0;
        run_end(one);
    }
    tap_ok(n > 3 && n_vocab >= 150 && same,
           "%s, %s: company and other words change no bit", model,
           pack_arith_name(arith));
    run_end(all);
    mem_free(all);
    mem_free(one);
    mem_free(rows);
    arena_release(&mem);
    file_unmap(&f);
    marian_close(m);
}

/* A model file cut at every 64th of it. */
static void
test_cut(void)
{
    struct marian_opt opt = { .arith = ARITH_I8 };
    struct file f;
    struct err e;
    int refused = 0;

    if (file_map(&f, TINY "i8/model.tiny.bin", &e))
        abort();
    for (size_t i = 0; i < 64; i++) {
        struct folder dir;
        struct marian *m;
        char path[100];

        folder_make(&dir);
        folder_write(&dir, "m.bin", f.p, f.n * i / 64);
        snprintf(path, sizeof path, "%s/m.bin", dir.dir);
        m = marian_open(path, &opt, &e);
        refused += m == NULL && e.code == ERR_MODEL && e.msg[0] != '\0';
        marian_close(m);
        folder_remove(&dir);
    }
    tap_ok(refused == 64, "cut at every 64th: %d of 64 refused", refused);
    file_unmap(&f);
}

static void
test_pulled(void)
{
    const char *models = getenv("TEXTMILL_MODELS"), *home = getenv("HOME");
    char path[4096];

    if (models && models[0])
        snprintf(path, sizeof path, "%s/en-pt/model.enpt.intgemm.alphas.bin", models);
    else
        snprintf(path, sizeof path,
                 "%s/.local/share/textmill/models/en-pt/"
                 "model.enpt.intgemm.alphas.bin",
                 home ? home : "");
    if (!file_exists(path)) {
        tap_skip("en-pt", "not pulled");
        return;
    }
    test_reference(path, "tests/golden/enpt.jsonl", ARITH_F32, 1e-4);
    test_reference(path, "tests/golden/enpt.jsonl", ARITH_I8, 1.5);
}

int
main(void)
{
    test_reference(TINY "f32/model.tiny.bin", TINY "f32/answers.jsonl", ARITH_F32,
                   1e-4);
    test_reference(TINY "i8/model.tiny.bin", TINY "i8/answers.jsonl", ARITH_F32, 1e-4);
    test_reference(TINY "i8/model.tiny.bin", TINY "i8/answers.jsonl", ARITH_I8, 0.3);
    test_reference(TINY "i8/model.tiny.bin", TINY "i8/answers.jsonl", ARITH_I8B32, 0.3);
    test_reference(SELF, SELF_ANSWERS, ARITH_F32, 1e-4);
    test_reference(SELF, SELF_ANSWERS, ARITH_I8, 1.0);
    test_reference(OPUS, OPUS_ANSWERS, ARITH_F32, 1e-4);
    for (int arith = 0; arith < ARITHS; arith++) {
        test_company(TINY "i8/model.tiny.bin", TINY "i8/answers.jsonl",
                     (enum arith)arith);
        test_company(SELF, SELF_ANSWERS, (enum arith)arith);
    }
    test_cut();
    test_pulled();
    return tap_done();
}
