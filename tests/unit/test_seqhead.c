/* test_seqhead.c - labels of texts against transformers; chunks; sigmoid */
#include "infer/seqhead.h"

#include <math.h>
#include <string.h>

#include "folder.h"
#include "jfloats.h"
#include "tap.h"

#define TINY "tests/golden/tiny-encoders/"

static struct labeler *
open_head(const char *dir, struct err *e)
{
    struct embedder_opt opt = { .session = { .dir = dir, .precision = "f32" } };

    return seqhead_open(&opt, 0, e);
}

static void
run(const struct labeler *h, struct str text, float *prob)
{
    struct labeler_work w = { 0 };
    struct embedder_info info;

    labeler_run(h, &w, &text, 1, prob, &info);
    labeler_work_release(&w);
}

static void
test_golden(const char *name)
{
    char dir[256], path[300];
    struct err e = { 0 };
    struct jfloats j;
    struct labeler *h;
    struct buf b = { 0 };
    double off = 0, want;
    int n = 0;

    snprintf(dir, sizeof dir, TINY "%s", name);
    snprintf(path, sizeof path, "%s/labels.jsonl", dir);
    h = open_head(dir, &e);
    if (!tap_ok(h && h->n == 3 && jfloats_open(&j, path) == 0, "%s opens%s", name,
                e.msg))
        return;
    for (; jfloats_next(&j); n++) {
        struct json scores = jfloats_member(&j, "scores");
        float p[3];
        jfloats_text(&j, "text", &b);
        run(h, (struct str){ b.p, b.n }, p);
        for (size_t i = 0; i < 3; i++) {
            char label[64];
            struct str s = h->name[i];
            snprintf(label, sizeof label, "%.*s", (int)s.n, s.p);
            if (!json_double(json_get(scores, label), &want) ||
                !(fabs(want - (double)p[i]) <= off))
                off = fabs(want - (double)p[i]);
        }
    }
    tap_ok(n > 5 && off < 1e-4, "%s: %d texts, off by %.1e", name, n, off);
    jfloats_close(&j);
    labeler_close(h);
    buf_free(&b);
}

/* Two chunks of the same tokens say what one says; a bad row is NaN's. */
static void
test_chunks(void)
{
    struct err e = { 0 };
    struct labeler *h = open_head(TINY "bert-seq", &e);
    struct buf one = { 0 }, two = { 0 };
    float a[3], b[3];
    double off = 0;

    for (int i = 0; i < 30; i++)
        buf_puts(&one, "error ");
    for (int i = 0; i < 60; i++)
        buf_puts(&two, "error ");
    run(h, (struct str){ one.p, one.n }, a);
    run(h, (struct str){ two.p, two.n }, b);
    for (int i = 0; i < 3; i++)
        off = fmax(off, fabs((double)a[i] - (double)b[i]));
    tap_ok(off < 1e-6 && fabs((double)(a[0] + a[1] + a[2]) - 1) < 1e-6,
           "the mean of equal chunks, off by %.1e", off);
    labeler_close(h);
    buf_free(&one);
    buf_free(&two);
}

/* The same checkpoint where labels do not exclude each other. */
static void
test_sigmoid(void)
{
    static const char *const names[] = { "config.json", "model.safetensors",
                                         "tokenizer.json" };
    static const struct str text = STR("Failed password for root");
    struct err e = { 0 };
    struct labeler *h = open_head(TINY "bert-seq", &e), *s;
    struct folder f;
    float p[3], q[3];

    folder_make(&f);
    for (int i = 0; i < 3; i++) {
        char path[300];
        struct file file;
        struct buf b = { 0 };
        snprintf(path, sizeof path, TINY "bert-seq/%s", names[i]);
        if (file_map(&file, path, &e))
            jfloats_die(e.msg);
        if (i == 0)
            buf_puts(&b, "{\"problem_type\":\"multi_label_classification\",");
        buf_add(&b, file.p + (i == 0), file.n - (i == 0));
        folder_write(&f, names[i], b.p, b.n);
        buf_free(&b);
        file_unmap(&file);
    }
    s = open_head(f.dir, &e);
    if (tap_ok(s && s->independent && !h->independent, "opens%s", e.msg)) {
        run(h, text, p);
        run(s, text, q);
        for (int i = 0; i < 2; i++) { /* the same logits: log(p/p') = logit - logit' */
            double a = log((double)p[i] / (double)p[i + 1]);
            double b = log((double)q[i] / (1 - (double)q[i])) -
                       log((double)q[i + 1] / (1 - (double)q[i + 1]));
            tap_ok(fabs(a - b) < 1e-4, "sigmoid and softmax of the same: %g, %g", a, b);
        }
    }
    labeler_close(h);
    labeler_close(s);
    folder_remove(&f);
}

int
main(void)
{
    struct err e = { 0 };

    test_golden("bert-seq");
    test_golden("distilbert-seq");
    test_golden("mpnet-seq");
    test_chunks();
    test_sigmoid();
    tap_ok(!open_head(TINY "bert-tok", &e) && e.code == ERR_MODEL, "no such head: %s",
           e.msg);
    return tap_done();
}
