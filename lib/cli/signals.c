/* signals.c - SIGINT, SIGTERM, SIGHUP: finish what is in flight */
#define _GNU_SOURCE
#include "cli/signals.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

struct signals {
    pthread_t thread;
    int running;
    sigset_t old;
    int pipe[2]; /* its read end becomes readable at the first stop */
    atomic_int stopped, quit;
    void (*tell)(void *arg);
    void *arg;
};

static sigset_t
ours(void)
{
    static const int list[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };
    struct sigaction sa;
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        /* What the parent ignores (nohup, a background job) stays ignored. */
        if (sigaction(list[i], NULL, &sa) == 0 && sa.sa_handler != SIG_IGN)
            sigaddset(&set, list[i]);
    sigaddset(&set, SIGUSR1);
    return set;
}

static void *
wait_for_signals(void *arg)
{
    struct signals *s = arg;
    sigset_t set = ours();
    int sig;

    while (sigwait(&set, &sig) == 0 && !atomic_load(&s->quit)) {
        if (sig == SIGUSR1) {
            s->tell(s->arg);
        } else if (atomic_load(&s->stopped)) {
            signals_die(sig);
        } else {
            ssize_t n;
            atomic_store(&s->stopped, sig);
            n = write(s->pipe[1], "", 1);
            (void)n;
        }
    }
    return NULL;
}

struct signals *
signals_open(void (*tell)(void *arg), void *arg)
{
    struct signals *s = mem_zero(1, sizeof *s);
    sigset_t set = ours();

    s->tell = tell;
    s->arg = arg;
    if (pipe2(s->pipe, O_CLOEXEC | O_NONBLOCK))
        s->pipe[0] = s->pipe[1] = -1;
    pthread_sigmask(SIG_BLOCK, &set, &s->old);
    s->running = pthread_create(&s->thread, NULL, wait_for_signals, s) == 0;
    if (!s->running)
        pthread_sigmask(SIG_SETMASK, &s->old, NULL);
    return s;
}

int
signals_fd(const struct signals *s)
{
    return s->pipe[0];
}

int
signals_stopped(const struct signals *s)
{
    return atomic_load(&s->stopped);
}

void
signals_close(struct signals *s)
{
    if (s == NULL)
        return;
    if (s->running) {
        atomic_store(&s->quit, 1);
        pthread_kill(s->thread, SIGUSR1);
        pthread_join(s->thread, NULL);
        pthread_sigmask(SIG_SETMASK, &s->old, NULL);
    }
    if (s->pipe[0] >= 0) {
        close(s->pipe[0]);
        close(s->pipe[1]);
    }
    mem_free(s);
}

void
signals_die(int sig)
{
    sigset_t set;

    signal(sig, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, sig);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    kill(getpid(), sig);
    _exit(128 + sig); /* not reached: the signal's default is to end us */
}

const char *
signals_name(int sig)
{
    switch (sig) {
    case SIGINT: return "SIGINT";
    case SIGTERM: return "SIGTERM";
    case SIGHUP: return "SIGHUP";
    default: return "a signal";
    }
}
