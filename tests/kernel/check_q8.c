/* check_q8.c - the matrix product in 8 bits, and how activations come to it */
#include <math.h>
#include <string.h>

#include "check.h"
#include "kernel/q8_arrange.h"

struct rows {
    struct kernel_q8 q;
    size_t blocks;
};

/* For m rows, or pairs of them */
static struct rows
new_rows(struct check *c, size_t m, size_t n, size_t block, int pairs)
{
    struct rows r = { .blocks = (n + block - 1) / block, .q.pairs = pairs };

    m *= pairs ? 2 : 1;

    r.q.block = block;
    r.q.ld = (n + 3) / 4 * 4;
    r.q.ld_scale = 2 * r.blocks;
    r.q.q = check_bytes(c, m * r.q.ld);
    r.q.scale = check_floats(c, m * r.q.ld_scale);
    return r;
}

static void
compare_rows(struct check *c, size_t m, size_t n, size_t block, enum check_mix mix)
{
    size_t ldx = n + check_below(c, 3);
    float *x = check_fill(c, m ? (m - 1) * ldx + n : 0, mix);
    struct kernel_q8_first first = {
        .gelu = check_below(c, 2) != 0,
        .factor = check_below(c, 2) ? check_fill(c, n, CHECK_TAME) : NULL,
    };
    int pairs = check_below(c, 2) != 0;
    struct rows want = new_rows(c, m, n, block, pairs);
    struct rows got = new_rows(c, m, n, block, pairs);

    c->ref->rows_q8(x, ldx, m, n, &first, &want.q);
    c->got->rows_q8(x, ldx, m, n, &first, &got.q);
    m *= pairs ? 2 : 1;
    check_same(c, want.q.scale, got.q.scale, m * want.q.ld_scale, "m %zu n %zu of %zu",
               m, n, block);
    for (size_t r = 0; r < m; r++)
        for (size_t l = 0; l < n; l++) {
            /* What goes with a NaN may be anything. */
            int any = isnan(want.q.scale[r * want.q.ld_scale + l / block * 2 + 1]);
            uint8_t a = want.q.q[r * want.q.ld + l];
            uint8_t b = got.q.q[r * got.q.ld + l];
            check_true(c, any || a == b, "m %zu n %zu of %zu: q[%zu, %zu] %d, not %d",
                       m, n, block, r, l, b, a);
        }
    check_drop(c);
}

void
check_rows_q8(struct check *c)
{
    for (const int *n = check_sizes; *n >= 0; n++)
        for (size_t block = 16; block <= 192 && *n > 0;
             block += block < 128 ? block : 64)
            for (int mix = 0; mix < CHECK_MIXES; mix++)
                compare_rows(c, 1 + check_below(c, 3), (size_t)*n, block,
                             (enum check_mix)mix);
}

/* A pair of rows is near x: half a step of the second row, and what floats lose of the
 * largest number of the block. */
static void
near_pairs(struct check *c, size_t n, size_t block)
{
    float *x = check_fill(c, n, CHECK_TAME);
    struct rows r = new_rows(c, 1, n, block, 1);

    c->got->rows_q8(x, n, 1, n, &(struct kernel_q8_first){ 0 }, &r.q);
    for (size_t l = 0; l < n; l++) {
        double got = 0, slack = 0, half = 0;

        for (size_t i = 0; i < 2; i++) {
            const float *scale = r.q.scale + i * r.q.ld_scale + 2 * (l / block);

            got += (double)scale[0] * r.q.q[i * r.q.ld + l] + (double)scale[1];
            slack += (fabs((double)scale[1]) + 254 * (double)scale[0]) * 0x1p-22;
            half = (double)scale[0] * 0.501;
        }
        check_true(c, fabs(got - (double)x[l]) <= half + slack + 1e-30,
                   "pair %zu of %zu: %g, not %g", l, block, got, (double)x[l]);
    }
    check_drop(c);
}

void
check_math_pairs_q8(struct check *c)
{
    for (const int *n = check_sizes; *n >= 0; n++)
        for (size_t block = 16; block <= 192 && *n > 0;
             block += block < 128 ? block : 64)
            near_pairs(c, (size_t)*n, block);
}

/* The GELU in front of 8 bits: within half a step and what math_body.h promises */
void
check_math_gelu_q8(struct check *c)
{
    enum { N = 128 };
    const struct kernel_q8_first first = { .gelu = 1 };

    for (int at = -2000; at < 2000; at++) {
        float *x = check_floats(c, N);
        struct rows r = new_rows(c, 1, N, N, 0);
        double worst = 0;

        for (size_t i = 0; i < N; i++)
            x[i] = (float)at / 250 + (float)i / 32768;
        c->got->rows_q8(x, N, 1, N, &first, &r.q);
        for (size_t i = 0; i < N; i++) {
            uint8_t q = r.q.q[i];
            double got = (double)r.q.scale[0] * q + (double)r.q.scale[1];
            double want = (double)x[i] * 0.5 * erfc(-(double)x[i] * sqrt(0.5));
            worst = fmax(worst, fabs(got - want) - (double)r.q.scale[0] * 0.5);
        }
        check_true(c, worst < 1.4e-4, "gelu from %g on: off by %g", at / 250.0, worst);
        check_drop(c);
    }
}

