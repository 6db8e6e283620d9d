/* test_kv.c - attention to a cache: in double, in parts, at all levels */
#include "tensor/kv.h"

#include "tap.h"
#include "tensors.h"

enum { N = 203, LAYERS = 2, BLOCKS = (N + KV_BLOCK - 1) / KV_BLOCK };

static const struct {
    size_t n_head, n_kv, dim, window;
    float cap;
} cases[] = {
    { 9, 3, 64, 0, 0.0f },   { 4, 1, 256, 0, 0.0f },  { 4, 1, 256, 70, 0.0f },
    { 4, 4, 20, 0, 0.0f },   { 8, 2, 12, 16, 5.0f },  { 2, 1, 2, 1, 0.0f },
    { 3, 3, 80, 128, 0.0f }, { 32, 4, 32, 0, 50.0f }, { 1, 1, 512, 64, 0.0f },
};
#define N_CASES (sizeof cases / sizeof *cases)

/* One cache, and what it was filled with */
struct cache {
    const struct kernels *k;
    struct kv_shape s;
    float *q, *key, *value; /* [N, heads, dim] */
    void *block[BLOCKS];
};

static void
cache_open(struct cache *c, size_t i, enum kv_type type, enum cpu_level level)
{
    size_t dim = cases[i].dim, n_kv = cases[i].n_kv;

    c->k = kernel_get(level);
    c->s = (struct kv_shape){ type, LAYERS, cases[i].n_head, n_kv, dim };
    c->q = tensors_random(N * cases[i].n_head * dim, 1);
    c->key = tensors_random(N * n_kv * dim, 2);
    c->value = tensors_random(N * n_kv * dim, 3);
    for (size_t t = 0; t < N * cases[i].n_head * dim; t++)
        c->q[t] *= 3.0f;
    for (size_t b = 0; b < BLOCKS; b++) {
        size_t bytes = kv_block_bytes(c->k, &c->s);

        memset(c->block[b] = mem_alloc(bytes), 0x7f, bytes); /* NaN in f16 and f32 */
    }
}

static void
cache_close(struct cache *c)
{
    for (size_t b = 0; b < BLOCKS; b++)
        mem_free(c->block[b]);
    mem_free(c->q);
    mem_free(c->key);
    mem_free(c->value);
}

/* All of it in calls of `some` tokens, in layer 1: [N, n_head * dim] */
static float *
run(struct cache *c, size_t i, size_t some)
{
    size_t d = c->s.n_head * c->s.dim, kv = c->s.n_kv * c->s.dim;
    float *out = tensors_zero(N * d);
    struct arena work = { 0 };

    for (size_t at = 0; at < N; at += some) {
        size_t n = N - at < some ? N - at : some;
        struct kv_part part = { c->block, at, n };
        struct kv_attend a = { .part = &part, .n_part = 1, .layer = 1 };

        a.window = cases[i].window;
        a.cap = cases[i].cap;
        a.scale = 0.3f;
        a.query = c->q + at * d;
        a.ld = d;
        for (size_t t = at; t < at + n; t++)
            kv_put(c->k, &c->s, c->block, 1, t, c->key + t * kv, c->value + t * kv);
        kv_attend(c->k, &c->s, &a, out + at * d, &work);
    }
    arena_release(&work);
    return out;
}

/* What a cache of this type makes of x [dim] */
static void
rounded(const struct cache *c, const float *x, double *y)
{
    float most = 0.0f;
    uint16_t half[KV_MAX_DIM];
    float back[KV_MAX_DIM];

    for (size_t i = 0; i < c->s.dim; i++)
        most = fmaxf(most, fabsf(x[i]));
    c->k->f16_put(half, x, c->s.dim);
    c->k->f16_get(back, half, c->s.dim);
    for (size_t i = 0; i < c->s.dim; i++)
        if (c->s.type == KV_F32)
            y[i] = (double)x[i];
        else if (c->s.type == KV_F16)
            y[i] = (double)back[i];
        else
            y[i] = (double)rintf(x[i] * (127.0f / most)) * (double)most / 127.0;
}

/* Token t, query head h, in double */
static void
define(const struct cache *c, size_t i, size_t t, size_t h, double *out)
{
    size_t dim = c->s.dim, kv = c->s.n_kv * dim, of = h / (c->s.n_head / c->s.n_kv);
    size_t first =
        cases[i].window && t + 1 > cases[i].window ? t + 1 - cases[i].window : 0;
    double cap = (double)cases[i].cap, sum = 0, x[KV_MAX_DIM];
    const float *q = c->q + (t * c->s.n_head + h) * dim;

    for (size_t l = 0; l < dim; l++)
        out[l] = 0;
    for (size_t j = first; j <= t; j++) {
        double score = 0, weight;

        rounded(c, c->key + j * kv + of * dim, x);
        for (size_t l = 0; l < dim; l++)
            score += (double)q[l] * x[l];
        score *= (double)0.3f;
        weight = exp(cap > 0 ? cap * tanh(score / cap) : score);
        sum += weight;
        rounded(c, c->value + j * kv + of * dim, x);
        for (size_t l = 0; l < dim; l++)
            out[l] += weight * x[l];
    }
    for (size_t l = 0; l < dim; l++)
        out[l] /= sum;
}

