/* check_attend.c - attention of one head */
#include "check.h"

/* A head of n rows, filled but for what it works in; ld 0: that of a few numbers more
 * than dim */
static struct kernel_attend
new_head(struct check *c, size_t n, size_t dim, size_t ld, enum check_mix scores,
         enum check_mix values)
{
    struct kernel_attend h = { .n = n, .dim = dim, .ld = ld, .scale = 0.25f };
    size_t size;

    if (ld == 0)
        h.ld = dim + check_below(c, 3);
    h.ld_out = dim + check_below(c, 3);
    size = n ? (n - 1) * h.ld + dim : 0;
    h.q = check_fill(c, size, scores);
    h.key = check_fill(c, size, scores);
    h.value = check_fill(c, size, values);
    return h;
}

/* Of both levels */
static void
check_both(struct check *c, struct kernel_attend *h, enum check_mix mix,
           void (*ref)(const struct kernel_attend *),
           void (*level)(const struct kernel_attend *))
{
    size_t size = h->n ? (h->n - 1) * h->ld_out + h->dim : 0;
    float *want = check_fill(c, size, mix), *got = check_copy(c, want, size);

    h->out = want;
    ref(h);
    h->out = got;
    level(h);
    check_same(c, want, got, size, "n %zu dim %zu%s", h->n, h->dim,
               h->relative ? " relative" : "");
    check_drop(c);
}

/* Every other time the distance adds to a score. */
static void
check_head(struct check *c, size_t n, size_t dim, size_t ld, enum check_mix mix)
{
    struct kernel_attend h = new_head(c, n, dim, ld, mix, mix);

    if (n > 0 && check_below(c, 2))
        h.relative = check_fill(c, 2 * n - 1, mix) + (n - 1);
    h.work = check_floats(c, (kernel_attend_work(n, dim) + 15) / 16 * 16);
    check_both(c, &h, mix, c->ref->attend, c->got->attend);
}

static const float *
largest(struct check *c, const struct kernel_attend *h, const float *x)
{
    float *most = check_floats(c, h->dim);

    c->ref->largest(x, h->ld, h->n, h->dim, most);
    return most;
}

/* The same in whole numbers */
static void
check_head16(struct check *c, size_t n, size_t dim, enum check_mix mix)
{
    struct kernel_attend h = new_head(c, n, dim, 0, CHECK_TAME, mix);

    h.most_q = largest(c, &h, h.q);
    h.most_key = largest(c, &h, h.key);
    h.most_value = largest(c, &h, h.value);
    h.work = check_floats(c, (kernel_attend16_work(n, dim) + 15) / 16 * 16);
    check_both(c, &h, mix, c->ref->attend16, c->got->attend16);
}

static void
check_columns(struct check *c, size_t m, size_t n, enum check_mix mix)
{
    size_t ld = n + check_below(c, 3), size = m ? (m - 1) * ld + n : 0;
    const float *x = check_fill(c, size, mix);
    float *want = check_fill(c, n, mix), *got = check_copy(c, want, n);

    c->ref->largest(x, ld, m, n, want);
    c->got->largest(x, ld, m, n, got);
    check_same(c, want, got, n, "m %zu n %zu", m, n);
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
check_largest(struct check *c)
{
    for (size_t m = 0; m <= 9; m++)
        for (size_t n = 0; n <= 70; n += 1 + check_below(c, 9)) {
            check_columns(c, m, n, CHECK_TAME);
            check_columns(c, m, n, CHECK_WILD);
        }
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
