/* test_ftbin.c - fastText's files: whole, cut, and with every number that can lie */
#include "format/ftbin.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/fasttext.h"
#include "tap.h"

#define GOLDEN "tests/golden/fasttext/"

/* Where things are in a file: settings at 8, the dictionary at 64, its words at 92. */
enum { VERSION = 4, DIM = 8, NGRAMS = 28, LOSS = 32, MODEL = 36, BUCKET = 40 };
enum {
    MINN = 44,
    MAXN = 48,
    SIZE = 64,
    WORDS = 68,
    LABELS = 72,
    KEPT = 84,
    FIRST = 92
};

struct bytes {
    unsigned char *p;
    size_t n;
    size_t label, kept, input, pq, output; /* offsets in hs-kept.ftz */
};

static void
put(unsigned char *p, int n, int64_t v)
{
    for (int i = 0; i < n; i++)
        p[i] = (unsigned char)((uint64_t)v >> 8 * i);
}

static int64_t
get(const unsigned char *p, int n)
{
    uint64_t v = 0;

    for (int i = n; i-- > 0;)
        v = v << 8 | p[i];
    return n == 4 ? (int32_t)v : (int64_t)v;
}

/* All of a file, and where its parts are. */
static void
read_bytes(struct bytes *b, const char *path)
{
    struct file f;
    struct err e;
    int64_t words, labels;

    if (file_map(&f, path, &e)) {
        puts(e.msg);
        exit(1);
    }
    *b = (struct bytes){ .p = malloc(f.n), .n = f.n, .kept = FIRST };
    memcpy(b->p, f.p, f.n);
    file_unmap(&f);
    words = get(b->p + WORDS, 4);
    labels = get(b->p + LABELS, 4);
    for (int64_t i = 0; i < words + labels; i++) {
        b->label = i <= words ? b->kept : b->label;
        b->kept += strlen((char *)b->p + b->kept) + 10;
    }
    b->input =
        b->kept + 8 * (size_t)(get(b->p + KEPT, 8) > 0 ? get(b->p + KEPT, 8) : 0);
    b->pq = b->input + 22 + (size_t)get(b->p + b->input + 18, 4);
}

/* Read it from memory of just its size; 0, or -1 with the sentence in e. */
static int
try(const unsigned char *p, size_t n, struct err *e)
{
    unsigned char *copy = malloc(n ? n : 1);
    struct fasttext_work w = { 0 };
    struct fasttext *m;
    float *prob;

    memcpy(copy, p, n);
    e->msg[0] = '\0';
    m = fasttext_open_bytes(copy, n, e);
    if (m) {
        prob = mem_zero(fasttext_count(m), sizeof *prob);
        fasttext_run(m, &w, STR("die M\xc3\xbchle steht am Fluss"), prob);
        mem_free(prob);
    }
    fasttext_work_release(&w);
    fasttext_close(m);
    free(copy);
    return m ? 0 : -1;
}

/* With n bytes at `at` set to v it must be refused, in these words. */
static void
refuse(const struct bytes *b, size_t at, int n, int64_t v, const char *words)
{
    unsigned char *copy = malloc(b->n);
    struct err e;
    int rc;

    memcpy(copy, b->p, b->n);
    put(copy + at, n, v);
    rc = try(copy, b->n, &e);
    tap_ok(rc == -1 && e.code == ERR_MODEL && strstr(e.msg, words), "%zu=%lld: %s", at,
           (long long)v, e.msg);
    free(copy);
}

static void
test_settings(const struct bytes *b)
{
    refuse(b, 0, 4, 1, "no fastText");
    refuse(b, VERSION, 4, 13, "version 13");
    refuse(b, VERSION, 4, -1, "version");
    refuse(b, MODEL, 4, 1, "no classifier");
    refuse(b, DIM, 4, 0, "dim");
    refuse(b, DIM, 4, INT32_MIN, "dim");
    refuse(b, DIM, 4, 9, "matrix");
    refuse(b, LOSS, 4, 0, "loss");
    refuse(b, LOSS, 4, 5, "loss");
    refuse(b, NGRAMS, 4, 101, "wordNgrams");
    refuse(b, BUCKET, 4, -1, "bucket");
    refuse(b, BUCKET, 4, INT32_MAX, "too few");
    refuse(b, MINN, 4, -1, "minn");
    refuse(b, MAXN, 4, 1 << 30, "maxn");
}

static void
test_dictionary(const struct bytes *b)
{
    int32_t words = (int32_t)get(b->p + WORDS, 4),
            labels = (int32_t)get(b->p + LABELS, 4);

    refuse(b, SIZE, 4, INT32_MAX, "do not make");
    refuse(b, WORDS, 4, -1, "do not make");
    refuse(b, LABELS, 4, 0, "do not make");
    refuse(b, LABELS, 4, labels + 1, "do not make");
    refuse(b, WORDS, 8, (int64_t)(words + labels) | (int64_t)0 << 32, "words");
    refuse(b, FIRST + strlen((char *)b->p + FIRST) + 9, 1, 1, "type");
    refuse(b, b->label + strlen((char *)b->p + b->label) + 1, 8, -1, "count");
    refuse(b, b->label + strlen((char *)b->p + b->label) + 1, 8, INT64_MAX, "count");
    refuse(b, b->label + strlen((char *)b->p + b->label) + 1, 8, FTBIN_COUNT,
           "too many");
    refuse(b, b->label + 9, 1, 0xFF, "UTF-8");
    refuse(b, KEPT, 8, INT64_MAX, "cut");
    refuse(b, KEPT, 8, (int64_t)1 << 61, "cut");
    refuse(b, KEPT, 8, 0, "");
    refuse(b, b->kept + 4, 4, 1 << 20, "row");
    refuse(b, b->kept + 4, 4, -1, "row");
}