static double
worst(const struct cache *c, size_t i, const float *out)
{
    static const size_t tokens[] = { 0, 1, 15, 16, 62, 63, 64, 65, 127, 128, N - 1 };
    double want[KV_MAX_DIM], most = 0;

    for (size_t t = 0; t < sizeof tokens / sizeof *tokens; t++) {
        size_t h = t % c->s.n_head;
        const float *is = out + (tokens[t] * c->s.n_head + h) * c->s.dim;

        define(c, i, tokens[t], h, want);
        most = fmax(most, tensors_apart(is, want, c->s.dim));
    }
    return most;
}

static void
test_type(size_t i, enum kv_type type)
{
    static const size_t some[] = { 1, 33, 65, 150 };
    size_t all = N * cases[i].n_head * cases[i].dim;
    float *ref = NULL;
    int same = 1, cut = 1;
    double off = 0;

    for (int level = CPU_REF; level <= (int)cpu_detect(); level++) {
        struct cache c;
        float *out, *part;

        cache_open(&c, i, type, (enum cpu_level)level);
        out = run(&c, i, N);
        if (ref == NULL) {
            off = worst(&c, i, out);
            memcpy(ref = tensors_zero(all), out, all * sizeof *ref);
        }
        same &= tensors_same(ref, out, all);
        for (size_t s = level == CPU_REF ? 3 : 0; s < sizeof some / sizeof *some; s++) {
            part = run(&c, i, some[s]);
            cut &= tensors_same(out, part, all);
            mem_free(part);
        }
        mem_free(out);
        cache_close(&c);
    }
    tap_ok(off < 5e-6, "%s, %zu heads of %zu, %zu keys, window %zu: within %.1e",
           kv_name(type), cases[i].n_head, cases[i].dim, cases[i].n_kv, cases[i].window,
           off);
    tap_ok(same, "the bits of ref at all levels");
    tap_ok(cut, "the same however it is cut");
    mem_free(ref);
}

static void
test_sizes(void)
{
    const struct kernels *k = kernel_get(CPU_REF);
    struct kv_shape s = { KV_F16, 30, 9, 3, 64 };

    tap_ok(kv_block_bytes(k, &s) == 30u * 3 * 64 * 64 * 2 * 2, "f16: 2 bytes a number");
    s.type = KV_I8;
    tap_ok(kv_block_bytes(k, &s) == 30u * 3 * 64 * (64 + 4) * 2, "i8: 1, and a scale");
    s.n_layer = SIZE_MAX / 8;
    tap_ok(kv_block_bytes(k, &s) == SIZE_MAX, "too many");
    tap_ok(kv_find("i8") == KV_I8 && kv_find("f16") == KV_F16 && kv_find("x") == -1,
           "types have names");
}

/* Too large for f16, not a number, nothing at all */
static void
test_odd(enum kv_type type)
{
    struct cache c;
    float *out;
    int finite = 1;
    size_t all;

    cache_open(&c, 3, type, cpu_level());
    all = N * c.s.n_head * c.s.dim;
    c.value[0] = 1e9f;
    memset(c.key, 0, c.s.dim * sizeof *c.key);
    out = run(&c, 3, 50);
    for (size_t i = 0; i < all; i++)
        finite &= isfinite(out[i]);
    tap_ok(finite, "%s: 1e9 and zeros", kv_name(type));
    mem_free(out);
    c.value[0] = NAN;
    out = run(&c, 3, 50);
    tap_ok(isnan(out[0]) && isnan(out[(N - 1) * c.s.n_head * c.s.dim]) &&
               isfinite(out[(N - 1) * c.s.n_head * c.s.dim + c.s.dim]),
           "%s: a NaN shows, in its head alone", kv_name(type));
    mem_free(out);
    cache_close(&c);
}

int
main(void)
{
    for (size_t i = 0; i < N_CASES; i++)
        for (int type = 0; type < KV_TYPES; type++)
            test_type(i, (enum kv_type)type);
    for (int type = 0; type < KV_TYPES; type++)
        test_odd((enum kv_type)type);
    test_sizes();
    return tap_done();
}
