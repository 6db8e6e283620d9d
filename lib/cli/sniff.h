/*
 * sniff.h - is this input what the tools read, or a well-known other thing?
 *
 * Compressed files, UTF-16, pretty-printed JSON and one big array would give thousands
 * of rejected lines; they get one sentence instead, with the command that fixes it.
 *
 * Threads: pure functions.
 */
#ifndef CLI_SNIFF_H
#define CLI_SNIFF_H

#include <stddef.h>

#include "base/err.h"

/* Look at the first n bytes of a file (behind a byte order mark); `end` says that there
 * are no more. `text`: the input is plain text, not JSON Lines.
 * 0: go on; 1: more bytes are needed to tell; -1: ERR_INPUT names what it is. */
int sniff(const char *p, size_t n, int end, int text, const char *name, struct err *e);

#endif
