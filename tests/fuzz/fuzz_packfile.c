/*
 * fuzz_packfile.c - a file of packed weights, or of a prompt's beginning, of any bytes:
 * what is in it is read or made anew, and then it is whole
 *
 * The first byte of the input says what is done with the others before they are the
 * file: checksums that are right let hostile numbers in.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/mem.h"
#include "model/prefiximage.h"
#include "tensor/packfile.h"

#define TINY "tests/golden/tiny-decoders/llama"
#define SHA  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

enum { SEAL_PIECES = 1, SEAL_HEAD = 2, SET_TOTAL = 4, PREFIX = 8 };

/* Bytes of header and entry, and where in them what is */
enum {
    N_ENTRY = 128,
    TABLE = 136,
    TOTAL = 144,
    TABLE_SUM = 152,
    SUM = 168,
    HEAD = 184
};
enum { BYTES = 16, OFFSET = 32, ENTRY_SUM = 40, ENTRY = 56 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static char dir[64], path[80];
static struct decoder *model;

static void
check(int ok)
{
    if (!ok)
        abort();
}

static void
finish(void)
{
    decoder_close(model);
    unlink(path);
    rmdir(dir);
}

static void
prepare(void)
{
    struct decoder_opt opt = { .arith = ARITH_F32, .kv = KV_F16 };
    struct err e;

    if (dir[0])
        return;
    snprintf(dir, sizeof dir, "/tmp/textmill-fuzz.XXXXXX");
    check(mkdtemp(dir) != NULL && atexit(finish) == 0);
    snprintf(path, sizeof path, "%s/file", dir);
    setenv("TEXTMILL_ISA", "ref", 1); /* all machines have its layout */
    setenv("XDG_CACHE_HOME", dir, 1);
    check((model = decoder_open(TINY, &opt, &e)) != NULL);
}

/* ---- the file ---- */

static uint64_t
word(const uint8_t *p, size_t at)
{
    uint64_t w;

    memcpy(&w, p + at, sizeof w);
    return w;
}

static void
put_sum(uint8_t *to, const uint8_t *p, size_t n)
{
    XXH128_hash_t h = XXH3_128bits(p, n);

    memcpy(to, &h.low64, 8);
    memcpy(to + 8, &h.high64, 8);
}

static void
seal(uint8_t *p, size_t n, int how)
{
    size_t table = n < HEAD || word(p, TABLE) > n ? n : word(p, TABLE);
    uint64_t total = n;

    if (n < HEAD)
        return;
    for (size_t at = table; how & SEAL_PIECES && n - at >= ENTRY; at += ENTRY) {
        uint64_t from = word(p, at + OFFSET), bytes = word(p, at + BYTES);

        if (from <= n && bytes <= n - from)
            put_sum(p + at + ENTRY_SUM, p + from, bytes);
    }
    if (how & SET_TOTAL)
        memcpy(p + TOTAL, &total, sizeof total);
    if (how & SEAL_HEAD) {
        put_sum(p + TABLE_SUM, p + table, n - table);
        put_sum(p + SUM, p, SUM);
    }
}

static void
write_file(const uint8_t *p, size_t n, int how)
{
    uint8_t *copy = mem_alloc(n);
    FILE *f;

    if (n > 0)
        memcpy(copy, p, n);
    seal(copy, n, how);
    unlink(path);
    check((f = fopen(path, "wb")) != NULL && fwrite(copy, 1, n, f) == n &&
          fclose(f) == 0 && chmod(path, 0600) == 0);
    mem_free(copy);
}

/* ---- those that read it ---- */

static const struct packfile_key key = { SHA, "f32", 1, "ref" };
static const struct packfile_shape shapes[] = { { 2, 3, 64, 1 },
                                                { 3, 5, 100, 2 },
                                                { 1, 1, 1, 3 } };
#define N_SHAPES (sizeof shapes / sizeof *shapes)

/* All of them, and those that are not there to be the byte `made`; how many were */
static size_t
start(char made, char seen[N_SHAPES][100])
{
    struct packfile *f = packfile_open_at(path, &key, NULL);
    size_t found = 0;

    for (size_t i = 0; i < N_SHAPES; i++) {
        const void *p = packfile_next(f, &shapes[i]);
        char mine[100];

        memset(mine, made, sizeof mine);
        memcpy(seen[i], p ? p : mine, shapes[i].bytes);
        found += p != NULL;
        if (p == NULL)
            packfile_add(f, &shapes[i], mine);
    }
    packfile_end(f);
    packfile_close(f);
    return found;
}

static void
run_weights(void)
{
    char first[N_SHAPES][100] = { { 0 } }, second[N_SHAPES][100] = { { 0 } };

    start('a', first);
    check(start('b', second) == N_SHAPES && memcmp(first, second, sizeof first) == 0);
}

/* The text goes on behind what was read, whatever numbers that has. */
static int
run_prefix(void)
{
    static const int32_t id[] = { 5, 6, 7, 8 };
    struct prefiximage_opt opt = { path, id, 3, 16 };
    struct decoder_work work = { 0 };
    struct decoder_seq *s = decoder_seq_new(model);
    struct decoder_part part = { s, id, 3, 3 };
    struct err e = { 0 };
    struct prefiximage *p = prefiximage_open(model, &opt, &e);
    float *x = mem_alloc((size_t)model->n_embd * sizeof *x);
    int found = -1;

    if (p == NULL) {
        check(e.code == ERR_USAGE);
    } else if ((found = prefiximage_read(p, s)) == 0) {
        decoder_run(model, &part, 1, NULL, &work);
        check(prefiximage_write(p, s) == 1);
    }
    if (p) {
        part = (struct decoder_part){ s, id + 3, 1, 0 };
        decoder_run(model, &part, 1, x, &work);
        check(decoder_seq_tokens(s) == 4);
    }
    decoder_work_release(&work);
    decoder_seq_free(s);
    prefiximage_close(p);
    mem_free(x);
    return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    int how = n > 0 ? *p : 0;

    prepare();
    write_file(n > 0 ? p + 1 : NULL, n > 0 ? n - 1 : 0, how);
    if (!(how & PREFIX))
        run_weights();
    else if (run_prefix() == 0)
        check(run_prefix() == 1);
    return 0;
}
