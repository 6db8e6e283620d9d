/* safet.c - safetensors files */
#include "format/safet.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "format/weights_build.h"
#include "json/json.h"

#define HEADER_MAX 100000000u
#define SHOWN(s)   (int)((s).n < 100 ? (s).n : 100), (s).p /* for %.*s */

const char safet_name[] = "model.safetensors";

/* Where a tensor's bytes are, and whose they are. */
struct span {
    size_t begin, end, tensor;
};

struct header {
    struct weights *w;
    const unsigned char *data; /* behind the header */
    size_t n_data;
    struct span *span;
    size_t n_span, cap_span;
    struct err *e;
};

/* The element types of the format page with whole bytes, also those that quant.h does
 * not read: the size is checked even where nobody asks for the tensor. */
static const struct {
    const char *name;
    size_t bytes;
    enum quant_type type;
} dtypes[] = {
    { "F32", 4, QUANT_F32 },       { "F16", 2, QUANT_F16 },
    { "BF16", 2, QUANT_BF16 },     { "F64", 8, QUANT_TYPES },
    { "C64", 8, QUANT_TYPES },     { "I64", 8, QUANT_TYPES },
    { "U64", 8, QUANT_TYPES },     { "I32", 4, QUANT_TYPES },
    { "U32", 4, QUANT_TYPES },     { "I16", 2, QUANT_TYPES },
    { "U16", 2, QUANT_TYPES },     { "I8", 1, QUANT_TYPES },
    { "U8", 1, QUANT_TYPES },      { "BOOL", 1, QUANT_TYPES },
    { "F8_E4M3", 1, QUANT_TYPES }, { "F8_E5M2", 1, QUANT_TYPES },
    { "F8_E8M0", 1, QUANT_TYPES },
};

static int
bad(struct header *h, const struct weight *t, const char *what)
{
    return err_set(h->e, ERR_MODEL, "tensor '%.*s': %s", SHOWN(t->name), what);
}

/* Up to `max` numbers of an array; their count, or -1. */
static int
read_sizes(struct json array, size_t *out, int max)
{
    struct json_iter it = json_begin(array);
    struct json key, val;
    int64_t v;
    int n = 0;

    if (array.type != JSON_ARRAY)
        return -1;
    while (json_next(&it, &key, &val)) {
        if (n == max || !json_int(val, 0, INT64_MAX, &v))
            return -1;
        out[n++] = (size_t)v;
    }
    return n;
}

/* The three members of an entry, each exactly once. */
static int
read_entry(struct header *h, struct weight *t, struct json entry, struct json *dtype,
           size_t offset[2])
{
    struct json_iter it = json_begin(entry);
    struct json key, val, shape = { 0 }, offsets = { 0 };
    int n = 0;

    *dtype = (struct json){ 0 };
    if (entry.type != JSON_OBJECT)
        return bad(h, t, "its entry is no object");
    while (json_next(&it, &key, &val)) {
        if (json_is(key, STR("dtype")))
            *dtype = val;
        else if (json_is(key, STR("shape")))
            shape = val;
        else if (json_is(key, STR("data_offsets")))
            offsets = val;
        else
            return bad(h, t, "its entry has a member that is not in the format");
        n++;
    }
    if (n != 3 || dtype->type != JSON_STRING || !shape.p || !offsets.p)
        return bad(h, t, "its entry needs dtype, shape and data_offsets, each once");
    if ((t->n_dim = read_sizes(shape, t->dim, WEIGHTS_DIMS)) < 0)
        return bad(h, t, "shape is no list of at most 8 sizes");
    if (read_sizes(offsets, offset, 2) != 2)
        return bad(h, t, "data_offsets is not [begin, end]");
    return 0;
}

/* shape times element size must be the span's size. */
static int
check_size(struct header *h, struct weight *t)
{
    size_t n = 1;

    t->type = QUANT_TYPES;
    for (int i = 0; i < t->n_dim; i++)
        if ((n = mem_mul(n, t->dim[i])) == SIZE_MAX)
            return bad(h, t, "its shape overflows");
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        if (!str_is(t->dtype, dtypes[i].name))
            continue;
        t->type = dtypes[i].type;
        if (mem_mul(n, dtypes[i].bytes) != t->bytes)
            return bad(h, t, "data_offsets do not fit shape and dtype");
    }
    return 0;
}

