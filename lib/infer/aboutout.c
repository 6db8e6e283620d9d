/* aboutout.c - what about.h found, as a table or as JSON */
#include "infer/aboutout.h"

#include <stdio.h>

#include "base/mem.h"
#include "text/utf8.h"
#include "json/jout.h"

#define KEY_COLUMNS  15 /* of the summary */
#define TEXT_COLUMNS 80
#define NAME_COLUMNS 50 /* of a tensor or a key, at most */
#define TYPE_COLUMNS 16

/* ---- texts that a terminal can bear ---- */

static int
is_harmless(uint32_t cp)
{
    if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
        return 0;
    if ((cp >= 0x200B && cp <= 0x200F) || (cp >= 0x2028 && cp <= 0x202E))
        return 0;
    return !(cp >= 0x2060 && cp <= 0x206F) && cp != 0xFEFF &&
           !(cp >= 0xE0000 && cp <= 0xE0FFF);
}

/* Append at most `max` columns of a well-formed text; how many they were. */
static size_t
put_shown(struct buf *b, struct str s, size_t max)
{
    const char *p = s.p, *end = s.p + s.n;
    size_t n = 0, at = b->n, fits = b->n, fit = 0;

    while (p < end && n <= max) {
        uint32_t cp = utf8_next(&p);
        size_t before = b->n;
        if (n + 3 <= max) { /* "..." could stand here */
            fits = b->n;
            fit = n;
        }
        if (is_harmless(cp))
            utf8_put(b, cp);
        else
            buf_printf(b, "\\u{%x}", (unsigned)cp);
        n += is_harmless(cp) ? 1 : b->n - before;
    }
    if (n <= max)
        return n;
    b->n = fits > at ? fits : at;
    buf_puts(b, "...");
    return fit + 3;
}

static void
pad(struct buf *b, size_t n, size_t to)
{
    for (; n < to; n++)
        buf_char(b, ' ');
}

/* 134,515,008 */
static void
put_number(struct buf *b, uint64_t v)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);

    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            buf_char(b, ',');
        buf_char(b, digits[i]);
    }
}

/* 98.4 MB */
static void
put_size(struct buf *b, uint64_t bytes)
{
    static const char *const unit[] = { "bytes", "kB", "MB", "GB", "TB", "PB", "EB" };
    double v = (double)bytes;
    int i = 0;

    for (; v >= 1000 && i < 6; i++)
        v /= 1000;
    buf_printf(b, i > 0 && v < 100 ? "%.1f %s" : "%.0f %s", v, unit[i]);
}

static void
put_shape(struct buf *b, const struct weight *t, const char *between)
{
    for (int i = 0; i < t->n_dim; i++) {
        buf_puts(b, i ? between : "");
        buf_u64(b, t->dim[i]);
    }
}

/* ---- which element types there are ---- */

struct kinds {
    struct {
        struct str name;
        size_t n;
        uint64_t bytes;
    } kind[64];
    size_t n;
};

static void
count_kinds(const struct about *in, struct kinds *k)
{
    k->n = 0;
    for (size_t i = 0; in->weights && i < weights_count(in->weights); i++) {
        const struct weight *t = weights_at(in->weights, i);
        size_t j = 0;
        while (j < k->n && !str_eq(k->kind[j].name, t->dtype))
            j++;
        if (j == sizeof k->kind / sizeof *k->kind)
            continue;
        if (j == k->n) {
            k->kind[k->n].name = t->dtype;
            k->kind[j].n = 0;
            k->kind[k->n++].bytes = 0;
        }
        k->kind[j].n++;
        k->kind[j].bytes += t->bytes;
    }
}

/* Repaired, since a type's or a tensor's name is as the file has it. */
static struct str
repaired(struct buf *b, struct str s)
{
    b->n = 0;
    utf8_repair(b, s.p, s.n < ABOUT_TEXT ? s.n : ABOUT_TEXT);
    return (struct str){ b->p, b->n };
}

/* ---- table ---- */

static void
begin(struct buf *b, const char *key)
{
    buf_puts(b, key);
    pad(b, strlen(key), KEY_COLUMNS);
}

/* "inner_width" is "inner width" to people. */
static void
begin_words(struct buf *b, const char *key)
{
    size_t at = b->n;

    begin(b, key);
    for (; at < b->n; at++)
        if (b->p[at] == '_')
            b->p[at] = ' ';
}

static void
table_sizes(const struct about *in, struct buf *b)
{
    struct buf name = { 0 };
    struct kinds k;

    begin(b, "parameters");
    put_number(b, about_parameters(in));
    buf_char(b, '\n');
    begin(b, "file");
    put_size(b, in->file_bytes);
    buf_puts(b, " (");
    put_number(b, in->file_bytes);
    buf_puts(b, " bytes)\n");
    count_kinds(in, &k);
    for (size_t i = 0; i < k.n; i++) {
        begin(b, i ? "" : "stored as");
        pad(b, put_shown(b, repaired(&name, k.kind[i].name), 12), 8);
        put_number(b, k.kind[i].n);
        buf_puts(b, k.kind[i].n == 1 ? " tensor, " : " tensors, ");
        put_size(b, k.kind[i].bytes);
        buf_char(b, '\n');
    }
    buf_free(&name);
}

static void
table_memory(const struct about *in, struct buf *b)
{
    for (int i = 0, first = 1; i < ARITHS; i++) {
        if (in->packed[i] == 0)
            continue;
        begin(b, first ? "packed" : "");
        first = 0;
        buf_puts(b, pack_arith_name((enum arith)i));
        pad(b, strlen(pack_arith_name((enum arith)i)), 8);
        put_size(b, in->packed[i]);
        buf_char(b, '\n');
    }
}

