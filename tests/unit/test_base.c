/* test_base.c - memory, strings, maps, threads, files: what everything stands on */
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/cpu.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/sha.h"
#include "tap.h"

static void
memory(void)
{
    struct arena a = { 0 };
    char *p, *q;

    tap_ok(mem_mul(SIZE_MAX / 2, 3) == SIZE_MAX && mem_mul(7, 6) == 42, "products");
    tap_ok(mem_add(SIZE_MAX - 1, 2) == SIZE_MAX && mem_add(36, 6) == 42, "sums");
    tap_ok(mem_try(SIZE_MAX) == NULL, "what is impossible is refused");
    p = arena_alloc(&a, 100);
    q = arena_alloc(&a, 1 << 20);
    memset(p, 1, 100);
    memset(q, 2, 1 << 20);
    tap_ok((uintptr_t)p % MEM_ALIGN == 0 && (uintptr_t)q % MEM_ALIGN == 0 && p[99] == 1,
           "arena blocks are aligned and apart");
    arena_reset(&a);
    tap_ok(arena_alloc(&a, 1 << 20) != NULL && a.head != NULL,
           "a reset arena is reused");
    {
        const char *copy = arena_copy(&a, "abc", 2);
        struct str none = arena_str(&a, (struct str){ NULL, 0 });

        tap_ok(strcmp(copy, "ab") == 0 && none.p && *none.p == '\0' && none.n == 0,
               "arena: copies end in a NUL, also of nothing");
    }
    arena_release(&a);
}

static void
bytes(void)
{
    static const unsigned char p[] = { 0, 0, 0xC0, 0xBF, 5, 6, 7, 0x88 };
    struct bytes rest = { p, sizeof p };

    tap_ok(bytes_take(&rest, 9) == NULL && bytes_take(&rest, UINT64_MAX) == NULL &&
               rest.p == p && rest.n == 8,
           "more bytes than there are: none is taken");
    tap_ok(bytes_take(&rest, 1) == p && bytes_take(&rest, 0) == p + 1 &&
               bytes_take(&rest, 7) == p + 1 && rest.n == 0 &&
               bytes_take(&rest, 1) == NULL,
           "bytes are taken up to the last one");
    tap_ok(bytes_u32(p) == 0xBFC00000 && bytes_f32(p) == -1.5f &&
               bytes_u64(p) == 0x88070605BFC00000 &&
               bytes_number(p, 8) == bytes_u64(p) && bytes_number(p + 3, 3) == 0x605BF,
           "numbers are little-endian");
}

static void
buffers(void)
{
    struct buf b = { 0 };

    for (int i = 0; i < 1000; i++)
        buf_printf(&b, "%d,", i);
    buf_u64(&b, UINT64_MAX);
    tap_ok(b.n == 3890 + 20 &&
               memcmp(b.p + b.n - 24, "999,18446744073709551615", 24) == 0,
           "a buffer grows");
    buf_free(&b);
    tap_ok(b.p == NULL && b.n == 0, "and is empty when freed");
}

static void
maps(void)
{
    enum { N = 50000 };
    char(*key)[16] = mem_alloc(N * sizeof *key);
    struct map *m = map_new(10);
    int bad = 0;

    for (int i = 0; i < N; i++) {
        snprintf(key[i], sizeof key[i], "k%d", i);
        bad += !map_put(m, str_of(key[i]), i);
    }
    for (int i = 0; i < N; i++)
        bad += map_find(m, str_of(key[i]), -1) != i;
    tap_ok(bad == 0 && map_count(m) == N, "50,000 keys are found");
    tap_ok(map_put(m, STR("k7"), 99) == 0 && map_find(m, STR("k7"), -1) == 7,
           "the first value stays");
    tap_ok(map_find(m, STR("k"), -5) == -5 && map_put(m, STR(""), 3) == 1 &&
               map_find(m, STR(""), -1) == 3,
           "absent, and empty, keys");
    map_free(m);
    mem_free(key);
}

static void
spans(void)
{
    struct str s = STR("ababac");

    tap_ok(str_begins(s, "aba") && str_begins(s, "") && !str_begins(s, "b") &&
               !str_begins((struct str){ s.p, 2 }, "aba") &&
               str_begins((struct str){ NULL, 0 }, ""),
           "what a string begins with");
    tap_ok(str_find(s, 0, "abac") == 2 && str_find(s, 3, "a") == 4 &&
               str_find(s, 5, "c") == 5 && str_find(s, 3, "ba") == 3,
           "where another stands in it");
    tap_ok(str_find(s, 0, "acx") == s.n && str_find(s, 9, "a") == s.n &&
               str_find((struct str){ s.p, 5 }, 0, "ac") == 5 &&
               !str_holds((struct str){ NULL, 0 }, "a") && str_holds(s, "bac"),
           "or nowhere");
}

struct sum {
    atomic_long total;
    char seen[1000];
};

static void
add(void *arg, int i)
{
    struct sum *s = arg;

    atomic_fetch_add(&s->total, i);
    s->seen[i]++;
}

static void
threads(void)
{
    for (int n = 1; n <= 4; n++) {
        struct pool *p = pool_new(n);
        int bad = 0;
        for (int round = 0; round < 50; round++) {
            struct sum s = { 0 };
            pool_run(p, 1000, add, &s);
            bad += atomic_load(&s.total) != 499500;
            for (int i = 0; i < 1000; i++)
                bad += s.seen[i] != 1;
        }
        tap_ok(bad == 0, "%d threads do each part once, 50 times over", n);
        pool_free(p);
    }
}

static void
files(void)
{
    char path[] = "/tmp/textmill-test-XXXXXX", hex[SHA_HEX];
    struct buf b = { 0 };
    struct file f;
    struct err e;

    close(mkstemp(path));
    tap_ok(file_replace(path, "abc", 3, &e) == 0 && file_map(&f, path, &e) == 0 &&
               f.n == 3 && memcmp(f.p, "abc", 3) == 0,
           "replace and map");
    file_unmap(&f);
    tap_ok(file_read(path, 2, &b, &e) == -1 && e.code == ERR_LIMIT, "a limit holds");
    tap_ok(file_map(&f, "/", &e) == -1 && e.code == ERR_INPUT, "a folder is no file");
    tap_ok(file_replace("/nope/x", "", 0, &e) == -1 && e.code == ERR_OUTPUT,
           "what cannot be written is told");
    sha_hex("abc", 3, hex);
    tap_ok(strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
                       "ad") == 0,
           "SHA-256 of abc");
    buf_free(&b);
    unlink(path);
}

static void
levels(void)
{
    setenv("TEXTMILL_ISA", "ref", 1);
    tap_ok(cpu_level() == CPU_REF, "TEXTMILL_ISA lowers the level");
    setenv("TEXTMILL_ISA", "avx512", 1);
    tap_ok(cpu_level() <= cpu_detect(), "and never raises it");
    tap_ok(cpu_count() >= 1, "there is a processor");
    unsetenv("TEXTMILL_ISA");
}

int
main(void)
{
    struct err e;

    memory();
    bytes();
    buffers();
    maps();
    spans();
    threads();
    files();
    levels();
    err_set(&e, ERR_MODEL, "end");
    err_wrap(&e, "middle %d", 1);
    tap_ok(strcmp(e.msg, "middle 1: end") == 0 && err_exit(e.code) == 4,
           "wrapped errors");
    return tap_done();
}