static void
push_span(struct header *h, size_t begin, size_t end)
{
    if (h->n_span == h->cap_span) {
        h->cap_span = h->cap_span ? 2 * h->cap_span : 256;
        h->span = mem_grow(h->span, h->n_span * sizeof *h->span,
                           mem_mul(h->cap_span, sizeof *h->span));
    }
    h->span[h->n_span++] = (struct span){ begin, end, weights_count(h->w) };
}

/* A string of the header; what has no escapes is not copied. */
static int
text(struct header *h, struct json s, struct str *out)
{
    struct buf b = { 0 };
    int rc = 0;

    *out = (struct str){ s.p + 1, s.n - 2 };
    if (!memchr(out->p, '\\', out->n))
        return 0;
    if (json_unquote(s, &b, h->e))
        rc = err_set(h->e, ERR_MODEL, "header: lone surrogate in a string");
    else
        *out = weights_keep(h->w, b.p, b.n);
    buf_free(&b);
    return rc;
}

static int
add_tensor(struct header *h, struct json name, struct json entry)
{
    struct weight t = { 0 };
    struct json dtype;
    size_t at[2];

    if (text(h, name, &t.name) || read_entry(h, &t, entry, &dtype, at) ||
        text(h, dtype, &t.dtype))
        return -1;
    if (at[0] > at[1] || at[1] > h->n_data)
        return bad(h, &t, "data_offsets are beyond the end of the file");
    t.data = h->data + at[0];
    t.bytes = at[1] - at[0];
    if (check_size(h, &t))
        return -1;
    push_span(h, at[0], at[1]);
    return weights_add(h->w, &t, h->e);
}

static int
by_begin(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* Sorted, the spans must touch each other and both ends of the data. */
static int
check_cover(struct header *h)
{
    size_t at = 0;

    if (h->n_span > 0)
        qsort(h->span, h->n_span, sizeof *h->span, by_begin);
    for (size_t i = 0; i < h->n_span; i++) {
        const struct weight *t = weights_at(h->w, h->span[i].tensor);
        if (h->span[i].begin < at)
            return bad(h, t, "its data overlap another tensor's");
        if (h->span[i].begin > at)
            return bad(h, t, "there is a hole before its data");
        at = h->span[i].end;
    }
    if (at != h->n_data)
        return err_set(h->e, ERR_MODEL, "%zu bytes behind the last tensor",
                       h->n_data - at);
    return 0;
}

static int
read_header(struct header *h, const char *p, size_t n)
{
    struct json_watch meta = { .name = STR("__metadata__") };
    struct json v, key, entry;
    struct json_iter it;

    if (n == 0 || p[0] != '{')
        return err_set(h->e, ERR_MODEL, "header does not begin with '{'");
    if (json_scan(p, n, &meta, 1, &v, h->e)) {
        h->e->code = ERR_MODEL;
        return err_wrap(h->e, "header");
    }
    if (meta.count > 1)
        return err_set(h->e, ERR_MODEL, "header: __metadata__ is there twice");
    for (it = json_begin(v); json_next(&it, &key, &entry);)
        if (!json_is(key, meta.name) && add_tensor(h, key, entry))
            return -1;
    return check_cover(h);
}

int
safet_read(struct weights *w, const unsigned char *p, size_t n, struct err *e)
{
    struct header h = { .w = w, .e = e };
    uint64_t n_header;
    int rc;

    if (n < 8)
        return err_set(e, ERR_MODEL, "%zu bytes are no safetensors file", n);
    n_header = bytes_u64(p);
    if (n_header > HEADER_MAX)
        return err_set(e, ERR_MODEL, "header of %llu bytes, at most %u are taken",
                       (unsigned long long)n_header, HEADER_MAX);
    if (n_header > n - 8)
        return err_set(e, ERR_MODEL, "header of %llu bytes in a file of %zu",
                       (unsigned long long)n_header, n);
    h.data = p + 8 + n_header;
    h.n_data = n - 8 - (size_t)n_header;
    rc = read_header(&h, (const char *)p + 8, (size_t)n_header);
    mem_free(h.span);
    return rc;
}

int
safet_open(struct weights *w, const char *path, struct err *e)
{
    struct file f;

    if (weights_map(w, path, &f, e))
        return -1;
    return safet_read(w, f.p, f.n, e);
}
