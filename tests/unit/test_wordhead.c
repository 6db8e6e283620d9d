/* test_wordhead.c - heads on words: numpy's probabilities, no text's neighbours */
#include "infer/wordhead.h"

#include <math.h>

#include "goldwords.h"
#include "tap.h"

/* The golden lines' head, which is the same in each. */
static void
read_head(const struct jfloats *j, struct arena *a, struct headfile *h)
{
    struct json rows = jfloats_member(j, "weights"), key, row, v;
    struct json_iter it = json_begin(rows);
    size_t at = 0, n;
    double x;

    *h = (struct headfile){ .temperature = 0.8f };
    h->label = goldwords_list(j, "labels", a, &h->n_label);
    h->word = goldwords_list(j, "words", a, &h->dim);
    h->bias = jfloats_list(j, "bias", &n);
    h->weights = malloc(h->n_label * h->dim * sizeof *h->weights);
    while (json_next(&it, &key, &row)) {
        struct json_iter in = json_begin(row);
        for (; json_next(&in, &key, &v); h->weights[at++] = (float)x)
            if (!json_double(v, &x) || at == h->n_label * h->dim)
                jfloats_die("weights");
    }
}

static void
run(const struct labeler *l, const struct str *text, size_t n, float *prob)
{
    struct labeler_work w = { 0 };
    struct embedder_info info[64];

    labeler_run(l, &w, text, n, prob, info);
    for (size_t i = 0; i < n; i++)
        if (info[i].code || info[i].how || info[i].kept == 0)
            jfloats_die("a text without probabilities");
    labeler_work_release(&w);
}

static void
test_golden(void)
{
    struct arena a = { 0 };
    struct headfile h = { 0 };
    struct labeler *l = NULL;
    struct str text[64];
    float prob[64][3], one[3];
    double most = 0;
    size_t lines = 0, n, alike = 0;
    struct jfloats j;
    struct err e;

    if (jfloats_open(&j, GOLDWORDS))
        jfloats_die(GOLDWORDS);
    for (; lines < 64 && goldwords_next(&j, "head"); lines++) {
        float *want = jfloats_list(&j, "prob", &n);
        struct buf b = { 0 };
        if (l == NULL) {
            read_head(&j, &a, &h);
            l = wordhead_open(&h, 0, &e);
        }
        jfloats_text(&j, "text", &b);
        text[lines] = (struct str){ b.p, b.n };
        run(l, &text[lines], 1, prob[lines]);
        for (int i = 0; i < 3; i++)
            most = fmax(most, fabs((double)(prob[lines][i] - want[i])));
        free(want);
    }
    tap_ok(lines > 30 && most < 2e-7, "%zu texts, off by %.1e", lines, most);
    for (size_t i = 0; i < lines; i++) {
        float all[64][3];
        run(l, text, lines, all[0]);
        run(l, &text[i], 1, one);
        alike += memcmp(one, prob[i], sizeof one) == 0 &&
                 memcmp(all[i], one, sizeof one) == 0;
    }
    tap_ok(alike == lines, "the same bits alone and in company");
    labeler_close(l);
    tap_ok(wordhead_open(&h, 1e9f, &e) == NULL && e.code == ERR_USAGE, "%s", e.msg);
    for (size_t i = 0; i < lines; i++)
        buf_free(&(struct buf){ (char *)(uintptr_t)text[i].p, 0, 0 });
    free(h.weights);
    free(h.bias);
    jfloats_close(&j);
    arena_release(&a);
}

int
main(void)
{
    test_golden();
    return tap_done();
}
