/*
 * test_gguf.c - GGUF: every way to lie in a header
 *
 * test_gguf DIR writes the cases as files instead: the seeds of fuzz_gguf.
 */
#include <math.h>
#include <string.h>

#include "folder.h"
#include "format/gguf.h"
#include "format/weights_build.h"
#include "tap.h"

/*
 * A file in words: "8:5" is 5 in eight bytes, "s:ab" a length and a text, "t:ab" the
 * text alone, "r:9" nine bytes of a kind, "p:32" fills up to a multiple of 32.
 */
#define HEAD(tensors, pairs) "t:GGUF 4:3 8:" tensors " 8:" pairs " "
#define U32(key, value)      "s:" key " 4:4 4:" value " "
#define TEXT(key, value)     "s:" key " 4:8 s:" value " "
/* A tensor of two dimensions */
#define TENSOR(name, d0, d1, type, at)                                                 \
    "s:" name " 4:2 8:" d0 " 8:" d1 " 4:" type " 8:" at " "

/* `refused` is part of the message, NULL where the file is good. */
static const struct {
    const char *name, *file, *refused;
} cases[] = {
    { "one", HEAD("1", "1") TEXT("k", "v") TENSOR("a", "2", "3", "0", "0") "p:32 r:24",
      NULL },
    { "two",
      HEAD("2", "0") TENSOR("a", "3", "1", "0", "0")
          TENSOR("b", "32", "2", "8", "32") "p:32 r:12 p:32 r:68",
      NULL },
    { "version-2", "t:GGUF 4:2 8:0 8:1 " U32("k", "7"), NULL },
    { "align-64",
      HEAD("1", "1") U32("general.alignment", "64")
          TENSOR("a", "1", "1", "0", "0") "p:64 r:4",
      NULL },
    { "types",
      HEAD("0", "13") "s:a 4:0 1:255 s:b 4:1 1:255 s:c 4:2 2:65535 s:d 4:3 2:65535 "
                      "s:e 4:4 4:4294967295 s:f 4:5 4:4294967295 s:g 4:6 4:1065353216 "
                      "s:h 4:7 1:1 s:i 4:8 s:text s:j 4:9 4:8 8:2 s:x s:yz "
                      "s:k 4:10 8:18446744073709551615 s:l 4:11 8:18446744073709551615 "
                      "s:m 4:12 8:4607182418800017408",
      NULL },
    { "no-tensors", HEAD("0", "0"), NULL },
    { "empty-string", HEAD("0", "1") "s:k 4:8 8:0", NULL },
    { "empty-arrays", HEAD("0", "2") "s:k 4:9 4:8 8:0 s:l 4:9 4:4 8:0", NULL },
    { "zero-dim", HEAD("1", "0") TENSOR("a", "0", "7", "0", "0") "p:32", NULL },
    { "scalar", HEAD("1", "0") "s:a 4:0 4:0 8:0 p:32 r:4", NULL },
    { "unread-type", HEAD("1", "0") TENSOR("a", "256", "1", "17", "0") "p:32 r:74",
      NULL },
    { "more-behind", HEAD("0", "0") "r:100", NULL },

    { "empty", "", "no GGUF file" },
    { "magic", "t:GGML 4:3 8:0 8:0", "no GGUF file" },
    { "version-1", "t:GGUF 4:1 4:0 4:0", "version 1" },
    { "version-4", "t:GGUF 4:4 8:0 8:0", "version 4" },
    { "big-endian", "t:GGUF 4:50331648 8:0 8:0", "big-endian" },
    { "header-cut", "t:GGUF 4:3 8:0", "ends at byte 16" },
    { "pairs-huge", HEAD("0", "18446744073709551615"), "do not fit" },
    { "pairs-more", HEAD("0", "2") U32("k", "1"), "do not fit" },
    { "pairs-cut", HEAD("0", "2") U32("abcdefghijklmnop", "1"), "ends at byte" },
    { "tensors-huge", HEAD("9223372036854775808", "0") "r:64", "do not fit" },
    { "tensors-wrap", HEAD("768614336404564651", "0") "r:64", "do not fit" },
    { "key-huge", HEAD("0", "1") "8:18446744073709551615 r:64", "at most 65535" },
    { "key-beyond", HEAD("0", "1") "8:60000 r:64", "ends at byte" },
    { "key-empty", HEAD("0", "1") "s: 4:4 4:1", "a key without a name" },
    { "key-twice", HEAD("0", "2") U32("k", "1") U32("k", "2"),
      "the key is there twice" },
    { "type-unknown", HEAD("0", "1") "s:k 4:13 8:0", "type is not in the format" },
    { "type-huge", HEAD("0", "1") "s:k 4:4294967295 8:0", "type is not in the format" },
    { "value-cut", HEAD("0", "1") "s:k 4:10 1:0", "ends at byte" },
    { "string-huge", HEAD("0", "1") "s:k 4:8 8:18446744073709551615", "longer than" },
    { "string-wraps", HEAD("0", "1") "s:k 4:8 8:18446744073709551608 r:40",
      "longer than" },
    { "string-beyond", HEAD("0", "1") "s:k 4:8 8:9 r:8", "longer than" },
    { "bool-2", HEAD("0", "1") "s:k 4:7 1:2", "neither 0 nor 1" },
    { "bools-2", HEAD("0", "1") "s:k 4:9 4:7 8:3 1:0 1:1 1:255", "neither 0 nor 1" },
    { "array-nested", HEAD("0", "1") "s:k 4:9 4:9 8:1 4:4 8:1 4:7", "array of arrays" },
    { "array-type", HEAD("0", "1") "s:k 4:9 4:99 8:1 8:0", "of a type that is not" },
    { "array-huge", HEAD("0", "1") "s:k 4:9 4:4 8:18446744073709551615 r:32",
      "longer than the file" },
    { "array-wraps", HEAD("0", "1") "s:k 4:9 4:10 8:2305843009213693953 r:8",
      "longer than the file" },
    { "array-more", HEAD("0", "1") "s:k 4:9 4:4 8:3 4:1 4:2", "longer than the file" },
    { "strings-huge", HEAD("0", "1") "s:k 4:9 4:8 8:2305843009213693952 r:32",
      "longer than the file" },
    { "strings-cut", HEAD("0", "1") "s:k 4:9 4:8 8:2 s:abcdefgh 4:0", "ends at byte" },
    { "strings-element", HEAD("0", "1") "s:k 4:9 4:8 8:1 8:18446744073709551615",
      "a string at byte" },
    { "align-0", HEAD("0", "1") U32("general.alignment", "0"), "must be in 1" },
    { "align-odd", HEAD("0", "1") U32("general.alignment", "48"), "power of two" },
    { "align-huge", HEAD("0", "1") U32("general.alignment", "2147483648"),
      "must be in 1" },
    { "align-type", HEAD("0", "1") "s:general.alignment 4:10 8:32", "of type u32" },
    { "align-text", HEAD("0", "1") TEXT("general.alignment", "32"), "of type u32" },
    { "name-long", HEAD("1", "0") "8:256 r:300", "at most 255" },
    { "name-twice",
      HEAD("2", "0") TENSOR("a", "1", "1", "0", "0")
          TENSOR("a", "1", "1", "0", "32") "p:32 r:64",
      "is there twice" },
    { "dims-5", HEAD("1", "0") "s:a 4:5 8:1 8:1 8:1 8:1 8:1 4:0 8:0 p:32 r:4",
      "more than 4" },
    { "dims-huge", HEAD("1", "0") "s:a 4:4294967295 r:64", "more than 4" },
    { "dims-cut", HEAD("1", "0") "s:abcdefghijkl 4:4 8:1 8:1", "ends at byte" },
    { "dim-negative",
      HEAD("1", "0") TENSOR("a", "18446744073709551615", "1", "0", "0") "p:32 r:4",
      "negative" },
    { "dims-wrap",
      HEAD("1", "0") TENSOR("a", "4294967296", "4294967296", "0", "0") "p:32 r:4",
      "shape overflows" },
    { "dims-int64",
      HEAD("1", "0") TENSOR("a", "9223372036854775807", "2", "0", "0") "p:32 r:4",
      "shape overflows" },
    { "dims-then-zero",
      HEAD("1", "0") "s:a 4:3 8:9223372036854775807 8:9223372036854775807 8:0 4:0 8:0 "
                     "p:32",
      "shape overflows" },
    { "bytes-wrap",
      HEAD("1", "0") TENSOR("a", "4611686018427387905", "1", "0", "0") "p:32 r:4",
      "size overflows" },
    { "sum-wraps",
      HEAD("2", "0") TENSOR("a", "9223372036854775807", "1", "24", "0") TENSOR(
          "b", "9223372036854775807", "1", "24", "9223372036854775808") "p:32 r:4",
      "size overflows" },
    { "pad-wraps",
      HEAD("3", "0") TENSOR("a", "9223372036854775776", "1", "24", "0")
          TENSOR("b", "9223372036854775776", "1", "24", "9223372036854775776")
              TENSOR("c", "63", "1", "24", "18446744073709551552") "p:32 r:64",
      "size overflows" },
    { "dtype-unknown", HEAD("1", "0") TENSOR("a", "1", "1", "99", "0") "p:32 r:4",
      "type 99 is unknown" },
    { "dtype-gone", HEAD("1", "0") TENSOR("a", "32", "1", "4", "0") "p:32 r:64",
      "type 4 is unknown" },
    { "dtype-huge", HEAD("1", "0") TENSOR("a", "1", "1", "4294967295", "0") "p:32 r:4",
      "is unknown" },
    { "half-block", HEAD("1", "0") TENSOR("a", "16", "2", "8", "0") "p:32 r:34",
      "not whole blocks" },
    { "scalar-block", HEAD("1", "0") "s:a 4:0 4:8 8:0 p:32 r:34", "not whole blocks" },
    { "offset-odd", HEAD("1", "0") TENSOR("a", "1", "1", "0", "4") "p:32 r:8",
      "not aligned" },
    { "offset-hole", HEAD("1", "0") TENSOR("a", "1", "1", "0", "32") "p:32 r:36",
      "not where" },
    { "offset-same",
      HEAD("2", "0") TENSOR("a", "8", "1", "0", "0")
          TENSOR("b", "8", "1", "0", "0") "p:32 r:64",
      "not where" },
    { "offset-beyond",
      HEAD("1", "0") TENSOR("a", "1", "1", "0", "18446744073709551584") "p:32 r:4",
      "not where" },
    { "data-beyond", HEAD("1", "0") TENSOR("a", "2", "1", "0", "0") "p:32 r:7",
      "beyond the end" },
    { "data-second",
      HEAD("2", "0") TENSOR("a", "8", "1", "0", "0")
          TENSOR("b", "8", "1", "0", "32") "p:32 r:63",
      "'b': its data are beyond" },
    { "data-none", HEAD("1", "0") TENSOR("a", "1", "1", "0", "0"), "before its data" },
    { "split-name", HEAD("0", "1") U32("split.count", "2"), NULL },
};

