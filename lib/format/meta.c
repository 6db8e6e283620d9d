/* meta.c - what a model file says about itself: values by key */
#include "format/meta.h"

#include "base/bytes.h"
#include "base/map.h"
#include "base/mem.h"

struct meta {
    struct meta_item *item;
    size_t n, cap;
    struct map *by_key;
};

static const struct {
    const char *name;
    size_t size;
} types[META_TYPES] = {
    [META_U8] = { "u8", 1 },         [META_I8] = { "i8", 1 },
    [META_U16] = { "u16", 2 },       [META_I16] = { "i16", 2 },
    [META_U32] = { "u32", 4 },       [META_I32] = { "i32", 4 },
    [META_F32] = { "f32", 4 },       [META_BOOL] = { "bool", 1 },
    [META_STRING] = { "string", 0 }, [META_ARRAY] = { "array", 0 },
    [META_U64] = { "u64", 8 },       [META_I64] = { "i64", 8 },
    [META_F64] = { "f64", 8 },
};

struct meta *
meta_new(void)
{
    struct meta *m = mem_zero(1, sizeof *m);

    m->by_key = map_new(64);
    return m;
}

void
meta_free(struct meta *m)
{
    if (m == NULL)
        return;
    map_free(m->by_key);
    mem_free(m->item);
    mem_free(m);
}

int
meta_add(struct meta *m, const struct meta_item *item)
{
    if (m->n == INT32_MAX || !map_put(m->by_key, item->key, (int32_t)m->n))
        return 0;
    if (m->n == m->cap) {
        m->cap = m->cap ? 2 * m->cap : 64;
        m->item =
            mem_grow(m->item, m->n * sizeof *m->item, mem_mul(m->cap, sizeof *m->item));
    }
    m->item[m->n++] = *item;
    return 1;
}

size_t
meta_count(const struct meta *m)
{
    return m->n;
}

const struct meta_item *
meta_at(const struct meta *m, size_t i)
{
    return &m->item[i];
}

const struct meta_value *
meta_find(const struct meta *m, const char *key)
{
    int32_t i = map_find(m->by_key, str_of(key), -1);

    return i < 0 ? NULL : &m->item[i].value;
}

const char *
meta_name(enum meta_type type)
{
    return types[type].name;
}

size_t
meta_size(enum meta_type type)
{
    return types[type].size;
}

/* ---- numbers ---- */

static int
is_signed(enum meta_type type)
{
    return type == META_I8 || type == META_I16 || type == META_I32 || type == META_I64;
}

static int
is_int(enum meta_type type)
{
    return is_signed(type) || type == META_U8 || type == META_U16 || type == META_U32 ||
           type == META_U64;
}

static int
is_float(enum meta_type type)
{
    return type == META_F32 || type == META_F64;
}

/* The magnitude; the sign is in *neg. */
static uint64_t
get_int(enum meta_type type, const unsigned char *p, int *neg)
{
    size_t n = types[type].size;
    uint64_t v = bytes_number(p, n);

    *neg = is_signed(type) && p[n - 1] & 0x80;
    if (!*neg)
        return v;
    if (n < 8)
        v |= UINT64_MAX << 8 * n;
    return 0 - v;
}

static double
get_double(enum meta_type type, const unsigned char *p)
{
    uint64_t bits;
    double d;

    if (type == META_F32)
        return (double)bytes_f32(p);
    bits = bytes_u64(p);
    memcpy(&d, &bits, sizeof d);
    return d;
}

int
meta_get_int(const struct meta_value *value, uint64_t *v, int *neg)
{
    if (!is_int(value->type))
        return 0;
    *v = get_int(value->type, value->p, neg);
    return 1;
}

int
meta_get_double(const struct meta_value *value, double *v)
{
    if (!is_float(value->type))
        return 0;
    *v = get_double(value->type, value->p);
    return 1;
}

/* ---- by key ---- */

/* The value, or NULL: *bad says whether that is an error. */
static const struct meta_value *
look(const struct meta *m, const char *key, int need, struct err *e, int *bad)
{
    const struct meta_value *v = meta_find(m, key);

    *bad = v == NULL && need ? err_set(e, ERR_MODEL, "'%s' is missing", key) : 0;
    return v;
}

static int
wrong(const struct meta_value *v, const char *key, const char *want, struct err *e)
{
    return err_set(e, ERR_MODEL, "'%s' is of type %s, must be %s", key,
                   meta_name(v->type), want);
}

static int
read_int(const struct meta *m, const char *key, uint64_t lo, uint64_t hi, int need,
         uint64_t *to, struct err *e)
{
    int bad, neg;
    const struct meta_value *v = look(m, key, need, e, &bad);
    uint64_t n;

    if (v == NULL)
        return bad;
    if (!meta_get_int(v, &n, &neg))
        return wrong(v, key, "an integer", e);
    if (neg || n < lo || n > hi)
        return err_set(e, ERR_MODEL, "'%s' is %s%llu, must be in %llu to %llu", key,
                       neg ? "-" : "", (unsigned long long)n, (unsigned long long)lo,
                       (unsigned long long)hi);
    *to = n;
    return 0;
}

int
meta_u64(const struct meta *m, const char *key, uint64_t lo, uint64_t hi, uint64_t *v,
         struct err *e)
{
    return read_int(m, key, lo, hi, 1, v, e);
}

