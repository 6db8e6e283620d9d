/* judgelabels.c - evaluate: labels that were given against those that are right */
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "cli/judge.h"
#include "learn/metrics.h"
#include "json/jout.h"

#define WIDE_MAX 20 /* labels of a confusion matrix as text */

enum { GOLD, PRED, SCORE }; /* PRED: '+' and the label, or nothing; SCORE: a float */

static int
read_score(const struct judge_conf *c, struct str line, struct arena *a,
           struct str *field, struct err *e)
{
    struct json v;
    double x;
    float f;

    *field = STR("");
    if (member_find(&c->score, line, &v, e))
        return -1;
    if (v.type == JSON_NONE)
        return 0;
    if (v.type != JSON_NUMBER)
        return err_set(e, ERR_TYPE, "member '%s' is no number", c->score.spec);
    if (!json_double(v, &x) || !(x >= 0 && x <= 1))
        return err_set(e, ERR_RANGE, "member '%s' is not 0 to 1", c->score.spec);
    f = (float)x;
    *field = judge_copy(a, &f, sizeof f);
    return 0;
}

static int
read_record(const struct judge_conf *c, struct json gold, struct str line,
            struct arena *a, struct str *field, struct err *e)
{
    struct json pred;
    struct str text;
    char *tagged;

    if (judge_text(gold, "gold", a, &field[GOLD], e) ||
        member_find(&c->pred[0], line, &pred, e) ||
        read_score(c, line, a, &field[SCORE], e))
        return -1;
    field[PRED] = STR("");
    if (pred.type == JSON_NONE)
        return 0;
    if (judge_text(pred, c->pred[0].spec, a, &text, e))
        return -1;
    tagged = arena_alloc(a, text.n + 1);
    tagged[0] = '+';
    memcpy(tagged + 1, text.p, text.n);
    field[PRED] = (struct str){ tagged, text.n + 1 };
    return 0;
}

/* ---- report ---- */

struct result {
    struct str *name; /* [n_label], in the order in which they came */
    size_t n_label, n;
    int32_t *gold, *pred; /* [n]; pred == n_label: none */
    struct metrics_counts *m;
    double ece;
    size_t n_score, none;
};

static int32_t
number(struct result *r, struct map *seen, struct str name)
{
    if (map_put(seen, name, (int32_t)r->n_label))
        r->name[r->n_label++] = name;
    return map_find(seen, name, 0);
}

/* -1: there are so many labels that they are none. */
static int
count(struct result *r, const struct str *row, struct err *e)
{
    struct map *seen = map_new(64);

    for (size_t i = 0; i < r->n; i++, row += JUDGE_FIELDS) {
        r->gold[i] = number(r, seen, row[GOLD]);
        r->pred[i] = -1;
        if (row[PRED].n > 0)
            r->pred[i] =
                number(r, seen, (struct str){ row[PRED].p + 1, row[PRED].n - 1 });
    }
    map_free(seen);
    if (r->n_label > METRICS_LABELS)
        return err_set(e, ERR_INPUT, "%zu different labels: at most %d", r->n_label,
                       METRICS_LABELS);
    r->m = metrics_counts_new(r->n_label);
    for (size_t i = 0; i < r->n; i++) {
        if (r->pred[i] < 0) {
            r->pred[i] = (int32_t)r->n_label;
            r->none++;
        }
        metrics_add(r->m, (size_t)r->gold[i], (size_t)r->pred[i]);
    }
    return 0;
}

/* Of the records that have a label and a score. */
static void
calibration(struct result *r, const struct str *row)
{
    float *score = mem_alloc(mem_mul(r->n, sizeof *score) + 1);
    unsigned char *right = mem_alloc(r->n + 1);

    for (size_t i = 0; i < r->n; i++, row += JUDGE_FIELDS)
        if (row[SCORE].n == sizeof *score && (size_t)r->pred[i] < r->n_label) {
            memcpy(&score[r->n_score], row[SCORE].p, sizeof *score);
            right[r->n_score++] = r->gold[i] == r->pred[i];
        }
    r->ece = metrics_ece(score, right, r->n_score);
    mem_free(score);
    mem_free(right);
}