#define N_CASES (sizeof cases / sizeof *cases)

static void
put_number(struct buf *b, int n, uint64_t v)
{
    for (int i = 0; i < n; i++, v >>= 8)
        buf_char(b, (char)(v & 255));
}

static void
put_bytes(struct buf *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_char(b, (char)(i * 37));
}

static void
build(const char *file, struct buf *b)
{
    while (*file) {
        size_t n = strcspn(file, " ");
        struct str text = { file + 2, n - 2 };
        uint64_t v = strtoull(file + 2, NULL, 10);
        switch (*file) {
        case 's': put_number(b, 8, text.n); /* fall through */
        case 't': buf_str(b, text); break;
        case 'r': put_bytes(b, (size_t)v); break;
        case 'p': put_bytes(b, (v - b->n % v) % v); break;
        default: put_number(b, *file - '0', v);
        }
        file += n + strspn(file + n, " ");
    }
}

/* In memory of just that size, so that a sanitizer sees what is read behind it; the
 * caller frees it after the weights. */
static struct weights *
read_bytes(const char *p, size_t n, unsigned char **copy, struct err *e)
{
    struct weights *w = weights_new("memory");

    *copy = malloc(n + (n == 0));
    if (n > 0)
        memcpy(*copy, p, n);
    if (gguf_read(w, *copy, n, e) == 0)
        return w;
    weights_close(w);
    return NULL;
}

