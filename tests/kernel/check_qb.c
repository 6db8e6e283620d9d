/* check_qb.c - the matrix product with weights in blocks, and its activations */
#include <math.h>
#include <string.h>

#include "check.h"
#include "kernel/qb.h"

/* For m rows, or pairs of them */
static struct kernel_qb
new_rows(struct check *c, size_t m, size_t k, const struct qsplit_form *f, int pairs)
{
    struct kernel_qb r = { .ld = k,
                           .ld_step = k / 32,
                           .ld_group = k / f->group,
                           .group = f->group,
                           .zero = f->zero,
                           .pairs = pairs };

    m *= pairs ? 2 : 1;
    r.q = check_bytes(c, m * r.ld);
    r.step = check_floats(c, m * r.ld_step);
    r.mid = check_floats(c, m * r.ld_step);
    r.start = check_bytes(c, m * r.ld_group * sizeof *r.start);
    r.sum = check_floats(c, m * r.ld_group);
    return r;
}

static void
compare_rows(struct check *c, size_t m, size_t k, const struct qsplit_form *f,
             enum check_mix mix)
{
    size_t ldx = k + check_below(c, 3);
    float *x = check_fill(c, m ? (m - 1) * ldx + k : 0, mix);
    struct kernel_q8_first first = {
        .gelu = check_below(c, 2) != 0,
        .factor = check_below(c, 2) ? check_fill(c, k, CHECK_TAME) : NULL,
    };
    int pairs = check_below(c, 2) != 0;
    struct kernel_qb want = new_rows(c, m, k, f, pairs);
    struct kernel_qb got = new_rows(c, m, k, f, pairs);

    for (size_t l = 0; l < k && check_below(c, 3) == 0; l++)
        x[l] *= 0x1p-99f; /* where a block becomes zero */
    c->ref->rows_qb(x, ldx, m, k, &first, &want);
    c->got->rows_qb(x, ldx, m, k, &first, &got);
    m *= pairs ? 2 : 1;
    check_same(c, want.step, got.step, m * k / 32, "step, m %zu k %zu", m, k);
    if (!pairs)
        check_same(c, want.mid, got.mid, m * k / 32, "mid, m %zu k %zu", m, k);
    check_same(c, want.sum, got.sum, m * k / f->group, "sum, m %zu k %zu", m, k);
    check_true(c,
               memcmp(want.start, got.start, m * k / f->group * sizeof *got.start) == 0,
               "start, m %zu k %zu", m, k);
    for (size_t i = 0; i < m * k; i++) /* what goes with a NaN may be anything */
        check_true(c, isnan(want.step[i / 32]) || want.q[i] == got.q[i],
                   "m %zu k %zu: q[%zu] %d, not %d", m, k, i, got.q[i], want.q[i]);
    check_drop(c);
}

static const struct qsplit_form forms[] = {
    { 8, 32, 0, QSPLIT_F16, 128, 0 },  { 4, 32, 0, QSPLIT_F16, 8, 0 },
    { 4, 32, 1, QSPLIT_F16, 0, 0 },    { 5, 32, 0, QSPLIT_F16, 16, 0 },
    { 5, 32, 1, QSPLIT_F16, 0, 0 },    { 4, 32, 0, QSPLIT_F16, 128, 1 },
    { 4, 16, 1, QSPLIT_SUPER, 0, 0 },  { 4, 16, 0, QSPLIT_SUPER, 4, 0 },
    { 4, 32, 1, QSPLIT_SUPER, 0, 0 },  { 5, 32, 1, QSPLIT_SUPER, 0, 0 },
    { 6, 16, 0, QSPLIT_SUPER, 32, 0 }, { 8, 16, 1, QSPLIT_F32, 128, 0 },
    { 8, 32, 1, QSPLIT_F16, 128, 0 },  { 8, 32, 0, QSPLIT_F32, 128, 0 },
};
#define FORMS (sizeof forms / sizeof *forms)

