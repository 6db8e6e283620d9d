/* config.c - the JSON files beside the weights: one object of settings */
#include "format/config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"

#define FILE_MAX ((size_t)16 << 20)

struct config {
    char path[PATH_MAX];
    struct buf text; /* empty in an item, which points into its parent's */
    struct json v;
};

static struct config *
config_new(const char *path)
{
    struct config *c = mem_zero(1, sizeof *c);

    snprintf(c->path, sizeof c->path, "%s", path);
    return c;
}

void
config_close(struct config *c)
{
    if (c)
        buf_free(&c->text);
    mem_free(c);
}

/* Check the text that is in c->text; on failure c is freed. */
static struct config *
scan(struct config *c, struct err *e)
{
    if (json_scan(c->text.p, c->text.n, NULL, 0, &c->v, e) == 0) {
        if (c->v.type == JSON_OBJECT || c->v.type == JSON_ARRAY)
            return c;
        err_set(e, ERR_MODEL, "neither an object nor an array");
    }
    e->code = ERR_MODEL;
    err_wrap(e, "%s", c->path);
    config_close(c);
    return NULL;
}

struct config *
config_open(const char *dir, const char *name, struct err *e)
{
    char path[PATH_MAX];
    struct config *c;

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path) {
        err_set(e, ERR_MODEL, "path of '%s' is too long", name);
        return NULL;
    }
    c = config_new(path);
    if (file_read(path, FILE_MAX, &c->text, e)) {
        e->code = ERR_MODEL;
        config_close(c);
        return NULL;
    }
    return scan(c, e);
}

struct config *
config_parse(const char *p, size_t n, const char *path, struct err *e)
{
    struct config *c = config_new(path);

    buf_add(&c->text, p, n);
    return scan(c, e);
}

struct str
config_text(const struct config *c)
{
    return (struct str){ c->v.p, c->v.n };
}

int
config_bad(const struct config *c, const char *key, struct err *e, const char *fmt, ...)
{
    va_list ap;

    e->code = ERR_MODEL;
    va_start(ap, fmt);
    vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    return err_wrap(e, "%s: %s", c->path, key);
}

/* The member of that name. 1: there, 0: missing or null, -1: there twice. */
static int
find(const struct config *c, const char *key, struct json *v, struct err *e)
{
    struct json_iter it = json_begin(c->v);
    struct json k, x;
    int count = 0;

    if (c->v.type == JSON_OBJECT)
        while (json_next(&it, &k, &x))
            if (json_is(k, str_of(key))) {
                *v = x;
                count++;
            }
    if (count > 1)
        return config_bad(c, key, e, "is there twice");
    return count == 1 && v->type != JSON_NULL;
}

/* For the functions that need the member: what find() gave, or an error for missing. */
static int
needed(const struct config *c, const char *key, int found, struct err *e)
{
    return found ? found : config_bad(c, key, e, "missing");
}

static int
read_int(const struct config *c, const char *key, struct json j, int lo, int hi, int *v,
         struct err *e)
{
    int64_t x;

    if (!json_int(j, lo, hi, &x))
        return config_bad(c, key, e, "must be an integer from %d to %d", lo, hi);
    *v = (int)x;
    return 0;
}

int
config_int(const struct config *c, const char *key, int lo, int hi, int *v,
           struct err *e)
{
    struct json j;

    if (needed(c, key, find(c, key, &j, e), e) < 0)
        return -1;
    return read_int(c, key, j, lo, hi, v, e);
}

int
config_opt_int(const struct config *c, const char *key, int lo, int hi, int *v,
               struct err *e)
{
    struct json j;
    int found = find(c, key, &j, e);

    return found < 1 ? found : read_int(c, key, j, lo, hi, v, e);
}

static int
read_double(const struct config *c, const char *key, struct json j, double lo,
            double hi, double *v, struct err *e)
{
    double x;

    if (!json_double(j, &x) || !(x >= lo && x <= hi))
        return config_bad(c, key, e, "must be a number from %g to %g", lo, hi);
    *v = x;
    return 0;
}

int
config_double(const struct config *c, const char *key, double lo, double hi, double *v,
              struct err *e)
{
    struct json j;

    if (needed(c, key, find(c, key, &j, e), e) < 0)
        return -1;
    return read_double(c, key, j, lo, hi, v, e);
}

