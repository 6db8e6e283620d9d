/* blas.c - how OpenBLAS is told to behave, before it starts */
#include "learn/blas.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"

void
blas_begin_again(char **argv)
{
    const char *n = getenv("OPENBLAS_NUM_THREADS");
    enum cpu_level level = cpu_level();

    if (n && strcmp(n, "1") == 0)
        return;
    if (level >= CPU_AVX2)
        setenv("OPENBLAS_CORETYPE", level >= CPU_AVX512 ? "SkylakeX" : "Haswell", 0);
    if (setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0)
        execv("/proc/self/exe", argv);
}
