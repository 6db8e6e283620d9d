/* jobdir.c - the folder of a job */
#define _GNU_SOURCE
#include "job/jobdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

int
jobdir_open(struct jobdir *d, const char *path, int make, struct err *e)
{
    char shards[PATH_MAX], *real;
    int rc = 0;

    if ((size_t)snprintf(shards, sizeof shards, "%s/shards", path) >= sizeof shards)
        return err_set(e, ERR_USAGE, "'%s': name too long", path);
    if (make && file_make_dirs(shards, e))
        return -1;
    if ((real = realpath(path, NULL)) == NULL)
        return err_set(e, ERR_USAGE, "no folder '%s': %s", path, strerror(errno));
    if ((size_t)snprintf(d->path, sizeof d->path, "%s", real) >= sizeof d->path)
        rc = err_set(e, ERR_USAGE, "'%s': name too long", path);
    free(real);
    return rc;
}

void
jobdir_path(const struct jobdir *d, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", d->path, name);
}

void
jobdir_shard(const struct jobdir *d, size_t shard, const char *suffix,
             char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/shards/%06zu%s", d->path, shard, suffix);
}

int
jobdir_beside(const char *path, char temp[PATH_MAX], struct err *e)
{
    const char *slash = strrchr(path, '/');
    int dir = slash ? (int)(slash - path) + 1 : 0, fd;

    snprintf(temp, PATH_MAX, "%.*s.%s.XXXXXX", dir, path, path + dir);
    fd = mkostemp(temp, O_CLOEXEC | O_APPEND);
    return fd >= 0
               ? fd
               : err_set(e, ERR_OUTPUT, "cannot make '%s': %s", temp, strerror(errno));
}

int
jobdir_temp(const struct jobdir *d, size_t shard, const char *suffix,
            char path[PATH_MAX], struct err *e)
{
    char place[PATH_MAX];

    jobdir_shard(d, shard, suffix, place);
    return jobdir_beside(place, path, e);
}

int
jobdir_commit(int fd, const char *temp, const char *place, struct err *e)
{
    int rc = fchmod(fd, 0644) || fsync(fd);

    if (rc)
        err_set(e, ERR_OUTPUT, "cannot write '%s': %s", temp, strerror(errno));
    if (close(fd) && rc == 0)
        rc = err_set(e, ERR_OUTPUT, "cannot write '%s': %s", temp, strerror(errno));
    if (rc == 0 && rename(temp, place))
        rc = err_set(e, ERR_OUTPUT, "cannot make '%s': %s", place, strerror(errno));
    if (rc)
        unlink(temp);
    return rc ? -1 : 0;
}

int
jobdir_sync(const char *dir, struct err *e)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);

    /* Some network file systems know no such thing, and need none. */
    if (rc && fd >= 0 && errno == EINVAL)
        rc = 0;
    if (rc)
        err_set(e, ERR_OUTPUT, "cannot write '%s': %s", dir, strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

int
jobdir_replace(const char *path, const void *p, size_t n, struct err *e)
{
    const char *slash = strrchr(path, '/');
    char temp[PATH_MAX], dir[PATH_MAX];
    int fd = jobdir_beside(path, temp, e);

    if (fd < 0)
        return -1;
    if (file_write_all(fd, p, n)) {
        err_set(e, ERR_OUTPUT, "cannot write '%s': %s", temp, strerror(errno));
        close(fd);
        unlink(temp);
        return -1;
    }
    snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 1,
             slash ? path : ".");
    return jobdir_commit(fd, temp, path, e) || jobdir_sync(dir, e) ? -1 : 0;
}

/* Which shard is ".000017.out.x7Yz1q" of? SIZE_MAX: it is no such name. */
static size_t
temp_of(const char *name)
{
    unsigned long long shard;
    char *end;

    if (name[0] != '.' || name[1] < '0' || name[1] > '9')
        return SIZE_MAX;
    shard = strtoull(name + 1, &end, 10);
    return *end == '.' ? (size_t)shard : SIZE_MAX;
}