void
check_rows_qb(struct check *c)
{
    for (size_t k = 32; k <= 640; k += 32 * (1 + check_below(c, 4)))
        for (size_t i = 0; i < FORMS; i++)
            for (int mix = 0; mix < CHECK_MIXES; mix++)
                compare_rows(c, 1 + check_below(c, 3), k, &forms[i],
                             (enum check_mix)mix);
}

/* A pair of rows is near x, as in check_q8.c. */
void
check_math_pairs_qb(struct check *c)
{
    enum { K = 320 };

    for (size_t i = 0; i < FORMS; i++) {
        float *x = check_fill(c, K, CHECK_TAME);
        struct kernel_qb r = new_rows(c, 1, K, &forms[i], 1);

        c->got->rows_qb(x, K, 1, K, &(struct kernel_q8_first){ 0 }, &r);
        for (size_t l = 0; l < K; l++) {
            const float *step = r.step + l / 32;
            double got =
                (double)step[0] * r.q[l] + (double)step[r.ld_step] * r.q[r.ld + l];

            check_true(c,
                       fabs(got - (double)x[l]) <= (double)step[r.ld_step] * 0.501 +
                                                       127 * (double)step[0] * 0x1p-22 +
                                                       1e-29,
                       "pair %zu: %g, not %g", l, got, (double)x[l]);
        }
        check_drop(c);
    }
}

/* Weights for panels of any width: of each what the panel has of it, as a number */
struct weights {
    const struct qsplit_form *f;
    size_t k, n;
    uint8_t *u;      /* [n, k] */
    uint32_t *scale; /* [n, k / group, 2]: d and m, or s and t */
    uint16_t *super; /* [n, k / 256, 2] */
};

/* A binary16 that is a small number or, in wild ones now and then, anything */
static uint16_t
any_half(struct check *c, enum check_mix mix)
{
    if (mix == CHECK_WILD && check_below(c, 40) == 0)
        return (uint16_t)check_random(c);
    return (uint16_t)(check_below(c, 2) << 15 | (8 + check_below(c, 8)) << 10 |
                      check_below(c, 1024));
}

