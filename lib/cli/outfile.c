/* outfile.c - may a file that an option names be written? */
#include "cli/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/filter.h"

/* ---- what is in it ---- */

int
outfile_is(enum outfile_kind kind, struct str bytes, unsigned long long size)
{
    const char *end = bytes.n ? memchr(bytes.p, '\n', bytes.n) : NULL;
    struct str line = { bytes.p, end ? (size_t)(end - bytes.p) : bytes.n };

    switch (kind) {
    case OUTFILE_STATS: /* one line: a file of many is a report that grows */
        return (end ? line.n + 1 == size : line.n < size) &&
               str_begins(line, "{\"tool\":\"") && str_holds(line, ",\"version\":\"") &&
               str_holds(line, ",\"peak_bytes\":");
    case OUTFILE_ERRORS:
        return str_begins(line, "{\"file\":\"") && str_holds(line, ",\"code\":\"") &&
               str_holds(line, ",\"raw_b64\":\"");
    case OUTFILE_HEAD: return str_is(line, "{\"format\":\"textmill-head\",");
    default: return 0;
    }
}

/* Look into a regular file that is not empty; one that cannot be read is not ours. */
static int
is_ours(const struct outfile *out, const struct stat *st)
{
    int fd = open(out->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct buf b = { 0 };
    ssize_t n = 0;
    int yes;

    while (fd >= 0 && b.n < OUTFILE_LOOK &&
           ((n = read(fd, buf_room(&b, OUTFILE_LOOK), OUTFILE_LOOK - b.n)) > 0 ||
            (n < 0 && errno == EINTR)))
        b.n += n > 0 ? (size_t)n : 0;
    yes = fd >= 0 && n >= 0 &&
          outfile_is(out->kind, (struct str){ b.p, b.n },
                     (unsigned long long)st->st_size);
    if (fd >= 0)
        close(fd);
    buf_free(&b);
    return yes;
}

/* ---- which it is ---- */

static int
is_device(const char *path)
{
    return strncmp(path, "/dev/", 5) == 0;
}

int
outfile_appends(const char *path)
{
    struct stat st;

    return is_device(path) || (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

/* The folder, up to the last slash, or "."; returns the name in it. */
static const char *
cut_name(const char *path, char dir[PATH_MAX])
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    snprintf(dir, PATH_MAX, "%.*s", slash ? (int)(name - path) : 1, slash ? path : ".");
    return name;
}

static int
same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* 1: `st` is what standard input or the file of that name is. */
static int
is_input(const struct stat *st, const char *name)
{
    struct stat in;
    int rc = strcmp(name, "-") == 0 ? fstat(STDIN_FILENO, &in) : stat(name, &in);

    return rc == 0 && same(st, &in);
}

/* The input that `st`, a regular file, is; or NULL. */
static const char *
find_input(const struct stat *st, const char *const *names)
{
    if (names == NULL || names[0] == NULL)
        return is_input(st, "-") ? "standard input" : NULL;
    for (; *names; names++)
        if (is_input(st, *names))
            return strcmp(*names, "-") == 0 ? "standard input" : *names;
    return NULL;
}

/* A file; or, where there is none yet, its folder and its name in that */
struct place {
    struct stat st;
    const char *name;
};

static int
find_place(const char *path, struct place *p)
{
    char dir[PATH_MAX];

    p->name = "";
    if (stat(path, &p->st) == 0)
        return 0;
    p->name = cut_name(path, dir);
    return stat(dir, &p->st);
}

/* Not two of them into one file, each over the other's bytes. */
static int
check_pair(const struct outfile *a, const struct outfile *b, struct err *e)
{
    struct place p, q;
    int one = strcmp(a->path, b->path) == 0;

    if (find_place(a->path, &p) == 0 && find_place(b->path, &q) == 0)
        one = same(&p.st, &q.st) && strcmp(p.name, q.name) == 0;
    return one && !outfile_appends(a->path) && !(a->appended && b->appended)
               ? err_set(e, ERR_USAGE, "%s and %s are the same file", a->option,
                         b->option)
               : 0;
}

static int
check_one(const struct outfile *out, const char *const *names, struct err *e)
{
    struct stat st, to;
    const char *input;

    if (is_device(out->path) || stat(out->path, &st))
        return 0;
    if (S_ISDIR(st.st_mode))
        return err_set(e, ERR_USAGE, "%s: '%s' is a folder", out->option, out->path);
    if (!S_ISREG(st.st_mode))
        return 0;
    if ((input = find_input(&st, names)) != NULL)
        return err_set(e, ERR_USAGE, "%s: '%s' is the input", out->option, out->path);
    if (out->appended)
        return 0;
    if (fstat(STDOUT_FILENO, &to) == 0 && same(&st, &to))
        return err_set(e, ERR_USAGE, "%s: '%s' is where standard output goes",
                       out->option, out->path);
    if (st.st_size == 0 || is_ours(out, &st))
        return 0;
    return err_set(e, ERR_USAGE, "%s: '%s' %s; name another file, or remove it",
                   out->option, out->path,
                   out->kind == OUTFILE_LINES ? "has lines in it already"
                                              : "holds what this option never wrote");
}

int
outfile_check(const struct outfile *out, const char *const *names, struct err *e)
{
    struct stat to;
    const char *input;

    if (fstat(STDOUT_FILENO, &to) == 0 && S_ISREG(to.st_mode) &&
        (input = find_input(&to, names)) != NULL)
        return err_set(e, ERR_USAGE, "standard output goes into an input, %s", input);
    for (const struct outfile *a = out; a->option; a++) {
        if (a->path && check_one(a, names, e))
            return -1;
        for (const struct outfile *b = out; a->path && b < a; b++)
            if (b->path && check_pair(b, a, e))
                return -1;
    }
    return 0;
}

/* What is not there yet needs a folder that takes it. */
static int
check_folder(const struct outfile *out, struct err *e)
{
    char dir[PATH_MAX];
    struct stat st;

    if (is_device(out->path) || stat(out->path, &st) == 0)
        return 0;
    cut_name(out->path, dir);
    return access(dir, W_OK | X_OK) ? err_set(e, ERR_OUTPUT, "%s: cannot make '%s': %s",
                                              out->option, out->path, strerror(errno))
                                    : 0;
}

int
outfile_check_options(const struct filter_opt *o, const char *const *names,
                      struct err *e)
{
    const char *errors = getenv("TEXTMILL_ERRORS"), *report = getenv("TEXTMILL_REPORT");
    struct outfile out[] = {
        { "--stats", o->stats, OUTFILE_STATS, 0 },
        { "--errors", o->errors, OUTFILE_ERRORS, 0 },
        { "--rejects", o->rejects, OUTFILE_LINES, 0 },
        { "$TEXTMILL_ERRORS", errors && *errors ? errors : NULL, OUTFILE_LINES, 1 },
        { "$TEXTMILL_REPORT", report && *report ? report : NULL, OUTFILE_LINES, 1 },
        o->also,
        { 0 },
    };

    if (outfile_check(out, names, e))
        return -1;
    for (const struct outfile *a = out; a->option; a++)
        if (a->path && check_folder(a, e))
            return -1;
    return 0;
}
