/* file.c - whole files: map, read, replace */
#define _GNU_SOURCE
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct file_id
id_of(const struct stat *st)
{
    return (struct file_id){ .device = (long long)st->st_dev,
                             .inode = (long long)st->st_ino,
                             .written_s = st->st_mtim.tv_sec,
                             .written_ns = st->st_mtim.tv_nsec,
                             .changed_s = st->st_ctim.tv_sec,
                             .changed_ns = st->st_ctim.tv_nsec };
}

/* Maps what fd is; the caller closes it. */
static int
map_fd(struct file *f, int fd, const struct stat *st, const char *path, struct err *e)
{
    void *p = NULL;

    if (!S_ISREG(st->st_mode))
        return err_set(e, ERR_INPUT, "'%s' is not a regular file", path);
    if (st->st_size > 0)
        p = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return err_set(e, ERR_INPUT, "cannot map '%s': %s", path, strerror(errno));
    *f = (struct file){ p, (size_t)st->st_size, id_of(st) };
    return 0;
}

static int
open_and_map(struct file *f, const char *path, int flags, int own, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags), rc;
    struct stat st;

    *f = (struct file){ 0 };
    if (fd < 0 || fstat(fd, &st))
        rc = err_set(e, ERR_INPUT, "cannot open '%s': %s", path, strerror(errno));
    else if (own && (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH))))
        rc = err_set(e, ERR_INPUT, "others can write '%s'", path);
    else
        rc = map_fd(f, fd, &st, path, e);
    if (fd >= 0)
        close(fd);
    return rc;
}

/* In small pages: where the system holds a file in huge ones, a byte that is read
 * would count as 2 MB of memory. */
int
file_map(struct file *f, const char *path, struct err *e)
{
    if (open_and_map(f, path, 0, 0, e))
        return -1;
    if (f->n > 0)
        (void)madvise((void *)(uintptr_t)f->p, f->n, MADV_NOHUGEPAGE);
    return 0;
}

int
file_map_own(struct file *f, const char *path, struct err *e)
{
    return open_and_map(f, path, O_NOFOLLOW | O_NONBLOCK, 1, e);
}

void
file_unmap(struct file *f)
{
    if (f->p)
        munmap((void *)(uintptr_t)f->p, f->n);
    *f = (struct file){ 0 };
}

static void
on_bus(int sig)
{
    static const char msg[] = "textmill: a model file was cut short while in use\n";
    ssize_t n = write(STDERR_FILENO, msg, sizeof msg - 1);

    (void)n;
    (void)sig;
    _exit(4);
}

void
file_guard(void)
{
    struct sigaction sa = { .sa_handler = on_bus };

    sigaction(SIGBUS, &sa, NULL);
    sa.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &sa, NULL);
}

void
file_keep_std(void)
{
    /* The lowest free number is given out: these three, in turn, if they are free. */
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int
file_read(const char *path, size_t limit, struct buf *b, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t total = 0;
    struct stat st;
    ssize_t n;

    if (fd < 0)
        return err_set(e, ERR_INPUT, "cannot open '%s': %s", path, strerror(errno));
    /* Room for all of it and for the read that finds the end, in one piece. */
    if (fstat(fd, &st) == 0 && st.st_size > 0 && (uint64_t)st.st_size <= limit)
        buf_room(b, (size_t)st.st_size + 65536);
    while ((n = read(fd, buf_room(b, 65536), 65536)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err_set(e, ERR_INPUT, "cannot read '%s': %s", path, strerror(errno));
            break;
        }
        if ((size_t)n > limit - total) {
            err_set(e, ERR_LIMIT, "'%s' is larger than %zu bytes", path, limit);
            break;
        }
        total += (size_t)n;
        b->n += (size_t)n;
    }
    close(fd);
    return n == 0 ? 0 : -1;
}

/* Returns how many bytes were written: n, or fewer with errno set. */
static size_t
write_some(int fd, const char *p, size_t n)
{
    size_t done = 0;

    while (done < n) {
        ssize_t k = write(fd, p + done, n - done);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            break;
        done += (size_t)k;
    }
    return done;
}

int
file_write_all(int fd, const void *p, size_t n)
{
    return write_some(fd, p, n) == n ? 0 : -1;
}

/* Of a regular file that nobody else has written to since, cut n bytes off. */
static void
cut_off(int fd, size_t n)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    struct stat st;

    if (n == 0 || at < (off_t)n || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
        st.st_size != at)
        return;
    if (ftruncate(fd, at - (off_t)n) == 0)
        (void)lseek(fd, -(off_t)n, SEEK_CUR);
}

int
file_write_lines(int fd, const void *p, size_t n)
{
    size_t done = write_some(fd, p, n);
    int why = errno;
    const char *end;

    if (done == n)
        return 0;
    end = done ? memrchr(p, '\n', done) : NULL;
    cut_off(fd, end ? done - (size_t)(end + 1 - (const char *)p) : done);
    errno = why;
    return -1;
}

int
file_replace(const char *path, const void *p, size_t n, struct err *e)
{
    char tmp[PATH_MAX];
    int fd;

    if ((size_t)snprintf(tmp, sizeof tmp, "%s.XXXXXX", path) >= sizeof tmp)
        return err_set(e, ERR_OUTPUT, "'%s': name too long", path);
    if ((fd = mkostemp(tmp, O_CLOEXEC)) < 0)
        return err_set(e, ERR_OUTPUT, "cannot make '%s': %s", tmp, strerror(errno));
    if (file_write_all(fd, p, n) || fchmod(fd, 0644) || fsync(fd)) {
        err_set(e, ERR_OUTPUT, "cannot write '%s': %s", tmp, strerror(errno));
        close(fd);
        unlink(tmp);
        return -1;
    }
    if (close(fd) || rename(tmp, path)) {
        err_set(e, ERR_OUTPUT, "cannot replace '%s': %s", path, strerror(errno));
        unlink(tmp);
        return -1;
    }
    return 0;
}

int
file_exists(const char *path)
{
    return access(path, R_OK) == 0;
}

int
file_make_dirs(const char *path, struct err *e)
{
    char part[PATH_MAX];
    size_t n = strlen(path);

    if (n >= sizeof part)
        return err_set(e, ERR_OUTPUT, "'%s': name too long", path);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) && errno != EEXIST)
            return err_set(e, ERR_OUTPUT, "cannot make folder '%s': %s", part,
                           strerror(errno));
    }
    return 0;
}

int
file_cache_dir(const char *what, char *dir, size_t cap)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = -1;

    if (xdg && xdg[0] == '/')
        n = snprintf(dir, cap, "%s/textmill/%s", xdg, what);
    else if (home && home[0] == '/')
        n = snprintf(dir, cap, "%s/.cache/textmill/%s", home, what);
    return n > 0 && (size_t)n < cap ? 0 : -1;
}

void
file_program_dir(char *dir, size_t cap)
{
    ssize_t n = readlink("/proc/self/exe", dir, cap - 1);
    char *slash;

    dir[n > 0 ? n : 0] = '\0';
    slash = strrchr(dir, '/');
    *(slash ? slash : dir) = '\0';
}
