/* member.c - a member of a record that an option names */
#include "cli/member.h"

#include "text/utf8.h"

int
member_open(struct member *m, const char *option, const char *spec, struct err *e)
{
    *m = (struct member){ .spec = spec, .name = str_of(spec) };
    if (m->name.n == 0 || utf8_valid(spec, m->name.n) < m->name.n)
        return err_set(e, ERR_USAGE, "%s is not the name of a member", option);
    if (spec[0] != '.')
        return 0;
    if ((m->path = path_parse(spec)) == NULL)
        return err_set(e, ERR_USAGE, "%s is a name or a plain path, no jq program",
                       option);
    m->name = path_first(m->path);
    return 0;
}

void
member_close(struct member *m)
{
    path_free(m->path);
    *m = (struct member){ 0 };
}

int
member_find(const struct member *m, struct str line, struct json *v, struct err *e)
{
    struct json_watch w = { .name = m->name };

    if (json_scan(line.p, line.n, &w, 1, v, e))
        return -1;
    if (w.count > 1)
        return err_set(e, ERR_JSON, "member '%.*s' is there %d times", (int)w.name.n,
                       w.name.p, w.count);
    *v = w.value;
    if (w.count > 0 && m->path && path_follow(m->path, w.value, v, e))
        return -1;
    if (w.count == 0 || v->type == JSON_NULL)
        *v = (struct json){ NULL, 0, JSON_NONE };
    return 0;
}

int
member_text(const struct member *m, struct str line, struct arena *a, struct str *text,
            struct err *e)
{
    struct buf b = { 0 };
    struct json v;
    int rc;

    if (member_find(m, line, &v, e))
        return -1;
    if (v.type == JSON_NONE)
        return err_set(e, ERR_MISSING, "no member '%s'", m->spec);
    if (v.type != JSON_STRING)
        return err_set(e, ERR_TYPE, "member '%s' is not a string", m->spec);
    rc = json_unquote(v, &b, e);
    *text = arena_str(a, (struct str){ b.p, b.n });
    buf_free(&b);
    return rc;
}
