/* packfile.c - packed weights, or what is like them, in a file for the next start */
#define _GNU_SOURCE /* O_TMPFILE */
#include "tensor/packfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#define FORMAT      1
#define MAX_ENTRIES 1000000

struct sum {
    uint64_t low, high;
};

/* Numbers are as this machine has them; one of other habits reads another `abi`. */
struct head {
    char magic[8];
    uint64_t abi;
    uint64_t format, version;
    char sha[64], arith[16], level[16];
    uint64_t n_entry, table, total; /* table: where it begins, up to the file's end */
    struct sum table_sum;
    struct sum sum; /* of all before it */
};

struct entry {
    struct packfile_shape shape;
    uint64_t offset;
    struct sum sum;
};

#define MAGIC "TMPACK\r\n"
#define ABI   (UINT64_C(0x0102030405060708) + sizeof(struct entry))
#define DATA  ((sizeof(struct head) + MEM_ALIGN - 1) / MEM_ALIGN * MEM_ALIGN)

struct packfile {
    struct head want; /* the key of a good file; the rest is of the one being written */
    char path[PATH_MAX];
    size_t dir;   /* path[dir] is the slash behind the folder */
    int make_dir; /* the folder is ours: it is made where it is not there */

    struct file file; /* the one that is read */
    const struct entry *entry;
    size_t n_entry;
    size_t next; /* the entry that is asked for next */
    int reading; /* until one is asked for that is not there */

    int fd;             /* the one that is written; -1: none */
    char tmp[PATH_MAX]; /* its name while it has one of its own */
    size_t at;
    struct buf table;
};

static struct sum
sum_of(const void *p, size_t n)
{
    XXH128_hash_t h = XXH3_128bits(p, n);

    return (struct sum){ h.low64, h.high64 };
}

static int
same_sum(struct sum a, struct sum b)
{
    return a.low == b.low && a.high == b.high;
}

static struct sum
head_sum(const struct head *h)
{
    return sum_of(h, offsetof(struct head, sum));
}

uint64_t
packfile_print(const struct pack_rows *rows, size_t n_part, size_t n_in)
{
    uint64_t print = n_part;

    for (size_t i = 0; i < n_part; i++) {
        const struct pack_rows *r = &rows[i];
        size_t bytes = quant_bytes(r->type, n_in), n = bytes < 256 ? bytes : 256;
        const char *last = (const char *)r->w + (r->n - 1) * bytes;
        print = XXH3_64bits_withSeed(r->w, n, print + r->n);
        print = XXH3_64bits_withSeed(last, n, print + (uint64_t)r->type);
    }
    return print;
}

/* ---- reading ---- */

/* Is it a file of this key whose header and table are whole? */
static int
check_head(const struct packfile *f, const struct head *h)
{
    const size_t total = f->file.n;

    return memcmp(h, &f->want, offsetof(struct head, n_entry)) == 0 &&
           same_sum(h->sum, head_sum(h)) && h->total == total &&
           h->table % MEM_ALIGN == 0 && h->table >= DATA && h->table <= total &&
           h->n_entry <= MAX_ENTRIES &&
           h->n_entry * sizeof(struct entry) == total - h->table &&
           same_sum(h->table_sum, sum_of(f->file.p + h->table, total - h->table));
}

/* Does each entry lie behind the one before, and all of them before the table? */
static int
check_table(const struct entry *entry, size_t n, size_t table)
{
    size_t at = DATA;

    for (size_t i = 0; i < n; i++) {
        size_t from = entry[i].offset, bytes = entry[i].shape.bytes;
        if (from % MEM_ALIGN != 0 || from < at || from > table || bytes > table - from)
            return 0;
        at = from + bytes;
    }
    return 1;
}

struct check {
    const struct packfile *f;
    char *good; /* [n_entry], a byte for each, so that no thread shares one */
};

static void
check_part(void *arg, int i)
{
    struct check *c = arg;
    const struct entry *x = &c->f->entry[i];

    if (same_sum(x->sum, sum_of(c->f->file.p + x->offset, x->shape.bytes)))
        c->good[i] = 1;
}

