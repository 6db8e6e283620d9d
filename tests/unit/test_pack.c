/* test_pack.c - packed weights: every source gives the same product, bad shapes none */
#include "tensor/pack.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "folder.h"
#include "tap.h"
#include "tensor/matmul.h"
#include "tensor/packfile.h"
#include "tensors.h"

#define N_OUT 77
#define N_IN  530 /* more than two chunks of the transposition */
#define N_TOK 5

static struct pack *
pack_at(enum cpu_level level, struct pool *pool, const struct pack_rows *rows,
        size_t n_part, size_t n_in, struct err *e)
{
    struct pack_opt opt = { .arith = ARITH_F32,
                            .kernels = kernel_get(level),
                            .pool = pool };

    struct pack_matrix w = { .part = rows, .n_part = n_part, .n_in = n_in };

    return pack_new(&opt, &w, e);
}

/* x * transpose(w) by a pack made in one of the ways under test */
static float *
product_of(const struct pack_rows *rows, size_t n_part, struct pool *pool,
           const float *x)
{
    struct err e = { 0 };
    struct pack *p = pack_at(cpu_level(), pool, rows, n_part, N_IN, &e);
    float *y = tensors_zero(N_TOK * N_OUT);
    struct arena work = { 0 };

    if (p == NULL) {
        printf("# %s\n", e.msg);
        exit(EXIT_FAILURE);
    }
    matmul(p, x, N_IN, N_TOK, y, N_OUT, NULL, &work);
    arena_release(&work);
    pack_free(p);
    return y;
}

static float *
product(enum quant_type type, const void *w, struct pool *pool, const float *x)
{
    return product_of(&(struct pack_rows){ type, w, N_OUT }, 1, pool, x);
}

/* The matrix in parts: cut within a panel, at one row, and of other types */
static void
test_parts(void)
{
    float *w = tensors_random(N_OUT * N_IN, 1), *x = tensors_random(N_TOK * N_IN, 2);
    float *want = product(QUANT_F32, w, NULL, x), *got;
    uint16_t *bf16 = mem_alloc(N_IN * sizeof *bf16);
    int good = 1;

    for (size_t a = 1; a < N_OUT - 1; a += a < 30 ? 1 : 9) {
        struct pack_rows rows[] = { { QUANT_F32, w, a },
                                    { QUANT_F32, w + a * N_IN, 1 },
                                    { QUANT_F32, w + (a + 1) * N_IN, N_OUT - a - 1 } };
        got = product_of(rows, 3, NULL, x);
        good &= tensors_same(want, got, N_TOK * N_OUT);
        mem_free(got);
    }
    tap_ok(good, "three parts, cut everywhere");
    mem_free(want);
    for (size_t i = 0; i < N_IN; i++) { /* row 40: values that bf16 has */
        uint32_t bits;
        memcpy(&bits, w + 40 * N_IN + i, sizeof bits);
        bf16[i] = (uint16_t)(bits >> 16);
        bits &= 0xFFFF0000;
        memcpy(w + 40 * N_IN + i, &bits, sizeof bits);
    }
    want = product(QUANT_F32, w, NULL, x);
    got = product_of((struct pack_rows[]){ { QUANT_F32, w, 40 },
                                           { QUANT_BF16, bf16, 1 },
                                           { QUANT_F32, w + 41 * N_IN, N_OUT - 41 } },
                     3, NULL, x);
    tap_ok(tensors_same(want, got, N_TOK * N_OUT), "parts of two types");
    mem_free(want);
    mem_free(got);
    mem_free(bf16);
    mem_free(w);
    mem_free(x);
}

static void
test_sources(void)
{
    float *f32 = tensors_random(N_OUT * N_IN, 1), *x = tensors_random(N_TOK * N_IN, 2);
    unsigned char *odd = mem_alloc(N_OUT * N_IN * 4 + 1);
    uint16_t *bf16 = mem_alloc(N_OUT * N_IN * sizeof *bf16);
    struct pool *pool = pool_new(3);
    float *want, *got;

    for (size_t i = 0; i < N_OUT * N_IN; i++) {
        uint32_t bits;
        memcpy(&bits, f32 + i, sizeof bits);
        bits &= 0xFFFF0000;
        bf16[i] = (uint16_t)(bits >> 16);
        memcpy(f32 + i, &bits, sizeof bits); /* so that both have the same value */
    }
    memcpy(odd + 1, f32, N_OUT * N_IN * 4);
    want = product(QUANT_F32, f32, NULL, x);

    got = product(QUANT_F32, odd + 1, NULL, x);
    tap_ok(tensors_same(want, got, N_TOK * N_OUT), "f32 at an odd address");
    mem_free(got);
    got = product(QUANT_BF16, bf16, NULL, x);
    tap_ok(tensors_same(want, got, N_TOK * N_OUT), "bf16");
    mem_free(got);
    got = product(QUANT_F32, f32, pool, x);
    tap_ok(tensors_same(want, got, N_TOK * N_OUT), "by three threads");
    mem_free(got);

    pool_free(pool);
    mem_free(want);
    mem_free(f32);
    mem_free(x);
    mem_free(odd);
    mem_free(bf16);
}

