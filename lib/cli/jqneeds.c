/* jqneeds.c - which members of a record can this jq program see? */
#include "cli/jqneeds.h"

#include <ctype.h>

#include "json/json.h"

struct reader {
    const char *p;
    struct str *names;
    int n;
    struct arena *a;
};

static void
space(struct reader *r)
{
    while (isspace((unsigned char)*r->p) || *r->p == '#')
        r->p += *r->p == '#' ? strcspn(r->p, "\n") : 1;
}

static int
is_word(char c)
{
    return c == '_' || isalnum((unsigned char)c);
}

static int
add(struct reader *r, struct str name)
{
    for (int i = 0; i < r->n; i++)
        if (str_eq(r->names[i], name))
            return 0;
    if (r->n == JQNEEDS_MAX)
        return -1;
    r->names[r->n++] = arena_str(r->a, name);
    return 0;
}

/* A string constant; with `name`, it names a member. Interpolation is not understood:
 * JSON has no such escape. */
static int
string(struct reader *r, int name)
{
    const char *end = r->p + 1;
    struct buf b = { 0 };
    struct json v;
    struct err e;
    int rc;

    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    if (*end != '"' || json_scan(r->p, (size_t)(end + 1 - r->p), NULL, 0, &v, &e))
        return -1;
    r->p = end + 1;
    if (!name)
        return 0;
    rc = json_unquote(v, &b, &e);
    if (rc == 0)
        rc = add(r, (struct str){ b.p, b.n });
    buf_free(&b);
    return rc;
}

/* `[0]`, `["x"]`, `[]`, `[1:2]`: constants only. `first`: directly at the record. */
static int
brackets(struct reader *r, int first)
{
    r->p++;
    space(r);
    if (*r->p == '"') {
        if (string(r, first))
            return -1;
    } else if (first) {
        return -1;
    }
    while (isdigit((unsigned char)*r->p) || *r->p == ':' || *r->p == '-')
        r->p++;
    space(r);
    return *r->p++ == ']' ? 0 : -1;
}

/* .name or ."string" */
static int
dot(struct reader *r, int first)
{
    const char *from = ++r->p;

    if (*r->p == '"')
        return string(r, first);
    if (*r->p == '[')
        return first ? brackets(r, first) : -1;
    if (!is_word(*r->p) || isdigit((unsigned char)*r->p))
        return -1;
    while (is_word(*r->p))
        r->p++;
    return first ? add(r, (struct str){ from, (size_t)(r->p - from) }) : 0;
}

static int
path(struct reader *r)
{
    if (dot(r, 1))
        return -1;
    for (;;) {
        if (*r->p == '.' ? dot(r, 0) : *r->p == '[' ? brackets(r, 0) : 0)
            return -1;
        if (*r->p == '?')
            r->p++;
        if (*r->p != '.' && *r->p != '[' && *r->p != '?')
            return 0;
    }
}

static int
constant(struct reader *r)
{
    static const char *const words[] = { "true", "false", "null" };

    if (*r->p == '-' && isdigit((unsigned char)r->p[1]))
        r->p++;
    if (isdigit((unsigned char)*r->p)) {
        while (is_word(*r->p) || *r->p == '.')
            r->p++;
        return 0;
    }
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(words[i]);
        if (strncmp(r->p, words[i], n) == 0 && !is_word(r->p[n])) {
            r->p += n;
            return 0;
        }
    }
    return -1;
}

/* 1: an operator was read; 0: none is there; -1: one that is not understood. */
static int
operator(struct reader *r)
{
    static const char *const ops[] = { "==", "!=", "<=", ">=", "//", "and", "or", "<",
                                       ">",  "+",  "-",  "*",  "/",  "%",   "," };

    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        size_t n = strlen(ops[i]);
        if (strncmp(r->p, ops[i], n) != 0 || (is_word(ops[i][0]) && is_word(r->p[n])))
            continue;
        if (r->p[n] == '=' && ops[i][n - 1] != '=')
            return -1; /* an assignment: its result is the record */
        r->p += n;
        return 1;
    }
    return *r->p == ')' || *r->p == '|' || *r->p == '\0' ? 0 : -1;
}

/* Behind a `|`, up to the bracket that closes this level: strings are stepped over with
 * their interpolations unread, so a program with those is not understood. */
static int
anything(struct reader *r)
{
    int open = 0;

    for (; *r->p; r->p++) {
        if (*r->p == '"') {
            if (string(r, 0))
                return -1;
            r->p--;
        } else if (*r->p == '#') {
            return -1;
        } else if (strchr("([{", *r->p)) {
            open++;
        } else if (strchr(")]}", *r->p) && open-- == 0) {
            return 0;
        }
    }
    return open == 0 ? 0 : -1;
}

int
jqneeds(const char *program, struct str names[JQNEEDS_MAX], struct arena *a)
{
    struct reader r = { .p = program, .names = names, .a = a };
    int open = 0, more;

    do {
        space(&r);
        if (*r.p == '(') {
            open++;
            r.p++;
            more = 1;
            continue;
        }
        if (*r.p == '.' ? path(&r) : *r.p == '"' ? string(&r, 0) : constant(&r))
            return -1;
        do {
            space(&r);
            if (*r.p == '|' && r.p[1] != '=') {
                r.p++;
                if (anything(&r))
                    return -1;
            }
            if (*r.p == ')' && open-- == 0)
                return -1;
            more = *r.p == ')';
            r.p += more;
        } while (more);
        if ((more = operator(&r)) < 0)
            return -1;
    } while (more);
    return open == 0 && *r.p == '\0' ? r.n : -1;
}