/* ".result.jsonl.x7Yz1q": the driver is alone, so nobody writes it now. */
static int
is_drivers(const char *name)
{
    static const char *const mine[] = { "manifest.jsonl", "result.jsonl",
                                        "errors.jsonl",   "quarantine.jsonl",
                                        "report.md",      "_SUCCESS" };

    for (size_t i = 0; i < sizeof mine / sizeof *mine; i++) {
        size_t n = strlen(mine[i]);
        if (name[0] == '.' && strncmp(name + 1, mine[i], n) == 0 &&
            name[n + 1] == '.' && strlen(name) == n + 8)
            return 1;
    }
    return 0;
}

/* locks: of the shards' folder; -1: this is the folder above it. */
static void
sweep(const char *path, int locks)
{
    const struct dirent *entry;
    struct err ignored;
    DIR *dir = opendir(path);

    while (dir && (entry = readdir(dir)) != NULL) {
        size_t shard = temp_of(entry->d_name);
        if (locks < 0 && is_drivers(entry->d_name))
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
        if (locks < 0 || shard == SIZE_MAX || jobdir_take(locks, shard, &ignored) != 1)
            continue;
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
        jobdir_leave(locks, shard);
    }
    if (dir)
        closedir(dir);
}

void
jobdir_sweep(const struct jobdir *d)
{
    char path[PATH_MAX];
    struct err ignored;
    int locks = jobdir_locks(d, &ignored);

    sweep(d->path, -1);
    jobdir_path(d, "shards", path);
    if (locks < 0)
        return;
    sweep(path, locks);
    close(locks);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    (void)remove(path);
    return 0;
}

void
jobdir_remove(const char *path)
{
    (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

int
jobdir_busy(int locks, size_t shard)
{
    struct flock f = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)shard, .l_len = 1
    };

    return fcntl(locks, F_OFD_GETLK, &f) == 0 && f.l_type != F_UNLCK;
}

/* Who holds it, as jobdir_hold() wrote it down. */
static int
say_holder(const struct jobdir *d, int fd, struct err *e)
{
    char who[200];
    ssize_t n = pread(fd, who, sizeof who - 1, 0);

    who[n > 0 ? n : 0] = '\0';
    who[strcspn(who, "\n")] = '\0';
    return err_set(e, ERR_LIMIT, "'%s' is being worked on by %s", d->path,
                   *who ? who : "another driver");
}

static void
write_holder(int fd)
{
    char host[128] = "?", when[32], line[256];
    time_t now = time(NULL);
    struct tm tm;
    int n;

    (void)gethostname(host, sizeof host - 1);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime_r(&now, &tm));
    n = snprintf(line, sizeof line, "process %ld on %s since %s\n", (long)getpid(),
                 host, when);
    /* For people alone: what cannot be written here is said elsewhere. */
    if (ftruncate(fd, 0) == 0 && n > 0)
        (void)!pwrite(fd, line, (size_t)n, 0);
}

int
jobdir_hold(const struct jobdir *d, struct err *e)
{
    char path[PATH_MAX];
    int fd;

    jobdir_path(d, "lock", path);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return err_set(e, ERR_OUTPUT, "cannot make '%s': %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        write_holder(fd);
        return fd;
    }
    if (errno == EWOULDBLOCK)
        say_holder(d, fd, e);
    else
        err_set(e, ERR_OUTPUT, "'%s' cannot be locked: %s", path, strerror(errno));
    close(fd);
    return -1;
}

int
jobdir_locks(const struct jobdir *d, struct err *e)
{
    char path[PATH_MAX];
    int fd;

    jobdir_path(d, "shards/lock", path);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    return fd >= 0
               ? fd
               : err_set(e, ERR_OUTPUT, "cannot make '%s': %s", path, strerror(errno));
}

/* Locks of the open file, not of the process: they hold between threads, too, and a
 * close of another descriptor of the same file does not drop them. */
static int
lock_byte(int locks, size_t shard, short type)
{
    struct flock f = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)shard, .l_len = 1
    };

    return fcntl(locks, F_OFD_SETLK, &f);
}

int
jobdir_take(int locks, size_t shard, struct err *e)
{
    if (lock_byte(locks, shard, F_WRLCK) == 0)
        return 1;
    if (errno == EAGAIN || errno == EACCES)
        return 0;
    return err_set(e, ERR_OUTPUT, "this file system has no locks: %s", strerror(errno));
}

void
jobdir_leave(int locks, size_t shard)
{
    (void)lock_byte(locks, shard, F_UNLCK);
}
