/*
 * stream.h - bytes block by block: a file, memory, or what one of the unpackers
 * makes of another stream
 *
 *     struct stream *s = stream_file(&f, &e);
 *     while ((n = stream_take(s, &p, &e)) > 0) ...   p[n], until the next call
 *     stream_free(s);                                    and the streams below it
 *
 * Owns:    what its maker says; blocks are the stream's.
 * Threads: one owner.
 */
#ifndef SOURCE_STREAM_H
#define SOURCE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "source/guard.h"

struct stream {
    /* The next block: its length (> 0), 0 at the end, -1 with e. */
    long (*more)(struct stream *s, const char **p, struct err *e);
    /* lseek(2) without SEEK_CUR: the new offset or -1. NULL: it cannot. */
    int64_t (*seek)(struct stream *s, int64_t to, int whence);
    /* After damage, go on with what can be read behind it; NULL: it cannot. */
    void (*resume)(struct stream *s);
    void (*free)(struct stream *s);
    const char *p; /* of the last block, so much was not taken yet: */
    size_t n;
    struct buf head;   /* blocks put together by stream_peek() */
    int ended, failed; /* more() said so: 0, or -1 with e */
    struct err e;
    uint64_t at; /* bytes taken */
};

/* What is not taken yet of the current block, or else the next block. */
long stream_take(struct stream *s, const char **p, struct err *e);

/* Look at the next n bytes; fewer at the end, before an error (which is told when it
 * is reached), and, when `lines`, where a pause comes after a whole line. */
size_t stream_peek(struct stream *s, size_t n, int lines, const char **p);

/* Take n bytes that stream_peek() has shown. */
void stream_skip(struct stream *s, size_t n);

/* Everything that is left, behind what b holds. ERR_TOO_LONG, beyond max bytes: the
 * rest was not read. */
int stream_all(struct stream *s, size_t max, struct buf *b, struct err *e);

/* Go to an offset; stream.seek must be there. -1: it cannot. */
int64_t stream_seek(struct stream *s, int64_t to, int whence);

/* Behind damage, is there more? Then the next bytes are those of another part. */
int stream_resume(struct stream *s);

void stream_free(struct stream *s); /* NULL is fine */

/* Why a file ended early. */
struct stream_state {
    enum { STREAM_FINE, STREAM_STOPPED, STREAM_BROKEN } what;
    struct err e; /* ERR_NONE: we were asked to stop */
};

/* A file. The stream does not own the descriptor. */
struct stream_file {
    int fd, stop_fd;            /* stop_fd is readable: stop; -1: none */
    struct stream_state *state; /* set when the stream fails */
    void (*pause)(void *arg);   /* called before we wait for more */
    void *arg;
    const char *name; /* for messages */
    struct guard *guard;
    uint64_t *read; /* counts the bytes, too; NULL: nobody */
};
struct stream *stream_file(const struct stream_file *f);

/* Bytes; b is emptied, its memory is the stream's. */
struct stream *stream_memory(struct buf *b);

/* n bytes of another stream, which it borrows; its end before them is an error. */
struct stream *stream_part(struct stream *in, uint64_t n);

#endif
