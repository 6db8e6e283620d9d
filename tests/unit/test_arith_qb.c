/* test_arith_qb.c - products with block types: only activations are rounded */
#include <float.h>
#include <sys/stat.h>

#include "folder.h"
#include "qblocks.h"
#include "tap.h"
#include "tensor/matmul.h"
#include "tensor/packfile.h"
#include "tensors.h"

#define N_TOK 53 /* more than go through a panel at once */
#define N_OUT 150
#define N_IN  1280
#define PARTS 3
#define LOSS  1e-6 /* what f32 may lose, of the size of what is added up */

/* y = x * transpose(w) */
struct product {
    struct pack_rows part[PARTS];
    size_t n_part, n_out, n_in;
    float *x; /* [N_TOK, n_in] */
};

static void
add_part(struct product *t, size_t type, size_t rows)
{
    unsigned char *w = qblocks_random(type, rows, t->n_in, (uint32_t)(type + rows));

    t->part[t->n_part++] = (struct pack_rows){ qblocks[type].type, w, rows };
    t->n_out += rows;
}

static struct product
product_new(size_t type, size_t n_out, size_t n_in)
{
    struct product t = { .n_in = n_in, .x = tensors_random(N_TOK * n_in, 2) };

    if (n_out)
        add_part(&t, type, n_out);
    return t;
}

static void
product_free(struct product *t)
{
    for (size_t i = 0; i < t->n_part; i++)
        mem_free((void *)(uintptr_t)t->part[i].w);
    mem_free(t->x);
}

static struct pack *
pack_at(const struct product *t, enum arith arith, enum cpu_level level,
        struct packfile *file)
{
    struct pack_opt opt = { arith, kernel_get(level), NULL, file };
    struct err e = { 0 };
    struct pack_matrix w = { .part = t->part, .n_part = t->n_part, .n_in = t->n_in };
    struct pack *p = pack_new(&opt, &w, &e);

    if (p == NULL) {
        printf("# %s\n", e.msg);
        exit(EXIT_FAILURE);
    }
    return p;
}

/* y [N_TOK, n_out] by ours, to be freed */
static float *
run(const struct product *t, enum arith arith, enum cpu_level level)
{
    struct pack *p = pack_at(t, arith, level, NULL);
    float *y = tensors_zero(N_TOK * t->n_out);
    struct arena work = { 0 };

    matmul(p, t->x, t->n_in, N_TOK, y, t->n_out, NULL, &work);
    arena_release(&work);
    pack_free(p);
    return y;
}

/* All weights as floats, to be freed */
static float *
weights(const struct product *t)
{
    float *w = tensors_zero(t->n_out * t->n_in), *to = w;

    for (size_t i = 0; i < t->n_part; to += t->part[i++].n * t->n_in)
        quant_to_f32(t->part[i].type, t->part[i].w, to, t->part[i].n * t->n_in);
    return w;
}

/* ---- the definition ---- */

/* Activations after 8 bits, in doubles, by the letter of rows_qb */
static double *
round_inputs(const struct product *t)
{
    double *to = mem_alloc(N_TOK * t->n_in * sizeof *to);

    for (size_t at = 0; at < N_TOK * t->n_in; at += 32) {
        float max = 0, up, low = t->x[at], high = low, mid;
        for (size_t i = at; i < at + 32; i++) {
            low = fminf(low, t->x[i]);
            high = fmaxf(high, t->x[i]);
        }
        mid = low * 0.5f + high * 0.5f;
        for (size_t i = at; i < at + 32; i++)
            max = fmaxf(max, fabsf(t->x[i] - mid));
        up = max > 0 ? 127.0f / max : 0;
        for (size_t i = at; i < at + 32; i++)
            to[i] = rint((double)(t->x[i] - mid) * (double)up) * (double)max / 127.0 +
                    (double)mid;
    }
    return to;
}

/* How far y is from x * transpose(w), as a share of LOSS of the sum of all that is
 * added up; a group's largest weight stands for all of it, as its m may be as large. */