static void
table_summary(const struct about *in, struct buf *b)
{
    for (size_t i = 0; i < in->n_fact; i++) {
        const struct about_fact *f = &in->fact[i];
        begin_words(b, f->key);
        if (f->text.p)
            put_shown(b, f->text, TEXT_COLUMNS);
        else
            put_number(b, f->number);
        buf_char(b, '\n');
    }
    table_sizes(in, b);
    table_memory(in, b);
}

static struct str
skip(struct str s, size_t n)
{
    return (struct str){ s.p + n, s.n - n };
}

static void
table_metadata(const struct about *in, struct buf *b)
{
    const struct about_item *item = (const void *)in->items.p;
    size_t n = in->items.n / sizeof *item, wide = 0;

    for (size_t i = 0; i < n; i++) {
        size_t len = utf8_count(item[i].key.p, item[i].key.n);
        if (len > wide)
            wide = len < NAME_COLUMNS ? len : NAME_COLUMNS;
    }
    buf_printf(b, "\nmetadata (%zu)\n", n);
    for (size_t i = 0; i < n; i++) {
        pad(b, put_shown(b, item[i].key, wide), wide + 2);
        pad(b, put_shown(b, item[i].type, TYPE_COLUMNS), TYPE_COLUMNS + 1);
        put_shown(b, skip(item[i].value, item[i].skip),
                  100 - wide - 2 - TYPE_COLUMNS - 1);
        buf_char(b, '\n');
    }
}

static size_t
widest_name(const struct about *in)
{
    struct buf name = { 0 };
    size_t wide = 4;

    for (size_t i = 0; i < weights_count(in->weights); i++) {
        struct str s = repaired(&name, weights_at(in->weights, i)->name);
        size_t len = utf8_count(s.p, s.n);
        if (len > wide)
            wide = len;
    }
    buf_free(&name);
    return wide < NAME_COLUMNS ? wide : NAME_COLUMNS;
}

static void
table_tensors(const struct about *in, struct buf *b)
{
    size_t wide = widest_name(in);
    struct buf text = { 0 };

    buf_printf(b, "\ntensors (%zu)\n", weights_count(in->weights));
    for (size_t i = 0; i < weights_count(in->weights); i++) {
        const struct weight *t = weights_at(in->weights, i);
        pad(b, put_shown(b, repaired(&text, t->name), wide), wide + 2);
        pad(b, put_shown(b, repaired(&text, t->dtype), 8), 9);
        text.n = 0;
        put_shape(&text, t, " x ");
        pad(b, put_shown(b, (struct str){ text.p, text.n }, 18), 19);
        text.n = 0;
        put_number(&text, t->bytes);
        pad(b, text.n, 13);
        buf_add(b, text.p, text.n);
        buf_char(b, '\n');
    }
    buf_free(&text);
}

void
aboutout_table(const struct about *in, unsigned parts, struct buf *b)
{
    table_summary(in, b);
    if (parts & ABOUTOUT_METADATA && in->items.n > 0)
        table_metadata(in, b);
    if (parts & ABOUTOUT_TENSORS && in->weights)
        table_tensors(in, b);
}

/* ---- JSON ---- */

static void
json_summary(const struct about *in, struct buf *b)
{
    buf_puts(b, "{\"path\":");
    about_json(b, str_of(in->path));
    for (size_t i = 0; i < in->n_fact; i++) {
        const struct about_fact *f = &in->fact[i];
        buf_printf(b, ",\"%s\":", f->key);
        if (f->text.p)
            jout_str(b, f->text);
        else
            buf_u64(b, f->number);
    }
    buf_puts(b, ",\"parameters\":");
    buf_u64(b, about_parameters(in));
    buf_puts(b, ",\"file_bytes\":");
    buf_u64(b, in->file_bytes);
    buf_puts(b, ",\"packed_bytes\":{");
    for (int i = 0; i < ARITHS; i++) {
        buf_printf(b, "%s\"%s\":", i ? "," : "", pack_arith_name((enum arith)i));
        buf_u64(b, in->packed[i]);
    }
    buf_char(b, '}');
}

static void
json_metadata(const struct about *in, struct buf *b)
{
    const struct about_item *item = (const void *)in->items.p;

    buf_puts(b, ",\"metadata\":{");
    for (size_t i = 0; i < in->items.n / sizeof *item; i++) {
        buf_puts(b, i ? "," : "");
        jout_str(b, item[i].key);
        buf_char(b, ':');
        buf_str(b, item[i].value);
    }
    buf_char(b, '}');
}

static void
json_tensors(const struct about *in, struct buf *b)
{
    buf_puts(b, ",\"tensors\":[");
    for (size_t i = 0; i < weights_count(in->weights); i++) {
        const struct weight *t = weights_at(in->weights, i);
        buf_puts(b, i ? ",{\"name\":" : "{\"name\":");
        about_json(b, t->name);
        buf_puts(b, ",\"type\":");
        about_json(b, t->dtype);
        buf_puts(b, ",\"shape\":[");
        put_shape(b, t, ",");
        buf_puts(b, "],\"bytes\":");
        buf_u64(b, t->bytes);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

void
aboutout_json(const struct about *in, unsigned parts, struct buf *b)
{
    json_summary(in, b);
    if (parts & ABOUTOUT_METADATA)
        json_metadata(in, b);
    if (parts & ABOUTOUT_TENSORS && in->weights)
        json_tensors(in, b);
    buf_puts(b, "}\n");
}
