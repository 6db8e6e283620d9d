/* mem.c - heap memory */
#define _DEFAULT_SOURCE /* madvise */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static _Noreturn void
out_of_memory(void)
{
    static const char msg[] = "textmill: out of memory\n";
    ssize_t n = write(STDERR_FILENO, msg, sizeof msg - 1);

    (void)n;
    _exit(6);
}

size_t
mem_mul(size_t count, size_t size)
{
    return size && count > SIZE_MAX / size ? SIZE_MAX : count * size;
}

size_t
mem_add(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/* A huge page costs one fault where small ones cost 512, which for weights is most of
 * the time it takes to load them. Only whole ones are asked for: no memory is wasted.
 */
#define HUGE_PAGE ((size_t)2 << 20)

void *
mem_try(size_t n)
{
    void *p;

    if (n > PTRDIFF_MAX)
        return NULL;
    if (posix_memalign(&p, n < HUGE_PAGE ? MEM_ALIGN : HUGE_PAGE, n ? n : 1) != 0)
        return NULL;
    if (n >= HUGE_PAGE)
        (void)madvise(p, n / HUGE_PAGE * HUGE_PAGE,
                      MADV_HUGEPAGE); /* or it is slower */
    return p;
}

void *
mem_alloc(size_t n)
{
    void *p = mem_try(n);

    if (p == NULL)
        out_of_memory();
    return p;
}

void *
mem_zero(size_t count, size_t size)
{
    size_t n = mem_mul(count, size);
    void *p = mem_alloc(n);

    memset(p, 0, n);
    return p;
}

void *
mem_grow(void *p, size_t old, size_t n)
{
    void *q = mem_alloc(n);

    if (old > 0)
        memcpy(q, p, old < n ? old : n);
    free(p);
    return q;
}

void
mem_free(void *p)
{
    free(p);
}

void
mem_let_go(const void *p, size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t skip = (page - (uintptr_t)p % page) % page;

    if (n > skip && n - skip >= page)
        (void)madvise((void *)((uintptr_t)p + skip), (n - skip) / page * page,
                      MADV_DONTNEED);
}

void
mem_free_pages(void *p, size_t n)
{
    if (p)
        mem_let_go(p, n);
    free(p);
}

size_t
mem_peak(void)
{
    struct rusage ru;

    if (getrusage(RUSAGE_SELF, &ru))
        return 0;
    return (size_t)ru.ru_maxrss * 1024;
}

size_t
mem_now(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    size_t pages;
    int n = f ? fscanf(f, "%*u %zu", &pages) : 0;

    if (f)
        fclose(f);
    return n == 1 ? mem_mul(pages, (size_t)sysconf(_SC_PAGESIZE)) : mem_peak();
}