int
config_opt_double(const struct config *c, const char *key, double lo, double hi,
                  double *v, struct err *e)
{
    struct json j;
    int found = find(c, key, &j, e);

    return found < 1 ? found : read_double(c, key, j, lo, hi, v, e);
}

int
config_opt_bool(const struct config *c, const char *key, int *v, struct err *e)
{
    struct json j;
    int found = find(c, key, &j, e);

    if (found < 1)
        return found;
    if (j.type != JSON_TRUE && j.type != JSON_FALSE)
        return config_bad(c, key, e, "must be true or false");
    *v = j.type == JSON_TRUE;
    return 0;
}

static int
read_str(const struct config *c, const char *key, struct json j, char *v, size_t cap,
         struct err *e)
{
    struct buf b = { 0 };
    int rc = 0;

    if (j.type != JSON_STRING || json_unquote(j, &b, e) || b.n >= cap ||
        (b.n > 0 && memchr(b.p, '\0', b.n)))
        rc = config_bad(c, key, e, "must be a string of less than %zu bytes", cap);
    else {
        if (b.n > 0)
            memcpy(v, b.p, b.n);
        v[b.n] = '\0';
    }
    buf_free(&b);
    return rc;
}

int
config_str(const struct config *c, const char *key, char *v, size_t cap, struct err *e)
{
    struct json j;

    if (needed(c, key, find(c, key, &j, e), e) < 0)
        return -1;
    return read_str(c, key, j, v, cap, e);
}

int
config_opt_str(const struct config *c, const char *key, char *v, size_t cap,
               struct err *e)
{
    struct json j;
    int found = find(c, key, &j, e);

    return found < 1 ? found : read_str(c, key, j, v, cap, e);
}

int
config_expect(const struct config *c, const char *key, const char *value, struct err *e)
{
    char is[64];

    snprintf(is, sizeof is, "%s", value);
    if (config_opt_str(c, key, is, sizeof is, e))
        return -1;
    return strcmp(is, value) == 0
               ? 0
               : config_bad(c, key, e, "'%s' is not supported, only '%s'", is, value);
}

int
config_expect_off(const struct config *c, const char *key, struct err *e)
{
    int on = 0;

    if (config_opt_bool(c, key, &on, e))
        return -1;
    return on ? config_bad(c, key, e, "true is not supported") : 0;
}

int
config_first(const struct config *c, const char *key, char *v, size_t cap,
             struct err *e)
{
    struct json j;

    if (needed(c, key, find(c, key, &j, e), e) < 0)
        return -1;
    if (j.type != JSON_ARRAY || (j = json_at(j, 0)).type != JSON_STRING)
        return config_bad(c, key, e, "must be an array of strings");
    return read_str(c, key, j, v, cap, e);
}

int
config_opt_token(const struct config *c, const char *key, char *v, size_t cap,
                 struct err *e)
{
    struct json j;
    int found = find(c, key, &j, e);

    if (found < 1)
        return found;
    return read_str(c, key, j.type == JSON_OBJECT ? json_get(j, "content") : j, v, cap,
                    e);
}

int
config_json(const struct config *c, const char *key, struct json *v, struct err *e)
{
    int found = find(c, key, v, e);

    if (found < 1)
        *v = (struct json){ .type = JSON_NONE };
    return found;
}

struct config *
config_item(const struct config *c, size_t i, struct err *e)
{
    struct json v = json_at(c->v, i);
    struct config *item;

    e->code = ERR_NONE;
    if (v.type == JSON_NONE)
        return NULL;
    if (v.type != JSON_OBJECT) {
        err_set(e, ERR_MODEL, "%s: element %zu is no object", c->path, i);
        return NULL;
    }
    item = config_new(c->path);
    item->v = v;
    return item;
}

struct config *
config_object(const struct config *c, const char *key, struct err *e)
{
    struct json v;
    struct config *object;

    e->code = ERR_NONE;
    if (find(c, key, &v, e) < 1)
        return NULL;
    if (v.type != JSON_OBJECT) {
        config_bad(c, key, e, "must be an object");
        return NULL;
    }
    object = config_new(c->path);
    snprintf(object->path, sizeof object->path, "%.4000s: %.80s", c->path, key);
    object->v = v;
    return object;
}