static uint32_t
any_scale(struct check *c, const struct qsplit_form *f, enum check_mix mix)
{
    float x = check_float(c, mix);
    uint32_t bits;

    if (f->scale == QSPLIT_F16)
        return any_half(c, mix);
    if (f->scale == QSPLIT_SUPER)
        return (uint32_t)check_below(c, 256);
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static struct weights
new_weights(struct check *c, const struct qsplit_form *f, size_t k, size_t n)
{
    enum check_mix mix = check_below(c, 4) ? CHECK_TAME : CHECK_WILD;
    struct weights w = { f, k, n, NULL, NULL, NULL };
    size_t groups = n * (k / f->group), supers = n * ((k + 255) / 256);
    int extreme = check_below(c, 3) == 0, top = (1 << f->bits) - 1;

    w.u = check_bytes(c, n * k);
    w.scale = check_bytes(c, groups * 2 * sizeof *w.scale);
    w.super = check_bytes(c, supers * 2 * sizeof *w.super);
    for (size_t i = 0; i < n * k; i++)
        w.u[i] = (uint8_t)(extreme ? (check_below(c, 2) ? top : 0)
                                   : (int)check_below(c, (size_t)top + 1));
    for (size_t i = 0; i < groups * 2; i++)
        w.scale[i] = any_scale(c, f, mix);
    for (size_t i = 0; i < supers * 2; i++)
        w.super[i] = any_half(c, mix);
    return w;
}

/* Column i of a panel from column j of the weights: block b, which begins at p */
static void
put_block(const struct weights *w, size_t j, size_t b, unsigned char *p, size_t i,
          size_t nr)
{
    const struct qsplit_form *f = w->f;
    size_t each = qb_scale_bytes(f), groups = 32 / f->group;
    const uint32_t *scale = w->scale + (j * (w->k / f->group) + b * groups) * 2;
    const uint8_t *u = w->u + j * w->k + b * 32;
    unsigned shift;

    for (size_t g = 0; g < groups; g++)
        for (size_t which = 0; which < (f->mins ? 2 : 1); which++)
            memcpy(p + g * qb_group_bytes(f, nr) + (which * nr + i) * each,
                   &scale[2 * g + which], each); /* its low bytes */
    p += qb_scales_bytes(f, nr);
    for (size_t l = 0; l < 32; l++) {
        size_t at = qb_u_at(f, nr, i, l, &shift);
        p[at] = (unsigned char)(p[at] | (f->bits == 8 ? u[l] : (u[l] & 15) << shift));
        for (unsigned bit = 4; bit < f->bits && f->bits < 8; bit++) {
            at = qb_bit_at(nr, i, l, bit, &shift);
            p[at] = (unsigned char)(p[at] | (u[l] >> bit & 1) << shift);
        }
    }
}

/* Columns [j, j + nr) as a panel */
static struct kernel_qb_panel
new_panel(struct check *c, const struct weights *w, size_t j, size_t nr)
{
    size_t bytes = qb_bytes(w->f, nr, w->k), supers = (w->k + 255) / 256;
    unsigned char *panel = check_bytes(c, bytes), *p = panel;

    memset(panel, 0, bytes);
    for (size_t b = 0; b < w->k / 32; b++) {
        for (size_t i = 0; b % 8 == 0 && qb_head_bytes(w->f, nr) && i < nr; i++)
            for (size_t which = 0; which < (w->f->mins ? 2 : 1) && j + i < w->n;
                 which++)
                memcpy(p + 2 * (which * nr + i),
                       &w->super[((j + i) * supers + b / 8) * 2 + which], 2);
        p += b % 8 == 0 ? qb_head_bytes(w->f, nr) : 0;
        for (size_t i = 0; i < nr && j + i < w->n; i++)
            put_block(w, j + i, b, p, i, nr);
        p += qb_block_bytes(w->f, nr);
    }
    return (struct kernel_qb_panel){ w->f, panel };
}

/* c [m, n], by the rows and panels of a level */
static void
multiply(struct check *c, const struct kernels *k, const struct weights *w,
         const float *x, size_t m, const float *bias, float *out, size_t ldc)
{
    struct kernel_qb a = new_rows(c, m, w->k, w->f, 0);

    k->rows_qb(x, w->k, m, w->k, &(struct kernel_q8_first){ 0 }, &a);
    for (size_t j = 0; j < w->n; j += k->qb_nr) {
        struct kernel_qb_panel p = new_panel(c, w, j, k->qb_nr);
        size_t n = w->n - j < k->qb_nr ? w->n - j : k->qb_nr;

        k->gemm_qb(&a, &p, w->k, bias ? bias + j : NULL, out + j, ldc, m, n);
    }
}

static void
check_product(struct check *c, const struct qsplit_form *f, size_t m, size_t n,
              size_t k)
{
    struct weights w = new_weights(c, f, k, n);
    size_t ldc = n + check_below(c, 3), size = m && n ? (m - 1) * ldc + n : 0;
    float *bias = check_below(c, 2) ? check_fill(c, n, CHECK_TAME) : NULL;
    float *x = check_fill(c, m * k, check_below(c, 5) ? CHECK_TAME : CHECK_WILD);
    float *want = check_fill(c, size, CHECK_TAME), *got = check_copy(c, want, size);

    for (size_t i = 0, ends = check_below(c, 3); i < m * k && ends == 0; i++)
        x[i] = check_below(c, 2) ? 1.0f : -1.0f; /* what could saturate would */
    multiply(c, c->ref, &w, x, m, bias, want, ldc);
    multiply(c, c->got, &w, x, m, bias, got, ldc);
    check_same(c, want, got, size, "m %zu n %zu k %zu, %d bits, group %d, scale %d", m,
               n, k, f->bits, f->group, f->scale);
    check_drop(c);
}

void
check_gemm_qb(struct check *c)
{
    for (size_t i = 0; i < FORMS; i++) {
        for (size_t m = 0; m <= 14; m++)
            for (size_t n = 1; n <= 140; n += 1 + check_below(c, 60))
                check_product(c, &forms[i], m, n, 32 * (1 + check_below(c, 9)));
        check_product(c, &forms[i], 53, 70, 576);
        check_product(c, &forms[i], 97, 64, 256);
    }
}