static double
off(const struct product *t, const double *x, const float *w, const float *y)
{
    double worst = 0;

    for (size_t r = 0; r < N_TOK; r++)
        for (size_t j = 0; j < t->n_out; j++) {
            double exact = 0, size = DBL_MIN;
            for (size_t l = 0; l < t->n_in; l += 16) {
                double max = 0, sum = 0;
                for (size_t i = l; i < l + 16; i++) {
                    double v = (double)w[j * t->n_in + i];
                    exact += x[r * t->n_in + i] * v;
                    max = fabs(v) > max ? fabs(v) : max;
                    sum += fabs(x[r * t->n_in + i]);
                }
                size += max * sum;
            }
            double apart = fabs((double)y[r * t->n_out + j] - exact) / (LOSS * size);
            worst = apart <= worst ? worst : apart;
        }
    return worst;
}

static void
test_product(struct product *t, const char *name)
{
    float *w = weights(t), *ref = run(t, ARITH_I8B32, CPU_REF), *y;
    double *x = round_inputs(t), worst = off(t, x, w, ref);
    int good = 1;

    tap_ok(worst < 0.3, "%s: %zu x %zu is the exact product (%.3f)", name, t->n_out,
           t->n_in, worst);
    for (enum cpu_level level = CPU_REF; level <= cpu_detect(); level++)
        for (enum arith arith = ARITH_I8; arith <= ARITH_I8B32; arith++) {
            y = run(t, arith, level);
            good &= tensors_same(y, ref, N_TOK * t->n_out);
            mem_free(y);
        }
    tap_ok(good, "%s: the same bits at all levels, in i8 and in i8b32", name);
    mem_free(ref);
    mem_free(w);
    mem_free(x);
}

/* 16 bits of activations: of what 8 bits are off, a 127th part is left, and what floats
 * lose. */
static void
test_sixteen(struct product *t, const char *name)
{
    float *w = weights(t), *eight = run(t, ARITH_I8, cpu_level());
    float *ref = run(t, ARITH_I16, CPU_REF);
    double *x = mem_alloc(N_TOK * t->n_in * sizeof *x), was, is;
    int good = 1;

    for (size_t i = 0; i < N_TOK * t->n_in; i++)
        x[i] = (double)t->x[i];
    was = off(t, x, w, eight);
    is = off(t, x, w, ref);
    for (enum cpu_level level = CPU_AVX2; level <= cpu_detect(); level++) {
        float *y = run(t, ARITH_I16, level);

        good &= tensors_same(y, ref, N_TOK * t->n_out);
        mem_free(y);
    }
    tap_ok(good && is < was / 100 + 0.3,
           "%s in 16 bits: off by %.3f, not %.1f; the same bits at all levels", name,
           is, was);
    mem_free(eight);
    mem_free(ref);
    mem_free(w);
    mem_free(x);
}

/* All types alone */
static void
test_types(void)
{
    static const size_t shapes[][2] = { { N_OUT, N_IN }, { 1, 256 }, { 65, 512 } };

    for (size_t type = 0; type < QBLOCKS; type++) {
        const char *name = quant_name(qblocks[type].type);
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            struct product t = product_new(type, shapes[s][0], shapes[s][1]);
            test_product(&t, name);
            test_sixteen(&t, name);
            product_free(&t);
        }
        if (quant_block(qblocks[type].type) == 32) {
            struct product t = product_new(type, 70, 288);
            test_product(&t, name);
            product_free(&t);
        }
    }
}

/* Several types in one matrix: every pair */
static void
test_mixed(void)
{
    for (size_t a = 0; a < QBLOCKS; a++) {
        size_t b = (a + 1 + a * a) % QBLOCKS;
        struct product t = product_new(0, 0, 512);
        char name[64];

        add_part(&t, a, 40);
        add_part(&t, b, 33);
        add_part(&t, a, 20);
        snprintf(name, sizeof name, "%s and %s", quant_name(qblocks[a].type),
                 quant_name(qblocks[b].type));
        test_product(&t, name);
        product_free(&t);
    }
}

