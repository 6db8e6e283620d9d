/* test_arith_i8.c - products in 8 bits: the definition, how far off, and odd numbers */
#include <float.h>

#include "tap.h"
#include "tensor/matmul.h"
#include "tensors.h"

#define N_TOK 37

/* One product, y = x * transpose(w), and what it may be off by */
struct product {
    enum arith arith;
    size_t n_out, n_in, block;
    float *w, *x;       /* [n_out, n_in], [N_TOK, n_in] */
    const float *usual; /* as in struct pack_matrix, and so is step */
    enum pack_bears bears;
    float step;
    float *s; /* [n_in], what inputs are multiplied by */
};

/* The scale that arith_i8.c says, from the weights that are numbers */
static float
balance(const struct product *t, size_t l)
{
    float max = 0, s;

    for (size_t r = 0; r < t->n_out; r++)
        if (fabsf(t->w[r * t->n_in + l]) > max)
            max = fabsf(t->w[r * t->n_in + l]);
    if (t->usual == NULL || t->arith == ARITH_I16)
        return 1;
    s = sqrtf(max / t->usual[l]);
    if (t->bears == PACK_LESS)
        s = sqrtf(s) * sqrtf(max);
    if (t->bears == PACK_MORE)
        s = sqrtf(s) * (1 / sqrtf(t->usual[l]));
    return s >= 0x1p-20f && s <= 0x1p20f ? s : 1;
}

static struct product
product_new(enum arith arith, size_t n_out, size_t n_in, const float *usual)
{
    struct product t = { .arith = arith, .n_out = n_out, .n_in = n_in, .usual = usual };

    t.block = arith == ARITH_I8B32 ? 32 : arith == ARITH_I16 ? 128 : 192;
    t.w = tensors_random(n_out * n_in, 1);
    t.x = tensors_random(N_TOK * n_in, 2);
    t.s = tensors_zero(n_in);
    return t;
}

static void
product_free(struct product *t)
{
    mem_free(t->w);
    mem_free(t->x);
    mem_free(t->s);
}

/* y [N_TOK, n_out] by ours, to be freed */
static float *
run(const struct product *t, enum cpu_level level)
{
    struct pack_opt opt = { .arith = t->arith, .kernels = kernel_get(level) };
    struct pack_rows rows = { QUANT_F32, t->w, t->n_out };
    struct pack_matrix w = { .part = &rows,
                             .n_part = 1,
                             .n_in = t->n_in,
                             .usual = t->usual,
                             .bears = t->bears,
                             .step = t->step };
    struct err e = { 0 };
    struct pack *p = pack_new(&opt, &w, &e);
    float *y = tensors_zero(N_TOK * t->n_out);
    struct arena work = { 0 };

    if (p == NULL) {
        printf("# %s\n", e.msg);
        exit(EXIT_FAILURE);
    }
    matmul(p, t->x, t->n_in, N_TOK, y, t->n_out, NULL, &work);
    arena_release(&work);
    pack_free(p);
    return y;
}

/* ---- the definition ---- */

/* n numbers of one block as they are after 8 bits, and how far apart its values are */
static double
round_weights(const float *w, const float *s, size_t n, double *to)
{
    float max = 0;

    for (size_t i = 0; i < n; i++)
        if (fabsf(w[i] / s[i]) > max)
            max = fabsf(w[i] / s[i]);
    for (size_t i = 0; i < n; i++)
        to[i] = max > 0 ? (double)rintf(w[i] / s[i] * (127.0f / max)) * max / 127.0 : 0;
    return (double)max / 127.0;
}

