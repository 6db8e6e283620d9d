/* test_embedder.c - vectors against sentence-transformers, and against each other */
#include "infer/embedder.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "folder.h"
#include "jfloats.h"
#include "pulled.h"
#include "tap.h"

#define TINY      "tests/golden/tiny-bert/f32"
#define RELATIVES "tests/golden/tiny-encoders/"

static struct embedder *
must_open(const struct embedder_opt *opt)
{
    struct err e = { 0 };
    struct embedder *m = embedder_open(opt, &e);

    if (m == NULL) {
        fprintf(stderr, "%s: %s\n", opt->session.dir, e.msg);
        exit(1);
    }
    return m;
}

static struct embedder *
open_precise(const char *dir, const char *precision, enum overlong how)
{
    struct embedder_opt opt = { .session = { .dir = dir, .precision = precision },
                                .overlong = how };

    return must_open(&opt);
}

static struct embedder *
open_how(const char *dir, enum overlong how)
{
    return open_precise(dir, NULL, how);
}

/* Vectors of n texts, `batch` at a time, to be freed. */
static float *
embed(const struct embedder *m, const struct str *text, size_t n, size_t batch,
      struct embedder_info *info)
{
    struct embedder_work w = { 0 };
    size_t d = (size_t)embedder_dim(m);
    float *v = malloc((n + 1) * d * sizeof *v);

    for (size_t i = 0; i < n; i += batch)
        embedder_run(m, &w, text + i, n - i < batch ? n - i : batch, v + i * d,
                     info + i);
    embedder_work_release(&w);
    return v;
}

static double
cosine(const float *a, const float *b, size_t n)
{
    double ab = 0, aa = 0, bb = 0;

    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

/* ---- texts of a golden file ---- */

#define TEXTS 512

struct texts {
    size_t n;
    struct str text[TEXTS];
    float *want[TEXTS]; /* NULL without an embedding */
    size_t dim;
};

static int
texts_open(struct texts *t, const char *path)
{
    struct jfloats j;
    struct buf b = { 0 };

    *t = (struct texts){ 0 };
    if (jfloats_open(&j, path))
        return -1;
    while (t->n < TEXTS && jfloats_next(&j)) {
        jfloats_text(&j, "text", &b);
        t->text[t->n] =
            (struct str){ memcpy(malloc(b.n + 1), b.n ? b.p : "", b.n), b.n };
        t->want[t->n++] = jfloats_list(&j, "embedding", &t->dim);
    }
    buf_free(&b);
    jfloats_close(&j);
    return 0;
}

static void
texts_close(struct texts *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free((char *)(uintptr_t)t->text[i].p);
        free(t->want[i]);
    }
}

/* How near the vectors of a precision are to the reference, as cosines */
struct bar {
    const char *precision;
    double least, mean;
};

static void
test_golden(const char *dir, const char *path, const struct bar *bar)
{
    struct embedder *m = open_precise(dir, bar->precision, OVERLONG_TRUNCATE);
    size_t d = (size_t)embedder_dim(m), worst = 0, cut = 0;
    struct embedder_info info[TEXTS];
    struct texts t;
    double least = 2, sum = 0;
    float *v;

    if (texts_open(&t, path) || t.dim != d) {
        tap_skip(path, "not there");
        embedder_close(m);
        return;
    }
    v = embed(m, t.text, t.n, 64, info);
    for (size_t i = 0; i < t.n; i++) {
        double c = cosine(v + i * d, t.want[i], d);
        cut += info[i].how == OVERLONG_TRUNCATE;
        sum += c;
        if (!(c >= least)) {
            least = c;
            worst = i;
        }
    }
    tap_ok(t.n > 0 && least >= bar->least && sum / (double)t.n >= bar->mean,
           "%s in %s: %zu texts, %zu truncated, cosine %.8f, least %.8f (text %zu)",
           path, bar->precision, t.n, cut, sum / (double)t.n, least, worst);
    free(v);
    texts_close(&t);
    embedder_close(m);
}

/* ---- the same bits ---- */

