/* path.c - plain jq paths, read straight from the bytes */
#include "json/path.h"

#include <ctype.h>

#include "base/mem.h"

#define MAX_STEPS 64

struct step {
    size_t at, n;  /* name in the path's text; */
    int64_t index; /* or an element, when >= 0 */
};

struct path {
    struct buf names;
    struct step step[MAX_STEPS];
    int n_step;
};

static int
word_char(char c)
{
    return c == '_' || isalnum((unsigned char)c);
}

static int
add_name(struct path *p, struct str s)
{
    p->step[p->n_step++] = (struct step){ p->names.n, s.n, -1 };
    buf_str(&p->names, s);
    return 1;
}

/* A string literal at *t, without interpolation (which only jq can run). */
static int
string_step(struct path *p, const char **t)
{
    const char *end = *t + 1;
    struct json v;
    struct err e;
    size_t at = p->names.n;

    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    if (!*end)
        return 0;
    if (json_scan(*t, (size_t)(end + 1 - *t), NULL, 0, &v, &e) ||
        json_unquote(v, &p->names, &e))
        return 0;
    p->step[p->n_step++] = (struct step){ at, p->names.n - at, -1 };
    *t = end + 1;
    return 1;
}

static int
index_step(struct path *p, const char **t)
{
    int64_t i = 0;
    const char *s = *t;

    if (!isdigit((unsigned char)*s))
        return 0;
    for (; isdigit((unsigned char)*s); s++)
        if ((i = i * 10 + (*s - '0')) > INT32_MAX)
            return 0;
    p->step[p->n_step++] = (struct step){ 0, 0, i };
    *t = s;
    return 1;
}

static int
bracket_step(struct path *p, const char **t)
{
    ++*t;
    if (!(**t == '"' ? string_step(p, t) : index_step(p, t)) || **t != ']')
        return 0;
    ++*t;
    return 1;
}

static int
dot_step(struct path *p, const char **t)
{
    const char *s = ++*t;

    if (*s == '"')
        return string_step(p, t);
    if (*s == '[')
        return p->n_step == 0 && bracket_step(p, t);
    if (!word_char(*s) || isdigit((unsigned char)*s))
        return 0;
    while (word_char(*s))
        s++;
    add_name(p, (struct str){ *t, (size_t)(s - *t) });
    *t = s;
    return 1;
}

struct path *
path_parse(const char *text)
{
    struct path *p = mem_zero(1, sizeof *p);
    const char *t = text;

    while (*t) {
        int ok =
            p->n_step < MAX_STEPS && (*t == '.'                    ? dot_step(p, &t)
                                      : *t == '[' && p->n_step > 0 ? bracket_step(p, &t)
                                                                   : 0);
        if (!ok) {
            path_free(p);
            return NULL;
        }
    }
    /* A record is an object: a path that begins with an index finds nothing in it, but
     * the scanner wants a name; leave that case to jq. */
    if (p->n_step == 0 || p->step[0].index >= 0) {
        path_free(p);
        return NULL;
    }
    return p;
}

void
path_free(struct path *p)
{
    if (p)
        buf_free(&p->names);
    mem_free(p);
}

static struct str
name_of(const struct path *p, int i)
{
    return (struct str){ p->names.p + p->step[i].at, p->step[i].n };
}

struct str
path_first(const struct path *p)
{
    return name_of(p, 0);
}

static int
member(struct json v, struct str name, struct json *out, struct err *e)
{
    struct json_iter it = json_begin(v);
    struct json k, x;
    int count = 0;

    while (json_next(&it, &k, &x))
        if (json_is(k, name)) {
            *out = x;
            count++;
        }
    return count > 1 ? err_set(e, ERR_JSON, "member '%.*s' is there %d times",
                               (int)name.n, name.p, count)
                     : 0;
}

int
path_follow(const struct path *p, struct json first, struct json *v, struct err *e)
{
    *v = first;
    for (int i = 1; i < p->n_step && v->type != JSON_NONE; i++) {
        struct json next = { NULL, 0, JSON_NONE };
        if (p->step[i].index >= 0)
            next = json_at(*v, (size_t)p->step[i].index);
        else if (v->type == JSON_OBJECT && member(*v, name_of(p, i), &next, e))
            return -1;
        *v = next;
    }
    return 0;
}
