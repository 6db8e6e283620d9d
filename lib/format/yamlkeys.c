/* yamlkeys.c - settings in the little of YAML that Marian writes */
#include "format/yamlkeys.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

#define MAX_TEXT ((size_t)1 << 16)

struct entry {
    struct str key, value;
    size_t item; /* which of a list */
};

struct yamlkeys {
    char name[200];
    struct buf text;
    struct entry *entry;
    size_t n, cap;
};

static struct str
trim(struct str s)
{
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\r'))
        s.n--;
    while (s.n > 0 && *s.p == ' ') {
        s.p++;
        s.n--;
    }
    return s;
}

/* Without its quotes; -1: they are not closed, or there is something that only a whole
 * YAML reader would understand. */
static int
unquote(struct str *s)
{
    char q = s->n ? *s->p : '\0';

    if (q == '"' || q == '\'') {
        if (s->n < 2 || s->p[s->n - 1] != q)
            return -1;
        *s = (struct str){ s->p + 1, s->n - 2 };
        return s->n && memchr(s->p, '\\', s->n) ? -1 : 0;
    }
    return q != '\0' && strchr("&*!|>{[%@`", q) ? -1 : 0;
}

static void
add(struct yamlkeys *y, struct str key, struct str value, size_t item)
{
    if (y->n == y->cap) {
        y->cap = y->cap ? 2 * y->cap : 64;
        y->entry = mem_grow(y->entry, y->n * sizeof *y->entry,
                            mem_mul(y->cap, sizeof *y->entry));
    }
    y->entry[y->n++] = (struct entry){ key, value, item };
}

static const struct entry *
find(const struct yamlkeys *y, struct str key, size_t item)
{
    for (size_t i = 0; i < y->n; i++)
        if (y->entry[i].item == item && str_eq(y->entry[i].key, key))
            return &y->entry[i];
    return NULL;
}

/* The list that lines of `- value` belong to. */
struct list {
    struct str key; /* p NULL: none is open */
    size_t n;
};

static int
read_item(struct yamlkeys *y, struct str line, struct list *list)
{
    struct str v = trim((struct str){ line.p + 1, line.n - 1 });

    if (list->key.p == NULL || (line.n > 1 && line.p[1] != ' ') || unquote(&v))
        return -1;
    add(y, list->key, v, list->n++);
    return 0;
}

static int
read_key(struct yamlkeys *y, struct str line, struct list *list)
{
    const char *colon = memchr(line.p, ':', line.n);
    struct str key, v;

    if (colon == NULL || colon == line.p)
        return -1;
    key = (struct str){ line.p, (size_t)(colon - line.p) };
    v = (struct str){ colon + 1, line.n - key.n - 1 };
    if ((v.n > 0 && *v.p != ' ') || find(y, key, 0) || unquote(&key))
        return -1;
    v = trim(v);
    *list = (struct list){ { NULL, 0 }, 0 };
    if (v.n == 0 || str_is(v, "[]")) {
        if (v.n == 0)
            list->key = key;
        return 0;
    }
    if (unquote(&v))
        return -1;
    add(y, key, v, 0);
    return 0;
}

static int
read_line(struct yamlkeys *y, struct str line, struct list *list)
{
    struct str s = trim(line);

    if (s.n == 0 || *s.p == '#' || str_is(s, "---"))
        return 0;
    if (*s.p == '-')
        return read_item(y, s, list);
    if (s.p != line.p) /* deeper: only `[]` of the key before */
        return str_is(s, "[]") && list->key.p && list->n == 0 ? 0 : -1;
    return read_key(y, s, list);
}

static int
read_all(struct yamlkeys *y, struct err *e)
{
    struct list list = { { NULL, 0 }, 0 };
    size_t number = 1;

    if (y->text.n > MAX_TEXT)
        return err_set(e, ERR_MODEL, "%s: more than %zu bytes", y->name, MAX_TEXT);
    for (size_t at = 0, n; at < y->text.n; at += n + 1, number++) {
        const char *p = y->text.p + at, *end = memchr(p, '\n', y->text.n - at);

        n = end ? (size_t)(end - p) : y->text.n - at;
        if (memchr(p, '\t', n) || memchr(p, '\0', n) ||
            read_line(y, (struct str){ p, n }, &list))
            return err_set(e, ERR_MODEL, "%s:%zu: not a line of plain settings",
                           y->name, number);
    }
    return 0;
}

struct yamlkeys *
yamlkeys_parse(struct str text, const char *name, struct err *e)
{
    struct yamlkeys *y = mem_zero(1, sizeof *y);

    snprintf(y->name, sizeof y->name, "%s", name);
    buf_str(&y->text, text);
    if (read_all(y, e) == 0)
        return y;
    yamlkeys_close(y);
    return NULL;
}

void
yamlkeys_close(struct yamlkeys *y)
{
    if (y == NULL)
        return;
    buf_free(&y->text);
    mem_free(y->entry);
    mem_free(y);
}

struct str
yamlkeys_get(const struct yamlkeys *y, const char *key, size_t i)
{
    const struct entry *x = find(y, str_of(key), i);

    return x ? x->value : (struct str){ NULL, 0 };
}

/* A number in decimal digits, all of the value. */
static int
parse(const struct yamlkeys *y, const char *key, struct str s, double lo, double hi,
      double *v, struct err *e)
{
    char text[40], *end = text;

    snprintf(text, sizeof text, "%.*s", (int)(s.n < 39 ? s.n : 39), s.n ? s.p : "");
    if (s.n > 0 && s.n < 39 && strspn(text, "+-.0123456789eE") == s.n)
        *v = strtod(text, &end);
    if (end == text || *end != '\0' || !(*v >= lo && *v <= hi))
        return err_set(e, ERR_MODEL, "%s: %s: '%s' is no number from %g to %g", y->name,
                       key, text, lo, hi);
    return 0;
}

int
yamlkeys_item(const struct yamlkeys *y, const char *key, size_t i, int lo, int hi,
              int *v, struct err *e)
{
    struct str s = yamlkeys_get(y, key, i);
    double x = 0;

    if (s.p == NULL)
        return err_set(e, ERR_MODEL, "%s: %s: missing", y->name, key);
    if (parse(y, key, s, lo, hi, &x, e))
        return -1;
    *v = (int)x;
    if ((double)*v < x || (double)*v > x)
        return err_set(e, ERR_MODEL, "%s: %s: %g is no whole number", y->name, key, x);
    return 0;
}

int
yamlkeys_int(const struct yamlkeys *y, const char *key, int lo, int hi, int *v,
             struct err *e)
{
    return yamlkeys_item(y, key, 0, lo, hi, v, e);
}

int
yamlkeys_opt_double(const struct yamlkeys *y, const char *key, double lo, double hi,
                    double *v, struct err *e)
{
    struct str s = yamlkeys_get(y, key, 0);

    return s.p ? parse(y, key, s, lo, hi, v, e) : 0;
}

int
yamlkeys_expect(const struct yamlkeys *y, const char *key, const char *value,
                struct err *e)
{
    struct str s = yamlkeys_get(y, key, 0);

    if (s.p == NULL || str_is(s, value))
        return 0;
    return err_set(e, ERR_MODEL, "%s: %s: '%.*s' is not supported, only '%s'", y->name,
                   key, (int)(s.n < 60 ? s.n : 60), s.p, value);
}
