/* gguf.c - GGUF files, versions 2 and 3 */
#include "format/gguf.h"

#include <limits.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "format/weights_build.h"

#define DIMS      4
#define KEY_MAX   65535
#define NAME_LONG 255
#define ALIGN_MAX 65536
#define PAIR_MIN  13 /* bytes that a pair takes at least: length, type, value */
#define ENTRY_MIN 24 /* the same for a tensor */
#define SPLITS    4096
#define SHOWN(s)  (int)((s).n < 100 ? (s).n : 100), (s).p /* for %.*s */

const char gguf_name[] = "*.gguf";

/* The part of the file that has not been read. */
struct reader {
    struct weights *w;
    struct meta *meta;
    struct bytes rest;
    size_t at; /* bytes read */
    struct err *e;
};

/* An element type of the format: what quant.h has, and what only its size is known of,
 * so that the tensors behind it can be found. */
static const struct {
    const char *name;
    size_t block, bytes;
    enum quant_type type;
} dtypes[] = {
    [0] = { "F32", 1, 4, QUANT_F32 },
    [1] = { "F16", 1, 2, QUANT_F16 },
    [2] = { "Q4_0", 32, 18, QUANT_Q4_0 },
    [3] = { "Q4_1", 32, 20, QUANT_Q4_1 },
    [6] = { "Q5_0", 32, 22, QUANT_Q5_0 },
    [7] = { "Q5_1", 32, 24, QUANT_Q5_1 },
    [8] = { "Q8_0", 32, 34, QUANT_Q8_0 },
    [9] = { "Q8_1", 32, 40, QUANT_TYPES },
    [10] = { "Q2_K", 256, 84, QUANT_Q2_K },
    [11] = { "Q3_K", 256, 110, QUANT_Q3_K },
    [12] = { "Q4_K", 256, 144, QUANT_Q4_K },
    [13] = { "Q5_K", 256, 176, QUANT_Q5_K },
    [14] = { "Q6_K", 256, 210, QUANT_Q6_K },
    [15] = { "Q8_K", 256, 292, QUANT_TYPES },
    [16] = { "IQ2_XXS", 256, 66, QUANT_TYPES },
    [17] = { "IQ2_XS", 256, 74, QUANT_TYPES },
    [18] = { "IQ3_XXS", 256, 98, QUANT_TYPES },
    [19] = { "IQ1_S", 256, 50, QUANT_TYPES },
    [20] = { "IQ4_NL", 32, 18, QUANT_IQ4_NL },
    [21] = { "IQ3_S", 256, 110, QUANT_TYPES },
    [22] = { "IQ2_S", 256, 82, QUANT_TYPES },
    [23] = { "IQ4_XS", 256, 136, QUANT_TYPES },
    [24] = { "I8", 1, 1, QUANT_TYPES },
    [25] = { "I16", 1, 2, QUANT_TYPES },
    [26] = { "I32", 1, 4, QUANT_TYPES },
    [27] = { "I64", 1, 8, QUANT_TYPES },
    [28] = { "F64", 1, 8, QUANT_TYPES },
    [29] = { "IQ1_M", 256, 56, QUANT_TYPES },
    [30] = { "BF16", 1, 2, QUANT_BF16 },
    [34] = { "TQ1_0", 256, 54, QUANT_TYPES },
    [35] = { "TQ2_0", 256, 66, QUANT_TYPES },
    [39] = { "MXFP4", 32, 17, QUANT_TYPES },
    [40] = { "NVFP4", 64, 36, QUANT_TYPES },
    [41] = { "Q1_0", 128, 18, QUANT_TYPES },
};

#define N_DTYPES (sizeof dtypes / sizeof *dtypes)

/* ---- bytes ---- */

/* The next n bytes, or NULL: the file ends before. */
static const unsigned char *
take(struct reader *r, size_t n)
{
    const unsigned char *p = bytes_take(&r->rest, n);

    if (p == NULL)
        err_set(r->e, ERR_MODEL, "the file ends at byte %zu, within its header",
                r->at + r->rest.n);
    else
        r->at += n;
    return p;
}

static int
take_u32(struct reader *r, uint32_t *v)
{
    const unsigned char *p = take(r, 4);

    *v = p ? bytes_u32(p) : 0;
    return p ? 0 : -1;
}

