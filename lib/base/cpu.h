/*
 * cpu.h - which instruction set level to run, and on how many processors
 *
 * A level is a bundle of features that ship together, not a CPUID bit. Levels are
 * ordered: a machine that has one has all the lower ones of its family.
 */
#ifndef BASE_CPU_H
#define BASE_CPU_H

enum cpu_level {
    CPU_REF,     /* portable C, the definition of correct */
    CPU_AVX2,    /* AVX2, FMA, F16C */
    CPU_AVXVNNI, /* that and AVX-VNNI */
    CPU_AVX512,  /* AVX-512 F, BW, DQ, VL, VNNI; not all of them have AVX-VNNI */
    CPU_AMX, /* that and AMX tiles of 8 bits, which the kernel of the system lends */
    CPU_LEVELS
};

/* The best level that this machine has. Where it has tiles, the first call asks the
 * system for them, on behalf of the whole process. */
enum cpu_level cpu_detect(void);

/* The same, lowered to $TEXTMILL_ISA where that names a lower level (it never raises:
 * that would crash). A name that is no level is ignored here; cli reports it. */
enum cpu_level cpu_level(void);

const char *cpu_name(enum cpu_level level); /* "ref", "avx2", ... */
int cpu_find(const char *name);             /* -1: no such level */

/* A machine with AVX-512 may lack AVX-VNNI: there the level below stands in. */
int cpu_has_avxvnni(void);

/* Processors that this process may use: its affinity mask, capped by the cgroup's CPU
 * quota (rounded up). At least 1. */
int cpu_count(void);

#endif
