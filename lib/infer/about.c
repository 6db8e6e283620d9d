/* about.c - what a model file holds: the registry, and what the formats share */
#include "infer/about.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "text/utf8.h"
#include "json/jout.h"

#define ABOUT(f)                                                                       \
    int f##_bid(const char *path);                                                     \
    int f##_open(struct about *in, const char *path, struct err *e);
#include "infer/about_list.h"
#undef ABOUT

static const struct {
    int (*bid)(const char *path);
    int (*open)(struct about *in, const char *path, struct err *e);
} formats[] = {
#define ABOUT(f) { f##_bid, f##_open },
#include "infer/about_list.h"
#undef ABOUT
};

struct about *
about_open(const char *path, struct err *e)
{
    struct about *in = mem_zero(1, sizeof *in);
    struct stat st;

    snprintf(in->path, sizeof in->path, "%s", path);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].bid(path)) {
            if (formats[i].open(in, path, e) == 0)
                return in;
            about_close(in);
            return NULL;
        }
    if (stat(path, &st))
        err_set(e, ERR_MODEL, "'%s' is not there", path);
    else
        err_set(e, ERR_MODEL, "'%s' is no model file or folder of a known kind", path);
    about_close(in);
    return NULL;
}

void
about_close(struct about *in)
{
    if (in == NULL)
        return;
    weights_close(in->weights);
    buf_free(&in->items);
    arena_release(&in->text);
    mem_free(in);
}

/* ---- texts ---- */

/* Append at most ABOUT_TEXT bytes of a text, repaired; what was cut ends in "...". */
static void
put_clean(struct buf *b, struct str s)
{
    size_t n = s.n < ABOUT_TEXT ? s.n : ABOUT_TEXT;

    /* Not within a sequence, which would look damaged. */
    for (int i = 0; n < s.n && i < 3 && n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80;
         i++)
        n--;
    utf8_repair(b, s.p, n);
    if (n < s.n)
        buf_puts(b, "...");
}

static struct str
keep(struct about *in, struct str s)
{
    struct buf b = { 0 };
    struct str kept;

    put_clean(&b, s);
    kept = arena_str(&in->text, (struct str){ b.p, b.n });
    buf_free(&b);
    return kept;
}

void
about_json(struct buf *b, struct str text)
{
    struct buf clean = { 0 };

    put_clean(&clean, text);
    jout_str(b, (struct str){ clean.p, clean.n });
    buf_free(&clean);
}

static struct about_fact *
add_fact(struct about *in, const char *key)
{
    static struct about_fact none;

    if (in->n_fact == ABOUT_FACTS)
        return &none;
    in->fact[in->n_fact].key = key;
    return &in->fact[in->n_fact++];
}

void
about_say(struct about *in, const char *key, struct str text)
{
    if (text.n > 0)
        add_fact(in, key)->text = keep(in, text);
}

void
about_count(struct about *in, const char *key, uint64_t number)
{
    add_fact(in, key)->number = number;
}

struct about_item *
about_set(struct about *in, struct str key, const char *type, struct str json)
{
    struct about_item item = { keep(in, key), keep(in, str_of(type)),
                               arena_str(&in->text, json), 0 };

    buf_add(&in->items, &item, sizeof item);
    return (struct about_item *)(void *)(in->items.p + in->items.n) - 1;
}

/* ---- tensors ---- */

static size_t
elements(const struct weight *t)
{
    size_t n = 1;

    for (int i = 0; i < t->n_dim; i++)
        n = mem_mul(n, t->dim[i]); /* the reader has checked it */
    return n;
}

/* Integers and truth values are tables of positions and the like. */
static int
is_parameter(const struct weight *t)
{
    return t->dtype.n > 0 && t->dtype.p[0] != 'U' && !str_is(t->dtype, "BOOL") &&
           !(t->dtype.p[0] == 'I' && t->dtype.n > 1 && t->dtype.p[1] <= '9');
}

uint64_t
about_parameters(const struct about *in)
{
    uint64_t n = 0;

    for (size_t i = 0; in->weights && i < weights_count(in->weights); i++)
        if (is_parameter(weights_at(in->weights, i)))
            n += elements(weights_at(in->weights, i));
    return n;
}

/* Is a part of the name a number: blk.7.attn_q.weight, encoder.layer.7...? */
static int
in_layer(struct str name)
{
    size_t digits = 0;
    int plain = 1;

    for (size_t i = 0; i <= name.n; i++) {
        if (i == name.n || name.p[i] == '.') {
            if (plain && digits > 0)
                return 1;
            digits = 0;
            plain = 1;
        } else if (name.p[i] >= '0' && name.p[i] <= '9') {
            digits++;
        } else {
            plain = 0;
        }
    }
    return 0;
}

/* Does a network multiply by it? Those of layers, and what makes the logits. */
static int
is_product(const struct weight *t, const char *tied)
{
    if (t->n_dim < 2)
        return 0;
    return in_layer(t->name) || str_is(t->name, "output.weight") ||
           str_is(t->name, "lm_head.weight") || (tied && str_is(t->name, tied));
}

static void
add_packed(struct about *in, const struct weight *t)
{
    enum quant_type type = t->type < QUANT_TYPES ? t->type : QUANT_F32;
    size_t n_in = t->dim[t->n_dim - 1];

    for (int i = 0; i < ARITHS && n_in > 0; i++) {
        size_t n = pack_size((enum arith)i, type, elements(t) / n_in, n_in);
        in->packed[i] += n < UINT64_MAX - in->packed[i] ? n : 0;
    }
}

void
about_take(struct about *in, struct weights *w, const char *tied)
{
    in->weights = w;
    for (size_t i = 0; i < weights_count(w); i++)
        if (is_product(weights_at(w, i), tied))
            add_packed(in, weights_at(w, i));
    in->file_bytes += weights_bytes(w);
}