static int
take_u64(struct reader *r, uint64_t *v)
{
    const unsigned char *p = take(r, 8);

    *v = p ? bytes_u64(p) : 0;
    return p ? 0 : -1;
}

static int
take_str(struct reader *r, const char *what, size_t max, struct str *s)
{
    uint64_t n;
    size_t at = r->at;

    if (take_u64(r, &n))
        return -1;
    if (n > max)
        return err_set(r->e, ERR_MODEL, "%s at byte %zu has %llu bytes, at most %zu",
                       what, at, (unsigned long long)n, max);
    s->n = (size_t)n;
    s->p = (const char *)take(r, s->n);
    return s->p ? 0 : -1;
}

/* ---- metadata ---- */

static int
bad_value(struct reader *r, struct str key, const char *what)
{
    return err_set(r->e, ERR_MODEL, "'%.*s': %s", SHOWN(key), what);
}

static int
check_bools(struct reader *r, struct str key, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] > 1)
            return bad_value(r, key, "a bool that is neither 0 nor 1");
    return 0;
}

/* Strings have their lengths among them, so they are walked. */
static int
take_strings(struct reader *r, size_t n)
{
    struct str s;

    for (size_t i = 0; i < n; i++)
        if (take_str(r, "a string", r->rest.n, &s))
            return -1;
    return 0;
}

static int
take_array(struct reader *r, struct str key, struct meta_value *v)
{
    uint32_t of;
    uint64_t n;
    size_t least;

    if (take_u32(r, &of) || take_u64(r, &n))
        return -1;
    if (of == META_ARRAY)
        return bad_value(r, key, "an array of arrays");
    if (of >= META_TYPES)
        return bad_value(r, key, "an array of a type that is not in the format");
    v->of = (enum meta_type)of;
    least = v->of == META_STRING ? 8 : meta_size(v->of);
    if (n > r->rest.n / least)
        return bad_value(r, key, "an array that is longer than the file");
    v->n = (size_t)n;
    v->p = r->rest.p;
    if (v->of == META_STRING)
        return take_strings(r, v->n);
    if (take(r, v->n * least) == NULL)
        return -1;
    return v->of == META_BOOL ? check_bools(r, key, v->p, v->n) : 0;
}

static int
take_value(struct reader *r, struct str key, struct meta_value *v)
{
    uint32_t type;
    struct str s;

    if (take_u32(r, &type))
        return -1;
    if (type >= META_TYPES)
        return bad_value(r, key, "its type is not in the format");
    v->type = (enum meta_type)type;
    if (v->type == META_ARRAY)
        return take_array(r, key, v);
    if (v->type == META_STRING) {
        if (take_str(r, "a string", r->rest.n, &s))
            return bad_value(r, key, "a string that is longer than the file");
        v->p = (const unsigned char *)s.p;
        v->n = s.n;
        return 0;
    }
    if ((v->p = take(r, meta_size(v->type))) == NULL)
        return -1;
    return v->type == META_BOOL ? check_bools(r, key, v->p, 1) : 0;
}

static int
take_pairs(struct reader *r, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        struct meta_item item = { 0 };
        if (take_str(r, "a key", KEY_MAX, &item.key))
            return -1;
        if (item.key.n == 0)
            return err_set(r->e, ERR_MODEL, "a key without a name");
        if (take_value(r, item.key, &item.value))
            return -1;
        if (!meta_add(r->meta, &item))
            return bad_value(r, item.key, "the key is there twice");
    }
    return 0;
}

/* ---- tensors ---- */

static int
bad_tensor(struct reader *r, const struct weight *t, const char *what)
{
    return err_set(r->e, ERR_MODEL, "tensor '%.*s': %s", SHOWN(t->name), what);
}

