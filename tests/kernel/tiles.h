/* tiles.h - level amx where the CPU has no tiles; see avx512/tiles.c */
#ifndef TESTS_KERNEL_TILES_H
#define TESTS_KERNEL_TILES_H

#include "kernel/kernel.h"

/* k is a copy of level avx512. Threads: one. */
void tiles_fill(struct kernels *k);

#endif
