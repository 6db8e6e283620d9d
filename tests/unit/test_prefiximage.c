/*
 * test_prefiximage.c - what a decoder remembers, in a file: a text goes on in the same
 * bits behind what was read, whatever has happened to the file, and the file is not
 * taken for anything that it is not
 */
#define _GNU_SOURCE
#include "model/prefiximage.h"

#include <sys/stat.h>

#include "base/sha.h"
#include "decoders.h"
#include "tap.h"

enum { LONG = 144 }; /* the n_ctx of all tiny ones */

static struct folder folder;
static char path[200];
static int32_t ids[LONG];

/* How the beginning came about */
enum how { FAILED = -1, COMPUTED, WRITTEN, READ };

/* A sequence with the first n tokens, by way of the file; *p is to be closed behind it.
 */
static enum how
begin(const struct decoder *m, const struct prefiximage_opt *opt, struct decoder_seq *s,
      struct prefiximage **p, struct err *e)
{
    if ((*p = prefiximage_open(m, opt, e)) == NULL)
        return FAILED;
    if (prefiximage_read(*p, s))
        return READ;
    mem_free(decoders_run(m, s, opt->id, opt->n));
    return prefiximage_write(*p, s) ? WRITTEN : COMPUTED;
}

/* The text goes on behind the beginning, and another forked from it does: both must be
 * as `want` [LONG, n_embd]. */
static enum how
go_on(const struct decoder *m, const struct prefiximage_opt *opt, const float *want)
{
    struct decoder_seq *s = decoder_seq_new(m), *fork = decoder_seq_new(m);
    struct prefiximage *p;
    struct err e;
    enum how how = begin(m, opt, s, &p, &e);
    size_t d = (size_t)m->n_embd, left = LONG - opt->n;

    if (how != FAILED && want) {
        float *x, *y;

        decoder_seq_fork(fork, s, opt->n);
        x = decoders_run(m, s, opt->id + opt->n, left);
        y = decoders_run(m, fork, opt->id + opt->n, left);
        if (memcmp(x, want + opt->n * d, left * d * sizeof *x) != 0 ||
            memcmp(y, want + opt->n * d, left * d * sizeof *x) != 0)
            how = FAILED;
        mem_free(x);
        mem_free(y);
    }
    decoder_seq_free(s);
    decoder_seq_free(fork);
    prefiximage_close(p);
    return how;
}

static enum how
again(const struct decoder *m, size_t n, const float *want)
{
    struct prefiximage_opt opt = { path, ids, n, LONG };

    return go_on(m, &opt, want);
}

/* Of the whole text, without any file */
static float *
compute(const struct decoder *m)
{
    struct decoder_seq *s = decoder_seq_new(m);
    float *x = decoders_run(m, s, ids, LONG);

    decoder_seq_free(s);
    return x;
}

static const struct {
    const char *name;
    enum arith arith;
    enum kv_type kv;
} kinds[] = {
    { "llama", ARITH_F32, KV_F16 },    { "gemma3", ARITH_I8B32, KV_I8 },
    { "mistral", ARITH_F32, KV_F32 },  { "gguf-linear", ARITH_I8B32, KV_F16 },
    { "gpt2-bare", ARITH_I8, KV_F16 },
};

static struct decoder *
open_kind(size_t i)
{
    char dir[256];
    struct err e;
    struct decoder *m;

    snprintf(dir, sizeof dir, DECODERS_TINY "%s", kinds[i].name);
    m = decoders_open(dir, kinds[i].arith, kinds[i].kv, &e);
    if (m == NULL)
        decoders_die(e.msg);
    return m;
}

static void
test_lengths(size_t i)
{
    static const size_t n[] = { 1, 63, 64, 65, 128, LONG - 1 };
    struct decoder *m = open_kind(i);
    float *want = compute(m);

    for (size_t k = 0; k < sizeof n / sizeof *n; k++) {
        enum how first = again(m, n[k], want), second = again(m, n[k], want);

        tap_ok(first == WRITTEN && second == READ,
               "%s: %zu tokens, written and read: the same bits", kinds[i].name, n[k]);
    }
    mem_free(want);
    decoder_close(m);
}

/* ---- levels ---- */

static void
hash_file(char hex[SHA_HEX])
{
    struct buf b = { 0 };
    struct err e;

    if (file_read(path, 1 << 24, &b, &e))
        decoders_die(e.msg);
    sha_hex(b.p, b.n, hex);
    buf_free(&b);
}