/* Turned around and in other batches, each text keeps its vector. */
static void
test_company(const char *dir, const char *path, const char *precision)
{
    static const size_t batches[] = { 1, 7, 64 };
    struct embedder *m = open_precise(dir, precision, OVERLONG_CHUNK);
    size_t d = (size_t)embedder_dim(m);
    struct embedder_info info[TEXTS], info2[TEXTS];
    struct texts t;
    struct str turned[TEXTS];
    float *all;

    if (texts_open(&t, path)) {
        tap_skip(path, "not there");
        embedder_close(m);
        return;
    }
    for (size_t i = 0; i < t.n; i++)
        turned[i] = t.text[t.n - 1 - i];
    all = embed(m, t.text, t.n, t.n, info);
    for (size_t b = 0; b < 3; b++) {
        float *v = embed(m, turned, t.n, batches[b], info2);
        size_t same = 0;
        for (size_t i = 0; i < t.n; i++)
            same += memcmp(all + i * d, v + (t.n - 1 - i) * d, d * sizeof *v) == 0 &&
                    memcmp(&info[i], &info2[t.n - 1 - i], sizeof *info) == 0;
        tap_ok(same == t.n,
               "%s in %s, batches of %zu, turned around: %zu of %zu the same", path,
               precision, batches[b], same, t.n);
        free(v);
    }
    free(all);
    texts_close(&t);
    embedder_close(m);
}

static void
test_levels(const char *dir, const char *name, const char *precision)
{
    static const struct str text[] = { { "", 0 },
                                       { "error: disk full", 16 },
                                       { "Failed password for root", 24 },
                                       { "a b c d e f g h i j k l m n o p q", 33 } };
    enum cpu_level best = cpu_detect();
    struct embedder_info info[4];
    float *ref = NULL;

    for (int level = CPU_REF; level <= (int)best; level++) {
        struct embedder *m;
        float *v;
        setenv("TEXTMILL_ISA", cpu_name((enum cpu_level)level), 1);
        m = open_precise(dir, precision, OVERLONG_CHUNK);
        v = embed(m, text, 4, 4, info);
        if (ref)
            tap_ok(memcmp(v, ref, 4 * (size_t)embedder_dim(m) * sizeof *v) == 0,
                   "%s in %s: %s gives the bits of ref", name, precision,
                   cpu_name((enum cpu_level)level));
        embedder_close(m);
        if (ref)
            free(v);
        else
            ref = v;
    }
    free(ref);
    unsetenv("TEXTMILL_ISA");
}

/* ---- too long: the tiny model takes 32 tokens, so 30 of the text ---- */

#define LETTERS "a b c d e f g h i j k l m n o p q r s t u v w x y z "

static struct str
letters(size_t from, size_t n)
{
    static const char many[] = LETTERS LETTERS LETTERS;

    return (struct str){ many + 2 * from, 2 * n };
}

static void
check_how(enum overlong how, size_t n, struct embedder_info want)
{
    struct embedder *m = open_how(TINY, how);
    struct str text = letters(0, n);
    struct embedder_info got;
    float *v = embed(m, &text, 1, 1, &got);
    float length = v[0] * v[0] + v[1] * v[1];

    tap_ok(got.code == want.code && got.how == want.how && got.tokens == want.tokens &&
               got.kept == want.kept && (length > 0) == (want.kept > 0),
           "%zu tokens, %s: code %s, how %s, %zu tokens, %zu kept", n + 2,
           overlong_name(how), err_name(got.code), overlong_name(got.how), got.tokens,
           got.kept);
    free(v);
    embedder_close(m);
}

static void
test_policies(void)
{
    for (int how = OVERLONG_ERROR; how < OVERLONG_HOWS; how++)
        check_how((enum overlong)how, 30,
                  (struct embedder_info){ ERR_NONE, OVERLONG_NONE, 32, 32 });
    check_how(OVERLONG_ERROR, 31,
              (struct embedder_info){ ERR_OVERLONG, OVERLONG_ERROR, 33, 0 });
    check_how(OVERLONG_TRUNCATE, 31,
              (struct embedder_info){ ERR_NONE, OVERLONG_TRUNCATE, 33, 32 });
    check_how(OVERLONG_CHUNK, 31,
              (struct embedder_info){ ERR_NONE, OVERLONG_CHUNK, 33, 33 });
    check_how(OVERLONG_SKIP, 31,
              (struct embedder_info){ ERR_NONE, OVERLONG_SKIP, 33, 0 });
    check_how(OVERLONG_NONE, 31, /* the default */
              (struct embedder_info){ ERR_NONE, OVERLONG_CHUNK, 33, 33 });
}

