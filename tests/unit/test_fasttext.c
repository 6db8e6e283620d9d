/* test_fasttext.c - labels and probabilities as fastText gives them */
#include "infer/fasttext.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "pulled.h"
#include "tap.h"
#include "json/json.h"

#define GOLDEN "tests/golden/fasttext"

/* A model that stays open while its rows of the golden file last. */
struct open {
    struct buf name;
    struct fasttext *m;
    struct fasttext_work w;
    float *prob;
};

static void
release(struct open *o)
{
    fasttext_work_release(&o->w);
    fasttext_close(o->m);
    mem_free(o->prob);
    o->m = NULL;
    o->prob = NULL;
}

static int
use(struct open *o, const char *path)
{
    struct err e = { 0 };

    release(o);
    o->m = fasttext_open(path, &e);
    if (o->m == NULL)
        printf("# %s\n", e.msg);
    else
        o->prob = mem_zero(fasttext_count(o->m), sizeof *o->prob);
    return o->m != NULL;
}

static int
find_label(const struct fasttext *m, struct json name)
{
    for (size_t i = 0; i < fasttext_count(m); i++)
        if (json_is(name, fasttext_label(m, i)))
            return (int)i;
    return -1;
}

/* The largest difference between our probabilities and those of a row; 9 when a label
 * is missing or the best one is another, and by more than `tie`. */
static double
differ(struct open *o, struct str text, struct json label, struct json prob, double tie)
{
    double worst = 0, p;
    size_t top;
    int at;

    if (label.n <= 2) /* fastText says nothing */
        return fasttext_run(o->m, &o->w, text, o->prob) ? 9 : 0;
    if (fasttext_run(o->m, &o->w, text, o->prob) == 0 ||
        fasttext_top(o->m, o->prob, 1, &top) != 1)
        return 9;
    for (size_t i = 0; json_at(label, i).type == JSON_STRING; i++) {
        at = find_label(o->m, json_at(label, i));
        if (at < 0 || !json_double(json_at(prob, i), &p))
            return 9;
        if (i == 0 && (size_t)at != top && (double)o->prob[top] - p > tie)
            return 9;
        worst = fmax(worst, fabs((double)o->prob[at] - p));
    }
    return worst;
}

/* The logistic function of these is looked up in a table by fastText. */
static double
allowed(const char *name)
{
    return strncmp(name, "ova", 3) == 0 || strncmp(name, "ns", 2) == 0 ? 0.01 : 0.001;
}

static void
test_small(void)
{
    struct open o = { 0 };
    struct buf text = { 0 };
    struct file f;
    struct err e;
    int rows = 0;

    if (!tap_ok(file_map(&f, GOLDEN "/predictions.jsonl", &e) == 0, "golden rows"))
        return;
    for (const char *p = (const char *)f.p, *end = p + f.n; p < end; rows++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        char path[PATH_MAX], name[64];
        struct json row = { 0 }, model;
        double worst;
        if (json_scan(p, (size_t)(stop - p), NULL, 0, &row, &e))
            break;
        model = json_get(row, "model");
        snprintf(name, sizeof name, "%.*s", (int)model.n - 2, model.p + 1);
        snprintf(path, sizeof path, "%s/%s", GOLDEN, name);
        text.n = 0;
        if ((o.m == NULL || strcmp(fasttext_file(o.m), path) != 0) && !use(&o, path))
            break;
        json_unquote(json_get(row, "text"), &text, &e);
        worst = differ(&o, (struct str){ text.p, text.n }, json_get(row, "label"),
                       json_get(row, "prob"), allowed(name));
        tap_ok(worst <= allowed(name), "%s: %.2g, %.*s", name, worst, 40,
               json_get(row, "text").p);
        p = stop + 1;
    }
    tap_ok(rows == 84, "%d rows", rows);
    release(&o);
    buf_free(&text);
    file_unmap(&f);
}