/* Weights q [k, n] with their steps, for panels of any width */
struct weights {
    size_t k, n, block, blocks;
    int8_t *q;   /* [n, k] */
    float *step; /* [n, blocks] */
};

static struct weights
new_weights(struct check *c, size_t k, size_t n, size_t block)
{
    struct weights w = { k, n, block, (k + block - 1) / block, NULL, NULL };
    int extreme = check_below(c, 3) == 0;

    w.q = check_bytes(c, n * k);
    w.step = check_fill(c, n * w.blocks, CHECK_TAME);
    for (size_t i = 0; i < n * k; i++)
        w.q[i] = (int8_t)(extreme ? (check_below(c, 2) ? 127 : -127)
                                  : (int)check_below(c, 255) - 127);
    return w;
}

/* The panel as levels have it that arrange its weights */
static void
arrange(struct check *c, const struct weights *w, struct kernel_q8_panel *p)
{
    struct q8_arranged to = {
        .q = check_bytes(c, q8_arrange_bytes(w->k)),
        .start = check_bytes(c, w->blocks * Q8_ARRANGED_NR * sizeof *to.start),
        .order = check_bytes(c, (w->k + 3) / 4 * sizeof *to.order),
        .count = check_bytes(c, w->blocks * Q8_KINDS * sizeof *to.count),
    };

    q8_arrange(p->q, w->k, w->block, &to);
    p->q = to.q;
    p->start = to.start;
    p->order = to.order;
    p->count = to.count;
}

/* Columns [j, j + nr) as a panel */
static struct kernel_q8_panel
new_panel(struct check *c, const struct weights *w, size_t j, size_t nr)
{
    size_t n_q = (w->k + 3) / 4 * 4 * nr, n_scale = w->blocks * nr;
    int8_t *q = check_bytes(c, n_q);
    float *step = check_floats(c, n_scale), *sum = check_floats(c, n_scale);

    memset(q, 0, n_q);
    memset(step, 0, n_scale * sizeof *step);
    memset(sum, 0, n_scale * sizeof *sum);
    for (size_t i = 0; i < nr && j + i < w->n; i++)
        for (size_t b = 0; b < w->blocks; b++) {
            int32_t total = 0;
            for (size_t l = b * w->block; l < w->k && l < (b + 1) * w->block; l++) {
                int8_t x = w->q[(j + i) * w->k + l];
                q[l / 4 * nr * 4 + i * 4 + l % 4] = x;
                total += x;
            }
            step[b * nr + i] = w->step[(j + i) * w->blocks + b];
            sum[b * nr + i] = step[b * nr + i] * (float)total;
        }
    return (struct kernel_q8_panel){ .q = q, .step = step, .sum = sum };
}

/* c [m, n], by the rows and panels of a level */
static void
multiply(struct check *c, const struct kernels *k, const struct weights *w,
         const float *x, size_t m, const float *bias, float *out, size_t ldc)
{
    struct rows a = new_rows(c, m, w->k, w->block, 0);

    k->rows_q8(x, w->k, m, w->k, &(struct kernel_q8_first){ 0 }, &a.q);
    for (size_t j = 0; j < w->n; j += k->q8_nr) {
        struct kernel_q8_panel p = new_panel(c, w, j, k->q8_nr);
        size_t n = w->n - j < k->q8_nr ? w->n - j : k->q8_nr;

        if (k->q8_arranged)
            arrange(c, w, &p);
        k->gemm_q8(&a.q, &p, w->k, bias ? bias + j : NULL, out + j, ldc, m, n);
    }
}

/* Bytes at both ends of their range: what could saturate would. */
static void
make_extreme(struct check *c, float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = check_below(c, 2) ? 1.0f : -1.0f;
}

static void
check_product(struct check *c, size_t m, size_t n, size_t k, size_t block)
{
    struct weights w = new_weights(c, k, n, block);
    size_t ldc = n + check_below(c, 3), size = m && n ? (m - 1) * ldc + n : 0;
    float *bias = check_below(c, 2) ? check_fill(c, n, CHECK_TAME) : NULL;
    float *x = check_fill(c, m * k, CHECK_TAME), *want, *got;

    if (check_below(c, 3) == 0)
        make_extreme(c, x, m * k);
    want = check_fill(c, size, CHECK_TAME);
    got = check_copy(c, want, size);
    multiply(c, c->ref, &w, x, m, bias, want, ldc);
    multiply(c, c->got, &w, x, m, bias, got, ldc);
    check_same(c, want, got, size, "m %zu n %zu k %zu of %zu", m, n, k, block);
    check_drop(c);
}

void
check_gemm_q8(struct check *c)
{
    for (size_t m = 0; m <= 15; m++)
        for (size_t n = 1; n <= 140; n += 1 + check_below(c, 17))
            check_product(c, m, n, 1 + check_below(c, 150),
                          (size_t)16 << check_below(c, 4));
    check_product(c, 37, 96, 384, 128);
    check_product(c, 64, 128, 384, 128);
    check_product(c, 97, 200, 192, 128);
    check_product(c, 70, 64, 256, 64);
    check_product(c, 13, 70, 1536, 192);
    check_product(c, 70, 64, 384, 192);
    check_product(c, 9, 64, 1536, 32);
    check_product(c, 5, 64, 100, 4096);
}
