/*
 * file.h - whole files: map, read, replace
 *
 *     struct file f;
 *     if (file_map(&f, path, &e)) ...        f.p, f.n: the bytes, read-only
 *     file_unmap(&f);
 *
 * A mapped file that somebody cuts short while we read it would end the process by
 * SIGBUS. file_guard() (called once by cli, before threads) turns that into a message
 * and exit 4. It also makes a file beyond the user's limit (SIGXFSZ) a write that
 * fails, as on a full disk.
 *
 * Threads: a mapped file may be read by any number of threads.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* What tells a file from any other, and from itself with other bytes: the time of its
 * last change is one that nobody can set. Size is struct file's n. */
struct file_id {
    long long device, inode;
    long long written_s, written_ns, changed_s, changed_ns; /* mtime, ctime */
};

struct file {
    const unsigned char *p; /* NULL when empty */
    size_t n;
    struct file_id id;
};

/* Map a regular file read-only. ERR_INPUT: cannot be opened, is no regular file. */
int file_map(struct file *f, const char *path, struct err *e);

/* The same, for a file that nobody else can have written: owned by the effective user,
 * writable for no other, and no symbolic link. ERR_INPUT, with f empty, if it is not.
 */
int file_map_own(struct file *f, const char *path, struct err *e);
void file_unmap(struct file *f);

void file_guard(void);

/* Descriptors 0, 1 and 2 that are closed become ones that fail when used, so that no
 * file opened later is taken for them. First thing in a program. */
void file_keep_std(void);

/* All of a file (of any kind) behind what b holds. ERR_LIMIT beyond `limit` bytes. */
int file_read(const char *path, size_t limit, struct buf *b, struct err *e);

/* Replace path by these bytes: temporary file beside it, fsync, rename. ERR_OUTPUT. */
int file_replace(const char *path, const void *p, size_t n, struct err *e);

/* Write all bytes, over short writes and EINTR. 0, or -1 with errno set. */
int file_write_all(int fd, const void *p, size_t n);

/* The same for whole lines: when a disk fills up in the middle of one, what is there
 * of it is cut off the file again. */
int file_write_lines(int fd, const void *p, size_t n);

int file_exists(const char *path); /* 1: something readable is there */

int file_make_dirs(const char *path, struct err *e); /* like mkdir -p */

/* The folder for `what` of the things that can be made again: $XDG_CACHE_HOME/textmill/
 * what, by default under ~/.cache; it need not be there. -1: no home, or too long. */
int file_cache_dir(const char *what, char *dir, size_t cap);

/* Folder of the running program's file, without a slash at the end; "" if unknown. */
void file_program_dir(char *dir, size_t cap);

#endif
