/*
 * batchconf.h - what a run does with each record: the options, and what follows from
 * them
 *
 * Which members the scan must find, what a jq program is sent, what is written and
 * under which names. Made once, before any thread; a worker has a copy of its own,
 * since the watch list is written to by each scan.
 *
 * Owns: names and paths.  Threads: see above.
 */
#ifndef CLI_BATCHCONF_H
#define CLI_BATCHCONF_H

#include "base/arena.h"
#include "cli/dedup.h"
#include "cli/filter.h"
#include "cli/jqfilter.h"
#include "cli/jqneeds.h"
#include "json/path.h"

#define BATCHCONF_WATCH (RESULT_MEMBERS + 4 + 2 * JQNEEDS_MAX)

/* What a jq program is sent of a record: n members, or all of it when n < 0. */
struct batchconf_need {
    int n, watch[JQNEEDS_MAX];
    struct buf key[JQNEEDS_MAX]; /* "name": */
};

/* Constant during a run: the options, and what follows from them. */
struct batchconf {
    const struct filter_opt *opt;
    const struct filter_tool *tool;
    int replace_utf8, keep;        /* --utf8=replace, --on-error=keep */
    int consumes;                  /* nothing goes out */
    struct path *path;             /* -i is a plain path */
    int in_jq;                     /* -i is a jq program */
    struct batchconf_need need[2]; /* by jq_op */
    struct jqfilter *jq;
    int twins; /* texts that a window has twice are worked on once */
    struct dedup *dedup;
    struct str out;                    /* the output member's name */
    struct buf member[RESULT_MEMBERS]; /* "name": of each member */
    int n_member;
    struct arena names;
    struct buf key; /* "out": in _error and _overlong */
    struct json_watch watch[BATCHCONF_WATCH];
    int n_watch, w_in, w_out[RESULT_MEMBERS], w_error, w_overlong; /* -1: none */
};

/* ERR_USAGE: options that contradict each other or name no member. */
int batchconf_init(struct batchconf *c, const struct filter_opt *opt,
                   const struct filter_tool *tool, struct err *e);
void batchconf_release(struct batchconf *c);

#endif
