/* check.c - run the kernel tests: check [SEED], TAP on stdout */
#define _GNU_SOURCE
#include "check.h"
#include "tiles.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAX_BUFFERS 256
#define FENCE       0xA5
#define TOLD        3 /* failures of one test that are printed */

const int check_sizes[] = { 0,   1,   2,   3,   5,   7,   8,   9,   15,   16, 17,
                            23,  24,  25,  31,  32,  33,  47,  48,  63,   64, 65,
                            100, 127, 128, 129, 255, 256, 257, 384, 1000, -1 };

static struct {
    unsigned char *map;
    size_t size;  /* of the map, the forbidden page included */
    size_t fence; /* bytes before the buffer */
} buffers[MAX_BUFFERS];
static int n_buffer;
static sigjmp_buf crashed;

/* ---- inputs ---- */

uint64_t
check_random(struct check *c)
{
    /* splitmix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
     * Generators", 2014. */
    uint64_t z = c->rng += 0x9E3779B97F4A7C15;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

size_t
check_below(struct check *c, size_t n)
{
    return (size_t)(check_random(c) % n);
}

static float
any_bits(struct check *c)
{
    uint32_t bits = (uint32_t)check_random(c);
    float f;

    memcpy(&f, &bits, sizeof f);
    return f;
}

float
check_float(struct check *c, enum check_mix mix)
{
    static const float extremes[] = { 0.0f,      -0.0f,    0x1p-149f, -0x1p-130f,
                                      0x1p-126f, 1e-30f,   88.72283f, -87.33654f,
                                      -88.0f,    1e4f,     -1e4f,     0x1.fffffep127f,
                                      -1e38f,    INFINITY, -INFINITY, NAN };
    double unit = (double)(check_random(c) >> 11) * 0x1p-52 - 1.0;

    if (mix == CHECK_WILD && check_below(c, 24) == 0)
        return extremes[check_below(c, sizeof extremes / sizeof *extremes)];
    if (mix == CHECK_WILD && check_below(c, 24) == 0)
        return any_bits(c);
    return (float)(unit * 4);
}

/* ---- buffers ---- */

void *
check_bytes(struct check *c, size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (n + page - 1) / page * page + page;
    unsigned char *map =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)c;
    if (map == MAP_FAILED || n_buffer == MAX_BUFFERS ||
        mprotect(map + size - page, page, PROT_NONE) != 0) {
        printf("Bail out! no buffer of %zu bytes\n", n);
        exit(2);
    }
    buffers[n_buffer].map = map;
    buffers[n_buffer].size = size;
    buffers[n_buffer].fence = size - page - n;
    memset(map, FENCE, buffers[n_buffer].fence);
    return map + buffers[n_buffer++].fence;
}

float *
check_floats(struct check *c, size_t n)
{
    return check_bytes(c, n * sizeof(float));
}

float *
check_fill(struct check *c, size_t n, enum check_mix mix)
{
    float *p = check_floats(c, n);

    for (size_t i = 0; i < n; i++)
        p[i] = check_float(c, mix);
    return p;
}

float *
check_copy(struct check *c, const float *x, size_t n)
{
    float *p = check_floats(c, n);

    if (n > 0)
        memcpy(p, x, n * sizeof *p);
    return p;
}

void
check_drop(struct check *c)
{
    while (n_buffer > 0) {
        size_t i = 0;
        n_buffer--;
        while (i < buffers[n_buffer].fence && buffers[n_buffer].map[i] == FENCE)
            i++;
        check_true(c, i == buffers[n_buffer].fence, "written in front of a buffer");
        munmap(buffers[n_buffer].map, buffers[n_buffer].size);
    }
}

/* ---- verdicts ---- */

void
check_true(struct check *c, int good, const char *fmt, ...)
{
    va_list ap;

    if (good || c->bad++ >= TOLD)
        return;
    printf("# ");
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
}

static int
same(float want, float got)
{
    return memcmp(&want, &got, sizeof want) == 0 || (isnan(want) && isnan(got));
}

