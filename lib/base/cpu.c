/* cpu.c - which instruction set level to run, and on how many processors */
#define _GNU_SOURCE
#include "base/cpu.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <asm/prctl.h>
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifndef ARCH_REQ_XCOMP_PERM
#define ARCH_REQ_XCOMP_PERM 0x1023
#endif
#endif

static const char *const names[CPU_LEVELS] = { "ref", "avx2", "avxvnni", "avx512",
                                               "amx" };

#if defined(__x86_64__)

#define TILE_DATA 18 /* the state component of tile registers */

/* AMX-TILE and AMX-INT8, which the system saves and has allowed us to use. Source:
 * Intel SDM volume 1, chapter 18; Linux, Documentation/arch/x86/xstate.rst. */
static int
have_tiles(void)
{
    const unsigned need = 1u << 24 | 1u << 25, saved = 3u << 17;
    unsigned a, b, c, d, xcr0, high;

    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & need) != need)
        return 0;
    __asm__("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
    return (xcr0 & saved) == saved &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0;
}

/* Leaf 7, part 1: its bit has no name in older compilers. */
int
cpu_has_avxvnni(void)
{
    unsigned a, b, c, d;

    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && a >= 1 &&
           __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1u << 4) != 0;
}

static enum cpu_level
detect(void)
{
    __builtin_cpu_init();
    /* F16C is not asked for: clang 14 does not know the name, and no CPU has AVX2 and
     * FMA without it. */
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return CPU_REF;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni"))
        return have_tiles() ? CPU_AMX : CPU_AVX512;
    return cpu_has_avxvnni() ? CPU_AVXVNNI : CPU_AVX2;
}

#else

int
cpu_has_avxvnni(void)
{
    return 0;
}

static enum cpu_level
detect(void)
{
    return CPU_REF;
}

#endif

static enum cpu_level detected;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
detect_once(void)
{
    detected = detect();
}

enum cpu_level
cpu_detect(void)
{
    pthread_once(&once, detect_once);
    return detected;
}

int
cpu_find(const char *name)
{
    for (int i = 0; i < CPU_LEVELS; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

enum cpu_level
cpu_level(void)
{
    enum cpu_level best = cpu_detect();
    const char *want = getenv("TEXTMILL_ISA");
    int level = want ? cpu_find(want) : -1;

    return level >= 0 && level < (int)best ? (enum cpu_level)level : best;
}

const char *
cpu_name(enum cpu_level level)
{
    return names[level];
}

/* The quota of cgroup v2, in whole processors; 0 when there is none. */
static int
quota(void)
{
    FILE *fp = fopen("/sys/fs/cgroup/cpu.max", "re");
    long long max, period;
    int n = 0;

    if (fp == NULL)
        return 0;
    if (fscanf(fp, "%lld %lld", &max, &period) == 2 && max > 0 && period > 0 &&
        max / period < 4096)
        n = (int)((max + period - 1) / period);
    fclose(fp);
    return n;
}

int
cpu_count(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    int q = quota();

    if (q > 0 && q < n)
        n = q;
    return n > 0 ? n : 1;
}
