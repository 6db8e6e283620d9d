/* test_vectors.c - the cache of vectors: the same numbers whatever happened to it */
#include "infer/vectors.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "folder.h"
#include "tap.h"

#define TINY "tests/golden/tiny-bert/f32"
#define N    5

static const struct str texts[N] = { STR("the error"), STR(""), STR("a"), STR("root"),
                                     STR("session opened for user") };

static struct embedder *
open_model(const char *precision)
{
    struct embedder_opt opt = { .session = { .dir = TINY, .precision = precision },
                                .normalize = EMBEDDER_YES };
    struct err e;

    return embedder_open(&opt, &e);
}

/* The one file of the cache in dir; 0: none, or more. */
static int
only_file(const char *dir, char *path, size_t cap)
{
    char folder[256];
    struct dirent *d;
    int n = 0;
    DIR *all;

    snprintf(folder, sizeof folder, "%s/textmill/vectors", dir);
    if ((all = opendir(folder)) == NULL)
        return 0;
    while ((d = readdir(all)))
        if (d->d_name[0] != '.') {
            n++;
            snprintf(path, cap, "%s/%s", folder, d->d_name);
        }
    closedir(all);
    return n == 1;
}

static int
make(const struct embedder *m, const struct str *text, int cache, float *vec)
{
    struct vectors_opt opt = { .cache = cache };
    struct err e = { 0 };

    memset(vec, 1, N * 32 * sizeof *vec);
    return vectors_make(m, text, N, &opt, vec, &e);
}

/* Damage byte `at` of the file: it is made anew, and is then as it was. */
static int
heals(const struct embedder *m, const char *path, long at, const float *want)
{
    float vec[N * 32];
    FILE *f = fopen(path, "r+b");
    int c;

    fseek(f, at, SEEK_SET);
    c = fgetc(f);
    fseek(f, at, SEEK_SET);
    fputc(c ^ 0x40, f);
    fclose(f);
    return make(m, texts, 1, vec) == 0 && memcmp(vec, want, sizeof vec) == 0 &&
           make(m, texts, 1, vec) == 1 && memcmp(vec, want, sizeof vec) == 0;
}

static void
test_damage(const struct embedder *m, const char *path, const float *want)
{
    float vec[N * 32];
    struct stat st;
    int ok = 1;

    stat(path, &st);
    for (long at = 0; at < st.st_size; at += st.st_size / 16)
        if (at != 64 && at != 129) /* line ends, which nobody looks at */
            ok &= heals(m, path, at, want);
    tap_ok(ok, "a bit altered at every 1/16 of it");
    for (long n = 0, good = 0; n < 16; n++) {
        good = truncate(path, st.st_size * n / 16) == 0 &&
               make(m, texts, 1, vec) == 0 && memcmp(vec, want, sizeof vec) == 0;
        ok &= (int)good;
    }
    tap_ok(ok, "cut at every 1/16");
    chmod(path, 0666);
    tap_ok(make(m, texts, 1, vec) == 0, "writable for others: not trusted");
}

/* Several threads take parts of 64 texts. */
static void
test_pool(const struct embedder *m)
{
    static char text[200][16];
    static float one[200 * 32], three[200 * 32];
    struct pool *pool = pool_new(3);
    struct vectors_opt opt = { 0 };
    struct str all[200];
    struct err e;
    int rc;

    for (int i = 0; i < 200; i++) {
        snprintf(text[i], sizeof text[i], "port %d", i * 7);
        all[i] = str_of(text[i]);
    }
    rc = vectors_make(m, all, 200, &opt, one, &e);
    opt.pool = pool;
    rc |= vectors_make(m, all, 200, &opt, three, &e);
    tap_ok(rc == 0 && memcmp(one, three, sizeof one) == 0, "three threads, the same");
    pool_free(pool);
}

int
main(void)
{
    struct embedder *m, *f32;
    struct str other[N];
    float want[N * 32], vec[N * 32];
    char path[512];
    struct folder f;

    folder_make(&f);
    setenv("XDG_CACHE_HOME", f.dir, 1);
    m = open_model("i8");
    f32 = open_model("f32");
    tap_ok(make(m, texts, 0, want) == 0 && !only_file(f.dir, path, sizeof path),
           "without a cache nothing is written");
    tap_ok(make(m, texts, 1, vec) == 0 && memcmp(vec, want, sizeof vec) == 0,
           "cold: the same");
    tap_ok(make(m, texts, 1, vec) == 1 && memcmp(vec, want, sizeof vec) == 0 &&
               only_file(f.dir, path, sizeof path),
           "warm: from one file, the same");
    test_damage(m, path, want);
    memcpy(other, texts, sizeof other);
    other[1] = STR("x");
    tap_ok(make(m, other, 1, vec) == 0 && memcmp(vec, want, sizeof vec) != 0,
           "another text, another file");
    tap_ok(make(f32, texts, 1, vec) == 0 && memcmp(vec, want, sizeof vec) != 0,
           "another precision, another file");
    test_pool(m);
    embedder_close(m);
    embedder_close(f32);
    snprintf(path, sizeof path, "rm -rf %s", f.dir);
    return system(path) ? 1 : tap_done();
}
