/*
 * signals.h - SIGINT, SIGTERM, SIGHUP: finish what is in flight; SIGUSR1: say how far
 *
 * The signals are blocked in every thread and taken by one of our own, so that nothing
 * is interrupted in the middle. The first asks the run to stop; the second ends the
 * process at once, for a run that cannot stop.
 *
 * Threads: open before any other thread is started.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

struct signals;

/* tell: called in the signals' thread at every SIGUSR1. */
struct signals *signals_open(void (*tell)(void *arg), void *arg);

/* Readable once the run was asked to stop. */
int signals_fd(const struct signals *s);

/* The signal that asked to stop, 0: none did. */
int signals_stopped(const struct signals *s);

/* Ends the thread and restores the mask; the signals act as before. */
void signals_close(struct signals *s);

/* End this process by that signal, as one that never caught it would. */
void signals_die(int sig);

const char *signals_name(int sig);

#endif
