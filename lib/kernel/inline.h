/*
 * inline.h - what must be inlined or unrolled, whatever the compiler thinks of it
 */
#ifndef KERNEL_INLINE_H
#define KERNEL_INLINE_H

#define INLINE static inline __attribute__((always_inline))

/* In front of a loop of n rounds */
#define UNROLL_PRAGMA(text) _Pragma(#text)
#define UNROLL_ALL(n)       UNROLL_PRAGMA(GCC unroll n)

#endif