static double
round_inputs(const float *x, const float *s, size_t n, double *to, int *tie)
{
    float low = x[0] * s[0], high = low;

    for (size_t i = 0; i < n; i++) {
        low = x[i] * s[i] < low ? x[i] * s[i] : low;
        high = x[i] * s[i] > high ? x[i] * s[i] : high;
    }
    for (size_t i = 0; i < n; i++) {
        float v = x[i] * s[i] - low, up = high > low ? 254.0f / (high - low) : 0;
        double product = (double)v * (double)up, q = rint(product);
        tie[i] = fabs(product - floor(product) - 0.5) < 1e-4; /* either way is right */
        to[i] = (double)low + q * ((double)high - (double)low) / 254.0;
    }
    return ((double)high - (double)low) / 254.0;
}

/* The same in 16 bits, of which the last is half of what is returned */
static double
halve_inputs(const float *x, const float *s, size_t n, double step, double *to,
             int *tie)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (double)x[i] * (double)s[i];
    memset(tie, 0, n * sizeof *tie);
    return step / 254.0;
}

/* An output in doubles: of the numbers as they are, and after 8 bits */
struct expect {
    double exact, rounded;
    double size; /* sum of |x * w|: the scale of what f32 loses */
    double ties; /* what numbers are worth that may be rounded up or down */
    double most; /* |rounded - exact|, at the most: half a step on either side */
};

static struct expect
expect(const struct product *t, size_t r, size_t j)
{
    const float *x = t->x + r * t->n_in, *w = t->w + j * t->n_in;
    struct expect e = { 0 };

    for (size_t at = 0; at < t->n_in; at += t->block) {
        size_t n = t->n_in - at < t->block ? t->n_in - at : t->block;
        double a[192], b[192];
        int tie[192];
        double step_w = round_weights(w + at, t->s + at, n, a);
        double step_x = round_inputs(x + at, t->s + at, n, b, tie);
        double half = 0;

        if (t->arith == ARITH_I16) {
            step_x = halve_inputs(x + at, t->s + at, n, step_x, b, tie);
            half = 0.51 * step_x;
        }
        for (size_t i = 0; i < n; i++) {
            double xs = (double)x[at + i] * (double)t->s[at + i];
            double ws = (double)w[at + i] / (double)t->s[at + i];
            e.exact += xs * ws;
            e.rounded += a[i] * b[i];
            e.ties += (tie[i] ? step_x : half) * fabs(a[i]);
            e.size += fabs(xs * ws) + step_x * fabs(ws) + step_w * fabs(xs);
            e.most +=
                fabs(ws) * step_x / 2 + fabs(xs) * step_w / 2 + step_x * step_w / 4;
        }
    }
    return e;
}

/* The most that outputs are off, as a share of what they may be: from the definition
 * (of 1e-5 of their size) and from the exact product (of `most`) */
static void
measure(const struct product *t, const float *y, double *off, double *away)
{
    *off = *away = 0;
    for (size_t r = 0; r < N_TOK; r++)
        for (size_t j = 0; j < t->n_out; j++) {
            struct expect e = expect(t, r, j);
            double got = (double)y[r * t->n_out + j];
            double slack = 1e-5 * e.size + e.ties + DBL_MIN;
            if (!(fabs(got - e.rounded) / slack <= *off))
                *off = fabs(got - e.rounded) / slack;
            if (!(fabs(got - e.exact) / (e.most + slack) <= *away))
                *away = fabs(got - e.exact) / (e.most + slack);
        }
}

/* Inputs of very different size, of the sizes that `usual` says */
static void
spread(struct product *t)
{
    for (size_t r = 0; r < N_TOK && t->usual; r++)
        for (size_t l = 0; l < t->n_in; l++)
            t->x[r * t->n_in + l] *= t->usual[l];
}

static void
test_definition(enum arith arith, size_t n_out, size_t n_in, const float *usual,
                enum pack_bears bears)
{
    struct product t = product_new(arith, n_out, n_in, usual);
    float *ref = NULL;

    t.bears = bears;

