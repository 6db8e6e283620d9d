/*
 * blocks.c - how fast products with weights in blocks are: one JSON object a line
 *
 *     blocks [LEVEL...]       default: the best level that this CPU has
 *
 * The matrices of SmolLM2 135M by 1 to 512 rows, one thread, in block types and, from
 * floats, in i8 and i8b32. "gflops": additions and multiplications of integers, "gbs":
 * GB of packed weights a second, medians of REPEATS; "over": the median of what it is
 * over i8b32, turn by turn, as other work on the machine hits all of a turn.
 *
 * Few rows wait for the weights, so these are never the same as the last time: a matrix
 * is COLD weights wide, and its parts take turns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "tensor/matmul.h"

#define REPEATS  15
#define COLD     ((size_t)48 << 20)
#define FEW_ROWS 8
#define MOST     512

static const struct {
    const char *name;
    enum arith arith;
    enum quant_type type;
} kinds[] = {
    { "i8b32", ARITH_I8B32, QUANT_F32 },   { "i8", ARITH_I8, QUANT_F32 },
    { "Q8_0", ARITH_I8B32, QUANT_Q8_0 },   { "Q4_0", ARITH_I8B32, QUANT_Q4_0 },
    { "Q4_1", ARITH_I8B32, QUANT_Q4_1 },   { "Q5_0", ARITH_I8B32, QUANT_Q5_0 },
    { "Q4_K", ARITH_I8B32, QUANT_Q4_K },   { "Q6_K", ARITH_I8B32, QUANT_Q6_K },
    { "Q8_0 i16", ARITH_I16, QUANT_Q8_0 }, { "Q4_1 i16", ARITH_I16, QUANT_Q4_1 },
    { "Q5_0 i16", ARITH_I16, QUANT_Q5_0 }, { "Q4_K i16", ARITH_I16, QUANT_Q4_K },
    { "Q6_K i16", ARITH_I16, QUANT_Q6_K },
};
#define KINDS (sizeof kinds / sizeof *kinds)

struct bench {
    enum cpu_level level;
    size_t n_in, n_out, rows;
    size_t parts; /* of a matrix n_out times that wide */
    struct pack *w[KINDS];
    float *x, *y;
    struct arena work;
};

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Speed does not depend on what the numbers are: blocks of zeros will do, as long as
 * they are not NaN. */
static struct pack *
zero_pack(const struct bench *b, size_t kind)
{
    size_t n_out = b->n_out * b->parts, row = quant_bytes(kinds[kind].type, b->n_in);
    void *w = row == SIZE_MAX ? NULL : mem_zero(n_out, row);
    struct pack_opt opt = { .arith = kinds[kind].arith,
                            .kernels = kernel_get(b->level) };
    struct pack_rows rows = { kinds[kind].type, w, n_out };
    struct err e = { 0 };
    struct pack *p = NULL;

    if (w)
        p = pack_new(
            &opt, &(struct pack_matrix){ .part = &rows, .n_part = 1, .n_in = b->n_in },
            &e);
    mem_free(w);
    return p;
}

static void
bench_new(struct bench *b, size_t n_in, size_t n_out, int cold)
{
    b->n_in = n_in;
    b->n_out = n_out;
    b->parts = cold && n_in * n_out < COLD ? COLD / (n_in * n_out) : 1;
    for (size_t i = 0; i < KINDS; i++)
        b->w[i] = zero_pack(b, i);
    b->x = mem_alloc(MOST * n_in * sizeof *b->x);
    for (size_t i = 0; i < MOST * n_in; i++)
        b->x[i] = (float)(i * 7919 % 1000) / 500 - 1;
    b->y = mem_zero((cold ? FEW_ROWS : MOST) * n_out * b->parts, sizeof *b->y);
}

static void
bench_free(struct bench *b)
{
    for (size_t i = 0; i < KINDS; i++)
        pack_free(b->w[i]);
    mem_free(b->x);
    mem_free(b->y);
    arena_release(&b->work);
}

/* All parts, over and over, until they are enough to be timed: seconds of one */
static double
run(struct bench *b, size_t kind)
{
    size_t times = 1 + (size_t)(1e7 / (double)(b->rows * b->n_in * b->n_out));
    double begin = now();

    times = times > b->parts ? times : b->parts;
    for (size_t i = 0; i < times; i++)
        matmul_part(b->w[kind], i % b->parts, b->parts, b->x, b->n_in, b->rows, b->y,
                    b->n_out * b->parts, NULL, &b->work);
    return (now() - begin) / (double)times;
}

static int
by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double
median(double *x)
{
    qsort(x, REPEATS, sizeof *x, by_size);
    return x[REPEATS / 2];
}

static void
measure(struct bench *b)
{
    double seconds[KINDS][REPEATS], over[KINDS][REPEATS];

    for (int r = -1; r < REPEATS; r++) /* -1 warms up */
        for (size_t i = 0; i < KINDS; i++) {
            int at = r < 0 ? 0 : r;
            seconds[i][at] = b->w[i] ? run(b, i) : 0;
            over[i][at] = b->w[i] ? seconds[0][at] / seconds[i][at] : 0;
        }
    for (size_t i = 0; i < KINDS; i++) {
        double s = median(seconds[i]), n = (double)(b->n_in * b->n_out);
        if (b->w[i])
            printf("{\"level\":\"%s\",\"in\":%zu,\"out\":%zu,\"rows\":%zu,"
                   "\"weights\":\"%s\",\"gflops\":%.1f,\"gbs\":%.1f,\"over\":%.2f}\n",
                   cpu_name(b->level), b->n_in, b->n_out, b->rows, kinds[i].name,
                   2 * (double)b->rows * n / s * 1e-9,
                   (double)pack_bytes(b->w[i]) / (double)b->parts / s * 1e-9,
                   median(over[i]));
    }
    fflush(stdout);
}

static void
measure_level(enum cpu_level level)
{
    static const size_t shapes[][2] = {
        { 576, 960 }, { 576, 576 }, { 576, 3072 }, { 1536, 576 }, { 576, 49152 }
    };
    static const size_t rows[] = { 1, 8, 32, 128, MOST };

    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int cold = 1; cold >= 0; cold--) {
            struct bench b = { .level = level };
            bench_new(&b, shapes[s][0], shapes[s][1], cold);
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
                b.rows = rows[r];
                if ((b.rows <= FEW_ROWS) == cold)
                    measure(&b);
            }
            bench_free(&b);
        }
}

int
main(int argc, char **argv)
{
    if (argc == 1)
        measure_level(cpu_level());
    for (int i = 1; i < argc; i++)
        if (cpu_find(argv[i]) >= 0 && cpu_find(argv[i]) <= (int)cpu_detect())
            measure_level((enum cpu_level)cpu_find(argv[i]));
    return 0;
}
