/* test_matmul.c - a linear layer: the definition, its ends, and that rows are alone */
#include "tensor/matmul.h"

#include "tap.h"
#include "tensors.h"

#define MOST_TOK 300 /* several blocks of rows */

struct layer {
    enum arith arith;
    size_t n_out, n_in;
    float *w, *x, *bias, *gamma, *beta, *residual;
};

static struct layer
layer_new(enum arith arith, size_t n_out, size_t n_in)
{
    return (struct layer){ .arith = arith,
                           .n_out = n_out,
                           .n_in = n_in,
                           .w = tensors_random(n_out * n_in, 1),
                           .x = tensors_random(MOST_TOK * n_in, 2),
                           .bias = tensors_random(n_out, 3),
                           .gamma = tensors_random(n_out, 4),
                           .beta = tensors_random(n_out, 5),
                           .residual = tensors_random(MOST_TOK * n_out, 6) };
}

static void
layer_free(struct layer *l)
{
    mem_free(l->w);
    mem_free(l->x);
    mem_free(l->bias);
    mem_free(l->gamma);
    mem_free(l->beta);
    mem_free(l->residual);
}

static struct pack *
pack_layer(const struct layer *l, enum cpu_level level)
{
    struct pack_opt opt = { .arith = l->arith, .kernels = kernel_get(level) };
    struct pack_rows rows = { QUANT_F32, l->w, l->n_out };
    struct err e = { 0 };

    struct pack_matrix w = { .part = &rows, .n_part = 1, .n_in = l->n_in };

    return pack_new(&opt, &w, &e);
}

enum ends { PLAIN, BIAS, GELU, NORM, ALL, ENDS };
static const char *const ends[ENDS] = { "nothing", "bias", "bias, gelu",
                                        "bias, residual, norm", "all" };

static struct matmul_end
end_of(const struct layer *l, enum ends which, size_t row)
{
    struct matmul_end end = { 0 };

    if (which >= BIAS)
        end.bias = l->bias;
    if (which == GELU || which == ALL)
        end.gelu = 1;
    if (which >= NORM) {
        end.norm.gamma = l->gamma;
        end.norm.beta = l->beta;
        end.norm.eps = 1e-12f;
        end.norm.residual = l->residual + row * l->n_out;
        end.norm.ld = l->n_out;
    }
    return end;
}

/* Rows [row, row + n_tok) of the layer at a level; to be freed */
static float *
run(const struct layer *l, enum cpu_level level, enum ends which, size_t row,
    size_t n_tok)
{
    struct pack *p = pack_layer(l, level);
    struct matmul_end end = end_of(l, which, row);
    struct arena work = { 0 };
    float *y = tensors_zero(n_tok * l->n_out);

    matmul(p, l->x + row * l->n_in, l->n_in, n_tok, y, l->n_out, &end, &work);
    arena_release(&work);
    pack_free(p);
    return y;
}

/* One row by the letter of kernel_list.h: a chain of fma (in 8 bits, see
 * test_arith_i8.c: the product alone), then the reference kernels */
static void
define(const struct layer *l, enum ends which, size_t row, float *y)
{
    const struct kernels *k = kernel_get(CPU_REF);
    struct matmul_end end = end_of(l, which, row);
    struct kernel_norm norm = { .bias = which == NORM ? l->bias : NULL,
                                .residual = end.norm.residual,
                                .gamma = l->gamma,
                                .beta = l->beta,
                                .eps = 1e-12f };

    if (l->arith != ARITH_F32) {
        float *alone = run(l, CPU_REF, PLAIN, row, 1);
        memcpy(y, alone, l->n_out * sizeof *y);
        mem_free(alone);
    }
    for (size_t j = 0; l->arith == ARITH_F32 && j < l->n_out; j++) {
        y[j] = 0;
        for (size_t i = 0; i < l->n_in; i++)
            y[j] = fmaf(l->x[row * l->n_in + i], l->w[j * l->n_in + i], y[j]);
    }
    if (end.gelu)
        k->bias_gelu(y, l->n_out, 1, l->n_out, l->bias);
    else if (which == BIAS)
        k->bias(y, l->n_out, 1, l->n_out, l->bias);
    if (end.norm.gamma)
        k->add_norm(y, l->n_out, 1, l->n_out, &norm);
}