/* 310 texts in many languages, three labels each. */
static void
test_lid(void)
{
    struct open o = { 0 };
    struct buf text = { 0 };
    char dir[PATH_MAX], path[PATH_MAX];
    int bad = 0, rows = 0;
    double worst = 0;
    struct file f;
    struct err e;

    pulled("lid176", dir, sizeof dir);
    snprintf(path, sizeof path, "%s/golden/lid176.jsonl", tap_shared());
    if (!file_exists(dir) || file_map(&f, path, &e)) {
        tap_skip("lid176", "no model or no golden file");
        return;
    }
    if (use(&o, dir)) {
        for (const char *p = (const char *)f.p, *end = p + f.n; p < end; rows++) {
            const char *stop = memchr(p, '\n', (size_t)(end - p));
            struct json row, top;
            size_t best;
            json_scan(p, (size_t)(stop - p), NULL, 0, &row, &e);
            text.n = 0;
            json_unquote(json_get(row, "text"), &text, &e);
            fasttext_run(o.m, &o.w, (struct str){ text.p, text.n }, o.prob);
            fasttext_top(o.m, o.prob, 1, &best);
            for (size_t i = 0; (top = json_at(json_get(row, "top"), i)).n; i++) {
                int at = find_label(o.m, json_at(top, 0));
                double want = 9;
                bad += at < 0 || !json_double(json_at(top, 1), &want) ||
                       (i == 0 && (size_t)at != best);
                worst = fmax(worst, at < 0 ? 9 : fabs((double)o.prob[at] - want));
            }
            p = stop + 1;
        }
    }
    tap_ok(rows == 310 && bad == 0 && worst < 1e-3, "%d texts, %d wrong, worst %.2g",
           rows, bad, worst);
    release(&o);
    buf_free(&text);
    file_unmap(&f);
}

/* A text's numbers do not depend on what the work's memory holds, on white space, or on
 * what looks like the end. */
static void
test_alone(void)
{
    static const char *const same[] = { "die  M\xc3\xbchle",
                                        " die\nM\xc3\xbchle\r\n\t" };
    struct open o = { 0 };
    float want[5];
    char long_word[300];
    int ok = 1;

    if (!tap_ok(use(&o, GOLDEN "/hs-kept.ftz") && fasttext_count(o.m) == 5, "opened"))
        return;
    fasttext_run(o.m, &o.w, STR("die M\xc3\xbchle"), want);
    memset(long_word, 'e', sizeof long_word);
    fasttext_run(o.m, &o.w, (struct str){ long_word, sizeof long_word }, o.prob);
    for (int i = 0; i < 20000; i++) {
        char word[32];
        int n = snprintf(word, sizeof word, "w%d m%d", i, i * 7);
        fasttext_run(o.m, &o.w, (struct str){ word, (size_t)n }, o.prob);
    }
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        ok &= fasttext_run(o.m, &o.w, str_of(same[i]), o.prob) == 2 &&
              memcmp(want, o.prob, sizeof want) == 0;
    tap_ok(ok, "the same after 40,000 other words, and with other white space");
    tap_ok(fasttext_run(o.m, &o.w, STR(""), o.prob) == 0 &&
               fasttext_run(o.m, &o.w, STR(" \n\0\t"), o.prob) == 0,
           "a text without a word");
    tap_ok(fasttext_run(o.m, &o.w, STR("a </s> b"), o.prob) == 3,
           "</s> in a text is not its end");
    release(&o);
}

static void
test_top(void)
{
    static const float prob[5] = { 0.1f, 0.4f, 0.2f, 0.4f, 0 };
    struct open o = { 0 };
    size_t top[9], n;

    if (!use(&o, GOLDEN "/hs.bin"))
        return;
    n = fasttext_top(o.m, prob, 3, top);
    tap_ok(n == 3 && top[0] == 1 && top[1] == 3 && top[2] == 2, "best three");
    n = fasttext_top(o.m, prob, 9, top);
    tap_ok(n == 5 && top[0] == 1 && top[3] == 0 && top[4] == 4, "all, when asked more");
    tap_ok(fasttext_top(o.m, prob, 0, top) == 0, "none");
    release(&o);
}

static void
test_folder(void)
{
    struct err e = { 0 };

    tap_ok(fasttext_open(GOLDEN, &e) == NULL && strstr(e.msg, "more than one"), "%s",
           e.msg);
    tap_ok(fasttext_open("tests/unit", &e) == NULL && e.msg[0], "%s", e.msg);
    tap_ok(fasttext_open("/nonesuch/x.ftz", &e) == NULL && e.msg[0], "%s", e.msg);
}

int
main(void)
{
    test_small();
    test_lid();
    test_alone();
    test_top();
    test_folder();
    return tap_done();
}
