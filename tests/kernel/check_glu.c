/* check_glu.c - what decoders do to rows: gates, norms without a mean, half floats */
#include <math.h>

#include "check.h"

#define EACH_DRAW(n, mix)                                                              \
    for (const int *n = check_sizes; *n >= 0; n++)                                     \
        for (enum check_mix mix = CHECK_TAME; mix < CHECK_MIXES; mix++, check_drop(c))

typedef void gate(float *y, const float *x, const float *up, size_t n);

/* With and without `up`, in place and not */
static void
check_gate(struct check *c, gate *ref, gate *fn)
{
    EACH_DRAW(n, mix)
    {
        size_t size = (size_t)*n;
        float *x = check_fill(c, size, mix), *want = check_floats(c, size);
        float *up = check_below(c, 2) ? check_fill(c, size, mix) : NULL;
        float *got = check_below(c, 2) ? check_copy(c, x, size) : NULL;

        for (size_t i = 0; i < size; i += 2)
            x[i] = check_float(c, CHECK_TAME) * 30;
        ref(want, x, up, size);
        if (got)
            for (size_t i = 0; i < size; i++)
                got[i] = x[i];
        fn(got ? got : x, got ? got : x, up, size);
        check_same(c, want, got ? got : x, size, "n %zu", size);
    }
}

void
check_silu(struct check *c)
{
    check_gate(c, c->ref->silu, c->got->silu);
}

void
check_gelu_tanh(struct check *c)
{
    check_gate(c, c->ref->gelu_tanh, c->got->gelu_tanh);
}

void
check_rms_norm(struct check *c)
{
    EACH_DRAW(n, mix)
    {
        size_t m = check_below(c, 4), k = *n ? (size_t)*n : 1, ldx = k + 3, ldy = k + 1;
        float *x = check_fill(c, m ? (m - 1) * ldx + k : 0, mix);
        float *gamma = check_fill(c, k, mix);
        size_t size = m ? (m - 1) * ldy + k : 0;
        float *want = check_fill(c, size, CHECK_TAME), *got = check_copy(c, want, size);

        c->ref->rms_norm(want, ldy, x, ldx, m, k, gamma, 1e-6f);
        c->got->rms_norm(got, ldy, x, ldx, m, k, gamma, 1e-6f);
        check_same(c, want, got, size, "m %zu n %zu", m, k);
    }
}

void
check_f16_put(struct check *c)
{
    EACH_DRAW(n, mix)
    {
        size_t size = (size_t)*n, differ = 0;
        float *x = check_fill(c, size, mix);
        uint16_t *want = check_bytes(c, size * sizeof *want);
        uint16_t *got = check_bytes(c, size * sizeof *got);

        for (size_t i = 0; i < size; i += 3) /* all exponents that binary16 has */
            x[i] = ldexpf(x[i], (int)check_below(c, 48) - 28);
        c->ref->f16_put(want, x, size);
        c->got->f16_put(got, x, size);
        for (size_t i = 0; i < size; i++)
            differ += want[i] != got[i] && !isnan(x[i]);
        check_true(c, differ == 0, "%zu of %zu differ", differ, size);
    }
}

void
check_f16_get(struct check *c)
{
    EACH_DRAW(n, mix)
    {
        size_t size = (size_t)*n;
        uint16_t *h = check_bytes(c, size * sizeof *h);
        float *want = check_floats(c, size), *got = check_floats(c, size);

        for (size_t i = 0; i < size; i++)
            h[i] = (uint16_t)check_random(c);
        c->ref->f16_get(want, h, size);
        c->got->f16_get(got, h, size);
        check_same(c, want, got, size, "n %zu", size);
    }
}

static double
silu(double x)
{
    return x / (1 + exp(-x));
}

static double
gelu_tanh(double x)
{
    return x / 2 *
           (1 + tanh(sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
}

static void
check_math_gate(struct check *c, gate *fn, double (*math)(double))
{
    double worst = 0;

    for (int i = -400000; i < 400000; i += 16) {
        float x[16], y[16];
        for (int j = 0; j < 16; j++)
            x[j] = (float)(i + j) * 3e-5f;
        fn(y, x, NULL, 16);
        for (int j = 0; j < 16; j++)
            worst = fmax(worst, fabs(math((double)x[j]) - (double)y[j]) /
                                    (fabs((double)x[j]) + 1e-30));
    }
    check_true(c, worst < 3e-7, "%.2e of |x|", worst);
}

void
check_math_silu(struct check *c)
{
    check_math_gate(c, c->got->silu, silu);
}

void
check_math_gelu_tanh(struct check *c)
{
    check_math_gate(c, c->got->gelu_tanh, gelu_tanh);
}

void
check_math_rms_norm(struct check *c)
{
    size_t n = 576;
    float *x = check_fill(c, n, CHECK_TAME), *gamma = check_fill(c, n, CHECK_TAME);
    float *y = check_floats(c, n);
    double mean = 0, worst = 0;

    c->got->rms_norm(y, n, x, n, 1, n, gamma, 1e-5f);
    for (size_t i = 0; i < n; i++)
        mean += (double)x[i] * (double)x[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        double want = (double)x[i] / sqrt(mean + 1e-5) * (double)gamma[i];
        worst = fmax(worst, fabs(want - (double)y[i]));
    }
    check_true(c, worst < 1e-5, "%.2e", worst);
}

/* Every half float is itself again; a float becomes the nearest of them. */
void
check_math_f16(struct check *c)
{
    for (uint32_t h = 0; h < 0x7C00; h++) {
        uint16_t in[2] = { (uint16_t)h, (uint16_t)(h + 1) }, out[3];
        float x[2], y[3];
        double want =
            h < 1024 ? ldexp(h, -24) : ldexp(1024 + h % 1024, (int)(h / 1024) - 25);

        c->got->f16_get(x, in, 2);
        check_true(c, (double)x[0] == want, "%x is %a, not %a", h, (double)x[0], want);
        if (h + 1 == 0x7C00)
            break;
        y[0] = x[0];
        y[1] = x[0] + (x[1] - x[0]) * 0.5f; /* a tie, to even */
        y[2] = nextafterf(y[1], INFINITY);
        c->got->f16_put(out, y, 3);
        check_true(c, out[0] == h && out[1] == h + h % 2 && out[2] == h + 1,
                   "%x: %x %x %x", h, out[0], out[1], out[2]);
    }
}
