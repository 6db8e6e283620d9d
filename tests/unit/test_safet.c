/*
 * test_safet.c - safetensors: every way to lie in a header
 *
 * test_safet DIR writes the cases as files instead: the seeds of fuzz_safet.
 */
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "format/safet.h"
#include "format/weights_build.h"
#include "tap.h"

/* A header and the bytes of data behind it; `refused` is part of the message, NULL
 * where the file is good. `size` replaces the header's true length where it is not 0.
 */
static const struct {
    const char *name, *header;
    int n_data;
    uint64_t size;
    const char *refused;
} cases[] = {
    { "one", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}", 8, 0,
      NULL },
    { "padded", "{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}   ",
      2, 0, NULL },
    { "order",
      "{\"b\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[4,6]},"
      "\"a\":{\"data_offsets\":[0,4],\"shape\":[],\"dtype\":\"F32\"}}",
      6, 0, NULL },
    { "metadata",
      "{\"__metadata__\":{\"format\":\"pt\"},"
      "\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}",
      3, 0, NULL },
    { "zero-size",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[0,0]},"
      "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
      "\"c\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]}}",
      4, 0, NULL },
    { "unknown-dtype",
      "{\"a\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[0,1]}}", 1, 0, NULL },
    { "escaped",
      "{\"\\u0061\":{\"dtype\":\"F32\",\"sh\\u0061pe\":[1],"
      "\"data_offsets\":[0,4]}}",
      4, 0, NULL },
    { "empty", "{}", 0, 0, NULL },

    { "header-beyond", "{}", 0, 3, "header of 3 bytes in a file of 10" },
    { "header-huge", "{}", 0, 100000001, "at most 100000000" },
    { "header-wraps", "{}", 0, UINT64_MAX - 7, "at most 100000000" },
    { "header-cut", "{\"a\":{}}", 0, 4, "header" },
    { "header-empty", "", 0, 0, "does not begin with '{'" },
    { "header-array", "[]", 0, 0, "does not begin with '{'" },
    { "header-space", " {}", 0, 0, "does not begin with '{'" },
    { "header-trailing", "{} {}", 0, 0, "header: more after" },
    { "header-nul", "{}\\0", 0, 0, "header" },
    { "entry-number", "{\"a\":1}", 0, 0, "no object" },
    { "entry-empty", "{\"a\":{}}", 0, 0, "each once" },
    { "no-shape", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, 0,
      "each once" },
    { "shape-twice",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]}}",
      4, 0, "each once" },
    { "offsets-twice",
      "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4],\"data_offsets\":[0,4]}}", 4, 0,
      "each once" },
    { "other-member",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":0}}", 4, 0,
      "not in the format" },
    { "dtype-number", "{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
      0, "each once" },
    { "shape-negative",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, 0,
      "shape is no list" },
    { "shape-fraction",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4, 0,
      "shape is no list" },
    { "shape-9-dims",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}"
      "}",
      4, 0, "shape is no list" },
    { "shape-object", "{\"a\":{\"dtype\":\"F32\",\"shape\":{},\"data_offsets\":[0,4]}}",
      4, 0, "shape is no list" },
    { "shape-wraps",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],"
      "\"data_offsets\":[0,0]}}",
      0, 0, "overflows" },
    { "bytes-wrap",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905],"
      "\"data_offsets\":[0,4]}}",
      4, 0, "do not fit" },
    { "shape-beyond-int64",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[18446744073709551617],"
      "\"data_offsets\":[0,4]}}",
      4, 0, "shape is no list" },
    { "too-small", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
      4, 0, "do not fit" },
    { "i64-too-small",
      "{\"a\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, 0,
      "do not fit" },
    { "offsets-three",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4, 0,
      "not [begin, end]" },
    { "offsets-one", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}",
      4, 0, "not [begin, end]" },
    { "offsets-turned",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, 0,
      "beyond the end" },
    { "beyond-end", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
      4, 0, "beyond the end" },
    { "hole-first", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
      8, 0, "hole" },
    { "hole",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
      "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[5,9]}}",
      9, 0, "'b': there is a hole" },
    { "overlap",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
      "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}",
      6, 0, "'b': its data overlap" },
    { "same-span",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
      "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
      4, 0, "overlap" },
    { "more-data", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
      5, 0, "1 bytes behind" },
    { "data-of-none", "{}", 4, 0, "4 bytes behind" },
    { "twice",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
      "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
      8, 0, "'a' is there twice" },
    { "twice-escaped",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
      "\"\\u0061\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
      8, 0, "'a' is there twice" },
    { "metadata-twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, 0,
      "__metadata__ is there twice" },
    { "lone-surrogate",
      "{\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, 0,
      "lone surrogate" },
};