/* quantized, norms: a byte each; rows, columns: i64; codes: i32. Behind the codes: dim,
 * parts, numbers of a part, of the last one: i32. */
static void
test_input(const struct bytes *b)
{
    size_t at = b->input;

    refuse(b, at, 1, 2, "neither");
    refuse(b, at, 1, 0, "not quantized");
    refuse(b, at + 1, 1, 2, "neither");
    refuse(b, at + 2, 8, -1, "matrix");
    refuse(b, at + 2, 8, INT64_MAX, "matrix");
    refuse(b, at + 2, 8, get(b->p + at + 2, 8) - 1, "codes");
    refuse(b, at + 10, 8, 0, "matrix");
    refuse(b, at + 18, 4, -1, "negative");
    refuse(b, at + 18, 4, INT32_MAX, "cut");
    refuse(b, b->pq, 4, 1 << 28, "quantizer");
    refuse(b, b->pq + 4, 4, 0, "quantizer");
    refuse(b, b->pq + 4, 4, -1, "quantizer");
    refuse(b, b->pq + 4, 4, INT32_MAX, "quantizer");
    refuse(b, b->pq + 8, 4, 0, "quantizer");
    refuse(b, b->pq + 8, 4, INT32_MIN, "quantizer");
    refuse(b, b->pq + 12, 4, 0, "quantizer");
    refuse(b, b->pq + 12, 4, 3, "quantizer");
}

/* The output of hs-kept.ftz is dense, at the end. */
static void
test_output(const struct bytes *b)
{
    size_t labels = (size_t)get(b->p + LABELS, 4), dim = (size_t)get(b->p + DIM, 4);
    size_t at = b->n - labels * dim * 4 - 16;

    refuse(b, at - 1, 1, 3, "neither");
    refuse(b, at, 8, 1, "behind");
    refuse(b, at, 8, (int64_t)labels + 1, "cut");
    refuse(b, at, 8, INT64_MIN, "matrix");
    refuse(b, at + 8, 8, (int64_t)dim * 2, "matrix");
}

static void
test_cut(const char *name)
{
    char path[128];
    struct bytes b;
    struct err e;
    int ok = 1;

    snprintf(path, sizeof path, GOLDEN "%s", name);
    read_bytes(&b, path);
    for (size_t n = 0; n < b.n; n++)
        ok &= try(b.p, n, &e) == -1 && e.code == ERR_MODEL && e.msg[0];
    tap_ok(ok && try(b.p, b.n, &e) == 0, "%s cut at every byte, and whole", name);
    b.p = realloc(b.p, b.n + 1);
    b.p[b.n] = 0;
    tap_ok(try(b.p, b.n + 1, &e) == -1 && strstr(e.msg, "behind"), "%s", e.msg);
    free(b.p);
}

/* Whatever the bytes: no crash, and a sentence where it is refused. */
static void
test_flips(const struct bytes *b)
{
    unsigned char *copy = malloc(b->n);
    int ok = 1, opened = 0;
    struct err e;

    srand(3);
    for (int i = 0; i < 3000; i++) {
        memcpy(copy, b->p, b->n);
        for (int k = rand() % 3; k >= 0; k--)
            copy[(size_t)rand() % (k ? 120 : b->n)] = (unsigned char)rand();
        if (try(copy, b->n, &e) == 0)
            opened++;
        else
            ok &= e.msg[0] != '\0';
    }
    tap_ok(ok && opened > 100, "bytes changed by chance: %d of 3000 open", opened);
    free(copy);
}

static void
test_endless_word(const struct bytes *b)
{
    unsigned char *copy = malloc(b->n);
    struct err e;

    memcpy(copy, b->p, b->n);
    memset(copy + FIRST, 'a', b->n - FIRST);
    tap_ok(try(copy, b->n, &e) == -1 && strstr(e.msg, "no end"), "%s", e.msg);
    free(copy);
}

int
main(void)
{
    static const char *const name[] = {
        "hs.bin",  "hs-kept.ftz",       "softmax-out.ftz",
        "ova.bin", "softmax-plain.ftz", "ns.bin"
    };
    struct bytes b;

    read_bytes(&b, GOLDEN "hs-kept.ftz");
    test_settings(&b);
    test_dictionary(&b);
    test_input(&b);
    test_output(&b);
    test_endless_word(&b);
    test_flips(&b);
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        test_cut(name[i]);
    free(b.p);
    return tap_done();
}