/* 61 letters are chunks of 21, 20 and 20. */
static void
test_chunks(void)
{
    struct embedder *m = open_how(TINY, OVERLONG_CHUNK);
    struct str text[4] = { letters(0, 61), letters(0, 21), letters(21, 20),
                           letters(41, 20) };
    struct embedder_info info[4];
    float *v = embed(m, text, 4, 4, info), mean[32];
    double diff = 0, length = 0;

    for (int i = 0; i < 32; i++) {
        mean[i] = (21 * v[32 + i] + 20 * v[64 + i] + 20 * v[96 + i]) / 61;
        length += (double)mean[i] * (double)mean[i];
    }
    for (int i = 0; i < 32; i++)
        diff += fabs((double)mean[i] / sqrt(length) - (double)v[i]);
    tap_ok(diff < 1e-5, "a text of 3 chunks: off the weighted mean by %.1e", diff);
    free(v);
    embedder_close(m);
}

static void
test_truncated(void)
{
    struct embedder *m = open_how(TINY, OVERLONG_TRUNCATE);
    struct str text[2] = { letters(0, 61), letters(0, 30) };
    struct embedder_info info[2];
    float *v = embed(m, text, 2, 2, info);

    tap_ok(memcmp(v, v + 32, 32 * sizeof *v) == 0,
           "truncated: as if the rest were not");
    free(v);
    embedder_close(m);
}

/* ---- options ---- */

/* With `opt` the vector of a text is that of the plain one: scaled, cut, or other. */
static void
test_options(void)
{
    struct embedder_opt opt = { .session = { .dir = TINY } };
    struct str text = STR("session opened for user root");
    struct embedder_info info;
    struct embedder *m = must_open(&opt);
    float *unit = embed(m, &text, 1, 1, &info), *v;
    double c;

    embedder_close(m);
    opt.normalize = EMBEDDER_NO;
    m = must_open(&opt);
    v = embed(m, &text, 1, 1, &info);
    c = cosine(unit, v, 32);
    tap_ok(c > 0.999999 && fabsf(v[0] / unit[0] - 1) > 0.01f,
           "not normalized: another length, the same direction (%.7f)", c);
    free(v);
    embedder_close(m);

    opt = (struct embedder_opt){ .session = { .dir = TINY }, .dims = 5 };
    m = must_open(&opt);
    v = embed(m, &text, 1, 1, &info);
    c = cosine(v, v, 5);
    tap_ok(embedder_dim(m) == 5 && cosine(unit, v, 5) > 0.999999 &&
               fabs((double)(v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + v[3] * v[3] +
                             v[4] * v[4]) -
                    1) < 1e-5,
           "5 dimensions: the first five, of length 1");
    free(v);
    embedder_close(m);

    opt = (struct embedder_opt){ .session = { .dir = TINY }, .pooling = "cls" };
    m = must_open(&opt);
    v = embed(m, &text, 1, 1, &info);
    c = cosine(unit, v, 32);
    tap_ok(isfinite(c) && c < 0.999, "cls pooling is another vector (%.3f)", c);
    free(v);
    free(unit);
    embedder_close(m);
}

