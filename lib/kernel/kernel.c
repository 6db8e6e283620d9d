/* kernel.c - one table of kernels for each level */
#include "kernel/kernel.h"

#include <math.h>
#include <pthread.h>

#include "kernel/kernel_fill.h"

static struct kernels tables[CPU_LEVELS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
fill_tables(void)
{
    struct kernels k = { .level = CPU_REF };

    gemm_ref_fill(&k);
    q8_ref_fill(&k);
    qb_ref_fill(&k);
    attend_ref_fill(&k);
    rows_ref_fill(&k);
    bytes_ref_fill(&k);
    tables[CPU_REF] = k;
#if defined(__x86_64__)
    k.level = CPU_AVX2;
    gemm_avx2_fill(&k);
    q8_avx2_fill(&k);
    qb_avx2_fill(&k);
    attend_avx2_fill(&k);
    rows_avx2_fill(&k);
    bytes_avx2_fill(&k);
    tables[CPU_AVX2] = k;

    k.level = CPU_AVXVNNI;
    if (cpu_has_avxvnni()) {
        q8_avxvnni_fill(&k);
        qb_avxvnni_fill(&k);
    }
    tables[CPU_AVXVNNI] = k;

    k.level = CPU_AVX512;
    gemm_avx512_fill(&k);
    q8_avx512_fill(&k);
    qb_avx512_fill(&k);
    attend_avx512_fill(&k);
    rows_avx512_fill(&k);
    bytes_avx512_fill(&k);
    tables[CPU_AVX512] = k;

    k.level = CPU_AMX;
    q8_amx_fill(&k);
    tables[CPU_AMX] = k;
#endif
}

const struct kernels *
kernel_get(enum cpu_level level)
{
    pthread_once(&once, fill_tables);
    return &tables[level];
}

static const struct kernels *best;
static pthread_once_t chosen = PTHREAD_ONCE_INIT;

static void
choose(void)
{
    best = kernel_get(cpu_level());
}

const struct kernels *
kernel_best(void)
{
    pthread_once(&chosen, choose);
    return best;
}

static int
scale_of(float most, float limit, float *up, float *step)
{
    *up = most >= 0x1p-100f ? limit / most : 0.0f;
    *step = most >= 0x1p-100f ? most / limit : 0.0f;
    return most < INFINITY;
}

int
kernel_attend16_scales(const struct kernel_attend *a, float q, float key, float value,
                       struct kernel_attend16 *s)
{
    float limit = floorf(sqrtf(0x1p30f / (float)a->dim)) - 1.0f, step_q, step_key;
    int good;

    limit = limit < 32766.0f ? limit : 32766.0f;
    good = scale_of(q, limit, &s->up_q, &step_q) &
           scale_of(key, limit, &s->up_key, &step_key) &
           scale_of(value, KERNEL_ATTEND16_VALUE, &s->up_value, &s->step_value);
    s->scale = step_q * step_key * (a->scale * 0x1.715476p+0f /* 1 / ln(2) */);
    return good && s->scale < INFINITY;
}
