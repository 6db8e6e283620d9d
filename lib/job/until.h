/*
 * until.h - the next time that the clock on the wall shows HH:MM
 *
 * Threads: pure function but for the time zone.
 */
#ifndef JOB_UNTIL_H
#define JOB_UNTIL_H

#include <time.h>

#include "base/err.h"

/* The first such minute behind `now`; -1: ERR_USAGE, it is no time of day. A time that
 * a change of the clocks leaves out is the same time later, as mktime() has it. */
time_t until_next(const char *text, time_t now, struct err *e);

#endif