/* In f32 the same bits. In 8 bits what follows the product may be done in another way,
 * but in the same way at every level. */
static int
is_defined(const struct layer *l, enum ends which, size_t row, const float *got)
{
    float *want = tensors_zero(l->n_out), *ref;
    int good = 1;

    define(l, which, row, want);
    if (l->arith == ARITH_F32) {
        good = tensors_same(want, got, l->n_out);
    } else {
        ref = run(l, CPU_REF, which, row, 1);
        good = tensors_same(ref, got, l->n_out);
        for (size_t j = 0; j < l->n_out; j++)
            good &= fabsf(got[j] - want[j]) <= 5e-3f;
        mem_free(ref);
    }
    mem_free(want);
    return good;
}

static void
test_definition(const struct layer *l, enum cpu_level level)
{
    static const size_t rows[] = { 0, 1, 13, 100, 170, MOST_TOK - 1 };

    for (enum ends which = 0; which < ENDS; which++) {
        float *got = run(l, level, which, 0, MOST_TOK);
        int good = 1;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            good &= is_defined(l, which, rows[i], got + rows[i] * l->n_out);
        tap_ok(good, "%s, %s: %zu x %zu with %s is what the definition says",
               pack_arith_name(l->arith), cpu_name(level), l->n_out, l->n_in,
               ends[which]);
        mem_free(got);
    }
}

/* The same rows in batches of every size, from every place */
static void
test_alone(const struct layer *l, enum cpu_level level)
{
    float *all = run(l, level, ALL, 0, MOST_TOK);
    int good = 1;

    for (size_t n_tok = 1; n_tok < 40; n_tok++) {
        size_t row = n_tok * 37 % (MOST_TOK - n_tok);
        float *some = run(l, level, ALL, row, n_tok);
        good &= tensors_same(all + row * l->n_out, some, n_tok * l->n_out);
        mem_free(some);
    }
    tap_ok(good, "%s, %s: %zu x %zu, a row does not depend on the batch",
           pack_arith_name(l->arith), cpu_name(level), l->n_out, l->n_in);
    mem_free(all);
}

/* Leading dimensions: what lies between the rows of y stays as it was. */
static void
test_strides(const struct layer *l, enum cpu_level level)
{
    struct pack *p = pack_layer(l, level);
    size_t ldy = l->n_out + 3;
    float *y = tensors_zero(8 * ldy), *want = run(l, level, PLAIN, 0, 15);
    struct arena work = { 0 };
    int good = 1;

    matmul(p, l->x, 2 * l->n_in, 8, y, ldy, NULL, &work); /* every other row */
    for (size_t r = 0; r < 8; r++) {
        good &= tensors_same(y + r * ldy, want + 2 * r * l->n_out, l->n_out);
        for (size_t j = l->n_out; j < ldy; j++)
            good &= y[r * ldy + j] == 0;
    }
    tap_ok(good, "%s, %s: %zu x %zu with gaps between the rows",
           pack_arith_name(l->arith), cpu_name(level), l->n_out, l->n_in);
    arena_release(&work);
    mem_free(y);
    mem_free(want);
    pack_free(p);
}

