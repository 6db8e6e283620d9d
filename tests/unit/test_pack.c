/* test_pack.c - packed weights: every source gives the same product, bad shapes none */
#include "tensor/pack.h"

#include "base/mem.h"
#include "tap.h"
#include "tensor/matmul.h"
#include "tensors.h"

#define N_OUT 77
#define N_IN  530 /* more than two chunks of the transposition */
#define N_TOK 5

/* x * transpose(w) by a pack made in one of the ways under test */
static float *
product(enum quant_type type, const void *w, struct pool *pool, const float *x)
{
    struct err e = { 0 };
    struct pack *p =
        pack_new(ARITH_F32, type, w, N_OUT, N_IN, kernel_get(cpu_level()), pool, &e);
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

static void
test_bad(void)
{
    const struct kernels *k = kernel_get(cpu_level());
    const float w = 1;
    struct err e = { 0 };

    tap_ok(!pack_new(ARITH_F32, QUANT_F32, &w, 0, 1, k, NULL, &e) &&
               e.code == ERR_MODEL,
           "no outputs: %s", e.msg);
    tap_ok(!pack_new(ARITH_F32, QUANT_F32, &w, 1, 0, k, NULL, &e) &&
               e.code == ERR_MODEL,
           "no inputs: %s", e.msg);
    tap_ok(!pack_new(ARITH_F32, QUANT_F32, &w, (size_t)1 << 40, 1, k, NULL, &e) &&
               e.code == ERR_MODEL,
           "too many outputs: %s", e.msg);
    tap_ok(!pack_new(ARITH_F32, QUANT_F32, &w, 1 << 20, SIZE_MAX / 256, k, NULL, &e) &&
               e.code == ERR_NOMEM,
           "more than can be: %s", e.msg);
}

int
main(void)
{
    struct err e = { 0 };
    const float w[3] = { 1, 2, 3 };
    struct pack *p =
        pack_new(ARITH_F32, QUANT_F32, w, 1, 3, kernel_get(CPU_REF), NULL, &e);

    tap_ok(p && pack_n_out(p) == 1 && pack_n_in(p) == 3, "dimensions");
    tap_ok(pack_bytes(p) >= 3 * 16 * sizeof(float), "bytes");
    pack_free(p);
    pack_free(NULL);
    tap_ok(pack_arith_find("f32") == ARITH_F32, "f32 by name");
    tap_ok(pack_arith_find("f33") == -1, "a name that is none");
    tap_ok(strcmp(pack_arith_name(ARITH_F32), "f32") == 0, "name of f32");
    test_sources();
    test_bad();
    return tap_done();
}