static void
put_u64(struct buf *b, uint64_t v)
{
    for (int i = 0; i < 8; i++, v >>= 8)
        buf_char(b, (char)(v & 255));
}

static void
build(int i, struct buf *b)
{
    size_t n = strlen(cases[i].header);

    put_u64(b, cases[i].size ? cases[i].size : n);
    buf_puts(b, cases[i].header);
    for (int k = 0; k < cases[i].n_data; k++)
        buf_char(b, (char)(k + 1));
}

/* The bytes in a block of exactly their size, so that asan sees a byte too many. */
static struct weights *
read_bytes(const char *p, size_t n, struct err *e)
{
    struct weights *w = weights_new("memory");
    unsigned char *exact = malloc(n ? n : 1);
    int rc;

    memcpy(exact, p, n);
    rc = safet_read(w, exact, n, e);
    free(exact); /* the header is read; the names are not used below */
    if (rc == 0)
        return w;
    weights_close(w);
    return NULL;
}

static void
test_cases(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = { 0 };
        struct buf b = { 0 };
        struct weights *w;

        build((int)i, &b);
        w = read_bytes(b.p, b.n, &e);
        if (cases[i].refused)
            tap_ok(w == NULL && e.code == ERR_MODEL && strstr(e.msg, cases[i].refused),
                   "%s: %s", cases[i].name, w ? "accepted" : e.msg);
        else
            tap_ok(w != NULL, "%s: %s", cases[i].name, w ? "accepted" : e.msg);
        weights_close(w);
        buf_free(&b);
    }
}

/* A good file cut anywhere, or with anything behind it, is refused. */
static void
test_cuts(void)
{
    struct buf b = { 0 };
    struct err e = { 0 };
    size_t refused = 0;

    build(2, &b);
    for (size_t n = 0; n < b.n; n++) {
        struct weights *w = read_bytes(b.p, n, &e);
        refused += w == NULL && e.code == ERR_MODEL;
        weights_close(w);
    }
    tap_ok(refused == b.n, "cut after any byte: %zu of %zu refused", refused, b.n);
    buf_free(&b);
}

static void
test_depth(void)
{
    struct buf b = { 0 };
    struct err e = { 0 };
    struct weights *w;

    put_u64(&b, 5 + 300000);
    buf_puts(&b, "{\"a\":");
    for (int i = 0; i < 300000; i++)
        buf_char(&b, '[');
    w = read_bytes(b.p, b.n, &e);
    tap_ok(w == NULL && e.code == ERR_MODEL && strstr(e.msg, "nested deeper"),
           "300000 brackets: %s", e.msg);
    weights_close(w);
    buf_free(&b);
}

/* What was read: type, shape and bytes. */
static void
test_values(void)
{
    static const size_t shape[] = { 1 };
    struct weights *w = weights_new("memory");
    struct buf b = { 0 };
    struct err e = { 0 };
    const struct weight *t;
    float v = 0;

    build(2, &b);
    tap_ok(safet_read(w, (unsigned char *)b.p, b.n, &e) == 0 && weights_count(w) == 2,
           "two tensors");
    t = weights_get(w, "b", 1, shape, &e);
    if (t)
        quant_to_f32(t->type, t->data, &v, 1);
    tap_ok(t && t->type == QUANT_BF16 && v == 0x1.0ap-115f, "bf16 value %a", (double)v);
    tap_ok(!weights_get(w, "a", 1, shape, &e) &&
               strstr(e.msg, "'a' is [], must be [1]"),
           "another shape: %s", e.msg);
    tap_ok(!weights_get(w, "c", 1, shape, &e) && strstr(e.msg, "no tensor 'c'"),
           "missing: %s", e.msg);
    weights_close(w);
    buf_free(&b);
}

static void
test_unread_type(void)
{
    static const size_t shape[] = { 3 };
    struct weights *w = weights_new("memory");
    struct buf b = { 0 };
    struct err e = { 0 };

    build(3, &b);
    tap_ok(safet_read(w, (unsigned char *)b.p, b.n, &e) == 0 &&
               !weights_get(w, "a", 1, shape, &e) && e.code == ERR_MODEL &&
               strstr(e.msg, "type U8"),
           "a type that is not read is refused when asked for: %s", e.msg);
    weights_close(w);
    buf_free(&b);
}

static int
write_seeds(const char *dir)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[4096];
        struct buf b = { 0 };
        struct err e;

        build((int)i, &b);
        snprintf(path, sizeof path, "%s/%s", dir, cases[i].name);
        if (file_replace(path, b.p, b.n, &e))
            return fprintf(stderr, "%s\n", e.msg), 1;
        buf_free(&b);
    }
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 2)
        return write_seeds(argv[1]);
    test_cases();
    test_cuts();
    test_depth();
    test_values();
    test_unread_type();
    return tap_done();
}
