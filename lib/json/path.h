/*
 * path.h - plain jq paths, read straight from the bytes: .a.b[0]."c d"
 *
 * The part of jq that users need to name a member, without jq: .name, ."any string",
 * ["any string"], [N] with N >= 0. What is more than that is not a path here, and goes
 * to libjq (cli/jqfilter.h).
 *
 * Source: jq 1.6 manual, section "Basic filters".  Owns: its names.
 * Threads: constant after path_parse().
 */
#ifndef JSON_PATH_H
#define JSON_PATH_H

#include "json/json.h"

struct path;

/* NULL when the text is no plain path (".", filters, negative indices). */
struct path *path_parse(const char *text);
void path_free(struct path *p);

/* The first step, when it is a member's name: what json_scan() should watch for. */
struct str path_first(const struct path *p);

/* Follow the path's other steps from the value of the first one. JSON_NONE: a member is
 * missing, or there is no such element; ERR_JSON: a name on the way is there twice. */
int path_follow(const struct path *p, struct json first, struct json *v, struct err *e);

#endif