static void
test_cases(void)
{
    for (size_t i = 0; i < N_CASES; i++) {
        struct buf b = { 0 };
        struct err e = { 0 };
        unsigned char *copy;
        struct weights *w;

        build(cases[i].file, &b);
        w = read_bytes(b.p, b.n, &copy, &e);
        if (cases[i].refused)
            tap_ok(!w && e.code == ERR_MODEL && strstr(e.msg, cases[i].refused),
                   "%s: %s", cases[i].name, e.msg);
        else
            tap_ok(w != NULL, "%s is good: %s", cases[i].name, e.msg);
        weights_close(w);
        free(copy);
        buf_free(&b);
    }
}

/* A file with all kinds of things, cut anywhere before the end of its data. */
static void
test_cuts(void)
{
    struct buf b = { 0 };
    struct err e = { 0 };
    size_t refused = 0;
    unsigned char *copy;

    build(HEAD("2", "2") "s:k 4:9 4:8 8:2 s:x s:yz " U32("n", "1")
              TENSOR("a", "3", "1", "0", "0")
                  TENSOR("b", "32", "2", "8", "32") "p:32 r:12 p:32 r:68",
          &b);
    for (size_t n = 0; n < b.n; n++) {
        struct weights *w = read_bytes(b.p, n, &copy, &e);
        refused += w == NULL && e.code == ERR_MODEL;
        weights_close(w);
        free(copy);
    }
    tap_ok(refused == b.n, "cut after any byte: %zu of %zu refused", refused, b.n);
    buf_free(&b);
}

