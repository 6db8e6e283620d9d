/*
 * source.h - from files of any kind to records
 *
 * A file is opened, unpacked as often as it was packed, and its archives are walked
 * in depth; what is left are texts, which are handed to the reader of their kind.
 * Nothing is ever written to disk, names are data, memory is bounded.
 *
 *     struct source_opt opt = { .reader = {...}, .guard = {...}, .stop_fd = -1 };
 *     if (source_run(names, &opt, &e)) ...
 *
 * What is damaged is told through opt.reader.put and the rest is read.
 *
 * Threads: one owner.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "source/charset.h"
#include "source/guard.h"
#include "source/kind.h"
#include "source/reader.h"

struct source_opt {
    struct reader_opt reader;
    struct guard_opt guard;
    enum kind type;           /* of texts whose bytes do not tell; KIND_NONE: by name */
    const char *const *match; /* patterns of members' names; n_match 0: all */
    int n_match;
    char charset[CHARSET_NAME]; /* source_charset() */
    int stop_fd;                /* readable: stop; -1: none */
    void (*pause)(void *arg);   /* before we wait for input: let out what is there */
    void (*file)(void *arg, int i); /* name[i] begins */
    void *arg;
    uint64_t *bytes_in; /* counts what was read of files; NULL: nobody */
};

/* Text without a mark is in this charset. 0: there is none of that name. */
int source_charset(struct source_opt *opt, const char *declared);

/* names: NULL-ended, "-" is standard input. 0: all was read; -1: ended early, by put()
 * or a stop (ERR_NONE), or ERR_INPUT: a file that cannot be read. */
int source_run(const char *const *names, const struct source_opt *opt, struct err *e);

#endif