int
meta_opt_u64(const struct meta *m, const char *key, uint64_t lo, uint64_t hi,
             uint64_t *v, struct err *e)
{
    return read_int(m, key, lo, hi, 0, v, e);
}

/* Bounds of an int are never below 0: nothing that a model counts is. */
static int
read_small(const struct meta *m, const char *key, int lo, int hi, int need, int *v,
           struct err *e)
{
    uint64_t n = (uint64_t)hi + 1; /* no value that can be read */

    if (read_int(m, key, (uint64_t)lo, (uint64_t)hi, need, &n, e))
        return -1;
    if (n <= (uint64_t)hi)
        *v = (int)n;
    return 0;
}

int
meta_int(const struct meta *m, const char *key, int lo, int hi, int *v, struct err *e)
{
    return read_small(m, key, lo, hi, 1, v, e);
}

int
meta_opt_int(const struct meta *m, const char *key, int lo, int hi, int *v,
             struct err *e)
{
    return read_small(m, key, lo, hi, 0, v, e);
}

static int
read_double(const struct meta *m, const char *key, double lo, double hi, int need,
            double *to, struct err *e)
{
    int bad;
    const struct meta_value *v = look(m, key, need, e, &bad);
    double d;

    if (v == NULL)
        return bad;
    if (!meta_get_double(v, &d))
        return wrong(v, key, "f32 or f64", e);
    if (!(d >= lo && d <= hi)) /* and no NaN */
        return err_set(e, ERR_MODEL, "'%s' is %g, must be in %g to %g", key, d, lo, hi);
    *to = d;
    return 0;
}

int
meta_double(const struct meta *m, const char *key, double lo, double hi, double *v,
            struct err *e)
{
    return read_double(m, key, lo, hi, 1, v, e);
}

int
meta_opt_double(const struct meta *m, const char *key, double lo, double hi, double *v,
                struct err *e)
{
    return read_double(m, key, lo, hi, 0, v, e);
}

int
meta_opt_bool(const struct meta *m, const char *key, int *to, struct err *e)
{
    const struct meta_value *v = meta_find(m, key);

    if (v == NULL)
        return 0;
    if (v->type != META_BOOL)
        return wrong(v, key, "bool", e);
    *to = v->p[0];
    return 0;
}

static int
read_str(const struct meta *m, const char *key, int need, struct str *to, struct err *e)
{
    int bad;
    const struct meta_value *v = look(m, key, need, e, &bad);

    if (v == NULL)
        return bad;
    if (v->type != META_STRING)
        return wrong(v, key, "string", e);
    *to = (struct str){ (const char *)v->p, v->n };
    return 0;
}

int
meta_str(const struct meta *m, const char *key, struct str *v, struct err *e)
{
    return read_str(m, key, 1, v, e);
}

int
meta_opt_str(const struct meta *m, const char *key, struct str *v, struct err *e)
{
    return read_str(m, key, 0, v, e);
}

/* ---- arrays ---- */

struct meta_array
meta_walk(const struct meta_value *value)
{
    return (struct meta_array){ value->of, value->p, value->n };
}

static int
is_kind(enum meta_type type, enum meta_kind kind)
{
    switch (kind) {
    case META_STRINGS: return type == META_STRING;
    case META_INTS: return is_int(type);
    case META_FLOATS: return is_float(type);
    }
    return 0;
}

static int
read_array(const struct meta *m, const char *key, enum meta_kind kind, int need,
           struct meta_array *to, struct err *e)
{
    static const char *const names[] = { "strings", "integers", "f32 or f64" };
    int bad;
    const struct meta_value *v = look(m, key, need, e, &bad);

    *to = (struct meta_array){ META_TYPES, NULL, 0 };
    if (v == NULL)
        return bad;
    if (v->type != META_ARRAY || !is_kind(v->of, kind))
        return err_set(e, ERR_MODEL, "'%s' is of type %s%s, must be an array of %s",
                       key, v->type == META_ARRAY ? "array of " : "",
                       meta_name(v->type == META_ARRAY ? v->of : v->type), names[kind]);
    *to = meta_walk(v);
    return 0;
}

int
meta_array(const struct meta *m, const char *key, enum meta_kind kind,
           struct meta_array *v, struct err *e)
{
    return read_array(m, key, kind, 1, v, e);
}

int
meta_opt_array(const struct meta *m, const char *key, enum meta_kind kind,
               struct meta_array *v, struct err *e)
{
    return read_array(m, key, kind, 0, v, e);
}

/* Step over n bytes of an element. */
static const unsigned char *
step(struct meta_array *a, size_t n)
{
    const unsigned char *p = a->p;

    a->p += n;
    a->n--;
    return p;
}

int
meta_next_str(struct meta_array *a, struct str *v)
{
    size_t n;

    if (a->n == 0)
        return 0;
    n = (size_t)bytes_u64(a->p);
    *v = (struct str){ (const char *)a->p + 8, n };
    step(a, 8 + n);
    return 1;
}

int
meta_next_int(struct meta_array *a, int64_t *v)
{
    uint64_t n;
    int neg;

    if (a->n == 0)
        return 0;
    n = get_int(a->of, step(a, types[a->of].size), &neg);
    if (neg)
        *v = (int64_t)(0 - n);
    else
        *v = n > INT64_MAX ? INT64_MAX : (int64_t)n;
    return 1;
}

int
meta_next_double(struct meta_array *a, double *v)
{
    if (a->n == 0)
        return 0;
    *v = get_double(a->of, step(a, types[a->of].size));
    return 1;
}