static struct weights *
read_case(const char *name, struct buf *b, struct err *e)
{
    struct weights *w = weights_new("memory");

    for (size_t i = 0; i < N_CASES; i++)
        if (strcmp(cases[i].name, name) == 0)
            build(cases[i].file, b);
    if (gguf_read(w, (unsigned char *)b->p, b->n, e))
        tap_ok(0, "%s: %s", name, e->msg);
    return w;
}

static void
test_tensors(void)
{
    static const size_t shape[] = { 2, 32 }, turned[] = { 32, 2 };
    struct buf b = { 0 };
    struct err e = { 0 };
    struct weights *w = read_case("two", &b, &e);
    const struct weight *t = weights_get(w, "b", 2, shape, &e);

    tap_ok(t && t->type == QUANT_Q8_0 && t->bytes == 68 && t->n_dim == 2,
           "rows first, then columns");
    tap_ok(t && (const char *)t->data == b.p + b.n - 68, "and there are its bytes");
    tap_ok(!weights_get(w, "b", 2, turned, &e), "turned round: %s", e.msg);
    weights_close(w);
    b.n = 0;
    w = read_case("unread-type", &b, &e);
    tap_ok(weights_find(w, "a") && !weights_get(w, "a", 2, turned, &e) &&
               strstr(e.msg, "IQ2_XS"),
           "a type that is not read is refused when asked for: %s", e.msg);
    weights_close(w);
    buf_free(&b);
}

