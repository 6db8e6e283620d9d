/* check_qb.c - the matrix product with weights in blocks, and its activations */
#include <math.h>
#include <string.h>

#include "check.h"
#include "kernel/qb.h"

static struct kernel_qb
new_rows(struct check *c, size_t m, size_t k, const struct qsplit_form *f, int wide)
{
    size_t block = wide ? KERNEL_WIDE_STEP : 32;
    struct kernel_qb r = { .ld = k,
                           .ld_step = (k + block - 1) / block,
                           .ld_group = k / f->group,
                           .group = f->group,
                           .zero = f->zero,
                           .wide = wide };

    r.q = check_bytes(c, m * r.ld * (wide ? 2 : 1));
    r.step = check_floats(c, m * r.ld_step);
    r.mid = check_floats(c, m * r.ld_step);
    r.start = check_bytes(c, m * r.ld_group * sizeof *r.start);
    r.sum = check_floats(c, m * r.ld_group);
    return r;
}

/* q of input l of row r: what goes with a NaN may be anything. */
static int
q_at(const struct kernel_qb *a, size_t r, size_t l)
{
    const int8_t *q = a->q + r * (a->wide ? 2 : 1) * a->ld + l;

    if (isnan(a->step[r * a->ld_step + l / (a->wide ? KERNEL_WIDE_STEP : 32)]))
        return 0;
    return a->wide ? 256 * q[0] + q[a->ld] : q[0];
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
    int wide = check_below(c, 2) != 0;
    struct kernel_qb want = new_rows(c, m, k, f, wide);
    struct kernel_qb got = new_rows(c, m, k, f, wide);

    for (size_t l = 0; l < k && check_below(c, 3) == 0; l++)
        x[l] *= 0x1p-99f; /* where a block becomes zero */
    c->ref->rows_qb(x, ldx, m, k, &first, &want);
    c->got->rows_qb(x, ldx, m, k, &first, &got);
    check_same(c, want.step, got.step, m * want.ld_step, "step, m %zu k %zu", m, k);
    if (!wide)
        check_same(c, want.mid, got.mid, m * k / 32, "mid, m %zu k %zu", m, k);
    check_same(c, want.sum, got.sum, m * k / f->group, "sum, m %zu k %zu", m, k);
    check_true(c,
               memcmp(want.start, got.start, m * k / f->group * sizeof *got.start) == 0,
               "start, m %zu k %zu", m, k);
    for (size_t r = 0; r < m; r++)
        for (size_t l = 0; l < k; l++)
            check_true(c, q_at(&want, r, l) == q_at(&got, r, l),
                       "m %zu k %zu: q of %zu, %zu is %d, not %d", m, k, r, l,
                       q_at(&got, r, l), q_at(&want, r, l));
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

/* 16 bits are as near as the block's largest number lets them be, and add up. */
void
check_math_wide_qb(struct check *c)
{
    enum { K = 320 };

    for (size_t i = 0; i < FORMS; i++) {
        float *x = check_fill(c, K, CHECK_TAME), max[2] = { 0 };
        struct kernel_qb r = new_rows(c, 1, K, &forms[i], 1);

        x[check_below(c, K)] = check_below(c, 2) ? 100.0f : -100.0f; /* of +-32512 */
        for (size_t l = 0; l < K; l++)
            max[l / 256] = fmaxf(max[l / 256], fabsf(x[l]));
        c->got->rows_qb(x, K, 1, K, &(struct kernel_q8_first){ 0 }, &r);
        for (size_t l = 0; l < K; l++) {
            double step = (double)max[l / 256] / 32512;
            double got = (double)r.step[l / 256] * q_at(&r, 0, l);

            check_true(c, fabs(got - (double)x[l]) <= step * 1.51 + 1e-29,
                       "%zu: %g, not %g", l, got, (double)x[l]);
        }
        for (size_t g = 0; g < K / forms[i].group; g++) {
            int sum = 0;
            for (size_t l = 0; l < forms[i].group; l++)
                sum += q_at(&r, 0, g * forms[i].group + l);
            check_true(c, (double)r.sum[g] == sum && r.start[g] == -r.zero * sum,
                       "sum of group %zu: %g, not %d", g, (double)r.sum[g], sum);
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
multiply(struct check *c, const struct kernels *k, const struct weights *w, int wide,
         const float *x, size_t m, const float *bias, float *out, size_t ldc)
{
    struct kernel_qb a = new_rows(c, m, w->k, w->f, wide);

    k->rows_qb(x, w->k, m, w->k, &(struct kernel_q8_first){ 0 }, &a);
    for (size_t j = 0; j < w->n; j += k->qb_nr) {
        struct kernel_qb_panel p = new_panel(c, w, j, k->qb_nr);
        size_t n = w->n - j < k->qb_nr ? w->n - j : k->qb_nr;

        k->gemm_qb(&a, &p, w->k, bias ? bias + j : NULL, out + j, ldc, m, n);
    }
}

static void
check_product(struct check *c, const struct qsplit_form *f, int wide, size_t m,
              size_t n, size_t k)
{
    struct weights w = new_weights(c, f, k, n);
    size_t ldc = n + check_below(c, 3), size = m && n ? (m - 1) * ldc + n : 0;
    float *bias = check_below(c, 2) ? check_fill(c, n, CHECK_TAME) : NULL;
    float *x = check_fill(c, m * k, check_below(c, 5) ? CHECK_TAME : CHECK_WILD);
    float *want = check_fill(c, size, CHECK_TAME), *got = check_copy(c, want, size);

    for (size_t i = 0, ends = check_below(c, 3); i < m * k && ends == 0; i++)
        x[i] = check_below(c, 2) ? 1.0f : -1.0f; /* what could saturate would */
    multiply(c, c->ref, &w, wide, x, m, bias, want, ldc);
    multiply(c, c->got, &w, wide, x, m, bias, got, ldc);
    check_same(c, want, got, size,
               "m %zu n %zu k %zu, %d bits, group %d, scale %d, wide %d", m, n, k,
               f->bits, f->group, f->scale, wide);
    check_drop(c);
}

static void
check_gemm(struct check *c, int wide)
{
    for (size_t i = 0; i < FORMS; i++) {
        for (size_t m = 0; m <= 14; m++)
            for (size_t n = 1; n <= 140; n += 1 + check_below(c, 60))
                check_product(c, &forms[i], wide, m, n, 32 * (1 + check_below(c, 19)));
        check_product(c, &forms[i], wide, 53, 70, 576);
        check_product(c, &forms[i], wide, 97, 64, 256);
    }
}

void
check_gemm_qb(struct check *c)
{
    check_gemm(c, 0);
}

void
check_gemm_wide_qb(struct check *c)
{
    check_gemm(c, 1);
}
