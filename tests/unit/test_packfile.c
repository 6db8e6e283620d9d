/*
 * test_packfile.c - packed weights in a file: what comes out is what went in, whatever
 * has happened to the file in between, and then the file is whole again
 */
#define _GNU_SOURCE
#include "tensor/packfile.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/mem.h"
#include "folder.h"
#include "tap.h"
#include "tensors.h"

#define SHA   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define MOST  3
#define HEAD  184 /* bytes of the header, of which the last 16 are its sum */
#define TABLE 136 /* where it says where the table is */
#define ENTRY 56

static const struct packfile_key key = { SHA, "f32", 1, "ref" };
static const struct packfile_shape shapes[MOST] = { { 100, 16, 7168, 1 },
                                                    { 16, 5, 320, 2 },
                                                    { 33, 40, 7680, 3 } };
static float *panels[MOST]; /* what the matrices are packed to */
static struct folder folder;
static char path[400];

static size_t
bytes(int i)
{
    return (size_t)shapes[i].bytes;
}

/* One start: asks for the matrices in `order`, packs what is not there. The number that
 * the file had, or -1: it had something wrong. */
static int
start(const struct packfile_key *k, const int *order, int n, int end)
{
    struct packfile *f = packfile_open(folder.dir, k, NULL);
    int found = 0;

    for (int i = 0; i < n; i++) {
        int m = order[i];
        const void *got = packfile_next(f, &shapes[m]);
        if (got == NULL)
            packfile_add(f, &shapes[m], panels[m]);
        else if (found >= 0)
            found = memcmp(got, panels[m], bytes(m)) ? -1 : found + 1;
    }
    if (end)
        packfile_end(f);
    packfile_close(f);
    return found;
}

static int
all(void)
{
    return start(&key, (const int[]){ 0, 1, 2 }, 3, 1);
}

/* Files of the folder, of any kind */
static int
count_files(void)
{
    DIR *d = opendir(folder.dir);
    int n = 0;

    for (const struct dirent *x; d && (x = readdir(d)) != NULL;)
        n += x->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void
find_path(void)
{
    DIR *d = opendir(folder.dir);

    for (const struct dirent *x; d && (x = readdir(d)) != NULL;)
        if (x->d_name[0] != '.')
            snprintf(path, sizeof path, "%s/%s", folder.dir, x->d_name);
    if (d)
        closedir(d);
}

static ino_t
inode(void)
{
    struct stat st;

    return stat(path, &st) ? 0 : st.st_ino;
}

static void
test_usual(void)
{
    struct stat st;
    ino_t was;

    tap_ok(start(&key, (const int[]){ 0, 1, 2 }, 3, 0) == 0 && count_files() == 0,
           "a start that fails leaves nothing");
    tap_ok(all() == 0 && count_files() == 1, "the first start writes one file");
    find_path();
    was = inode();
    tap_ok(all() == 3, "the second has all from it");
    tap_ok(inode() == was && count_files() == 1, "and writes nothing");
    tap_ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
           "nobody else may read it");
}

static void
test_requests(void)
{
    static const int other[] = { 0, 2, 1 };

    tap_ok(start(&key, other, 3, 1) == 1, "another order: the first is taken");
    tap_ok(start(&key, other, 3, 1) == 3, "the others are added behind it");
    tap_ok(start(&key, other, 2, 1) == 2, "fewer");
    tap_ok(start(&key, other, 3, 1) == 3, "do not cut it");
    tap_ok(start(&key, (const int[]){ 0, 2, 1, 1 }, 4, 1) == 3, "more");
    tap_ok(start(&key, (const int[]){ 0, 2, 1, 1 }, 4, 1) == 4, "are added");
    tap_ok(start(&key, other + 1, 2, 0) == 0, "none is taken from another place");
    all();
}

static void
test_keys(void)
{
    static const struct packfile_key others[] = {
        { "1" SHA, "f32", 1, "ref" },
        { SHA, "f33", 1, "ref" },
        { SHA, "f32", 2, "ref" },
        { SHA, "f32", 1, "avx2" },
    };
    struct packfile *f;
    int good = 1, n = sizeof others / sizeof *others;

    for (int i = 0; i < n; i++)
        good &= start(&others[i], (const int[]){ 0 }, 1, 0) == 0;
    tap_ok(good && all() == 3, "other weights, arithmetic, version, level: not this");
    f = packfile_open("/dev/null/x", &key, NULL);
    tap_ok(packfile_next(f, &shapes[0]) == NULL, "no folder: nothing is there");
    packfile_add(f, &shapes[0], panels[0]);
    packfile_end(f);
    packfile_close(f);
    tap_ok(!packfile_can_write("/dev/null/x"), "nor can be");
}

/* ---- damage ---- */

static struct buf whole; /* the file as it is when it is good */

static void
write_bytes(const void *p, size_t n)
{
    FILE *fp;

    remove(path);
    fp = fopen(path, "wb");
    if (fp == NULL || fwrite(p, 1, n, fp) != n || fclose(fp) || chmod(path, 0600)) {
        perror(path);
        exit(1);
    }
}

/* After what was done to the file: right answers, fewer than all of them, and from then
 * on a whole file. */
static int
heals(void)
{
    int found = all();

    return found >= 0 && found < 3 && all() == 3 && count_files() == 1;
}

/* Like heals(), where what was changed may be of no matter */
static int
right(void)
{
    return all() >= 0 && all() == 3;
}

static uint64_t
word_at(const unsigned char *p, size_t at)
{
    uint64_t w;

    memcpy(&w, p + at, sizeof w);
    return w;
}

