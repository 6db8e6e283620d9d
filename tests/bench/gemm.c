/*
 * gemm.c - how fast the arithmetic is: one JSON object a line
 *
 *     gemm [LEVEL...]       default: all levels above ref that this CPU has
 *
 * "kernel": the micro-kernel on data in L1, the ceiling of all the others, and "share"
 * what they reach of it. "matmul", "attend", "layer": one thread, a MiniLM batch of
 * N_TOK tokens. "gflops" counts additions and multiplications, of integers too. "ns":
 * nanoseconds per element of the row kernels. Of REPEATS measurements the median is
 * printed, and the best; levels and arithmetics take turns, so that a noisy neighbour
 * hits them all.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "kernel/q8_arrange.h"
#include "tensor/attend.h"
#include "tensor/matmul.h"

#define N_TOK   512
#define D       384
#define D_FF    1536
#define N_HEAD  12
#define ROWS    8
#define REPEATS 31
#define MOST    (CPU_LEVELS * ARITHS)

#define DEPTH_F32 128 /* inputs of a panel that is 16 KB at the most */
#define DEPTH_Q8  384

/* What the measured functions work on */
struct bench {
    const struct kernels *k;
    enum arith arith;
    double ceiling;        /* gflops of the micro-kernel, median */
    struct kernel_q8 rows; /* for the micro-kernel in 8 bits */
    struct kernel_q8_panel panel;
    struct pack *w; /* of the shape in turn */
    struct pack *qkv, *proj, *up, *down;
    float *x, *y, *z, *v; /* [N_TOK, D_FF], v of D_FF for bias, gamma, beta */
    size_t *start, n_seq;
    struct arena work;
};

static float *
random_floats(size_t n)
{
    float *x = mem_alloc(n * sizeof *x);
    uint32_t seed = 1;

    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        x[i] = (float)(int32_t)seed * 0x1p-31f;
    }
    return x;
}

static struct pack *
random_pack(const struct bench *b, size_t n_out, size_t n_in)
{
    float *w = random_floats(n_out * n_in);
    struct err e = { 0 };
    struct pack_opt opt = { .arith = b->arith, .kernels = b->k };
    struct pack_rows rows = { QUANT_F32, w, n_out };
    struct pack *p = pack_new(
        &opt, &(struct pack_matrix){ .part = &rows, .n_part = 1, .n_in = n_in }, &e);

    if (p == NULL) {
        fprintf(stderr, "gemm: %s\n", e.msg);
        exit(6);
    }
    mem_free(w);
    return p;
}

/* ---- what is measured ---- */

/* One tile of rows, one panel. */
static void
run_kernel(struct bench *b)
{
    const struct kernels *k = b->k;

    for (int i = 0; i < 200 && b->arith == ARITH_F32; i++)
        k->gemm_f32(b->x, DEPTH_F32, b->z, DEPTH_F32, b->y, k->gemm_nr, k->gemm_mr,
                    k->gemm_nr, 0);
    for (int i = 0; i < 200 && b->arith != ARITH_F32; i++)
        k->gemm_q8(&b->rows, &b->panel, DEPTH_Q8, NULL, b->y, k->q8_nr, k->q8_mr,
                   k->q8_nr);
}

static void
run_matmul(struct bench *b)
{
    matmul(b->w, b->x, pack_n_in(b->w), N_TOK, b->y, pack_n_out(b->w), NULL, &b->work);
}

static void
run_attend(struct bench *b)
{
    struct attend_shape shape = { .n_head = N_HEAD, .head_dim = D / N_HEAD };

    attend(b->k, &shape, b->x, b->start, b->n_seq, b->y, &b->work);
}

/* The row kernels work in L1, on ROWS rows that are copied anew each time. */
static void
run_gelu(struct bench *b)
{
    for (int i = 0; i < N_TOK / ROWS; i++) {
        memcpy(b->y, b->x, ROWS * D * sizeof *b->y);
        b->k->bias_gelu(b->y, D, ROWS, D, b->v);
    }
}

static void
run_norm(struct bench *b)
{
    struct kernel_norm norm = { b->v, b->x, D, b->v, b->v, 1e-12f };

    for (int i = 0; i < N_TOK / ROWS; i++) {
        memcpy(b->y, b->x, ROWS * D * sizeof *b->y);
        b->k->add_norm(b->y, D, ROWS, D, &norm);
    }
}

static void
run_softmax(struct bench *b)
{
    for (int i = 0; i < N_TOK / ROWS; i++) {
        memcpy(b->y, b->x, ROWS * D * sizeof *b->y);
        b->k->softmax(b->y, D, ROWS, D, 0.2f);
    }
}

/* One layer of BERT as the model runs it: its products take what `gemm` measures alone.
 */
