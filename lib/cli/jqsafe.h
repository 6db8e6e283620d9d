/*
 * jqsafe.h - may this jq program run over records?
 *
 * A program must give the same answer for a record wherever and whenever it runs: so no
 * clock, no environment, no other input, no files, no end of the process. The names
 * that reach for those are refused before anything runs; as names of members (.env,
 * {now: 1}) they are fine.
 *
 * Threads: pure function.
 */
#ifndef CLI_JQSAFE_H
#define CLI_JQSAFE_H

#include "base/err.h"

/* 0, or ERR_USAGE naming the word that is refused. Syntax is libjq's matter. */
int jqsafe(const char *program, struct err *e);

#endif