/* One start: y by a pack of a file. The panels of the first start are on the heap. */
static float *
product_by_file(const char *dir, const struct pack_rows *rows, struct pool *pool,
                const float *x, int first)
{
    static const struct packfile_key key = { "0", "f32", 1, "any" };
    struct packfile *f = packfile_open(dir, &key, pool);
    struct pack_opt opt = { ARITH_F32, kernel_get(cpu_level()), pool, f };
    struct pack_matrix w = { .part = rows, .n_part = 1, .n_in = N_IN };
    struct err e = { 0 };
    int kept = pack_is_kept(&opt, &w);
    struct pack *p = pack_new(&opt, &w, &e);
    float *y = tensors_zero(N_TOK * N_OUT);
    struct arena work = { 0 };

    packfile_end(f);
    tap_ok(kept == !first, "start %d: is it kept?", first ? 1 : 2);
    tap_ok(first ? pack_bytes(p) > N_OUT * N_IN * sizeof(float)
                 : pack_bytes(p) < N_OUT * N_IN,
           "start %d: %zu bytes of its own", first ? 1 : 2, pack_bytes(p));
    matmul(p, x, N_IN, N_TOK, y, N_OUT, NULL, &work);
    arena_release(&work);
    pack_free(p);
    packfile_close(f);
    return y;
}

static void
test_file(void)
{
    float *w = tensors_random(N_OUT * N_IN, 1), *x = tensors_random(N_TOK * N_IN, 2);
    float *want = product(QUANT_F32, w, NULL, x), *got;
    struct pack_rows rows = { QUANT_F32, w, N_OUT };
    struct pool *pool = pool_new(2);
    struct folder folder;
    char path[200];

    folder_make(&folder);
    for (int i = 0; i < 2; i++) {
        got = product_by_file(folder.dir, &rows, pool, x, i == 0);
        tap_ok(tensors_same(want, got, N_TOK * N_OUT), "and the same product");
        mem_free(got);
        /* only the ends are read of what is kept */
        memset(w + N_IN, 0, (N_OUT - 2) * N_IN * sizeof *w);
    }
    snprintf(path, sizeof path, "%s/0-f32-any-1.pack", folder.dir);
    tap_ok(unlink(path) == 0, "by the file in between");
    folder_remove(&folder);
    pool_free(pool);
    mem_free(want);
    mem_free(w);
    mem_free(x);
}

/* A shape that is refused, for its reason */
static void
refuse(enum err_code code, const char *why, size_t n_in, size_t n_part, size_t first,
       size_t second)
{
    const float w = 1;
    struct pack_rows rows[] = { { QUANT_F32, &w, first }, { QUANT_F32, &w, second } };
    struct err e = { 0 };

    tap_ok(!pack_at(cpu_level(), NULL, rows, n_part, n_in, &e) && e.code == code,
           "%s: %s", why, e.msg);
}

static void
test_bad(void)
{
    refuse(ERR_MODEL, "no parts", 1, 0, 0, 0);
    refuse(ERR_MODEL, "no outputs", 1, 1, 0, 0);
    refuse(ERR_MODEL, "no outputs in a part", 1, 2, 1, 0);
    refuse(ERR_MODEL, "no inputs", 0, 1, 1, 0);
    refuse(ERR_MODEL, "too many outputs", 1, 1, (size_t)1 << 40, 0);
    refuse(ERR_MODEL, "too many in two parts", 1, 2, INT_MAX, 1);
    refuse(ERR_MODEL, "a sum that wraps", 1, 2, 1, SIZE_MAX);
    refuse(ERR_NOMEM, "more than can be", SIZE_MAX / 256, 1, 1 << 20, 0);
}

int
main(void)
{
    struct err e = { 0 };
    const float w[3] = { 1, 2, 3 };
    struct pack *p =
        pack_at(CPU_REF, NULL, &(struct pack_rows){ QUANT_F32, w, 1 }, 1, 3, &e);

    tap_ok(p && pack_n_out(p) == 1 && pack_n_in(p) == 3, "dimensions");
    tap_ok(pack_bytes(p) >= 3 * 16 * sizeof(float), "bytes");
    pack_free(p);
    pack_free(NULL);
    tap_ok(pack_arith_find("f32") == ARITH_F32, "f32 by name");
    tap_ok(pack_arith_find("f33") == -1, "a name that is none");
    tap_ok(strcmp(pack_arith_name(ARITH_F32), "f32") == 0, "name of f32");
    test_sources();
    test_parts();
    test_file();
    test_bad();
    return tap_done();
}