static void
run_layer(struct bench *b)
{
    struct matmul_end bias = { .bias = b->v }, gelu = { .bias = b->v, .gelu = 1 };
    struct matmul_end norm = { .bias = b->v };
    struct attend_shape shape = { .n_head = N_HEAD, .head_dim = D / N_HEAD };
    float *h = b->x, *big = b->y, *ctx = b->z;

    norm.norm.gamma = norm.norm.beta = b->v;
    norm.norm.eps = 1e-12f;
    norm.norm.residual = h;
    norm.norm.ld = D;
    matmul(b->qkv, h, D, N_TOK, big, 3 * D, &bias, &b->work);
    attend(b->k, &shape, big, b->start, b->n_seq, ctx, &b->work);
    matmul(b->proj, ctx, D, N_TOK, big, D, &norm, &b->work);
    matmul(b->up, h, D, N_TOK, big, D_FF, &gelu, &b->work);
    matmul(b->down, big, D_FF, N_TOK, ctx, D, &norm, &b->work);
}

/* The products of run_layer() alone */
static void
run_products(struct bench *b)
{
    matmul(b->qkv, b->x, D, N_TOK, b->y, 3 * D, NULL, &b->work);
    matmul(b->proj, b->z, D, N_TOK, b->y, D, NULL, &b->work);
    matmul(b->up, b->x, D, N_TOK, b->y, D_FF, NULL, &b->work);
    matmul(b->down, b->y, D_FF, N_TOK, b->z, D, NULL, &b->work);
}

/* ---- the measuring ---- */

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int
by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void
print(struct bench *b, const char *what, double units, double median, double best,
      int per_element)
{
    printf("{\"level\":\"%s\",\"arith\":\"%s\",\"what\":\"%s\",", cpu_name(b->k->level),
           pack_arith_name(b->arith), what);
    if (per_element) {
        printf("\"ns\":%.3f,\"best\":%.3f}\n", median / units * 1e9,
               best / units * 1e9);
        return;
    }
    if (b->ceiling <= 0) /* the micro-kernel comes first */
        b->ceiling = units / median;
    printf("\"gflops\":%.1f,\"best\":%.1f,\"share\":%.2f,\"ms\":%.3f}\n",
           units / median * 1e-9, units / best * 1e-9, units / median / b->ceiling,
           median * 1e3);
}

/* Runs fn at each level in turn, REPEATS times, and prints what `work` makes of the
 * median and of the best: giga of work a second, or nanoseconds per unit of work. */
static void
measure(struct bench *b, int n, const char *what, void (*fn)(struct bench *),
        double (*work)(const struct bench *), int per_element)
{
    double seconds[MOST][REPEATS];

    for (int r = -1; r < REPEATS; r++) /* -1 warms up */
        for (int i = 0; i < n; i++) {
            double begin = now();
            fn(&b[i]);
            seconds[i][r < 0 ? 0 : r] = now() - begin;
        }
    for (int i = 0; i < n; i++) {
        qsort(seconds[i], REPEATS, sizeof(double), by_size);
        print(&b[i], what, work(&b[i]), seconds[i][REPEATS / 2], seconds[i][0],
              per_element);
    }
}

static double
flops_kernel(const struct bench *b)
{
    if (b->arith == ARITH_F32)
        return 200.0 * 2 * DEPTH_F32 * (double)(b->k->gemm_mr * b->k->gemm_nr);
    return 200.0 * 2 * DEPTH_Q8 * (double)(b->k->q8_mr * b->k->q8_nr);
}

static double
flops_matmul(const struct bench *b)
{
    return 2.0 * N_TOK * (double)(pack_n_out(b->w) * pack_n_in(b->w));
}

static double
flops_attend(const struct bench *b)
{
    double pairs = 0;

    for (size_t s = 0; s < b->n_seq; s++)
        pairs += (double)(b->start[s + 1] - b->start[s]) *
                 (double)(b->start[s + 1] - b->start[s]);
    return 4 * pairs * D;
}

static double
flops_products(const struct bench *b)
{
    (void)b;
    return 2.0 * N_TOK * (4.0 * D * D + 2.0 * D * D_FF);
}

static double
flops_layer(const struct bench *b)
{
    return flops_products(b) + flops_attend(b);
}

static double
elements(const struct bench *b)
{
    (void)b;
    return N_TOK * D;
}

/* The panel's numbers as an arranged level has them */
static void
arrange(struct bench *b, size_t block)
{
    size_t blocks = DEPTH_Q8 / block;
    struct q8_arranged to = {
        .q = mem_alloc(q8_arrange_bytes(DEPTH_Q8)),
        .start = mem_alloc(blocks * b->k->q8_nr * sizeof(int32_t)),
        .order = mem_alloc(DEPTH_Q8 / 4 * sizeof(uint16_t)),
        .count = mem_alloc(blocks * Q8_KINDS * sizeof(uint16_t)),
    };

    q8_arrange(b->panel.q, DEPTH_Q8, block, &to);
    b->panel.q = to.q;
    b->panel.start = to.start;
    b->panel.order = to.order;
    b->panel.count = to.count;
}

