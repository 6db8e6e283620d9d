/*
 * jqneeds.h - which members of a record can this jq program see?
 *
 * Most programs of -w look at one or two members: `.level == "error"`. When the text of
 * a program shows that it can reach nothing else, the helper is sent just those
 * members, and parses 20 bytes in place of the record. Only a small part of jq is
 * understood: paths from the record, constants, operators, parentheses; behind a `|`
 * anything may stand, since it sees what is left of it. Every other program is sent the
 * whole record.
 *
 * Source: jq 1.6 manual.  Threads: pure function.
 */
#ifndef CLI_JQNEEDS_H
#define CLI_JQNEEDS_H

#include "base/arena.h"
#include "base/str.h"

#define JQNEEDS_MAX 8

/* Their number, 0 to JQNEEDS_MAX, with names in the arena; -1: the whole record. */
int jqneeds(const char *program, struct str names[JQNEEDS_MAX], struct arena *a);

#endif
