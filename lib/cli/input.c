/* input.c - files and standard input, cut into batches of lines */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/sniff.h"

#define CHUNK     ((size_t)64 << 10) /* what a pipe holds */
#define SNIFF_MAX ((size_t)1 << 20)  /* a longer first line is taken as it is */

struct input {
    struct input_opt opt;
    const char **name;
    int n_name, file; /* the one being read */
    uint64_t size;

    int fd; /* -1: none is open */
    int sniffed, ended, in_long;
    uint64_t number, byte; /* of the next line */
    struct buf carry;      /* bytes read; */
    size_t taken;          /* so many of them are in batches, */
    size_t searched;       /* and so many behind those hold no line's end */
    int failed;            /* e is to be told once the lines before it are out */
    struct err e;
};

static const char *
shown(const char *name)
{
    return strcmp(name, "-") == 0 ? "stdin" : name;
}

/* A look at every file before work begins: a typing error must not cost half a night.
 */
static int
look(struct input *in, struct err *e)
{
    int regular = 1;

    for (int i = 0; i < in->n_name; i++) {
        struct stat st;
        int rc = strcmp(in->name[i], "-") == 0 ? fstat(STDIN_FILENO, &st)
                                               : stat(in->name[i], &st);
        if (rc == 0 && S_ISDIR(st.st_mode)) {
            rc = -1;
            errno = EISDIR;
        }
        if (rc || (strcmp(in->name[i], "-") != 0 && access(in->name[i], R_OK)))
            return err_set(e, ERR_INPUT, "cannot read '%s': %s", shown(in->name[i]),
                           strerror(errno));
        regular &= S_ISREG(st.st_mode);
        in->size += (uint64_t)st.st_size;
    }
    if (!regular)
        in->size = 0;
    return 0;
}

struct input *
input_open(const char *const *names, const struct input_opt *opt, struct err *e)
{
    struct input *in = mem_zero(1, sizeof *in);

    in->opt = *opt;
    in->fd = -1;
    while (names && names[in->n_name])
        in->n_name++;
    in->name = mem_zero((size_t)in->n_name + 1, sizeof *in->name);
    for (int i = 0; i < in->n_name; i++)
        in->name[i] = names[i];
    if (in->n_name == 0)
        in->name[in->n_name++] = "-";
    if (look(in, e)) {
        input_close(in);
        return NULL;
    }
    return in;
}

static void
close_file(struct input *in)
{
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    in->fd = -1;
}

void
input_close(struct input *in)
{
    if (in == NULL)
        return;
    close_file(in);
    buf_free(&in->carry);
    mem_free(in->name);
    mem_free(in);
}

const char *
input_name(const struct input *in, int file)
{
    return shown(in->name[file]);
}

uint64_t
input_size(const struct input *in)
{
    return in->size;
}

void
input_batch_release(struct input_batch *b)
{
    buf_free(&b->data);
    mem_free(b->line);
    *b = (struct input_batch){ 0 };
}

static int
open_file(struct input *in, struct err *e)
{
    const char *name = in->name[in->file];

    in->fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0)
        return err_set(e, ERR_INPUT, "cannot open '%s': %s", name, strerror(errno));
    in->sniffed = in->ended = in->in_long = 0;
    in->number = 1;
    in->byte = 0;
    return 0;
}

static int
is_blank(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r')
            return 0;
    return 1;
}

/* Append n bytes at `at` of the batch's, or of what it is about to get, as a line;
 * end_n of them are its end. */
static void
add_line(struct input *in, struct input_batch *b, enum line_kind kind, size_t at,
         size_t n, size_t end_n)
{
    size_t size = sizeof *b->line;

    if (b->n_line == b->cap_line) {
        size_t cap = b->cap_line ? b->cap_line * 2 : 64;
        b->line = mem_grow(b->line, b->cap_line * size, cap * size);
        b->cap_line = cap;
    }
    b->line[b->n_line++] = (struct line){
        .kind = kind,
        .file = in->file,
        .at = at,
        .n = n - end_n,
        .end_n = end_n,
        .number = in->number,
        .byte = in->byte,
    };
}

/* A line's bytes, from p in the carry, with its end if it has one. */
static void
take_line(struct input *in, struct input_batch *b, size_t at, const char *p, size_t n,
          int has_end)
{
    size_t end_n = !has_end ? 0 : n > 1 && p[n - 2] == '\r' ? 2 : 1;
    enum line_kind kind = LINE_WHOLE;

    if (in->in_long)
        kind = LINE_MORE;
    else if (n - end_n > in->opt.max_line)
        kind = LINE_LONG;
    else if (is_blank(p, n - end_n))
        kind = LINE_BLANK;
    add_line(in, b, kind, at, n, end_n);
    in->in_long = 0;
    in->number++;
    in->byte += n;
}

/* Move whole lines from the carry to the batch, which has room for some. 1: it has
 * enough. */