/* Dimensions, slowest first, and how many elements they make. */
static int
take_dims(struct reader *r, struct weight *t, size_t *n)
{
    uint32_t n_dim;
    uint64_t dim;

    if (take_u32(r, &n_dim))
        return -1;
    if (n_dim > DIMS)
        return bad_tensor(r, t, "more than 4 dimensions");
    t->n_dim = (int)n_dim;
    *n = 1;
    for (int i = t->n_dim - 1; i >= 0; i--) {
        if (take_u64(r, &dim))
            return -1;
        if (dim > INT64_MAX)
            return bad_tensor(r, t, "a negative dimension");
        t->dim[i] = (size_t)dim;
        /* Zeros later must not hide what does not fit before them. */
        if ((*n = mem_mul(*n, t->dim[i])) > INT64_MAX)
            return bad_tensor(r, t, "its shape overflows");
    }
    return 0;
}

static int
take_dtype(struct reader *r, struct weight *t, size_t n)
{
    size_t row = t->n_dim ? t->dim[t->n_dim - 1] : 1;
    uint32_t i;

    if (take_u32(r, &i))
        return -1;
    if (i >= N_DTYPES || dtypes[i].name == NULL)
        return err_set(r->e, ERR_MODEL, "tensor '%.*s': element type %u is unknown",
                       SHOWN(t->name), (unsigned)i);
    t->dtype = str_of(dtypes[i].name);
    t->type = dtypes[i].type;
    if (row % dtypes[i].block)
        return bad_tensor(r, t, "its rows are not whole blocks");
    t->bytes = mem_mul(n / dtypes[i].block, dtypes[i].bytes);
    return t->bytes > INT64_MAX ? bad_tensor(r, t, "its size overflows") : 0;
}

/* n rounded up; SIZE_MAX: that overflows. */
static size_t
align_up(size_t n, size_t to)
{
    return mem_add(n, (to - n % to) % to);
}

/* An entry; *end: where the data of the one before end, padded. */
static int
take_tensor(struct reader *r, size_t align, size_t *end)
{
    struct weight t = { 0 };
    uint64_t offset;
    size_t n = 0;

    if (take_str(r, "a tensor's name", NAME_LONG, &t.name) || take_dims(r, &t, &n) ||
        take_dtype(r, &t, n) || take_u64(r, &offset))
        return -1;
    if (offset % align)
        return bad_tensor(r, &t, "its offset is not aligned");
    if (offset != *end)
        return bad_tensor(r, &t, "its offset is not where the tensor before it ends");
    if (t.bytes > SIZE_MAX - *end ||
        (*end = align_up(*end + t.bytes, align)) == SIZE_MAX)
        return bad_tensor(r, &t, "its size overflows");
    return weights_add(r->w, &t, r->e);
}

/* Where the data begin is known now that the header has ended. */
static int
place_tensors(struct reader *r, size_t align, size_t first)
{
    size_t gap = (align - r->at % align) % align, at = 0, left;

    if (weights_count(r->w) == first)
        return 0;
    if (gap > r->rest.n)
        return err_set(r->e, ERR_MODEL, "the file ends before its data");
    left = r->rest.n - gap;
    for (size_t i = first; i < weights_count(r->w); i++) {
        const struct weight *t = weights_at(r->w, i);
        if (at > left || t->bytes > left - at)
            return bad_tensor(r, t, "its data are beyond the end of the file");
        weights_place(r->w, i, r->rest.p + gap + at);
        at = align_up(at + t->bytes, align);
    }
    return 0;
}

static int
read_align(struct reader *r, size_t *align)
{
    const struct meta_value *v = meta_find(r->meta, "general.alignment");
    uint64_t n = 32;

    if (v && v->type != META_U32)
        return bad_value(r, STR("general.alignment"), "must be of type u32");
    if (meta_opt_u64(r->meta, "general.alignment", 1, ALIGN_MAX, &n, r->e))
        return -1;
    if (n & (n - 1))
        return bad_value(r, STR("general.alignment"), "must be a power of two");
    *align = (size_t)n;
    return 0;
}

/* ---- the file ---- */

static int
check_version(struct reader *r)
{
    const unsigned char *magic = take(r, 4);
    uint32_t version;

    if (magic == NULL || memcmp(magic, "GGUF", 4) != 0)
        return err_set(r->e, ERR_MODEL, "this is no GGUF file");
    if (take_u32(r, &version))
        return -1;
    if ((version & 0xFFFF) == 0 && version != 0)
        return err_set(r->e, ERR_MODEL, "a GGUF file for big-endian machines");
    if (version != 2 && version != 3)
        return err_set(r->e, ERR_MODEL, "GGUF version %u, known are 2 and 3",
                       (unsigned)version);
    return 0;
}