/* Levels of one width share a file; others write it anew, and the bits stay. */
static void
test_levels(size_t i)
{
    char hex[2][SHA_HEX];
    float *want = NULL;
    size_t nr = 0;

    for (int level = CPU_REF; level <= (int)cpu_detect(); level++) {
        const struct kernels *k = kernel_get((enum cpu_level)level);
        struct decoder *m;
        enum how how;

        setenv("TEXTMILL_ISA", cpu_name((enum cpu_level)level), 1);
        m = open_kind(i);
        if (want == NULL)
            want = compute(m);
        how = again(m, 100, want);
        tap_ok(how == (k->gemm_nr == nr ? READ : WRITTEN), "%s at %s", kinds[i].name,
               cpu_name((enum cpu_level)level));
        hash_file(hex[0]);
        remove(path);
        tap_ok(again(m, 100, want) == WRITTEN, "and written by itself");
        hash_file(hex[1]);
        tap_ok(strcmp(hex[0], hex[1]) == 0, "it has the same bytes");
        nr = k->gemm_nr;
        decoder_close(m);
    }
    unsetenv("TEXTMILL_ISA");
    mem_free(want);
}

/* ---- what it must not be taken for ---- */

/* The file of `a` is not taken for `b`. */
static int
differ(const struct decoder *m, const struct prefiximage_opt *a,
       const struct decoder *m2, const struct prefiximage_opt *b)
{
    return go_on(m, a, NULL) >= WRITTEN && go_on(m, a, NULL) == READ &&
           go_on(m2, b, NULL) == WRITTEN;
}

static void
test_keys(void)
{
    struct decoder *m = open_kind(0), *other;
    struct prefiximage_opt opt = { path, ids, 70, LONG }, o = opt;
    int32_t changed[LONG];
    struct err e;

    o.n = 69;
    tap_ok(differ(m, &opt, m, &o), "a token less");
    tap_ok(differ(m, &o, m, &opt), "a token more");
    memcpy(changed, ids, sizeof ids);
    o = opt;
    o.id = changed;
    for (size_t i = 0; i < 70; i += 23) {
        changed[i] ^= 1;
        tap_ok(differ(m, &opt, m, &o), "another token %zu", i);
        changed[i] ^= 1;
    }
    o = opt;
    o.n_ctx--;
    tap_ok(differ(m, &opt, m, &o), "less room");
    for (int kv = KV_I8; kv <= KV_F32; kv++) {
        other = decoders_open(DECODERS_TINY "llama", ARITH_F32, (enum kv_type)kv, &e);
        tap_ok(differ(m, &opt, other, &opt), "kv %s", kv_name((enum kv_type)kv));
        decoder_close(other);
    }
    other = decoders_open(DECODERS_TINY "llama", ARITH_I8B32, KV_F16, &e);
    tap_ok(differ(m, &opt, other, &opt), "another arithmetic");
    decoder_close(other);
    decoder_close(m);
}

/* A copy of llama whose file `name` has another `to` for its first `from` */
static void
test_change(const char *name, const char *from, const char *to)
{
    struct decoder *m = open_kind(0), *other;
    struct folder f;
    struct buf b = { 0 };
    char file[200], *at;
    struct err e;

    folder_make(&f);
    decoders_copy(&f, "llama", "config.json");
    snprintf(file, sizeof file, "%s/%s", f.dir, name);
    if (file_read(file, 1 << 24, &b, &e))
        decoders_die(e.msg);
    if (from)
        at = memmem(b.p, b.n, from, strlen(from));
    else
        at = b.p + b.n - 1000; /* in the weights */
    if (at == NULL || again(m, 70, NULL) == FAILED)
        decoders_die(name);
    memcpy(at, to, strlen(to));
    folder_write(&f, name, b.p, b.n);
    if ((other = decoders_open(f.dir, kinds[0].arith, kinds[0].kv, &e)) == NULL)
        decoders_die(e.msg);
    tap_ok(again(m, 70, NULL) == READ && again(other, 70, NULL) == WRITTEN &&
               again(other, 70, NULL) == READ && again(m, 70, NULL) == WRITTEN,
           "another %s", name);
    decoder_close(other);
    decoder_close(m);
    buf_free(&b);
    folder_remove(&f);
}

/* ---- damage ---- */

static void
write_bytes(const struct buf *b, size_t n)
{
    FILE *f;

    remove(path);
    if ((f = fopen(path, "wb")) == NULL || fwrite(b->p, 1, n, f) != n || fclose(f) ||
        chmod(path, 0600))
        decoders_die(path);
}