static void
test_numbers(const struct meta *m)
{
    struct err e = { 0 };
    uint64_t u = 0;
    double d = 0;
    int n = 0, yes = 0;

    tap_ok(meta_int(m, "a", 0, 255, &n, &e) == 0 && n == 255, "u8");
    tap_ok(meta_int(m, "c", 0, 65535, &n, &e) == 0 && n == 65535, "u16");
    tap_ok(meta_u64(m, "e", 0, UINT64_MAX, &u, &e) == 0 && u == UINT32_MAX, "u32");
    tap_ok(meta_u64(m, "k", 0, UINT64_MAX, &u, &e) == 0 && u == UINT64_MAX, "u64");
    for (const char *key = "bdfl"; *key; key++) {
        char name[2] = { *key, '\0' };
        tap_ok(meta_int(m, name, 0, 9, &n, &e) && strstr(e.msg, "is -1, must be in 0"),
               "signed: %s", e.msg);
    }
    tap_ok(meta_int(m, "e", 0, INT32_MAX, &n, &e) && e.code == ERR_MODEL, "bounds: %s",
           e.msg);
    tap_ok(meta_double(m, "g", 0, 1, &d, &e) == 0 && d == 1, "f32");
    tap_ok(meta_double(m, "m", 0, 1, &d, &e) == 0 && d == 1, "f64");
    tap_ok(meta_double(m, "m", 2, 3, &d, &e) && e.code == ERR_MODEL, "%s", e.msg);
    tap_ok(meta_double(m, "a", 0, 1, &d, &e) && e.code == ERR_MODEL, "%s", e.msg);
    tap_ok(meta_opt_bool(m, "h", &yes, &e) == 0 && yes == 1, "bool");
    tap_ok(meta_opt_bool(m, "a", &yes, &e) && e.code == ERR_MODEL, "%s", e.msg);
}

static void
test_missing(const struct meta *m)
{
    struct err e = { 0 };
    struct meta_array a;
    struct str s = STR("before");
    double d = 5;
    uint64_t u = 6;
    int n = 7, yes = 1;

    tap_ok(meta_int(m, "none", 0, 1, &n, &e) && strstr(e.msg, "'none' is missing"),
           "needed: %s", e.msg);
    tap_ok(meta_opt_int(m, "none", 0, 1, &n, &e) == 0 && n == 7 &&
               meta_opt_u64(m, "none", 0, 1, &u, &e) == 0 && u == 6 &&
               meta_opt_double(m, "none", 0, 1, &d, &e) == 0 && d == 5 &&
               meta_opt_bool(m, "none", &yes, &e) == 0 && yes == 1 &&
               meta_opt_str(m, "none", &s, &e) == 0 && str_is(s, "before") &&
               meta_opt_array(m, "none", META_INTS, &a, &e) == 0 && a.n == 0,
           "not needed: as before");
}

static void
test_arrays(const struct meta *m)
{
    struct err e = { 0 };
    struct meta_array a;
    struct str s;

    tap_ok(meta_str(m, "i", &s, &e) == 0 && str_is(s, "text"), "string");
    tap_ok(meta_str(m, "j", &s, &e) && e.code == ERR_MODEL, "%s", e.msg);
    tap_ok(meta_array(m, "j", META_STRINGS, &a, &e) == 0 && a.n == 2 &&
               meta_next_str(&a, &s) && str_is(s, "x") && meta_next_str(&a, &s) &&
               str_is(s, "yz") && !meta_next_str(&a, &s),
           "strings");
    tap_ok(meta_array(m, "j", META_INTS, &a, &e) && strstr(e.msg, "array of integers"),
           "%s", e.msg);
    tap_ok(meta_array(m, "i", META_STRINGS, &a, &e) && e.code == ERR_MODEL, "%s",
           e.msg);
}

static void
test_number_arrays(void)
{
    struct weights *w = weights_new("memory");
    struct buf b = { 0 };
    struct err e = { 0 };
    struct meta_array a;
    int64_t v = 0, sum = 0;
    double d = 0;

    build(HEAD("0", "3") "s:i 4:9 4:5 8:3 4:4294967293 4:5 4:9 "
                         "s:f 4:9 4:6 8:2 4:1065353216 4:2143289344 "
                         "s:u 4:9 4:10 8:1 8:18446744073709551615",
          &b);
    gguf_read(w, (unsigned char *)b.p, b.n, &e);
    tap_ok(meta_array(weights_meta(w), "i", META_INTS, &a, &e) == 0 && a.n == 3,
           "ints");
    while (meta_next_int(&a, &v))
        sum = sum * 10 + v;
    tap_ok(sum == -300 + 50 + 9, "their values, signed");
    tap_ok(meta_array(weights_meta(w), "f", META_FLOATS, &a, &e) == 0 &&
               meta_next_double(&a, &d) && d == 1 && meta_next_double(&a, &d) &&
               isnan(d) && !meta_next_double(&a, &d),
           "floats");
    tap_ok(meta_array(weights_meta(w), "u", META_INTS, &a, &e) == 0 &&
               meta_next_int(&a, &v) && v == INT64_MAX,
           "what is beyond int64 is its end");
    weights_close(w);
    buf_free(&b);
}