/* The sums of header and table as they must be for what is there now */
static void
seal(unsigned char *p, size_t n)
{
    uint64_t table = word_at(p, TABLE);

    for (int i = 0; i < 2; i++) {
        size_t from = i ? 0 : table, to = i ? HEAD - 16 : n;
        XXH128_hash_t h =
            from <= to ? XXH3_128bits(p + from, to - from) : XXH3_128bits(p, 0);
        memcpy(p + (i ? HEAD - 16 : HEAD - 32), &h.low64, 8);
        memcpy(p + (i ? HEAD - 8 : HEAD - 24), &h.high64, 8);
    }
}

/* Every byte of [from, to) in its turn, a bit of it changed */
static void
test_bits(const char *what, size_t from, size_t to, size_t step)
{
    int good = 1;

    for (size_t i = from; i < to; i += step) {
        whole.p[i] ^= (char)(1 << (i / step % 8));
        write_bytes(whole.p, whole.n);
        good &= heals();
        whole.p[i] ^= (char)(1 << (i / step % 8));
    }
    tap_ok(good, "a bit changed in %s", what);
}

/* Every word of [from, to) in its turn, made hostile, under sums that are right */
static void
test_words(const char *what, size_t from, size_t to, int (*ok)(void))
{
    static const uint64_t hostile[] = {
        0,
        1,
        2,
        63,
        64,
        1 << 20,
        INT64_MAX,
        UINT64_MAX,
        UINT64_MAX - 63,
        UINT64_MAX / 64 + 2,
        1u << 31,
        UINT32_MAX,
    };
    unsigned char *p = mem_alloc(whole.n);
    int good = 1;

    for (size_t at = from; at < to; at += 8)
        for (size_t i = 0; i < 2 + sizeof hostile / sizeof *hostile; i++) {
            uint64_t w = word_at((unsigned char *)whole.p, at);
            w = i == 0 ? w + 1 : i == 1 ? w - 64 : hostile[i - 2];
            memcpy(p, whole.p, whole.n);
            if (w == word_at(p, at))
                continue;
            memcpy(p + at, &w, sizeof w);
            seal(p, whole.n);
            write_bytes(p, whole.n);
            if (!ok()) {
                printf("# byte %zu: %llx\n", at, (unsigned long long)w);
                good = 0;
            }
        }
    tap_ok(good, "%s with hostile numbers, well sealed", what);
    mem_free(p);
}

static void
test_damage(void)
{
    struct err e;
    size_t table;
    int good = 1;

    if (file_read(path, 1 << 20, &whole, &e)) {
        printf("Bail out! %s\n", e.msg);
        exit(1);
    }
    table = word_at((unsigned char *)whole.p, TABLE);
    tap_ok(table + 3 * ENTRY == whole.n, "the layout is what this test takes it for");
    for (size_t n = 0; n < whole.n; n += n < 300 || n > table ? 1 : 64) {
        write_bytes(whole.p, n);
        good &= heals();
    }
    tap_ok(good, "cut short");
    write_bytes(whole.p, whole.n);
    good = truncate(path, (off_t)whole.n + 64) == 0 && heals();
    tap_ok(good, "longer than it was");
    test_bits("the header", 0, HEAD, 1);
    test_bits("the table", table, whole.n, 1);
    test_bits("the panels", 192, table, 97);
    test_words("the header", 0, HEAD - 32, heals);
    test_words("the table", table, whole.n, right);
}

/* ---- what lies in its place ---- */

static void
test_places(void)
{
    char other[500];

    snprintf(other, sizeof other, "%s-elsewhere", folder.dir);
    write_bytes(whole.p, whole.n);
    chmod(path, 0620);
    tap_ok(heals(), "written by the group, perhaps");
    chmod(path, 0602);
    tap_ok(heals(), "or by anybody");
    tap_ok(geteuid() != 0 || (chown(path, 12345, (gid_t)-1) == 0 && heals()),
           "owned by somebody else");
    tap_ok(rename(path, other) == 0 && symlink(other, path) == 0 && heals(),
           "a link to a good one");
    tap_ok(remove(path) == 0 && symlink("nowhere", path) == 0 && heals(),
           "a link to nothing");
    tap_ok(remove(path) == 0 && mkfifo(path, 0600) == 0 && heals(), "a pipe");
    tap_ok(remove(path) == 0 && mkdir(path, 0700) == 0 && heals(), "a folder");
    write_bytes("", 0);
    tap_ok(heals(), "an empty file");
    remove(path);
    tap_ok(heals(), "nothing");
    remove(other);
}

static void
test_print(void)
{
    static const float w[6][4] = { { 1 }, { 2 }, { 3 }, { 4 }, { 5 }, { 6 } };
    struct pack_rows a[] = { { QUANT_F32, w[0], 2 }, { QUANT_F32, w[2], 2 } };
    struct pack_rows b[] = { { QUANT_F32, w[2], 2 }, { QUANT_F32, w[0], 2 } };
    struct pack_rows c[] = { { QUANT_F32, w[0], 4 } };
    struct pack_rows d[] = { { QUANT_F32, w[1], 4 } };
    uint64_t print = packfile_print(a, 2, 4);

    tap_ok(print == packfile_print(a, 2, 4) && print != packfile_print(b, 2, 4) &&
               packfile_print(c, 1, 4) != packfile_print(d, 1, 4),
           "matrices that changed places have other prints");
}

int
main(void)
{
    folder_make(&folder);
    for (int i = 0; i < MOST; i++)
        panels[i] = tensors_random(bytes(i) / sizeof(float), (uint32_t)i + 1);
    test_usual();
    test_requests();
    test_keys();
    test_damage();
    test_places();
    test_print();
    remove(path);
    rmdir(folder.dir);
    buf_free(&whole);
    for (int i = 0; i < MOST; i++)
        mem_free(panels[i]);
    return tap_done();
}
