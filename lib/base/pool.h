/*
 * pool.h - threads that run the parts of one job
 *
 *     struct pool *p = pool_new(2);
 *     pool_run(p, n_panel, pack_panel, &job);    pack_panel(&job, i) for every i <
 * n_panel pool_free(p);
 *
 * pool_run() returns when all parts are done; the caller's thread works too, so a pool
 * of one starts no thread. Parts are handed out one by one, in order; which thread
 * takes which is open, so a part must not depend on it. Signals from outside
 * are blocked in the threads, those that a thread brings on itself are not.
 *
 * Threads: one pool_run() at a time per pool.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

struct pool;

struct pool *
pool_new(int n_thread); /* at least 1; fewer run where threads are refused */
void pool_free(struct pool *p);
int pool_size(const struct pool *p);

void pool_run(struct pool *p, int n, void (*part)(void *arg, int i), void *arg);

/* Seconds on a clock that only goes forward. */
double pool_clock(void);

#endif