/* With floats beside them blocks are rounded as floats are. */
static void
test_floats_beside(void)
{
    struct product t = product_new(0, 40, 256), plain = product_new(0, 0, 256);
    float *w, *want, *got;

    t.part[t.n_part++] =
        (struct pack_rows){ QUANT_F32, tensors_random(9 * t.n_in, 3), 9 };
    t.n_out += 9;
    w = weights(&t);
    plain.part[plain.n_part++] = (struct pack_rows){ QUANT_F32, w, t.n_out };
    plain.n_out = t.n_out;
    want = run(&plain, ARITH_I8B32, cpu_level());
    got = run(&t, ARITH_I8B32, cpu_level());
    tap_ok(tensors_same(want, got, N_TOK * t.n_out), "floats beside: all as floats");
    mem_free(want);
    mem_free(got);
    product_free(&t);
    product_free(&plain);
}

/* ---- rows, columns ---- */

static void
test_take(size_t type)
{
    static const int32_t row[] = { 7, 0, N_OUT - 1, 64, 63, 7, 100, 16, 15 };
    enum { N = sizeof row / sizeof *row };
    struct product t = product_new(type, N_OUT, 512);
    int good = 1;

    for (enum cpu_level level = CPU_REF; level <= cpu_detect(); level++) {
        struct pack *p = pack_at(&t, ARITH_I8B32, level, NULL);
        struct arena mem = { 0 }, work = { 0 };
        float *want = run(&t, ARITH_I8B32, level), got[N_TOK * N];

        matmul(pack_take(p, row, N, &mem), t.x, t.n_in, N_TOK, got, N, NULL, &work);
        for (size_t r = 0; r < N_TOK; r++)
            for (size_t i = 0; i < N; i++)
                good &= got[r * N + i] == want[r * t.n_out + (size_t)row[i]];
        arena_release(&mem);
        arena_release(&work);
        mem_free(want);
        pack_free(p);
    }
    tap_ok(good, "%s: rows taken out give what they gave",
           quant_name(qblocks[type].type));
    product_free(&t);
}

/* What a product leaves as the rows of the next: with a bias and GELU, within what is
 * lost by the GELU of 8 bits */
static void
test_next(size_t type)
{
    struct product a = product_new(type, 512, 256), b = product_new(type, 70, 512);
    float *bias = tensors_random(512, 9), *h = tensors_zero(N_TOK * 512);
    float *want = tensors_zero(N_TOK * 70), *got = tensors_zero(N_TOK * 70);
    struct pack *up = pack_at(&a, ARITH_I8B32, cpu_level(), NULL);
    struct pack *down = pack_at(&b, ARITH_I8B32, cpu_level(), NULL);
    struct arena mem = { 0 }, work = { 0 };
    struct matmul_rows *rows = matmul_rows_new(down, N_TOK, &mem);
    struct matmul_end end = { .bias = bias, .gelu = 1 };
    double most = 0, size = 0;

    matmul(up, a.x, 256, N_TOK, h, 512, &end, &work);
    matmul(down, h, 512, N_TOK, want, 70, NULL, &work);
    end.next = rows;
    matmul(up, a.x, 256, N_TOK, NULL, 0, &end, &work);
    matmul_rows(rows, got, 70, NULL, &work);
    for (size_t i = 0; i < N_TOK * 70; i++) {
        double apart = fabs((double)got[i] - (double)want[i]);
        most = apart > most ? apart : most;
        size = fabs((double)want[i]) > size ? fabs((double)want[i]) : size;
    }
    tap_ok(most < 2e-3 * size, "%s: rows for the next product (%.2g of %.2g)",
           quant_name(qblocks[type].type), most, size);
    matmul_rows_set(rows, 0, h, 512, N_TOK);
    matmul_rows(rows, got, 70, NULL, &work);
    tap_ok(tensors_same(got, want, N_TOK * 70), "%s: rows that were set",
           quant_name(qblocks[type].type));
    arena_release(&mem);
    arena_release(&work);
    pack_free(up);
    pack_free(down);
    mem_free(bias);
    mem_free(h);
    mem_free(want);
    mem_free(got);
    product_free(&a);
    product_free(&b);
}