    spread(&t);
    for (size_t l = 0; l < n_in; l++)
        t.s[l] = balance(&t, l);
    for (enum cpu_level level = CPU_REF; level <= cpu_detect(); level++) {
        float *y = run(&t, level);
        double off, away;
        measure(&t, y, &off, &away);
        tap_ok(off <= 1 && away <= 1 && (!ref || tensors_same(y, ref, N_TOK * t.n_out)),
               "%s, %s: %zu x %zu%s is what the definition says (%.2f), near the exact "
               "product (%.2f)",
               pack_arith_name(arith), cpu_name(level), n_out, n_in,
               usual ? (const char *[]){ " balanced", " balanced, weights bear less",
                                         " balanced, weights bear more" }[bears]
                     : "",
               off, away);
        if (ref)
            mem_free(y);
        else
            ref = y;
    }
    mem_free(ref);
    product_free(&t);
}

/* ---- weights that are integers ---- */

/* A step of 1/2 and q of 50 at most; activations that 8 bits hold: sums are exact. */
static struct product
integers(enum arith arith, size_t n_out, size_t n_in, const float *usual)
{
    struct product t = product_new(arith, n_out, n_in, usual);

    t.step = 0.5f;
    for (size_t i = 0; i < n_out * n_in; i++)
        t.w[i] = 0.5f * (float)((int)(i * 7919 % 101) - 50);
    for (size_t r = 0; r < N_TOK; r++)
        for (size_t l = 0; l < n_in; l++)
            t.x[r * n_in + l] =
                (float)(l % t.block < 2 ? 254 * (l % 2) : (r * 31 + l * 13) % 255);
    return t;
}

/* Outputs that are not the exact product, of the first n */
static int
count_wrong(const struct product *t, enum cpu_level level, size_t n)
{
    float *y = run(t, level);
    int wrong = 0;

    for (size_t r = 0; r < N_TOK; r++)
        for (size_t j = 0; j < n; j++) {
            float sum = 0;

            for (size_t l = 0; l < t->n_in; l++)
                sum += t->x[r * t->n_in + l] * t->w[j * t->n_in + l];
            wrong += y[r * t->n_out + j] != sum;
        }
    mem_free(y);
    return wrong;
}

static void
test_step(enum arith arith)
{
    float usual[300];
    struct product t = integers(arith, 70, 300, usual);
    int without, odd;

    for (size_t l = 0; l < 300; l++)
        usual[l] = l % 61 == 7 ? 40 : 1;
    for (enum cpu_level level = CPU_REF; level <= cpu_detect(); level++)
        tap_ok(count_wrong(&t, level, t.n_out) == 0,
               "%s, %s: weights that have a step stay as they are",
               pack_arith_name(arith), cpu_name(level));
    t.w[69 * t.n_in] = 64; /* 128 steps: the block has a step of its own */
    odd = count_wrong(&t, cpu_level(), 69);
    t.step = 0;
    without = count_wrong(&t, cpu_level(), 69);
    tap_ok(
        odd == 0 && without > 0,
        "%s: a weight out of its range alters no other column; without a step %d are "
        "rounded",
        pack_arith_name(arith), without);
    t.usual = NULL;
    product_free(&t);
}

/* ---- balancing ---- */

/* Root of the mean square of y - exact */
static double
error_of(const struct product *t)
{
    float *y = run(t, cpu_level());
    double sum = 0;

    for (size_t r = 0; r < N_TOK; r++)
        for (size_t j = 0; j < t->n_out; j++) {
            struct expect e = expect(t, r, j);
            sum += ((double)y[r * t->n_out + j] - e.exact) *
                   ((double)y[r * t->n_out + j] - e.exact);
        }
    mem_free(y);
    return sqrt(sum / (double)(N_TOK * t->n_out));
}

/* What it is there for: a few inputs that are large cost the others less. */
static void
test_balance_helps(enum arith arith)
{
    struct product t = product_new(arith, 48, 256, NULL);
    float *usual = tensors_zero(t.n_in);
    double with, without;

    for (size_t l = 0; l < t.n_in; l++) {
        t.s[l] = 1;
        usual[l] = l % 61 == 7 ? 40 : 1;
        for (size_t r = 0; r < N_TOK; r++)
            t.x[r * t.n_in + l] *= usual[l];
    }
    without = error_of(&t);
    t.usual = usual;
    with = error_of(&t);
    tap_ok(with < 0.7 * without, "%s: error %.4f balanced, %.4f not",
           pack_arith_name(arith), with, without);
    mem_free(usual);
    product_free(&t);
}

