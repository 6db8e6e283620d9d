/*
 * inline.h - what must be inlined into a loop, whatever the compiler thinks of it
 */
#ifndef KERNEL_INLINE_H
#define KERNEL_INLINE_H

#define INLINE static inline __attribute__((always_inline))

#endif
