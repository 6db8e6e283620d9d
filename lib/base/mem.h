/*
 * mem.h - heap memory
 *
 * mem_alloc() is for sizes that the code chose: it does not fail, since no caller could
 * do better than say so and stop, which is what it does (exit 6, the one place where
 * the library ends the process). mem_try() is for sizes that come from input, after a
 * check against what the input could really fill. All blocks are aligned to 64 bytes, a
 * cache line and the widest vector, and are freed by mem_free().
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#define MEM_ALIGN 64

void *mem_alloc(size_t n);                 /* never NULL, not cleared */
void *mem_zero(size_t count, size_t size); /* never NULL, cleared, product checked */
void *mem_grow(void *p, size_t old, size_t n); /* never NULL, keeps `old` bytes */
void *mem_try(size_t n);                       /* NULL when there is none */
void mem_free(void *p);                        /* NULL is fine */

/* The same for a block of n bytes whose pages are to go back to the system at once:
 * an allocator may keep them for the next block of the same thread. */
void mem_free_pages(void *p, size_t n);

/* Give the whole pages among n bytes back to the system. Those of a mapped file come
 * back when they are read; what was in others is lost. */
void mem_let_go(const void *p, size_t n);

/* count * size, or SIZE_MAX (which no allocation satisfies) when that overflows. */
size_t mem_mul(size_t count, size_t size);
size_t mem_add(size_t a, size_t b); /* a + b, in the same way */

/* Peak resident memory of this process in bytes, as the kernel counts it. */
size_t mem_peak(void);

/* And what it has now, the pages of mapped files with it. */
size_t mem_now(void);

#endif