/* Numbers that say nothing: as if these inputs were not balanced */
static void
test_balance_odd(enum arith arith)
{
    static const float odd[] = { 0,         -0.0f, NAN,           INFINITY, -INFINITY,
                                 -1,        1,     FLT_MAX,       FLT_MIN,  0x1p-149f,
                                 0x1p-100f, 2,     0x1.fffffep30f };
    enum { N = 160, ODDS = sizeof odd / sizeof *odd };
    struct product t;
    float usual[N], *y;
    double off, away;

    for (size_t l = 0; l < N; l++)
        usual[l] = odd[l % ODDS];
    t = product_new(arith, 21, N, usual);
    for (size_t l = 0; l < N; l++) {
        t.w[5 * N + l] = 0;
        if (l % 40 == 3)
            for (size_t j = 0; j < t.n_out; j++)
                t.w[j * N + l] = 0; /* an input that nobody looks at */
        t.s[l] = balance(&t, l);
    }
    y = run(&t, cpu_level());
    measure(&t, y, &off, &away);
    tap_ok(off <= 1 && away <= 1, "%s: balanced by nonsense (%.2f, %.2f)",
           pack_arith_name(arith), off, away);
    mem_free(y);
    product_free(&t);
}

/* ---- numbers that are none, too large, too small ---- */

/* Column j of y and of z */
static int
same_column(const struct product *t, const float *y, const float *z, size_t j)
{
    int same = 1;

    for (size_t r = 0; r < N_TOK; r++)
        same &= tensors_same(y + r * t->n_out + j, z + r * t->n_out + j, 1);
    return same;
}

static double
exact_product(const struct product *t, size_t r, size_t j)
{
    double sum = 0;

    for (size_t l = 0; l < t->n_in; l++)
        sum += (double)t->x[r * t->n_in + l] * (double)t->w[j * t->n_in + l];
    return sum;
}

enum column { GOOD, ALL_NAN, ZERO, SMALL, NOT_WRONG };

/* Is column j of y what `want` says; `good`: y without odd weights */
static int
is_column(const struct product *t, const float *y, const float *good, size_t j,
          enum column want)
{
    int ok = 1;

    for (size_t r = 0; r < N_TOK && want != GOOD; r++) {
        float v = y[r * t->n_out + j];
        if (want == ALL_NAN)
            ok &= isnan(v) != 0;
        else if (want == NOT_WRONG) /* no number, or off by a step at the most */
            ok &= !isfinite(v) || fabs((double)v - exact_product(t, r, j)) < 0x1p121;
        else
            ok &= want == ZERO ? v == 0 : fabsf(v) < 1e-30f;
    }
    return ok && (want != GOOD || same_column(t, y, good, j));
}

