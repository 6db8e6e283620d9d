/* check_rows.c - kernels over the rows of a matrix and over vectors */
#include "check.h"

/* A matrix whose last row ends at the forbidden page */
struct matrix {
    size_t m, n, ld;
    size_t size; /* floats from the first to the last */
    enum check_mix mix;
};

static struct matrix
draw(struct check *c, int n)
{
    struct matrix s = { .m = check_below(c, 4), .n = (size_t)n };

    s.ld = s.n + check_below(c, 5);
    s.size = s.m ? (s.m - 1) * s.ld + s.n : 0;
    s.mix = (enum check_mix)check_below(c, CHECK_MIXES);
    return s;
}

#define EACH_DRAW(n)                                                                   \
    for (const int *n = check_sizes; *n >= 0; n++)                                     \
        for (int again = 0; again < 6; again++, check_drop(c))

void
check_bias(struct check *c)
{
    EACH_DRAW(n)
    {
        struct matrix s = draw(c, *n);
        float *b = check_fill(c, s.n, s.mix), *want = check_fill(c, s.size, s.mix);
        float *got = check_copy(c, want, s.size);

        c->ref->bias(want, s.ld, s.m, s.n, b);
        c->got->bias(got, s.ld, s.m, s.n, b);
        check_same(c, want, got, s.size, "m %zu n %zu", s.m, s.n);
    }
}

void
check_add_pairs(struct check *c)
{
    EACH_DRAW(n)
    {
        struct matrix s = draw(c, *n);
        size_t ldx = s.n + check_below(c, 5);
        size_t size = s.m ? (2 * s.m - 1) * ldx + s.n : 0;
        float *b = check_below(c, 2) ? check_fill(c, s.n, s.mix) : NULL;
        float *x = check_fill(c, size, s.mix), *want = check_fill(c, s.size, s.mix);
        float *got = check_copy(c, want, s.size);

        c->ref->add_pairs(x, ldx, want, s.ld, s.m, s.n, b);
        c->got->add_pairs(x, ldx, got, s.ld, s.m, s.n, b);
        check_same(c, want, got, s.size, "m %zu n %zu", s.m, s.n);
    }
}

void
check_bias_gelu(struct check *c)
{
    EACH_DRAW(n)
    {
        struct matrix s = draw(c, *n);
        float *b = check_fill(c, s.n, s.mix), *want = check_fill(c, s.size, s.mix);
        float *got = check_copy(c, want, s.size);

        c->ref->bias_gelu(want, s.ld, s.m, s.n, b);
        c->got->bias_gelu(got, s.ld, s.m, s.n, b);
        check_same(c, want, got, s.size, "m %zu n %zu", s.m, s.n);
    }
}

void
check_add_norm(struct check *c)
{
    EACH_DRAW(n)
    {
        struct matrix s = draw(c, *n ? *n : 1);
        float *want = check_fill(c, s.size, s.mix);
        float *got = check_copy(c, want, s.size);
        struct kernel_norm p = { .ld_residual = s.ld, .eps = 1e-12f };

        p.gamma = check_fill(c, s.n, s.mix);
        p.beta = check_fill(c, s.n, s.mix);
        p.bias = check_below(c, 2) ? check_fill(c, s.n, s.mix) : NULL;
        p.residual = check_below(c, 2) ? check_fill(c, s.size, s.mix) : NULL;
        c->ref->add_norm(want, s.ld, s.m, s.n, &p);
        c->got->add_norm(got, s.ld, s.m, s.n, &p);
        check_same(c, want, got, s.size, "m %zu n %zu", s.m, s.n);
    }
}

void
check_softmax(struct check *c)
{
    EACH_DRAW(n)
    {
        struct matrix s = draw(c, *n);
        float *want = check_fill(c, s.size, s.mix);
        float *got = check_copy(c, want, s.size);
        float scale = check_float(c, s.mix);

        c->ref->softmax(want, s.ld, s.m, s.n, scale);
        c->got->softmax(got, s.ld, s.m, s.n, scale);
        check_same(c, want, got, s.size, "m %zu n %zu scale %a", s.m, s.n,
                   (double)scale);
    }
}

/* One argument in place, wild values always */
static void
check_unary(struct check *c, void (*ref)(float *, size_t), void (*fn)(float *, size_t))
{
    EACH_DRAW(n)
    {
        size_t size = (size_t)*n;
        float *want = check_fill(c, size, CHECK_WILD);
        float *got = check_copy(c, want, size);

        for (size_t i = 0; i < size; i += 3)
            want[i] = got[i] = check_float(c, CHECK_TAME) * 30;
        ref(want, size);
        fn(got, size);
        check_same(c, want, got, size, "n %zu", size);
    }
}

void
check_exp(struct check *c)
{
    check_unary(c, c->ref->exp, c->got->exp);
}

void
check_erf(struct check *c)
{
    check_unary(c, c->ref->erf, c->got->erf);
}

void
check_tanh(struct check *c)
{
    check_unary(c, c->ref->tanh, c->got->tanh);
}

void
check_axpy(struct check *c)
{
    EACH_DRAW(n)
    {
        struct matrix s = draw(c, *n);
        float *x = check_fill(c, s.n, s.mix), *want = check_fill(c, s.n, s.mix);
        float *got = check_copy(c, want, s.n);
        float a = check_float(c, s.mix);

        c->ref->axpy(want, x, a, s.n);
        c->got->axpy(got, x, a, s.n);
        check_same(c, want, got, s.n, "n %zu", s.n);
    }
}

void
check_scale(struct check *c)
{
    EACH_DRAW(n)
    {
        struct matrix s = draw(c, *n);
        float *want = check_fill(c, s.n, s.mix), *got = check_copy(c, want, s.n);
        float a = check_float(c, s.mix);

        c->ref->scale(want, a, s.n);
        c->got->scale(got, a, s.n);
        check_same(c, want, got, s.n, "n %zu", s.n);
    }
}

void
check_dot(struct check *c)
{
    EACH_DRAW(n)
    {
        struct matrix s = draw(c, *n);
        float *x = check_fill(c, s.n, s.mix), *y = check_fill(c, s.n, s.mix);
        float want = c->ref->dot(x, y, s.n), got = c->got->dot(x, y, s.n);

        check_same(c, &want, &got, 1, "n %zu", s.n);
    }
}

void
check_max(struct check *c)
{
    EACH_DRAW(n)
    {
        struct matrix s = draw(c, *n);
        float *x = check_fill(c, s.n, s.mix);
        float want = c->ref->max(x, s.n), got = c->got->max(x, s.n);
        int nan = 0;

        for (size_t i = 0; i < s.n; i++)
            nan |= x[i] != x[i];
        check_same(c, &want, &got, 1, "n %zu", s.n);
        check_true(c, nan == (want != want), "n %zu: NaN", s.n);
        for (size_t i = 0; i < s.n; i++)
            check_true(c, !(x[i] > want), "n %zu: [%zu] is larger", s.n, i);
    }
}
