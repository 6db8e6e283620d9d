/*
 * nomem.c - a library to be loaded before all others: memory ends at a chosen moment
 *
 * NOMEM=N: the N-th request for memory fails, and every one behind it with NOMEM_ALL
 * set. NOMEM_COUNT=FILE: at the end, how many there were.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long nomem_n;
static long nomem_at = -1;
static int nomem_all;
static char nomem_early[8192]; /* what dlsym() asks for before there is a malloc() */
static size_t nomem_used;

__attribute__((constructor)) static void
begin(void)
{
    const char *at = getenv("NOMEM");

    nomem_all = getenv("NOMEM_ALL") != NULL;
    atomic_store(&nomem_n, 0);
    nomem_at = at ? atol(at) : 0;
}

__attribute__((destructor)) static void
end(void)
{
    const char *path = getenv("NOMEM_COUNT");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;

    if (fd >= 0)
        dprintf(fd, "%ld\n", atomic_load(&nomem_n));
}

static int
refused(void)
{
    long n;

    if (nomem_at < 0) /* before begin() */
        return 0;
    n = atomic_fetch_add(&nomem_n, 1) + 1;
    if (nomem_at == 0 || (nomem_all ? n < nomem_at : n != nomem_at))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *
malloc(size_t n)
{
    static void *(*real)(size_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "malloc");
    return refused() ? NULL : real(n);
}

void *
realloc(void *p, size_t n)
{
    static void *(*real)(void *, size_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "realloc");
    return refused() ? NULL : real(p, n);
}

void *
calloc(size_t count, size_t size)
{
    static void *(*real)(size_t, size_t);
    static int looking;

    if (!real && looking) {
        void *p = nomem_early + nomem_used;
        nomem_used += (count * size + 15) & ~(size_t)15;
        return nomem_used <= sizeof nomem_early ? p : NULL;
    }
    if (!real) {
        looking = 1;
        *(void **)&real = dlsym(RTLD_NEXT, "calloc");
        looking = 0;
    }
    return refused() ? NULL : real(count, size);
}

void *
aligned_alloc(size_t align, size_t n)
{
    static void *(*real)(size_t, size_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "aligned_alloc");
    return refused() ? NULL : real(align, n);
}

int
posix_memalign(void **p, size_t align, size_t n)
{
    static int (*real)(void **, size_t, size_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "posix_memalign");
    return refused() ? ENOMEM : real(p, align, n);
}