/* ---- odd numbers ---- */

/* An infinity or NaN as a scale spoils its row of the weights, one among the
 * activations its row of those; nothing else changes. */
static void
test_odd(size_t type, enum cpu_level level)
{
    struct product t = product_new(type, 71, 512);
    float *want = run(&t, ARITH_I8B32, level), *got;
    unsigned char *w = (unsigned char *)(uintptr_t)t.part[0].w;
    size_t row = quant_bytes(qblocks[type].type, t.n_in);
    int good = 1;

    w[5 * row + (size_t)qblocks[type].half[0] + 1] = 0x7E;  /* NaN */
    w[66 * row + (size_t)qblocks[type].half[0] + 1] = 0x7C; /* infinite, or NaN */
    t.x[3 * t.n_in + 140] = NAN;
    t.x[8 * t.n_in + 511] = -INFINITY;
    for (size_t l = 0; l < t.n_in; l++) {
        t.x[13 * t.n_in + l] = l % 2 ? 0 : -0.0f;
        t.x[14 * t.n_in + l] = 0x1p-140f;
    }
    got = run(&t, ARITH_I8B32, level);
    for (size_t r = 0; r < N_TOK; r++)
        for (size_t j = 0; j < t.n_out; j++) {
            float v = got[r * t.n_out + j];
            good &= r == 3 || r == 8 || j == 5 ? isnan(v) != 0
                    : j == 66                  ? !isfinite(v)
                    : r == 13 || r == 14       ? v == 0
                                               : v == want[r * t.n_out + j];
        }
    tap_ok(good, "%s, %s: odd numbers stay where they are",
           quant_name(qblocks[type].type), cpu_name(level));
    mem_free(want);
    mem_free(got);
    product_free(&t);
}

/* ---- the file of packed weights ---- */

static void
test_file(size_t type)
{
    const struct packfile_key key = { "0", "i8b32", 1, "any" };
    struct product t = product_new(type, N_OUT, 512);
    float *want = run(&t, ARITH_I8B32, cpu_level());
    struct folder folder;
    struct stat st;
    char path[300];
    int good = 1;

    folder_make(&folder);
    for (int i = 0; i < 2; i++) {
        struct packfile *f = packfile_open(folder.dir, &key, NULL);
        struct pack *p = pack_at(&t, ARITH_I8B32, cpu_level(), f);
        float *y = tensors_zero(N_TOK * t.n_out);
        struct arena work = { 0 };

        packfile_end(f);
        matmul(p, t.x, t.n_in, N_TOK, y, t.n_out, NULL, &work);
        good &= tensors_same(y, want, N_TOK * t.n_out);
        good &= (pack_bytes(p) < 1000) == (i == 1); /* then they are in the file */
        arena_release(&work);
        mem_free(y);
        pack_free(p);
        packfile_close(f);
    }
    tap_ok(good, "%s: from the file", quant_name(qblocks[type].type));
    snprintf(path, sizeof path, "%s/0-i8b32-any-1.pack", folder.dir);
    tap_ok(stat(path, &st) == 0 &&
               (size_t)st.st_size >
                   pack_size(ARITH_I8B32, qblocks[type].type, N_OUT, 512),
           "with as many bytes as pack_size() says");
    tap_ok(unlink(path) == 0, "which was there");
    folder_remove(&folder);
    mem_free(want);
    product_free(&t);
}

int
main(void)
{
    test_types();
    test_mixed();
    test_floats_beside();
    for (size_t type = 0; type < QBLOCKS; type++) {
        test_take(type);
        test_next(type);
        test_file(type);
        for (enum cpu_level level = CPU_REF; level <= cpu_detect(); level++)
            test_odd(type, level);
    }
    return tap_done();
}
