/* pool.c - threads that run the parts of one job */
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "base/mem.h"

struct pool {
    int n_thread; /* started ones and the caller's */
    pthread_t *thread;
    pthread_mutex_t lock;
    pthread_cond_t begin, end;
    unsigned job; /* counts jobs, so that a thread sees a new one */
    int busy, quit;

    void (*part)(void *arg, int i);
    void *arg;
    int n;
    atomic_int next;
};

static void
take_parts(struct pool *p)
{
    int i;

    while ((i = atomic_fetch_add(&p->next, 1)) < p->n)
        p->part(p->arg, i);
}

static void *
work(void *arg)
{
    struct pool *p = arg;
    unsigned seen = 0;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->job == seen && !p->quit)
            pthread_cond_wait(&p->begin, &p->lock);
        if (p->quit)
            break;
        seen = p->job;
        pthread_mutex_unlock(&p->lock);
        take_parts(p);
        pthread_mutex_lock(&p->lock);
        if (--p->busy == 0)
            pthread_cond_signal(&p->end);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct pool *
pool_new(int n_thread)
{
    /* What a thread does to itself: a write into a closed pipe must end the process,
     * and file_guard() must see a file that was cut. */
    static const int own[] = { SIGPIPE, SIGBUS, SIGSEGV, SIGFPE, SIGILL };
    struct pool *p = mem_zero(1, sizeof *p);
    sigset_t all, old;

    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->begin, NULL);
    pthread_cond_init(&p->end, NULL);
    p->n_thread = 1;
    p->thread = mem_zero((size_t)(n_thread > 1 ? n_thread : 1), sizeof *p->thread);
    sigfillset(&all);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigdelset(&all, own[i]);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    while (p->n_thread < n_thread &&
           pthread_create(&p->thread[p->n_thread], NULL, work, p) == 0)
        p->n_thread++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return p;
}

void
pool_free(struct pool *p)
{
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->quit = 1;
    pthread_cond_broadcast(&p->begin);
    pthread_mutex_unlock(&p->lock);
    for (int i = 1; i < p->n_thread; i++)
        pthread_join(p->thread[i], NULL);
    pthread_cond_destroy(&p->begin);
    pthread_cond_destroy(&p->end);
    pthread_mutex_destroy(&p->lock);
    mem_free(p->thread);
    mem_free(p);
}

int
pool_size(const struct pool *p)
{
    return p->n_thread;
}

void
pool_run(struct pool *p, int n, void (*part)(void *arg, int i), void *arg)
{
    pthread_mutex_lock(&p->lock);
    p->part = part;
    p->arg = arg;
    p->n = n;
    atomic_store(&p->next, 0);
    p->busy = p->n_thread - 1;
    p->job++;
    pthread_cond_broadcast(&p->begin);
    pthread_mutex_unlock(&p->lock);

    take_parts(p);

    pthread_mutex_lock(&p->lock);
    while (p->busy > 0)
        pthread_cond_wait(&p->end, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

double
pool_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
