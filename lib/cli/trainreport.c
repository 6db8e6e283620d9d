/* trainreport.c - what a training has found out */
#include "cli/trainreport.h"

#include "base/mem.h"
#include "json/jout.h"

void
trainreport_make(struct trainreport *r, const struct examples *x,
                 const struct trainer *t, const struct trainer_opt *opt)
{
    int32_t *pred = mem_alloc(x->n * sizeof *pred);
    float *score = mem_alloc(x->n * sizeof *score);
    unsigned char *right = mem_alloc(x->n);

    *r = (struct trainreport){
        .x = x, .t = t, .opt = opt, .counts = metrics_counts_new(x->n_label)
    };
    for (size_t i = 0; i < x->n; i++) {
        const float *p = t->held + i * x->n_label;
        int32_t best = 0;
        for (size_t k = 1; k < x->n_label; k++)
            if (p[k] > p[best])
                best = (int32_t)k;
        pred[i] = best;
        score[i] = p[best];
        right[i] = best == x->label[i];
        metrics_add(r->counts, (size_t)x->label[i], (size_t)best);
    }
    r->ece = metrics_ece(score, right, x->n);
    r->accuracy = metrics_wilson(metrics_right(r->counts), x->n);
    r->macro_f1 = metrics_bootstrap_f1(x->label, pred, x->n, x->n_label);
    mem_free(pred);
    mem_free(score);
    mem_free(right);
}

void
trainreport_release(struct trainreport *r)
{
    metrics_counts_free(r->counts);
    r->counts = NULL;
}

/* ---- JSON ---- */

static void
real(struct buf *b, const char *name, double x)
{
    buf_printf(b, "\"%s\":", name);
    jout_double(b, x, 4);
}

static void
range(struct buf *b, const char *name, double x, struct metrics_range r)
{
    real(b, name, x);
    buf_printf(b, ",\"%s_95\":[", name);
    jout_double(b, r.low, 4);
    buf_char(b, ',');
    jout_double(b, r.high, 4);
    buf_puts(b, "],");
}

static void
put_labels(const struct trainreport *r, struct buf *b)
{
    buf_puts(b, ",\"labels\":{");
    for (size_t i = 0; i < r->x->n_label; i++) {
        struct metrics_label l = metrics_label(r->counts, i);
        buf_puts(b, i ? "," : "");
        jout_str(b, r->x->name[i]);
        buf_printf(b, ":{\"records\":%zu,", r->x->count[i]);
        real(b, "precision", l.precision);
        buf_char(b, ',');
        real(b, "recall", l.recall);
        buf_char(b, ',');
        real(b, "f1", l.f1);
        buf_char(b, '}');
    }
    buf_char(b, '}');
}

static void
put_grid(const struct trainer *t, struct buf *b)
{
    buf_puts(b, ",\"grid\":[");
    for (int i = 0; i < t->n_grid; i++) {
        buf_printf(b, "%s{\"C\":%g,", i ? "," : "", t->grid[i].c);
        real(b, "loss", t->grid[i].loss);
        buf_char(b, ',');
        real(b, "accuracy", t->grid[i].right);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void
put_curve(const struct trainer *t, struct buf *b)
{
    buf_puts(b, ",\"curve\":[");
    for (int i = 0; i < t->n_curve; i++) {
        buf_puts(b, i ? ",{" : "{");
        real(b, "records", t->curve[i].rows);
        buf_char(b, ',');
        real(b, "accuracy", t->curve[i].right);
        buf_char(b, ',');
        real(b, "macro_f1", t->curve[i].macro_f1);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

void
trainreport_json(const struct trainreport *r, struct buf *b)
{
    buf_printf(b, "{\"records\":%zu,\"sha256\":\"%s\",\"C\":%g,\"balance\":%s,",
               r->x->n, r->x->sha, r->t->c, r->opt->balance ? "true" : "false");
    buf_printf(b, "\"folds\":%d,\"seed\":%llu,\"held_out\":{", r->opt->folds,
               (unsigned long long)r->opt->seed);
    range(b, "accuracy", metrics_accuracy(r->counts), r->accuracy);
    range(b, "macro_f1", metrics_macro_f1(r->counts), r->macro_f1);
    real(b, "loss", r->t->loss);
    buf_char(b, ',');
    real(b, "ece", r->ece);
    buf_char(b, '}');
    put_labels(r, b);
    put_grid(r->t, b);
    if (r->t->n_curve > 0)
        put_curve(r->t, b);
    buf_char(b, '}');
}

/* ---- text ---- */

void
trainreport_text(const struct trainreport *r, struct buf *b)
{
    const struct trainer *t = r->t;

    buf_printf(b, "train: %zu records, %zu labels, %d folds, C %g%s, temperature %g\n",
               r->x->n, r->x->n_label, r->opt->folds, t->c,
               t->n_grid > 1 ? " of the grid" : "", t->temperature);
    buf_printf(b, "train: held out: accuracy %.4f (%.4f to %.4f, 95 %%, Wilson)\n",
               metrics_accuracy(r->counts), r->accuracy.low, r->accuracy.high);
    buf_printf(b, "train: held out: macro F1 %.4f (%.4f to %.4f, 95 %%, bootstrap)\n",
               metrics_macro_f1(r->counts), r->macro_f1.low, r->macro_f1.high);
    buf_printf(b, "train: held out: loss %.4f, calibration error %.4f\n", t->loss,
               r->ece);
    for (int i = 0; i < t->n_curve; i++)
        buf_printf(b, "train: curve: %.0f records: accuracy %.4f, macro F1 %.4f\n",
                   t->curve[i].rows, t->curve[i].right, t->curve[i].macro_f1);
    if (!t->converged)
        buf_puts(b, "train: the fit did not converge fully\n");
}