/* Parts of the columns, each written by nobody else: y, or the rows of the next */
static void
test_parts(const struct layer *l, enum cpu_level level)
{
    enum { M = 5 };
    struct layer after = layer_new(l->arith, 40, l->n_out);
    struct pack *p = pack_layer(l, level), *q = pack_layer(&after, level);
    struct matmul_end end = end_of(l, GELU, 0), to = end;
    float *want = tensors_zero(M * l->n_out), *got = tensors_zero(M * l->n_out);
    float *next = tensors_zero(M * 40), *parts_next = tensors_zero(M * 40);
    struct arena work = { 0 }, mem = { 0 };
    int good = 1;

    matmul(p, l->x, l->n_in, M, want, l->n_out, &end, &work);
    to.next = matmul_rows_new(q, M, &mem);
    matmul(p, l->x, l->n_in, M, NULL, 0, &to, &work);
    matmul_rows(to.next, next, 40, NULL, &work);
    for (size_t parts = 1; parts <= 9; parts++) {
        struct matmul_span s = { 0, 0 };
        to.next = matmul_rows_new(q, M, &mem);
        memset(got, 0, M * l->n_out * sizeof *got);
        for (size_t i = parts; i-- > 0;) {
            float first = got[0];
            s = matmul_part_span(p, i, parts, NULL);
            matmul_part(p, i, parts, l->x, l->n_in, M, got, l->n_out, &end, &work);
            good &= s.to >= s.from && (s.from == 0 || got[0] == first);
            good &=
                s.to == (i + 1 < parts ? matmul_part_span(p, i + 1, parts, NULL).from
                                       : l->n_out);
            matmul_part(p, i, parts, l->x, l->n_in, M, NULL, 0, &to, &work);
        }
        good &= s.from == 0 && tensors_same(want, got, M * l->n_out);
        for (size_t i = 0; i < parts; i++)
            matmul_rows_part(to.next, i, parts, parts_next, 40, NULL, &work);
        good &= tensors_same(next, parts_next, M * 40);
    }
    tap_ok(good, "%s, %s: %zu x %zu in parts of the columns", pack_arith_name(l->arith),
           cpu_name(level), l->n_out, l->n_in);
    arena_release(&work);
    arena_release(&mem);
    mem_free(want);
    mem_free(got);
    mem_free(next);
    mem_free(parts_next);
    pack_free(p);
    pack_free(q);
    layer_free(&after);
}

/* Chunks of rows, and tiles of these, ask for what comes next once, in order, and for
 * nothing beyond it; short products for nothing. */
static void
test_ahead(void)
{
    enum { ROWS = 300, CHUNK = 96, TILE = 6, BYTES = 24 * 1024 };
    static const unsigned char weights[BYTES];
    struct kernel_ahead all = { weights, BYTES };
    const unsigned char *at = weights;
    int good = 1;

    for (size_t r = 0; r < ROWS; r += CHUNK) {
        size_t n = ROWS - r < CHUNK ? ROWS - r : CHUNK;
        struct kernel_ahead some = ahead_share(all, r, n, ROWS);

        good &= some.at == at;
        for (size_t tiles = (n + TILE - 1) / TILE; tiles > 0; tiles--)
            ahead_ask(&some, tiles);
        good &= some.n == 0 && some.at >= at && some.at <= weights + BYTES;
        at = some.at;
    }
    tap_ok(good && weights + BYTES - at < ROWS, "what comes next is asked for once");

    ahead_ask(&all, 1);
    tap_ok(all.n == BYTES, "but not all of it at once");
    all = ahead_share((struct kernel_ahead){ NULL, 0 }, 1, 2, 3);
    ahead_ask(&all, 1);
    tap_ok(all.at == NULL && all.n == 0, "nothing comes next");
}

int
main(void)
{
    enum { N_SHAPES = 4 };
    static const size_t shapes[N_SHAPES][2] = {
        { 296, 64 }, { 77, 130 }, { 32, 1536 }, { 1, 1 }
    };

    for (size_t i = 0; i < ARITHS * N_SHAPES; i++) {
        const size_t *shape = shapes[i % N_SHAPES];
        struct layer l = layer_new((enum arith)(i / N_SHAPES), shape[0], shape[1]);
        for (enum cpu_level level = CPU_REF; level <= cpu_detect(); level++) {
            test_definition(&l, level);
            test_alone(&l, level);
            test_strides(&l, level);
            test_parts(&l, level);
        }
        layer_free(&l);
    }
    test_ahead();
    return tap_done();
}
