/* check_attend.c - attention of one head */
#include "check.h"

/* Rows are ld floats apart, or a few more than dim. Every other time the distance adds
 * to a score. */
static void
check_head(struct check *c, size_t n, size_t dim, size_t ld, enum check_mix mix)
{
    struct kernel_attend h = { .n = n, .dim = dim, .ld = ld, .scale = 0.25f };
    size_t size, size_out;
    float *want, *got;

    if (ld == 0)
        h.ld = dim + check_below(c, 3);
    h.ld_out = dim + check_below(c, 3);
    size = n ? (n - 1) * h.ld + dim : 0;
    size_out = n ? (n - 1) * h.ld_out + dim : 0;
    h.q = check_fill(c, size, mix);
    h.key = check_fill(c, size, mix);
    h.value = check_fill(c, size, mix);
    if (n > 0 && check_below(c, 2))
        h.relative = check_fill(c, 2 * n - 1, mix) + (n - 1);
    h.work = check_floats(c, (kernel_attend_work(n, dim) + 15) / 16 * 16);
    want = check_fill(c, size_out, mix);
    got = check_copy(c, want, size_out);
    h.out = want;
    c->ref->attend(&h);
    h.out = got;
    c->got->attend(&h);
    check_same(c, want, got, size_out, "n %zu dim %zu%s", n, dim,
               h.relative ? " relative" : "");
    check_drop(c);
}

/* The same in whole numbers */
static void
check_head16(struct check *c, size_t n, size_t dim, enum check_mix mix)
{
    struct kernel_attend h = { .n = n, .dim = dim, .scale = 0.25f };
    size_t size, size_out;
    float *want, *got;

    h.ld = dim + check_below(c, 3);
    h.ld_out = dim + check_below(c, 3);
    size = n ? (n - 1) * h.ld + dim : 0;
    size_out = n ? (n - 1) * h.ld_out + dim : 0;
    h.q = check_fill(c, size, CHECK_TAME);
    h.key = check_fill(c, size, CHECK_TAME);
    h.value = check_fill(c, size, mix);
    h.work = check_floats(c, (kernel_attend16_work(n, dim) + 15) / 16 * 16);
    want = check_fill(c, size_out, mix);
    got = check_copy(c, want, size_out);
    h.out = want;
    c->ref->attend16(&h);
    h.out = got;
    c->got->attend16(&h);
    check_same(c, want, got, size_out, "n %zu dim %zu", n, dim);
    check_drop(c);
}

void
check_attend(struct check *c)
{
    for (size_t n = 0; n <= 70; n++) {
        check_head(c, n, 32, 0, CHECK_TAME);
        check_head(c, n, 64, 0, CHECK_WILD);
        check_head(c, n, check_below(c, 70), 0, CHECK_TAME);
        check_head(c, n, check_below(c, 9), 0, CHECK_WILD);
    }
    for (size_t n = 1; n <= 40; n += 13)
        check_head(c, n, 48, 512, CHECK_WILD); /* rows that are copied */
    check_head(c, 300, 32, 0, CHECK_TAME);
}

void
check_attend16(struct check *c)
{
    for (size_t n = 0; n <= 70; n++) {
        check_head16(c, n, 32, CHECK_TAME);
        check_head16(c, n, 1 + check_below(c, 99), CHECK_TAME);
        check_head16(c, n % 5, 1 + check_below(c, 9), CHECK_WILD);
    }
    for (size_t n = 127; n <= 130; n++)
        check_head16(c, n, 16, CHECK_TAME);
    check_head16(c, 300, 32, CHECK_TAME);
}
