/* id2label.c - the names of a classifier's outputs, from config.json */
#include "format/id2label.h"

#include <stdio.h>

#include "base/map.h"
#include "base/mem.h"

/* "17" as a number below n; -1: it is none. */
static int64_t
number(struct str key, size_t n)
{
    size_t v = 0;

    if (key.n == 0 || key.n > 9 || (key.p[0] == '0' && key.n > 1))
        return -1;
    for (size_t i = 0; i < key.n; i++) {
        if (key.p[i] < '0' || key.p[i] > '9')
            return -1;
        v = 10 * v + (size_t)(key.p[i] - '0');
    }
    return v < n ? (int64_t)v : -1;
}

/* One member of the object; the texts of both sides in buffers. */
static int
add(struct id2label *l, const struct config *c, struct str key, struct str name,
    struct map *seen, struct err *e)
{
    int64_t i = number(key, l->n);

    if (i < 0 || l->name[i].p)
        return config_bad(c, "id2label", e,
                          "'%.*s' is not one of 0 to %zu, or is there twice",
                          (int)(key.n < 40 ? key.n : 40), key.p, l->n - 1);
    if (name.n == 0)
        return config_bad(c, "id2label", e, "label %d is empty", (int)i);
    l->name[i] = arena_str(&l->text, name);
    if (!map_put(seen, l->name[i], (int32_t)i))
        return config_bad(c, "id2label", e, "two labels are called '%.*s'",
                          (int)(name.n < 100 ? name.n : 100), name.p);
    return 0;
}

static int
add_all(struct id2label *l, const struct config *c, struct json object,
        struct map *seen, struct err *e)
{
    struct json_iter it = json_begin(object);
    struct json key, val;
    struct buf k = { 0 }, v = { 0 };
    size_t n = 0;
    int bad = 0;

    for (; !bad && json_next(&it, &key, &val); n++) {
        k.n = v.n = 0;
        buf_room(&v, 1);
        if (val.type != JSON_STRING || json_unquote(key, &k, e) ||
            json_unquote(val, &v, e))
            bad = config_bad(c, "id2label", e, "a label must be a string");
        else
            bad =
                add(l, c, (struct str){ k.p, k.n }, (struct str){ v.p, v.n }, seen, e);
    }
    buf_free(&k);
    buf_free(&v);
    if (!bad && n < l->n)
        bad = config_bad(c, "id2label", e, "%zu labels, the weights have %zu", n, l->n);
    return bad;
}

static void
add_numbers(struct id2label *l)
{
    char name[32];

    for (size_t i = 0; i < l->n; i++) {
        snprintf(name, sizeof name, "LABEL_%zu", i);
        l->name[i] = arena_str(&l->text, str_of(name));
    }
}

int
id2label_read(struct id2label *l, const struct config *c, size_t n, struct err *e)
{
    struct json object;
    struct map *seen;
    int bad = 0, found = config_json(c, "id2label", &object, e);

    if (found < 0)
        return -1;
    l->n = n;
    l->name = mem_zero(n, sizeof *l->name);
    seen = map_new(n);
    if (!found)
        add_numbers(l);
    else if (object.type != JSON_OBJECT)
        bad = config_bad(c, "id2label", e, "must be an object");
    else
        bad = add_all(l, c, object, seen, e);
    map_free(seen);
    if (bad)
        id2label_release(l);
    return bad ? -1 : 0;
}

void
id2label_release(struct id2label *l)
{
    mem_free(l->name);
    arena_release(&l->text);
    *l = (struct id2label){ 0 };
}
