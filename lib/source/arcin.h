/*
 * arcin.h - libarchive reads from our streams
 *
 * Owns: nothing; the stream must outlive the reader.  Threads: one owner.
 */
#ifndef SOURCE_ARCIN_H
#define SOURCE_ARCIN_H

#include "source/stream.h"

struct archive;

struct arcin {
    struct stream *in;
    int lead;    /* give an empty block of 512 zeros first (see unarc.c) */
    size_t keep; /* so many of the last bytes are kept in tail (0: none), which is */
    struct buf tail; /* the caller's to free */
    int failed;      /* the stream did, with e */
    struct err e;
};

/* Open a reader whose formats and filters are chosen; t has in and lead. ERR_INPUT, or
 * what the stream failed with. */
int arcin_open(struct arcin *t, struct archive *a, struct err *e);

/* What went wrong in a reader: the stream's own reason where it has one. Always -1. */
int arcin_error(const struct arcin *t, struct archive *a, struct err *e);

/* Read the stream to its end, for its last bytes. 0, or -1 with e. */
int arcin_drain(struct arcin *t, struct err *e);

#endif