static void
test_refused(void)
{
    static const struct {
        struct embedder_opt opt;
        enum err_code code;
        const char *msg;
    } bad[] = {
        { { .session = { .dir = TINY }, .dims = 33 }, ERR_USAGE, "33 dimensions" },
        { { .session = { .dir = TINY }, .dims = -1 }, ERR_USAGE, "-1 dimensions" },
        { { .session = { .dir = TINY }, .pooling = "max" }, ERR_USAGE, "'max'" },
        { { .session = { .dir = TINY, .precision = "f8" } }, ERR_USAGE, "'f8'" },
        { { .session = { .dir = TINY, .precision = "" } },
          ERR_USAGE,
          "one of f32, i8, i8b32, i16" },
        { { .session = { .dir = "tests/golden/none" } },
          ERR_MODEL,
          "tests/golden/none" },
        { { .session = { .dir = "tests/golden/tiny-bert/f16" } },
          ERR_MODEL,
          "tokenizer.json" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = { 0 };
        struct embedder *m = embedder_open(&bad[i].opt, &e);
        tap_ok(!m && e.code == bad[i].code && strstr(e.msg, bad[i].msg), "refused: %s",
               m ? "accepted" : e.msg);
        embedder_close(m);
    }
}

/* ---- odd texts, bad weights ---- */

static void
test_blank(const char *dir)
{
    struct embedder *m = open_how(dir, OVERLONG_CHUNK);
    struct str text[3] = { { "", 0 }, { " \n\t ", 4 }, { "\0", 1 } };
    struct embedder_info info[3];
    float *v = embed(m, text, 3, 3, info);
    size_t d = (size_t)embedder_dim(m);

    tap_ok(memcmp(v, v + d, d * sizeof *v) == 0 &&
               memcmp(v, v + 2 * d, d * sizeof *v) == 0 && isfinite(cosine(v, v, d)) &&
               info[0].tokens == 2 && info[0].kept == 2 && info[0].code == ERR_NONE,
           "empty, blank and NUL: the vector of the special tokens");
    free(v);
    embedder_close(m);
}

/* No texts at all. */
static void
test_none(void)
{
    struct embedder *m = open_how(TINY, OVERLONG_CHUNK);
    struct embedder_work w = { 0 };

    embedder_run(m, &w, NULL, 0, NULL, NULL);
    tap_ok(1, "no texts");
    embedder_work_release(&w);
    embedder_close(m);
}

/* Where the row of an id begins in the tiny model's file. */
static size_t
word_row(const struct file *f, int id)
{
    size_t n = bytes_u64(f->p);
    struct json v;
    struct err e;
    int64_t at = 0;

    if (json_scan((const char *)f->p + 8, n, NULL, 0, &v, &e) ||
        !json_int(json_at(json_get(json_get(v, "embeddings.word_embeddings.weight"),
                                   "data_offsets"),
                          0),
                  0, INT64_MAX, &at))
        jfloats_die("tiny model");
    return 8 + n + (size_t)at + (size_t)id * 32 * 4;
}

static void
copy_file(struct folder *to, const char *name)
{
    struct file f;
    struct err e;
    char path[256];

    snprintf(path, sizeof path, TINY "/%s", name);
    if (file_map(&f, path, &e))
        jfloats_die(e.msg);
    folder_write(to, name, f.p, f.n);
    file_unmap(&f);
}

/* One token's row is `bits`: texts with it have no vector, the others do. */
static void
test_bad_row(uint32_t bits, const char *what)
{
    struct str text[3] = { STR("the error"), STR("a z b"), STR("root user") };
    struct embedder_info info[3];
    struct embedder *m;
    struct folder dir;
    struct file f;
    struct err e = { 0 };
    char *bytes;
    float *v;

    if (file_map(&f, TINY "/model.safetensors", &e))
        jfloats_die(e.msg);
    bytes = memcpy(malloc(f.n), f.p, f.n);
    for (int i = 0; i < 32; i++) /* 'z' is id 30 */
        memcpy(bytes + word_row(&f, 30) + 4 * i, &bits, 4);
    folder_make(&dir);
    folder_write(&dir, "model.safetensors", bytes, f.n);
    copy_file(&dir, "config.json");
    copy_file(&dir, "tokenizer.json");
    m = open_how(dir.dir, OVERLONG_CHUNK);
    v = embed(m, text, 3, 3, info);
    embedder_explain(m, &info[1], &e);
    tap_ok(info[0].code == ERR_NONE && info[2].code == ERR_NONE &&
               info[1].code == ERR_NAN && v[32] == 0 && isfinite(v[0] * v[64]),
           "a row of %s: %s", what, e.msg);
    free(v);
    embedder_close(m);
    folder_remove(&dir);
    free(bytes);
    file_unmap(&f);
}

int
main(void)
{
    static const struct bar bars[] = { { "f32", 0.99999, 0.99999 },
                                       { "i8", 0.998, 0.9995 },
                                       { "i8b32", 0.998, 0.9995 } };
    char dir[4096], path[4096];

    for (size_t i = 0; i < 3; i++) {
        test_golden(TINY, TINY "/vectors.jsonl", &bars[i]);
        test_company(TINY, TINY "/vectors.jsonl", bars[i].precision);
        test_levels(TINY, "tiny", bars[i].precision);
    }
    test_golden(RELATIVES "distilbert-st", RELATIVES "distilbert-st/vectors.jsonl",
                bars);
    test_golden(RELATIVES "mpnet-st", RELATIVES "mpnet-st/vectors.jsonl", bars);
    test_policies();
    test_chunks();
    test_truncated();
    test_options();
    test_refused();
    test_blank(TINY);
    test_none();
    test_bad_row(0x7FC00000, "NaN");
    test_bad_row(0x7F800000, "infinity");
    if (!pulled("minilm", dir, sizeof dir)) {
        tap_skip("minilm", "not pulled");
        return tap_done();
    }
    snprintf(path, sizeof path, "%s/golden/minilm-embeddings.jsonl", tap_shared());
    for (size_t i = 0; i < 3; i++) {
        test_golden(dir, "tests/golden/minilm-own.jsonl", &bars[i]);
        test_golden(dir, path, &bars[i]);
        test_company(dir, "tests/golden/minilm-own.jsonl", bars[i].precision);
        test_levels(dir, "minilm", bars[i].precision);
    }
    test_blank(dir);
    return tap_done();
}