static int
read_file(struct reader *r)
{
    uint64_t n_tensor, n_pair;
    size_t align = 32, end = 0, first = weights_count(r->w);

    if (check_version(r) || take_u64(r, &n_tensor) || take_u64(r, &n_pair))
        return -1;
    if (n_pair > r->rest.n / PAIR_MIN || n_tensor > r->rest.n / ENTRY_MIN)
        return err_set(r->e, ERR_MODEL,
                       "%llu keys and %llu tensors do not fit into a file of %zu bytes",
                       (unsigned long long)n_pair, (unsigned long long)n_tensor,
                       r->at + r->rest.n);
    if (take_pairs(r, n_pair) || read_align(r, &align))
        return -1;
    for (uint64_t i = 0; i < n_tensor; i++)
        if (take_tensor(r, align, &end))
            return -1;
    return place_tensors(r, align, first);
}

/* Read one file's tensors into w, its metadata into *meta, which the caller frees. */
static int
read_into(struct weights *w, struct meta **meta, const unsigned char *p, size_t n,
          struct err *e)
{
    struct reader r = { .w = w, .meta = meta_new(), .rest = { p, n }, .e = e };

    *meta = r.meta;
    return read_file(&r);
}

int
gguf_read(struct weights *w, const unsigned char *p, size_t n, struct err *e)
{
    struct meta *meta;
    int rc = read_into(w, &meta, p, n, e);

    weights_set_meta(w, meta);
    return rc;
}

/* ---- files that are one of several ---- */

/* The path of file i of n, from that of the first. 0: that is not named so. */
static int
split_path(const char *first, uint64_t i, uint64_t n, char *path, size_t cap)
{
    char end[32];
    size_t len = strlen(first), k;

    k = (size_t)snprintf(end, sizeof end, "-%05d-of-%05d.gguf", 1, (int)n);
    if (len < k || strcmp(first + len - k, end) != 0 || len >= cap)
        return 0;
    snprintf(path, cap, "%.*s-%05d-of-%05d.gguf", (int)(len - k), first, (int)i + 1,
             (int)n);
    return 1;
}

static int
open_split(struct weights *w, const char *path, uint64_t i, uint64_t n, struct err *e)
{
    struct meta *meta = NULL;
    struct file f;
    uint64_t no = 0, count = 0;
    int rc = weights_map(w, path, &f, e);

    if (rc == 0)
        rc = read_into(w, &meta, f.p, f.n, e) ||
                     meta_u64(meta, "split.no", i, i, &no, e) ||
                     meta_u64(meta, "split.count", n, n, &count, e)
                 ? -1
                 : 0;
    meta_free(meta);
    return rc;
}

static int
open_splits(struct weights *w, const char *path, struct err *e)
{
    const struct meta *m = weights_meta(w);
    uint64_t n = 1, no = 0, total = UINT64_MAX;
    char next[PATH_MAX];

    if (meta_opt_u64(m, "split.count", 0, SPLITS, &n, e) ||
        meta_opt_u64(m, "split.no", 0, UINT64_MAX, &no, e) ||
        meta_opt_u64(m, "split.tensors.count", 0, INT64_MAX, &total, e))
        return -1;
    for (uint64_t i = 1; i < n; i++) {
        if (no != 0 || !split_path(path, i, n, next, sizeof next))
            return err_set(e, ERR_MODEL,
                           "one file of %d: the first, named NAME-00001-of-%05d.gguf, "
                           "is the one to open",
                           (int)n, (int)n);
        if (open_split(w, next, i, n, e))
            return err_wrap(e, "%s", next);
    }
    if (total != UINT64_MAX && total != weights_count(w))
        return err_set(e, ERR_MODEL, "%zu tensors in all files, must be %llu",
                       weights_count(w), (unsigned long long)total);
    return 0;
}

int
gguf_open(struct weights *w, const char *path, struct err *e)
{
    struct file f;

    if (weights_map(w, path, &f, e) || gguf_read(w, f.p, f.n, e))
        return -1;
    return open_splits(w, path, e);
}