static void
test_weights(enum arith arith, enum cpu_level level, const float *usual)
{
    static const struct {
        float w;
        int all; /* the row, else one weight of it */
        enum column want;
    } odd[] = {
        { NAN, 0, ALL_NAN },
        { -NAN, 1, ALL_NAN },
        { INFINITY, 0, ALL_NAN },
        { -INFINITY, 1, ALL_NAN },
        { 0, 1, ZERO },
        { -0.0f, 1, ZERO },
        { 0x1p-149f, 1, SMALL },
        { FLT_MIN, 1, SMALL },
        { FLT_MAX, 0, NOT_WRONG },
        { FLT_MAX, 1, NOT_WRONG },
        { -FLT_MAX, 1, NOT_WRONG },
        { 0x1p-140f, 1, SMALL },
    };
    struct product t = product_new(arith, 71, 150, usual);
    float *want, *got;
    int good = 1;

    want = run(&t, level);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        size_t row = 3 + 5 * i;
        for (size_t l = odd[i].all ? 0 : 140; l < (odd[i].all ? t.n_in : 141); l++)
            t.w[row * t.n_in + l] = odd[i].w;
    }
    got = run(&t, level);
    for (size_t j = 0; j < t.n_out; j++) {
        size_t i = (j - 3) / 5;
        int is_odd = j >= 3 && (j - 3) % 5 == 0 && i < sizeof odd / sizeof *odd;
        enum column c = is_odd ? odd[i].want : GOOD;
        /* A large weight scales its input anew, and so rounds all columns anew. */
        int ok = (c == GOOD && usual) || is_column(&t, got, want, j, c);
        if (!ok)
            printf("# column %zu: %g\n", j, (double)got[j]);
        good &= ok;
    }
    tap_ok(good, "%s, %s: odd weights%s stay in their columns", pack_arith_name(arith),
           cpu_name(level), usual ? ", balanced," : "");
    mem_free(want);
    mem_free(got);
    product_free(&t);
}

/* Rows of activations: an infinity or a NaN spoils its row, and no other. */
static void
test_inputs(enum arith arith, enum cpu_level level)
{
    struct product t = product_new(arith, 71, 150, NULL);
    float *want = run(&t, level), *got;
    int good = 1;

    t.x[3 * t.n_in + 140] = NAN;
    t.x[5 * t.n_in + 2] = INFINITY;
    t.x[8 * t.n_in + 149] = -INFINITY;
    for (size_t l = 0; l < t.n_in; l++) {
        t.x[10 * t.n_in + l] = l % 2 ? FLT_MAX : -FLT_MAX; /* the range is infinite */
        t.x[13 * t.n_in + l] = 0;
        t.x[14 * t.n_in + l] = 0x1p-149f;
        t.x[15 * t.n_in + l] = l % 3 ? 0x1p-149f : 0;
    }
    got = run(&t, level);
    for (size_t r = 0; r < N_TOK; r++)
        for (size_t j = 0; j < t.n_out; j++) {
            float v = got[r * t.n_out + j], w = want[r * t.n_out + j];
            good &= r == 3                        ? isnan(v)
                    : r == 5 || r == 8 || r == 10 ? !isfinite(v)
                    : r == 13                     ? v == 0
                    : r == 14 || r == 15          ? fabsf(v) < 1e-30f
                                                  : v == w;
        }
    tap_ok(good, "%s, %s: odd activations stay in their rows", pack_arith_name(arith),
           cpu_name(level));
    mem_free(want);
    mem_free(got);
    product_free(&t);
}

int
main(void)
{
    static const size_t shapes[][2] = { { 1, 1 },    { 1, 3 },    { 5, 130 },
                                        { 77, 530 }, { 64, 128 }, { 65, 127 },
                                        { 17, 31 },  { 33, 33 },  { 130, 385 } };
    float usual[530];

    for (size_t l = 0; l < 530; l++)
        usual[l] = 0.05f + (float)(l * l % 17);
    for (enum arith arith = ARITH_I8; arith <= ARITH_I16; arith++) {
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            test_definition(arith, shapes[s][0], shapes[s][1], NULL, PACK_HALF);
            test_definition(arith, shapes[s][0], shapes[s][1], usual, PACK_HALF);
        }
        test_definition(arith, 33, 200, usual, PACK_LESS);
        test_definition(arith, 33, 200, usual, PACK_MORE);
        test_definition(arith, 20, 900, NULL, PACK_HALF); /* packed in two steps */
        test_step(arith);
        if (arith != ARITH_I16) /* there it is not done */
            test_balance_helps(arith);
        test_balance_odd(arith);
        for (enum cpu_level level = CPU_REF; level <= cpu_detect(); level++) {
            test_weights(arith, level, NULL);
            test_weights(arith, level, usual);
            test_inputs(arith, level);
        }
    }
    return tap_done();
}
