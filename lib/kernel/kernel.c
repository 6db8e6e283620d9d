/* kernel.c - one table of kernels for each level */
#include "kernel/kernel.h"

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
        attend_avxvnni_fill(&k);
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
