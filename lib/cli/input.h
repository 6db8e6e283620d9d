/*
 * input.h - files and standard input, cut into batches of lines
 *
 * The names are read one after another as one stream of lines. A batch holds as many
 * whole lines as asked for, or what has come when the input pauses. Lines longer than
 * the limit are handed out in pieces, so that memory stays bounded and not a byte is
 * lost.
 *
 * Owns:    its descriptors and carried-over bytes; a batch owns its bytes.
 * Threads: one reader at a time (the filter holds a lock).
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum line_kind {
    LINE_WHOLE, /* a line */
    LINE_BLANK, /* nothing but white space */
    LINE_LONG,  /* beyond the limit: all of it, or its first piece */
    LINE_MORE   /* a further piece of a line beyond the limit */
};

struct line {
    enum line_kind kind;
    int file;     /* index of the name */
    size_t at, n; /* in the batch's bytes; without the line's end */
    size_t end_n; /* bytes of the line's end: 0 (cut piece, end of file), 1, 2 (CRLF) */
    uint64_t number; /* physical line in the file, from 1 */
    uint64_t byte;   /* offset of the line's start in the file */
};

struct input_batch {
    struct buf data;
    struct line *line;
    size_t n_line, cap_line;
};

struct input_opt {
    int text;        /* plain text: no JSON shapes are looked for */
    size_t max_line; /* bytes */
    int linger;      /* milliseconds to wait for more when a batch has something */
    int stop_fd;     /* readable: stop reading; -1: none */
};

struct input;

/* names: NULL-ended, "-" is standard input; none: standard input. All are opened once
 * for a look. ERR_INPUT: one cannot be. */
struct input *input_open(const char *const *names, const struct input_opt *opt,
                         struct err *e);
void input_close(struct input *in);

/* Fill b with up to max_line whole lines and about max_bytes. 1: something is there;
 * 0: the end, or stopped; -1: ERR_INPUT, after all lines before it were handed out. */
int input_next(struct input *in, struct input_batch *b, size_t max_lines,
               size_t max_bytes, struct err *e);
void input_batch_release(struct input_batch *b);

const char *input_name(const struct input *in, int file);

/* Bytes of all files together when they are regular files, else 0. For an ETA. */
uint64_t input_size(const struct input *in);

#endif
