/*
 * blas.h - how OpenBLAS is told to behave, before it starts
 *
 * It starts threads before main(), which would take the signals that are to stop us in
 * order; and it takes a new processor for an old one. Words tell it better, if they are
 * there at the start.
 *
 * Threads: first thing in main().
 */
#ifndef LEARN_BLAS_H
#define LEARN_BLAS_H

#include "base/err.h"

/* Execute this program again with those words, unless they are there. */
void blas_begin_again(char **argv);

/* Is there room for what OpenBLAS takes for each thread that calls it? To be asked
 * before the first call: where there is none it does not fail, it asks again for ever.
 * ERR_NOMEM. */
int blas_room(int threads, struct err *e);

#endif