static void
put_json(const struct result *r, struct metrics_range acc, struct metrics_range f1,
         struct buf *b)
{
    buf_printf(b, "{\"task\":\"labels\",\"records\":%zu,\"without_label\":%zu", r->n,
               r->none);
    judge_real(b, "accuracy", metrics_accuracy(r->m));
    judge_real(b, "accuracy_low", acc.low);
    judge_real(b, "accuracy_high", acc.high);
    judge_real(b, "macro_f1", metrics_macro_f1(r->m));
    judge_real(b, "macro_f1_low", f1.low);
    judge_real(b, "macro_f1_high", f1.high);
    buf_printf(b, ",\"scores\":%zu", r->n_score);
    if (r->n_score > 0)
        judge_real(b, "ece", r->ece);
    buf_puts(b, ",\"labels\":[");
    for (size_t i = 0; i < r->n_label; i++) {
        struct metrics_label l = metrics_label(r->m, i);
        buf_puts(b, i ? ",{\"label\":" : "{\"label\":");
        jout_str(b, r->name[i]);
        judge_real(b, "precision", l.precision);
        judge_real(b, "recall", l.recall);
        judge_real(b, "f1", l.f1);
        buf_printf(b, ",\"support\":%llu,\"given\":%llu}",
                   (unsigned long long)l.support, (unsigned long long)l.given);
    }
    buf_puts(b, "],\"confusion\":[");
    for (size_t i = 0; i < r->n_label; i++)
        for (size_t k = 0; k <= r->n_label; k++)
            buf_printf(b, "%s%llu%s",
                       k   ? ","
                       : i ? ",["
                           : "[",
                       (unsigned long long)metrics_count(r->m, i, k),
                       k == r->n_label ? "]" : "");
    buf_puts(b, "]}");
}

/* The name as a string has it, without quotes, in a column. */
static void
put_name(struct buf *b, struct str name, size_t width)
{
    struct buf s = { 0 };

    jout_str(&s, name);
    buf_add(b, s.p + 1, s.n - 2);
    for (size_t n = s.n - 2; n < width; n++)
        buf_char(b, ' ');
    buf_free(&s);
}

static size_t
widest(const struct result *r)
{
    size_t most = 6;

    for (size_t i = 0; i < r->n_label; i++)
        most = r->name[i].n > most ? r->name[i].n : most;
    return most < 40 ? most : 40;
}

static void
put_matrix(const struct result *r, size_t width, struct buf *b)
{
    buf_puts(b, "\nrows: gold; columns: given, in the same order; last: none\n");
    for (size_t i = 0; i < r->n_label; i++) {
        put_name(b, r->name[i], width);
        for (size_t k = 0; k <= r->n_label; k++)
            buf_printf(b, " %7llu", (unsigned long long)metrics_count(r->m, i, k));
        buf_char(b, '\n');
    }
}

static void
put_text(const struct result *r, struct metrics_range acc, struct metrics_range f1,
         struct buf *b)
{
    size_t width = widest(r);

    buf_printf(b, "records   %zu, without a label %zu\n", r->n, r->none);
    buf_printf(b, "accuracy  %.4f (%.4f to %.4f, 95 %%, Wilson)\n",
               metrics_accuracy(r->m), acc.low, acc.high);
    buf_printf(b, "macro F1  %.4f (%.4f to %.4f, 95 %%, bootstrap)\n",
               metrics_macro_f1(r->m), f1.low, f1.high);
    if (r->n_score > 0)
        buf_printf(b, "ECE       %.4f (%zu scores, %d bins)\n", r->ece, r->n_score,
                   METRICS_BINS);
    buf_char(b, '\n');
    put_name(b, STR("label"), width);
    buf_puts(b, " precision  recall      F1 support\n");
    for (size_t i = 0; i < r->n_label; i++) {
        struct metrics_label l = metrics_label(r->m, i);
        put_name(b, r->name[i], width);
        buf_printf(b, " %9.4f %7.4f %7.4f %7llu\n", l.precision, l.recall, l.f1,
                   (unsigned long long)l.support);
    }
    if (r->n_label <= WIDE_MAX)
        put_matrix(r, width, b);
}

static void
put_report(struct result *r, const struct str *row, struct buf *text, struct buf *json)
{
    struct metrics_range acc, f1;

    calibration(r, row);
    acc = metrics_wilson(metrics_right(r->m), r->n);
    f1 = metrics_bootstrap_f1(r->gold, r->pred, r->n, r->n_label);
    put_json(r, acc, f1, json);
    put_text(r, acc, f1, text);
}

static int
report(const struct str *row, size_t n, struct buf *text, struct buf *json,
       struct err *e)
{
    struct result r = { .n = n };
    int rc;

    r.name = mem_alloc(mem_mul(2 * n, sizeof *r.name) + 1);
    r.gold = mem_alloc(mem_mul(n, sizeof *r.gold) + 1);
    r.pred = mem_alloc(mem_mul(n, sizeof *r.pred) + 1);
    rc = count(&r, row, e);
    if (rc == 0)
        put_report(&r, row, text, json);
    metrics_counts_free(r.m);
    mem_free(r.name);
    mem_free(r.gold);
    mem_free(r.pred);
    return rc;
}

const struct judge_task judgelabels_task = { "labels", "label", 1, read_record,
                                             report };