static int
take_lines(struct input *in, struct input_batch *b, size_t max_lines, size_t max_bytes)
{
    const char *from = in->carry.p + in->taken, *end = in->carry.p + in->carry.n;
    const char *p = from;
    int full;

    while (!(full = b->n_line >= max_lines ||
                    b->data.n + (size_t)(p - from) >= max_bytes)) {
        size_t left = (size_t)(end - p), n = left;
        const char *nl = left > in->searched
                             ? memchr(p + in->searched, '\n', left - in->searched)
                             : NULL;
        if (nl)
            n = (size_t)(nl - p) + 1;
        in->searched = nl ? 0 : n;
        if (!nl && !(in->ended && n > 0))
            break;
        in->searched = 0;
        take_line(in, b, b->data.n + (size_t)(p - from), p, n, nl != NULL);
        p += n;
    }
    buf_add(&b->data, from, (size_t)(p - from));
    in->taken += (size_t)(p - from);
    return full;
}

/* Bytes that are in batches make room. */
static void
drop_taken(struct input *in)
{
    struct buf *c = &in->carry;

    if (in->taken > 0)
        memmove(c->p, c->p + in->taken, c->n - in->taken);
    c->n -= in->taken;
    in->taken = 0;
}

/* A line beyond the limit whose end has not come yet: hand out what is there. */
static int
take_piece(struct input *in, struct input_batch *b)
{
    size_t n = in->carry.n;

    if (n <= in->opt.max_line && !in->in_long)
        return 0;
    if (n == 0 || b->n_line > 0)
        return b->n_line > 0;
    /* A CR may belong to a line's end that is still to come. */
    add_line(in, b, in->in_long ? LINE_MORE : LINE_LONG, b->data.n, n, 0);
    buf_add(&b->data, in->carry.p, n);
    in->in_long = 1;
    in->byte += n;
    in->carry.n = in->searched = 0;
    return 1;
}

/* Read once. 1: bytes came or the file ended; 0: paused or stopped; -1: error. */
static int
read_more(struct input *in, int wait, int *stopped, struct err *e)
{
    struct pollfd fds[2] = { { .fd = in->fd, .events = POLLIN },
                             { .fd = in->opt.stop_fd, .events = POLLIN } };
    ssize_t n;
    int rc;

    while ((rc = poll(fds, in->opt.stop_fd < 0 ? 1 : 2, wait)) < 0 && errno == EINTR)
        ;
    if (rc > 0 && in->opt.stop_fd >= 0 && fds[1].revents) {
        *stopped = 1;
        return 0;
    }
    if (rc == 0)
        return 0;
    while ((n = read(in->fd, buf_room(&in->carry, CHUNK), CHUNK)) < 0) {
        if (errno == EAGAIN) /* somebody made it non-blocking: wait again */
            return 1;
        if (errno != EINTR)
            return err_set(e, ERR_INPUT, "cannot read '%s': %s",
                           shown(in->name[in->file]), strerror(errno));
    }
    in->carry.n += (size_t)n;
    in->ended = n == 0;
    return 1;
}

/* At a file's start: skip its byte order mark, see that it is what we read.
 * 1: done; 0: more bytes are needed; -1: error. */
static int
begin_file(struct input *in, struct err *e)
{
    static const char mark[] = "\xEF\xBB\xBF";
    struct buf *c = &in->carry;
    size_t skip = c->n >= 3 && memcmp(c->p, mark, 3) == 0 ? 3 : 0;
    int rc;

    if (c->n < 3 && !in->ended && (c->n == 0 || memcmp(c->p, mark, c->n) == 0))
        return 0;
    rc = c->n == skip ? !in->ended
                      : sniff(c->p + skip, c->n - skip, in->ended, in->opt.text,
                              shown(in->name[in->file]), e);
    if (rc < 0)
        return -1;
    if (rc > 0 && c->n < SNIFF_MAX)
        return 0;
    memmove(c->p, c->p + skip, skip ? c->n - skip : 0);
    c->n -= skip;
    in->byte = skip;
    in->sniffed = 1;
    return 1;
}

static int
fail_later(struct input *in, const struct input_batch *b, struct err *e)
{
    in->failed = 1;
    in->e = *e;
    return b->n_line > 0 ? 1 : -1;
}

int
input_next(struct input *in, struct input_batch *b, size_t max_lines, size_t max_bytes,
           struct err *e)
{
    int stopped = 0;

    b->data.n = b->n_line = 0;
    while (!in->failed && !stopped && in->file < in->n_name) {
        int rc;
        if (in->fd < 0 && open_file(in, e))
            return fail_later(in, b, e);
        if (!in->sniffed && (in->carry.n > 0 || in->ended) && begin_file(in, e) < 0)
            return fail_later(in, b, e);
        if (in->sniffed && in->carry.n > 0) {
            if (take_lines(in, b, max_lines, max_bytes))
                return 1;
            drop_taken(in);
            if (take_piece(in, b))
                return 1;
        }
        if (in->ended && in->carry.n == 0) {
            close_file(in);
            in->file++;
            continue;
        }
        rc = read_more(in, b->n_line > 0 ? in->opt.linger : -1, &stopped, e);
        if (rc < 0)
            return fail_later(in, b, e);
        if (rc == 0 && b->n_line > 0)
            return 1;
    }
    if (in->failed && b->n_line == 0) {
        *e = in->e;
        return -1;
    }
    return b->n_line > 0;
}