static void
test_damage(void)
{
    struct decoder *m = open_kind(0);
    float *want = compute(m);
    struct buf good = { 0 };
    int cut = 1, bits = 1, head = 1;
    struct err e;

    remove(path);
    if (again(m, 100, want) != WRITTEN || file_read(path, 1 << 24, &good, &e))
        decoders_die(path);
    for (size_t i = 0; i < 64; i++) {
        write_bytes(&good, good.n * i / 64);
        cut &= again(m, 100, want) == WRITTEN && again(m, 100, want) == READ;
    }
    tap_ok(cut, "cut at each 1/64: made anew");
    for (size_t i = 0; i < 64; i++) {
        size_t at = good.n * i / 64 + (i > 0 && i < 63 ? 31 : 0);

        good.p[at] ^= (char)(1 << i % 8);
        write_bytes(&good, good.n);
        good.p[at] ^= (char)(1 << i % 8);
        bits &= again(m, 100, want) == WRITTEN && again(m, 100, want) == READ;
    }
    tap_ok(bits, "a bit changed in each 1/64: made anew");
    for (size_t at = 0; at < 184; at++) {
        good.p[at] ^= (char)(1 << at % 8);
        write_bytes(&good, good.n);
        good.p[at] ^= (char)(1 << at % 8);
        head &= again(m, 100, want) == WRITTEN;
    }
    tap_ok(head && again(m, 100, want) == READ, "a bit changed in its head");
    chmod(path, 0666);
    tap_ok(again(m, 100, want) == WRITTEN, "others could have written it");
    buf_free(&good);
    mem_free(want);
    decoder_close(m);
}

/* ---- other things at its place ---- */

/* It is refused, and still there as it was. */
static int
is_spared(const struct decoder *m)
{
    struct prefiximage_opt opt = { path, ids, 70, LONG };
    struct stat before, after;
    struct err e = { 0 };

    return lstat(path, &before) == 0 && prefiximage_open(m, &opt, &e) == NULL &&
           e.code == ERR_USAGE && lstat(path, &after) == 0 &&
           before.st_ino == after.st_ino && before.st_size == after.st_size &&
           before.st_mode == after.st_mode;
}

static void
test_places(void)
{
    static char text[] = "Dear Sir or Madam,\n";
    struct buf letter = { .p = text, .n = sizeof text - 1 };
    struct decoder *m = open_kind(0);
    struct prefiximage_opt far = { "/dev/null/x", ids, 70, LONG };

    write_bytes(&letter, letter.n);
    tap_ok(is_spared(m), "somebody's letter stays");
    tap_ok(remove(path) == 0 && mkdir(path, 0700) == 0 && is_spared(m), "a folder too");
    tap_ok(rmdir(path) == 0 && symlink("nowhere", path) == 0 && is_spared(m), "a link");
    tap_ok(remove(path) == 0 && mkfifo(path, 0600) == 0 && is_spared(m), "a pipe");
    remove(path);
    write_bytes(&letter, 0);
    tap_ok(again(m, 70, NULL) == WRITTEN, "an empty file is taken");
    tap_ok(go_on(m, &far, NULL) == COMPUTED, "no folder: nothing is kept");
    decoder_close(m);
}

/* If this fails on purpose, since numbers of decoders changed: raise DECODER_VERSION,
 * lest somebody goes on behind what the code of yesterday remembers; then change the
 * sum. */
static void
test_version(void)
{
    struct sha *s = sha_new();
    char hex[SHA_HEX];

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct decoder *m = open_kind(i);
        float *x = compute(m);

        sha_add(s, x, LONG * (size_t)m->n_embd * sizeof *x);
        mem_free(x);
        decoder_close(m);
    }
    sha_end(s, hex);
    tap_ok(DECODER_VERSION == 1 && strncmp(hex, "4c452f112670ce0b", 16) == 0,
           "the numbers are those of DECODER_VERSION %d: %.16s", DECODER_VERSION, hex);
}

int
main(void)
{
    uint32_t seed = 1;

    for (size_t i = 0; i < LONG; i++) {
        seed = seed * 1664525 + 1013904223; /* Knuth's and Lewis' constants */
        ids[i] = (int32_t)(seed >> 26);
    }
    folder_make(&folder);
    snprintf(path, sizeof path, "%s/prefix", folder.dir);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        test_lengths(i);
        test_levels(i);
    }
    test_keys();
    test_change("config.json", "10000.0", "20000.0");
    test_change("model.safetensors", NULL, "ab");
    test_damage();
    test_places();
    test_version();
    remove(path);
    folder_remove(&folder);
    return tap_done();
}