static void
test_meta(void)
{
    struct buf b = { 0 };
    struct err e = { 0 };
    struct weights *w = read_case("types", &b, &e);

    test_numbers(weights_meta(w));
    test_missing(weights_meta(w));
    test_arrays(weights_meta(w));
    weights_close(w);
    buf_free(&b);
}

/* Part `no` of `count`, with one tensor. */
static void
write_part(struct folder *f, const char *file, int no, int count, int total)
{
    struct buf b = { 0 };
    char words[300];

    snprintf(words, sizeof words,
             HEAD("1", "3") U32("split.no", "%d") U32("split.count", "%d")
                 U32("split.tensors.count", "%d")
                     TENSOR("t%d", "1", "1", "0", "0") "p:32 r:4",
             no, count, total, no);
    build(words, &b);
    folder_write(f, file, b.p, b.n);
    buf_free(&b);
}

static void
try_parts(const char *dir, const char *file, const char *refused)
{
    char path[200];
    struct err e = { 0 };
    struct weights *w;

    snprintf(path, sizeof path, "%s%s%s", dir, *file ? "/" : "", file);
    w = weights_open(path, &e);
    if (refused)
        tap_ok(!w && e.code == ERR_MODEL && strstr(e.msg, refused), "%s: %s", file,
               e.msg);
    else
        tap_ok(w && weights_count(w) == 2 && weights_find(w, "t1"), "parts joined %s",
               e.msg);
    weights_close(w);
}

static void
test_parts(void)
{
    struct folder f;

    folder_make(&f);
    write_part(&f, "m-00001-of-00002.gguf", 0, 2, 2);
    try_parts(f.dir, "m-00001-of-00002.gguf", "m-00002-of-00002.gguf");
    write_part(&f, "m-00002-of-00002.gguf", 1, 2, 2);
    try_parts(f.dir, "m-00001-of-00002.gguf", NULL);
    try_parts(f.dir, "", NULL);
    write_part(&f, "l-00002-of-00002.gguf", 1, 2, 2);
    try_parts(f.dir, "", "3 files");
    write_part(&f, "l-00001-of-00002.gguf", 0, 2, 2);
    try_parts(f.dir, "", "4 files");
    try_parts(f.dir, "m-00002-of-00002.gguf", "is the one to open");
    write_part(&f, "n.gguf", 0, 2, 2);
    try_parts(f.dir, "n.gguf", "is the one to open");
    try_parts(f.dir, "", "5 files");
    write_part(&f, "o-00001-of-00002.gguf", 0, 2, 3);
    write_part(&f, "o-00002-of-00002.gguf", 1, 2, 3);
    try_parts(f.dir, "o-00001-of-00002.gguf", "2 tensors in all files, must be 3");
    write_part(&f, "p-00001-of-00002.gguf", 0, 2, 2);
    write_part(&f, "p-00002-of-00002.gguf", 0, 2, 2);
    try_parts(f.dir, "p-00001-of-00002.gguf", "is there twice");
    write_part(&f, "q-00001-of-00002.gguf", 0, 2, 2);
    write_part(&f, "q-00002-of-00002.gguf", 1, 3, 2);
    try_parts(f.dir, "q-00001-of-00002.gguf", "'split.count' is 3");
    folder_remove(&f);
}

static int
write_seeds(const char *dir)
{
    for (size_t i = 0; i < N_CASES; i++) {
        char path[4096];
        struct buf b = { 0 };
        struct err e;

        build(cases[i].file, &b);
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
    test_tensors();
    test_meta();
    test_number_arrays();
    test_parts();
    return tap_done();
}
