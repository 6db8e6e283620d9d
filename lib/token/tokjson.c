/* tokjson.c - tokenizer.json, section by section */
#include "token/tokjson.h"

#include "text/utf8.h"

enum { ADDED, NORMALIZER, PRE, POST, DECODER, MODEL, SECTIONS };

static const char *const names[SECTIONS] = { "added_tokens",  "normalizer",
                                             "pre_tokenizer", "post_processor",
                                             "decoder",       "model" };

int
tokjson_walk(struct tokjson_section *s, const char *name, struct json object,
             struct err *e)
{
    struct json_iter it = json_begin(object);
    struct json key, val;

    s->name = name;
    s->n = 0;
    if (object.type == JSON_NONE || object.type == JSON_NULL)
        return 0;
    if (object.type != JSON_OBJECT)
        return err_set(e, ERR_MODEL, "%s is no object", name);
    while (json_next(&it, &key, &val)) {
        for (size_t i = 0; i < s->n; i++)
            if (s->key[i].n == key.n && memcmp(s->key[i].p, key.p, key.n) == 0)
                return err_set(e, ERR_MODEL, "%s has a member twice", name);
        if (s->n == TOKJSON_MEMBERS)
            return err_set(e, ERR_MODEL, "%s has too many members", name);
        s->key[s->n] = key;
        s->val[s->n++] = val;
    }
    return 0;
}

int
tokjson_scan(struct tokjson *f, const char *p, size_t n, struct err *e)
{
    struct json_watch w[SECTIONS] = { 0 };
    struct json all;

    for (int i = 0; i < SECTIONS; i++)
        w[i].name = str_of(names[i]);
    if (json_scan(p, n, w, SECTIONS, &all, e)) {
        e->code = ERR_MODEL;
        return -1;
    }
    for (int i = 0; i < SECTIONS; i++)
        if (w[i].count > 1)
            return err_set(e, ERR_MODEL, "%s is there twice", names[i]);
    f->added = w[ADDED].value;
    if (tokjson_walk(&f->normalizer, names[NORMALIZER], w[NORMALIZER].value, e) ||
        tokjson_walk(&f->pre_tokenizer, names[PRE], w[PRE].value, e) ||
        tokjson_walk(&f->post_processor, names[POST], w[POST].value, e) ||
        tokjson_walk(&f->decoder, names[DECODER], w[DECODER].value, e))
        return -1;
    return tokjson_walk(&f->model, names[MODEL], w[MODEL].value, e);
}

struct json
tokjson_get(const struct tokjson_section *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (json_is(s->key[i], str_of(name)))
            return s->val[i];
    return (struct json){ NULL, 0, JSON_NONE };
}

int
tokjson_is(const struct tokjson_section *s, const char *type)
{
    struct json t = tokjson_get(s, "type");

    if (type == NULL)
        return s->n == 0;
    return t.type == JSON_STRING && json_is(t, str_of(type));
}

int
tokjson_unknown(const struct tokjson_section *s, const char *known, struct err *e)
{
    struct json t = tokjson_get(s, "type");
    size_t n;

    if (t.type != JSON_STRING)
        return err_set(e, ERR_MODEL, "%s without a type is not supported (known: %s)",
                       s->name, known);
    n = utf8_valid(t.p, t.n < 60 ? t.n : 60);
    return err_set(e, ERR_MODEL, "%s %.*s is not supported (known: %s)", s->name,
                   (int)n, t.p, known);
}

/* Is there a value to read? */
static int
given(struct json v)
{
    return v.type != JSON_NONE && v.type != JSON_NULL;
}

int
tokjson_bool(const struct tokjson_section *s, const char *name, int *out, struct err *e)
{
    struct json v = tokjson_get(s, name);

    if (!given(v))
        return 0;
    if (v.type != JSON_TRUE && v.type != JSON_FALSE)
        return err_set(e, ERR_MODEL, "%s: %s is no boolean", s->name, name);
    *out = v.type == JSON_TRUE;
    return 0;
}

int
tokjson_int(const struct tokjson_section *s, const char *name, int64_t lo, int64_t hi,
            int64_t *out, struct err *e)
{
    struct json v = tokjson_get(s, name);

    if (given(v) && !json_int(v, lo, hi, out))
        return err_set(e, ERR_MODEL, "%s: %s is no integer from %lld to %lld", s->name,
                       name, (long long)lo, (long long)hi);
    return 0;
}

int
tokjson_str(const struct tokjson_section *s, const char *name, const char *none,
            struct buf *out, struct err *e)
{
    struct json v = tokjson_get(s, name);

    out->n = 0;
    if (!given(v))
        buf_puts(out, none);
    else if (v.type != JSON_STRING || json_unquote(v, out, e))
        return err_set(e, ERR_MODEL, "%s: %s is no text", s->name, name);
    return 0;
}