/* The sum of three: weights as they are in models, most of them small */
static int8_t
weight(uint32_t *seed)
{
    int sum = 0;

    for (int i = 0; i < 3; i++) {
        *seed = *seed * 1664525 + 1013904223;
        sum += (int)(*seed >> 24) - 128;
    }
    return (int8_t)(sum / 3);
}

/* A tile and a panel in 8 bits: only arranged levels care what the numbers are. */
static void
new_q8(struct bench *b)
{
    size_t block = b->arith == ARITH_I8    ? 192
                   : b->arith == ARITH_I16 ? 128
                                           : 32,
           blocks = DEPTH_Q8 / block;
    size_t n_q = DEPTH_Q8 * b->k->q8_nr, n_scale = blocks * b->k->q8_nr;
    int8_t *q = mem_alloc(n_q);
    uint32_t seed = 1;

    for (size_t i = 0; i < n_q; i++)
        q[i] = weight(&seed);
    b->panel = (struct kernel_q8_panel){ .q = q,
                                         .step = random_floats(n_scale),
                                         .sum = random_floats(n_scale) };
    if (b->k->q8_arranged)
        arrange(b, block);
    b->rows = (struct kernel_q8){ .q = mem_alloc(b->k->q8_mr * DEPTH_Q8),
                                  .scale = random_floats(b->k->q8_mr * 2 * blocks),
                                  .ld = DEPTH_Q8,
                                  .ld_scale = 2 * blocks,
                                  .block = block };
    b->k->rows_q8(b->x, DEPTH_Q8, b->k->q8_mr, DEPTH_Q8, &(struct kernel_q8_first){ 0 },
                  &b->rows);
}

static void
bench_new(struct bench *b, enum cpu_level level, enum arith arith)
{
    *b = (struct bench){ .k = kernel_get(level), .arith = arith };
    b->x = random_floats(N_TOK * D_FF);
    b->y = random_floats(N_TOK * D_FF);
    b->z = random_floats(N_TOK * D_FF);
    b->v = random_floats(D_FF);
    b->qkv = random_pack(b, 3 * D, D);
    b->proj = random_pack(b, D, D);
    b->up = random_pack(b, D_FF, D);
    b->down = random_pack(b, D, D_FF);
    if (arith != ARITH_F32)
        new_q8(b);
}

/* Sequences of n tokens each, and what is left */
static void
cut(struct bench *b, size_t *start, size_t n)
{
    b->start = start;
    b->n_seq = 0;
    start[0] = 0;
    while (start[b->n_seq] < N_TOK) {
        size_t left = N_TOK - start[b->n_seq];
        start[b->n_seq + 1] = start[b->n_seq] + (left < n ? left : n);
        b->n_seq++;
    }
}

static void
measure_products(struct bench *b, int n)
{
    static const char *const names[] = { "matmul 384 to 1152", "matmul 384 to 384",
                                         "matmul 384 to 1536", "matmul 1536 to 384" };

    measure(b, n, "kernel in L1", run_kernel, flops_kernel, 0);
    for (int shape = 0; shape < 4; shape++) {
        for (int i = 0; i < n; i++)
            b[i].w =
                (struct pack *[]){ b[i].qkv, b[i].proj, b[i].up, b[i].down }[shape];
        measure(b, n, names[shape], run_matmul, flops_matmul, 0);
    }
    measure(b, n, "products of a layer", run_products, flops_products, 0);
}

/* All the levels that were asked for, in f32, then in the other arithmetics */
static int
open_all(struct bench *b, char **level, int n_level)
{
    int n = 0;

    for (enum arith arith = 0; arith < ARITHS; arith++) {
        for (enum cpu_level l = CPU_AVX2; l <= cpu_detect() && n_level == 0; l++)
            bench_new(&b[n++], l, arith);
        for (int i = 0; i < n_level && n < MOST; i++)
            if (cpu_find(level[i]) >= 0 && cpu_find(level[i]) <= (int)cpu_detect())
                bench_new(&b[n++], (enum cpu_level)cpu_find(level[i]), arith);
    }
    return n;
}

int
main(int argc, char **argv)
{
    static const size_t lengths[] = { 20, 79, 512 };
    struct bench b[MOST];
    size_t start[N_TOK + 1];
    char what[64];
    int n = open_all(b, argv + 1, argc - 1), n_f32 = n / ARITHS;

    measure_products(b, n);
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        for (int i = 0; i < n; i++)
            cut(&b[i], start, lengths[l]);
        snprintf(what, sizeof what, "attend, sequences of %zu", lengths[l]);
        measure(b, n_f32, what, run_attend, flops_attend, 0);
        snprintf(what, sizeof what, "layer, sequences of %zu", lengths[l]);
        measure(b, n, what, run_layer, flops_layer, 0);
    }
    measure(b, n_f32, "bias_gelu", run_gelu, elements, 1);
    measure(b, n_f32, "add_norm", run_norm, elements, 1);
    measure(b, n_f32, "softmax", run_softmax, elements, 1);
    return 0;
}
