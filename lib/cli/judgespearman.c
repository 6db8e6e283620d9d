/* judgespearman.c - evaluate: numbers, or likeness of vectors, against numbers */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "cli/judge.h"
#include "learn/rank.h"

enum { GOLD, PRED }; /* doubles */

static int
number(struct json v, const char *name, double *x, struct err *e)
{
    if (v.type == JSON_NONE)
        return err_set(e, ERR_MISSING, "no member '%s'", name);
    if (v.type != JSON_NUMBER)
        return err_set(e, ERR_TYPE, "member '%s' is no number", name);
    return json_double(v, x) ? 0
                             : err_set(e, ERR_RANGE, "member '%s' is too large", name);
}

/* The cosine of two vectors of the record. */
static int
cosine(const struct judge_conf *c, struct str line, struct arena *a, double *x,
       struct err *e)
{
    struct str bytes[2];
    const float *u, *v;

    for (int i = 0; i < 2; i++) {
        struct json j;
        if (member_find(&c->pred[i], line, &j, e) ||
            judge_vector(j, c->pred[i].spec, a, &bytes[i], e))
            return -1;
    }
    if (bytes[0].n != bytes[1].n)
        return err_set(e, ERR_RANGE, "vectors of %zu and %zu numbers",
                       bytes[0].n / sizeof *u, bytes[1].n / sizeof *u);
    u = (const float *)(const void *)bytes[0].p;
    v = (const float *)(const void *)bytes[1].p;
    *x = 0;
    for (size_t i = 0; i < bytes[0].n / sizeof *u; i++)
        *x += (double)u[i] * (double)v[i];
    return 0;
}

static int
read_record(const struct judge_conf *c, struct json gold, struct str line,
            struct arena *a, struct str *field, struct err *e)
{
    struct json pred;
    double x, y;

    if (number(gold, "gold", &x, e))
        return -1;
    if (c->n_pred == 2) {
        if (cosine(c, line, a, &y, e))
            return -1;
    } else if (member_find(&c->pred[0], line, &pred, e) ||
               number(pred, c->pred[0].spec, &y, e)) {
        return -1;
    }
    field[GOLD] = judge_copy(a, &x, sizeof x);
    field[PRED] = judge_copy(a, &y, sizeof y);
    field[2] = STR("");
    return 0;
}

static int
report(const struct str *row, size_t n, struct buf *text, struct buf *json,
       struct err *e)
{
    double *x = mem_alloc(mem_mul(2 * n, sizeof *x) + 1), *y = x + n, rho;

    (void)e;
    for (size_t i = 0; i < n; i++, row += JUDGE_FIELDS) {
        memcpy(&x[i], row[GOLD].p, sizeof *x);
        memcpy(&y[i], row[PRED].p, sizeof *y);
    }
    rho = rank_spearman(x, y, n);
    mem_free(x);
    buf_printf(json, "{\"task\":\"spearman\",\"records\":%zu", n);
    judge_real(json, "spearman", rho);
    buf_char(json, '}');
    buf_printf(text, "records   %zu\n", n);
    if (isnan(rho))
        buf_puts(text, "Spearman  none: fewer than two different values\n");
    else
        buf_printf(text, "Spearman  %.4f\n", rho);
    return 0;
}

const struct judge_task judgespearman_task = { "spearman", "score", 2, read_record,
                                               report };