void
check_same(struct check *c, const float *want, const float *got, size_t n,
           const char *fmt, ...)
{
    char what[128];
    va_list ap;
    size_t i = 0;

    while (i < n && same(want[i], got[i]))
        i++;
    if (i == n)
        return;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    check_true(c, 0, "%s: [%zu] is %a, must be %a", what, i, (double)got[i],
               (double)want[i]);
}

/* ---- the run ---- */

static const struct {
    const char *name;
    void (*run)(struct check *);
} tests[] = {
#define KERNEL(name, ret, params) { #name, check_##name },
#include "kernel/kernel_list.h"
#undef KERNEL
    { "exp to the ulp", check_math_exp },
    { "erf to the ulp", check_math_erf },
    { "tanh to the ulp", check_math_tanh },
    { "gelu in double", check_math_gelu },
    { "gelu in 8 bits in double", check_math_gelu_q8 },
    { "16 bits as pairs of rows", check_math_pairs_q8 },
    { "16 bits for weights in blocks", check_math_wide_qb },
    { "gemm_qb with 16 bits", check_gemm_wide_qb },
    { "layer norm in double", check_math_norm },
    { "softmax in double", check_math_softmax },
    { "gemm in double", check_math_gemm },
    { "silu", check_math_silu },
    { "gelu with tanh", check_math_gelu_tanh },
    { "rms norm", check_math_rms_norm },
    { "binary16", check_math_f16 },
};

#define N_TEST ((int)(sizeof tests / sizeof *tests))

static void
on_signal(int sig)
{
    siglongjmp(crashed, sig);
}

/* 0, or the signal that the test died of. A frame of its own: what sigsetjmp returns to
 * must not have locals that changed. */
static int
guarded(void (*run)(struct check *), struct check *c)
{
    int sig = sigsetjmp(crashed, 1);

    if (sig == 0)
        run(c);
    return sig;
}

static int
run_test(int t, const struct kernels *got, const char *where, uint64_t seed)
{
    struct check c = { .ref = kernel_get(CPU_REF), .got = got, .rng = seed };
    int sig = guarded(tests[t].run, &c);

    check_true(&c, sig == 0, "signal %d, %s", sig, strsignal(sig));
    check_drop(&c);
    printf("%s - %s %s%s\n", c.bad ? "not ok" : "ok", cpu_name(got->level),
           tests[t].name, where);
    return c.bad > 0;
}

/* A test at a level that this CPU does not have: skipped, but for what AVX-512 and
 * tiles in memory can do. */
static int
run_without(int t, enum cpu_level level, uint64_t seed)
{
#if defined(__x86_64__)
    if (level == CPU_AMX && cpu_detect() == CPU_AVX512 &&
        tests[t].run == check_gemm_q8) {
        struct kernels k = *kernel_get(CPU_AVX512);
        k.level = level;
        tiles_fill(&k);
        return run_test(t, &k, " on tiles in memory", seed);
    }
#endif
    printf("ok - %s %s # skip this CPU has no %s\n", cpu_name(level), tests[t].name,
           cpu_name(level));
    (void)seed;
    return 0;
}

int
main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
    struct sigaction sa = { .sa_handler = on_signal };
    int failed = 0;

    for (size_t i = 0; i < 4; i++)
        sigaction((int[]){ SIGSEGV, SIGBUS, SIGILL, SIGFPE }[i], &sa, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%d\n# seed %llu (again: %s SEED), this CPU has %s\n",
           N_TEST * CPU_LEVELS, (unsigned long long)seed, argv[0],
           cpu_name(cpu_detect()));
    for (int level = 0; level < CPU_LEVELS; level++)
        for (int t = 0; t < N_TEST; t++)
            if (level > (int)cpu_detect())
                failed += run_without(t, (enum cpu_level)level, seed);
            else
                failed += run_test(t, kernel_get((enum cpu_level)level), "", seed);
    return failed != 0;
}