static int
check_panels(const struct packfile *f, struct pool *pool)
{
    struct check c = { f, mem_zero(f->n_entry, 1) };
    int good;

    if (pool)
        pool_run(pool, (int)f->n_entry, check_part, &c);
    else
        for (int i = 0; i < (int)f->n_entry; i++)
            check_part(&c, i);
    good = memchr(c.good, 0, f->n_entry) == NULL;
    mem_free(c.good);
    return good;
}

static int
check_all(struct packfile *f, struct pool *pool)
{
    const struct head *h = (const struct head *)(const void *)f->file.p;

    if (f->file.n < sizeof *h || !check_head(f, h))
        return 0;
    f->n_entry = h->n_entry;
    f->entry = (const struct entry *)(const void *)(f->file.p + h->table);
    return check_table(f->entry, f->n_entry, h->table) && check_panels(f, pool);
}

static void
read_file(struct packfile *f, struct pool *pool)
{
    struct err ignored;

    if (file_map_own(&f->file, f->path, &ignored))
        return;
    f->reading = check_all(f, pool);
    if (!f->reading)
        file_unmap(&f->file);
}

/* ---- writing ---- */

int
packfile_can_write(const char *dir)
{
    struct err ignored;

    return file_make_dirs(dir, &ignored) == 0 && access(dir, W_OK | X_OK) == 0;
}

static void
drop(struct packfile *f)
{
    if (f->fd >= 0)
        close(f->fd);
    if (f->tmp[0])
        unlink(f->tmp);
    f->tmp[0] = '\0';
    f->fd = -1;
}

/* A file without a name leaves nothing behind if we are killed; some file systems have
 * none. Only we may read it: it is as secret as the model. */
static void
begin(struct packfile *f)
{
    static const char zero[DATA];

    f->path[f->dir] = '\0';
    f->fd = !f->make_dir || packfile_can_write(f->path)
                ? open(f->path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)
                : -1;
    f->path[f->dir] = '/';
    if (f->fd < 0 &&
        snprintf(f->tmp, sizeof f->tmp, "%s.XXXXXX", f->path) < (int)sizeof f->tmp) {
        f->fd = mkostemp(f->tmp, O_CLOEXEC);
        if (f->fd < 0)
            f->tmp[0] = '\0';
    }
    f->at = DATA;
    if (f->fd >= 0 && file_write_all(f->fd, zero, DATA))
        drop(f);
}

/* Bytes behind those that are there, up to the next aligned place */
static void
put(struct packfile *f, const void *p, size_t n)
{
    static const char zero[MEM_ALIGN];
    size_t pad = (MEM_ALIGN - n % MEM_ALIGN) % MEM_ALIGN;

    if (file_write_all(f->fd, p, n) || file_write_all(f->fd, zero, pad))
        drop(f);
    f->at += n + pad;
}

static void
put_entry(struct packfile *f, const struct packfile_shape *shape, const void *panels,
          struct sum sum)
{
    struct entry x = { *shape, f->at, sum };

    buf_add(&f->table, &x, sizeof x);
    put(f, panels, shape->bytes);
}

/* The first matrix that the file does not have: a new one begins with those before. */
static void
turn_to_writing(struct packfile *f)
{
    f->reading = 0;
    begin(f);
    for (size_t i = 0; i < f->next && f->fd >= 0; i++)
        put_entry(f, &f->entry[i].shape, f->file.p + f->entry[i].offset,
                  f->entry[i].sum);
}

/* Gives the file its name. It is not synced: what a crash of the machine loses, the
 * checksums notice. */
static int
appear(struct packfile *f)
{
    char self[64];

    if (f->tmp[0] == '\0') {
        snprintf(self, sizeof self, "/proc/self/fd/%d", f->fd);
        if (snprintf(f->tmp, sizeof f->tmp, "%s.%ld", f->path, (long)getpid()) >=
            (int)sizeof f->tmp) {
            f->tmp[0] = '\0';
            return -1;
        }
        if (linkat(AT_FDCWD, self, AT_FDCWD, f->tmp, AT_SYMLINK_FOLLOW))
            return -1;
    }
    if (rename(f->tmp, f->path) == 0)
        return 0;
    return errno == EISDIR && rmdir(f->path) == 0 ? rename(f->tmp, f->path) : -1;
}

