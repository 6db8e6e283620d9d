/* check_gemm.c - the matrix product and its packing */
#include <string.h>

#include "check.h"

/* Read back element (column j, row l) of a panel. */
static float
at(const struct kernels *k, const float *panel, size_t l, size_t j)
{
    return panel[l * k->gemm_nr + j];
}

void
check_pack_f32(struct check *c)
{
    size_t nr = c->got->gemm_nr;

    for (const int *k = check_sizes; *k >= 0; k++)
        for (size_t n = 0; n <= nr; n += 1 + check_below(c, 4)) {
            size_t depth = (size_t)*k, ldw = depth + check_below(c, 3);
            float *w = check_fill(c, n ? (n - 1) * ldw + depth : 0, CHECK_WILD);
            float *panel = check_floats(c, depth * nr);

            c->got->pack_f32(w, ldw, n, depth, panel);
            for (size_t l = 0; l < depth; l++)
                for (size_t j = 0; j < nr; j++) {
                    float want = j < n ? w[j * ldw + l] : 0.0f;
                    float got = at(c->got, panel, l, j);
                    check_same(c, &want, &got, 1, "n %zu k %zu", n, depth);
                }
            check_drop(c);
        }
}

struct problem {
    size_t m, n, k, lda, ldw, ldc;
    const float *a, *w;
    int more;
};

/* c of any width by the panels of a level */
static void
multiply(struct check *c, const struct kernels *k, const struct problem *p, float *out)
{
    float *panel = check_floats(c, p->k * k->gemm_nr);

    for (size_t j = 0; j < p->n; j += k->gemm_nr) {
        size_t n = p->n - j < k->gemm_nr ? p->n - j : k->gemm_nr;

        k->pack_f32(p->w + j * p->ldw, p->ldw, n, p->k, panel);
        k->gemm_f32(p->a, p->lda, panel, p->k, out + j, p->ldc, p->m, n, p->more);
    }
}

static void
check_problem(struct check *c, size_t m, size_t n, size_t k, int more,
              enum check_mix mix)
{
    struct problem p = { .m = m, .n = n, .k = k, .more = more };
    size_t size;
    float *want, *got;

    p.lda = k + check_below(c, 3);
    p.ldw = k + check_below(c, 3);
    p.ldc = n + check_below(c, 3);
    size = m && n ? (m - 1) * p.ldc + n : 0;
    p.a = check_fill(c, m ? (m - 1) * p.lda + k : 0, mix);
    p.w = check_fill(c, n ? (n - 1) * p.ldw + k : 0, mix);
    want = check_fill(c, size, mix);
    got = check_copy(c, want, size);
    multiply(c, c->ref, &p, want);
    multiply(c, c->got, &p, got);
    check_same(c, want, got, size, "m %zu n %zu k %zu more %d", m, n, k, more);
    check_drop(c);
}

void
check_gemm_f32(struct check *c)
{
    for (size_t m = 0; m <= 30; m++)
        for (size_t n = 0; n <= 70; n += 1 + check_below(c, 9))
            check_problem(c, m, n, check_below(c, 40), (int)check_below(c, 2),
                          (enum check_mix)check_below(c, CHECK_MIXES));
    for (size_t n = 1; n <= 33; n++)
        check_problem(c, 1 + check_below(c, 14), n, 64, 1, CHECK_TAME);
    check_problem(c, 37, 96, 384, 0, CHECK_TAME);
    check_problem(c, 13, 40, 1536, 1, CHECK_TAME);
}
