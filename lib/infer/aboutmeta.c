/* aboutmeta.c - the values of format/meta.h as JSON */
#include "infer/aboutmeta.h"

#include <math.h>
#include <stdio.h>

#include "json/jout.h"

#define FIRST 8 /* elements of an array that are shown */

static void
put_int(struct buf *b, uint64_t v, int neg)
{
    if (neg)
        buf_char(b, '-');
    buf_u64(b, v);
}

static void
put_double(struct buf *b, double v)
{
    float f = (float)v;

    if (isnan(v))
        buf_puts(b, "\"nan\"");
    else if (isinf(v))
        buf_puts(b, v > 0 ? "\"inf\"" : "\"-inf\"");
    else if ((double)f == v)
        jout_f32(b, f);
    else
        buf_printf(b, "%.17g", v);
}

static void
put_element(struct buf *b, struct meta_array *a)
{
    struct str s = { NULL, 0 };
    int64_t i = 0;
    double d = 0;

    if (a->of == META_STRING) {
        meta_next_str(a, &s);
        about_json(b, s);
    } else if (a->of == META_F32 || a->of == META_F64) {
        meta_next_double(a, &d);
        put_double(b, d);
    } else if (a->of == META_BOOL) {
        buf_puts(b, a->p[0] ? "true" : "false");
        a->p++;
        a->n--;
    } else {
        meta_next_int(a, &i);
        put_int(b, i < 0 ? 0 - (uint64_t)i : (uint64_t)i, i < 0);
    }
}

#define ARRAY_HEAD "{\"of\":\"%s\",\"n\":%zu,\"first\":"

/* Its bytes: the type and the length are in another column of a table. */
static size_t
array_head(const struct meta_value *v)
{
    return (size_t)snprintf(NULL, 0, ARRAY_HEAD, meta_name(v->of), v->n);
}

static void
put_array(struct buf *b, const struct meta_value *v)
{
    struct meta_array a = meta_walk(v);

    buf_printf(b, ARRAY_HEAD "[", meta_name(v->of), v->n);
    for (int i = 0; i < FIRST && a.n > 0; i++) {
        buf_puts(b, i ? "," : "");
        put_element(b, &a);
    }
    buf_puts(b, "]}");
}

static void
put_value(struct buf *b, const struct meta_value *v)
{
    uint64_t i;
    double d;
    int neg;

    if (v->type == META_ARRAY)
        put_array(b, v);
    else if (v->type == META_STRING)
        about_json(b, (struct str){ (const char *)v->p, v->n });
    else if (meta_get_int(v, &i, &neg))
        put_int(b, i, neg);
    else if (meta_get_double(v, &d))
        put_double(b, d);
    else
        buf_puts(b, v->p[0] ? "true" : "false");
}

void
aboutmeta_add(struct about *in, const struct meta *m)
{
    struct buf b = { 0 };
    char type[64];

    for (size_t i = 0; i < meta_count(m); i++) {
        const struct meta_item *item = meta_at(m, i);
        const struct meta_value *v = &item->value;
        if (v->type == META_ARRAY)
            snprintf(type, sizeof type, "%s[%zu]", meta_name(v->of), v->n);
        else
            snprintf(type, sizeof type, "%s", meta_name(v->type));
        b.n = 0;
        put_value(&b, v);
        about_set(in, item->key, type, (struct str){ b.p, b.n })->skip =
            v->type == META_ARRAY ? array_head(v) : 0;
    }
    buf_free(&b);
}