int
packfile_end(struct packfile *f)
{
    struct head *h = &f->want;
    int done = 0;

    if (f->fd < 0)
        return 0;
    h->n_entry = f->table.n / sizeof(struct entry);
    h->table = f->at;
    h->total = f->at + f->table.n;
    h->table_sum = sum_of(f->table.p, f->table.n);
    h->sum = head_sum(h);
    if (file_write_all(f->fd, f->table.p, f->table.n) == 0 &&
        pwrite(f->fd, h, sizeof *h, 0) == (ssize_t)sizeof *h && appear(f) == 0) {
        f->tmp[0] = '\0';
        done = 1;
    }
    drop(f);
    return done;
}

/* ---- both ---- */

static struct packfile *
new_file(const struct packfile_key *key)
{
    struct packfile *f = mem_zero(1, sizeof *f);
    struct head *h = &f->want;

    memcpy(h->magic, MAGIC, sizeof h->magic);
    h->abi = ABI;
    h->format = FORMAT;
    h->version = (uint64_t)key->version;
    snprintf(h->arith, sizeof h->arith, "%s", key->arith);
    snprintf(h->level, sizeof h->level, "%s", key->level);
    memcpy(h->sha, key->sha, strnlen(key->sha, sizeof h->sha));
    f->fd = -1;
    return f;
}

static struct packfile *
open_file(struct packfile *f, struct pool *pool)
{
    read_file(f, pool);
    if (!f->reading)
        begin(f);
    return f;
}

struct packfile *
packfile_open(const char *dir, const struct packfile_key *key, struct pool *pool)
{
    struct packfile *f = new_file(key);

    f->dir = strlen(dir);
    f->make_dir = 1;
    if (snprintf(f->path, sizeof f->path, "%s/%.32s-%s-%s-%d.pack", dir, key->sha,
                 key->arith, key->level, key->version) >= (int)sizeof f->path)
        return f;
    return open_file(f, pool);
}

struct packfile *
packfile_open_at(const char *path, const struct packfile_key *key, struct pool *pool)
{
    struct packfile *f = new_file(key);
    const char *here = strchr(path, '/') ? "" : "./";

    if (snprintf(f->path, sizeof f->path, "%s%s", here, path) >= (int)sizeof f->path)
        return f;
    f->dir = (size_t)(strrchr(f->path, '/') - f->path);
    return open_file(f, pool);
}

/* What our files begin with, also where one is cut or a byte of it has changed */
static int
looks_ours(int fd)
{
    struct head h = { .abi = 0 };
    ssize_t n = read(fd, &h, sizeof h);
    size_t known = n < 8 ? (size_t)n : 8;

    return n >= 0 && (memcmp(h.magic, MAGIC, known) == 0 || h.abi == ABI);
}

int
packfile_may_replace(const char *path)
{
    struct stat st;
    int fd, ours;

    if (lstat(path, &st))
        return 1; /* not there, or nowhere that a file could be */
    if (!S_ISREG(st.st_mode))
        return 0;
    if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) < 0)
        return 0;
    ours = looks_ours(fd);
    close(fd);
    return ours;
}

void
packfile_close(struct packfile *f)
{
    if (f == NULL)
        return;
    drop(f);
    buf_free(&f->table);
    file_unmap(&f->file);
    mem_free(f);
}

int
packfile_has(const struct packfile *f, const struct packfile_shape *shape)
{
    return f->reading && f->next < f->n_entry &&
           memcmp(&f->entry[f->next].shape, shape, sizeof *shape) == 0;
}

const void *
packfile_next(struct packfile *f, const struct packfile_shape *shape)
{
    if (packfile_has(f, shape))
        return f->file.p + f->entry[f->next++].offset;
    if (f->reading)
        turn_to_writing(f);
    return NULL;
}

void
packfile_add(struct packfile *f, const struct packfile_shape *shape, const void *panels)
{
    if (f->fd >= 0)
        put_entry(f, shape, panels, sum_of(panels, shape->bytes));
}
