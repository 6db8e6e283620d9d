/* blas.c - how OpenBLAS is told to behave, before it starts */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "learn/blas.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cpu.h"

#define BUFFER ((size_t)129 << 20) /* of a thread: 128 MiB and what goes with it */
#define OURS   ((size_t)32 << 20)  /* what training asks for besides, at least */

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

int
blas_room(int threads, struct err *e)
{
    size_t n = (size_t)threads * BUFFER + OURS;
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return err_set(e, ERR_NOMEM,
                       "OpenBLAS takes %zu MiB of address space for -j %d, and there "
                       "is no room",
                       n >> 20, threads);
    munmap(p, n);
    return 0;
}
