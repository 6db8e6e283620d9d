/* schema.c - a JSON Schema compiled into nodes */
#include "infer/schema.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "infer/schemakey.h"
#include "infer/schemaleast.h"
#include "json/jout.h"
#include "json/json.h"

/* A part of the schema that waits to be compiled into a node. */
struct task {
    struct json value;
    uint32_t node;
    size_t parent;    /* a task */
    struct json name; /* the member of the parent's properties; JSON_NONE: its items */
    int depth;
};

struct compiler {
    struct schema *s;
    struct task *task;
    size_t n_task, cap_task;
    struct schemakey key; /* of the task at hand */
    struct err *e;
};

/* One more, zeroed, at the end of the array that the pointer at `array` points to. */
static void *
push(void *array, size_t *n, size_t *cap, size_t size)
{
    char *p;

    memcpy(&p, array, sizeof p);
    if (*n == *cap) {
        *cap = *cap ? 2 * *cap : 16;
        p = mem_grow(p, *n * size, mem_mul(*cap, size));
        memcpy(array, &p, sizeof p);
    }
    memset(p + *n * size, 0, size);
    return p + (*n)++ * size;
}

static uint32_t
new_node(struct schema *s)
{
    push(&s->node, &s->n_node, &s->cap_node, sizeof *s->node);
    return (uint32_t)(s->n_node - 1);
}

/* "properties.a.items: " in front of what is wrong. */
static int
wrap(struct compiler *c, size_t task)
{
    size_t path[SCHEMA_DEPTH + 1], n = 0;
    struct buf b = { 0 };

    for (; task > 0; task = c->task[task].parent)
        path[n++] = task;
    while (n-- > 0) {
        struct json name = c->task[path[n]].name;
        buf_puts(&b, name.type == JSON_NONE ? "items" : "properties.");
        if (name.type != JSON_NONE)
            buf_add(&b, name.p + 1, name.n - 2);
        if (n > 0)
            buf_char(&b, '.');
    }
    if (b.n > 0)
        err_wrap(c->e, "%.*s", (int)(b.n < 120 ? b.n : 120), b.p);
    buf_free(&b);
    return -1;
}

/* A schema in the schema of task t: a node and a task for it. 0: too deep. */
static uint32_t
add_task(struct compiler *c, size_t t, struct json value, struct json name)
{
    int depth = c->task[t].depth + 1;
    struct task *new;
    uint32_t node;

    if (depth > SCHEMA_DEPTH) {
        err_set(c->e, ERR_USAGE, "values in values, more than %d deep", SCHEMA_DEPTH);
        return 0;
    }
    node = new_node(c->s);
    new = push(&c->task, &c->n_task, &c->cap_task, sizeof *c->task);
    *new = (struct task){ value, node, t, name, depth };
    return node;
}

/* ---- objects ---- */

static int
add_member(struct compiler *c, size_t t, struct json name, struct json value,
           struct buf *b)
{
    struct schema_member *m =
        push(&c->s->member, &c->s->n_member, &c->s->cap_member, sizeof *c->s->member);
    struct buf key = { 0 };
    uint32_t node;

    b->n = 0;
    if (json_unquote(name, b, c->e))
        return -1;
    jout_str(&key, buf_span(b));
    buf_char(&key, ':');
    m->key = arena_str(&c->s->text, buf_span(&key));
    buf_free(&key);
    if (m->key.n > SCHEMA_NAME)
        return err_set(c->e, ERR_USAGE, "a property's name of more than %d bytes",
                       SCHEMA_NAME);
    if ((node = add_task(c, t, value, name)) == 0)
        return -1;
    m->node = node;
    return 0;
}

static int
add_members(struct compiler *c, size_t t, uint32_t first, struct map *names)
{
    struct json_iter it = json_begin(c->key.value[SCHEMAKEY_PROPERTIES]);
    struct json name, value;
    struct buf b = { 0 };
    int32_t n = 0;
    int rc = 0;

    while (rc == 0 && json_next(&it, &name, &value)) {
        if (n == SCHEMA_MEMBERS)
            rc = err_set(c->e, ERR_USAGE, "more than %d properties", SCHEMA_MEMBERS);
        else if (add_member(c, t, name, value, &b))
            rc = -1;
        else if (!map_put(names, c->s->member[first + (uint32_t)n].key, n))
            rc = err_set(c->e, ERR_USAGE, "the property %.*s is there twice",
                         (int)(b.n < 60 ? b.n : 60), b.n ? b.p : "");
        n++;
    }
    buf_free(&b);
    return rc;
}

static int
require(struct compiler *c, uint32_t first, const struct map *names)
{
    struct json_iter it = json_begin(c->key.value[SCHEMAKEY_REQUIRED]);
    struct json name, none;
    struct buf text = { 0 }, key = { 0 };
    int rc = 0;

    while (rc == 0 && json_next(&it, &none, &name)) {
        int32_t i = -1;
        text.n = key.n = 0;
        if (name.type != JSON_STRING) {
            rc = err_set(c->e, ERR_USAGE, "'required' is a list of names");
        } else if (json_unquote(name, &text, c->e) == 0) {
            jout_str(&key, buf_span(&text));
            buf_char(&key, ':');
            if ((i = map_find(names, buf_span(&key), -1)) < 0)
                rc = err_set(c->e, ERR_USAGE,
                             "'required' has %.*s, which is no property",
                             (int)(name.n < 80 ? name.n : 80), name.p);
            else
                c->s->member[first + (uint32_t)i].required = 1;
        } else {
            rc = -1;
        }
    }
    buf_free(&text);
    buf_free(&key);
    return rc;
}

static int
make_object(struct compiler *c, size_t t, uint32_t node)
{
    uint32_t first = (uint32_t)c->s->n_member;
    struct map *names;
    int rc;

    if (c->key.value[SCHEMAKEY_PROPERTIES].type == JSON_NONE)
        return err_set(c->e, ERR_USAGE, "an object without 'properties'");
    names = map_new(64);
    rc = add_members(c, t, first, names) || require(c, first, names) ? -1 : 0;
    map_free(names);
    c->s->node[node].kind = SCHEMA_OBJECT;
    c->s->node[node].first = first;
    c->s->node[node].n = (uint32_t)c->s->n_member - first;
    return rc;
}

/* ---- arrays, strings, numbers ---- */

static int
set_range(struct compiler *c, uint32_t node, enum schemakey_name min,
          enum schemakey_name max, uint32_t most)
{
    struct schema_node *n = &c->s->node[node];

    n->min = (uint32_t)schemakey_count(&c->key, min, 0);
    n->max = (uint32_t)schemakey_count(&c->key, max, n->min > most ? n->min : most);
    if (n->min <= n->max)
        return 0;
    return err_set(c->e, ERR_USAGE, "'%s' is more than '%s'", schemakey_text(min),
                   schemakey_text(max));
}

static int
make_array(struct compiler *c, size_t t, uint32_t node)
{
    struct json items = c->key.value[SCHEMAKEY_ITEMS];
    uint32_t of;

    if (items.type == JSON_NONE)
        return err_set(c->e, ERR_USAGE, "an array without 'items'");
    if (set_range(c, node, SCHEMAKEY_MIN_ITEMS, SCHEMAKEY_MAX_ITEMS, SCHEMA_ITEMS) ||
        (of = add_task(c, t, items, (struct json){ 0 })) == 0)
        return -1;
    c->s->node[node].kind = SCHEMA_ARRAY;
    c->s->node[node].first = of;
    return 0;
}

static int
make_string(struct compiler *c, uint32_t node)
{
    c->s->node[node].kind = SCHEMA_STRING;
    return set_range(c, node, SCHEMAKEY_MIN_LENGTH, SCHEMAKEY_MAX_LENGTH, SCHEMA_CHARS);
}

static int
make_number(struct compiler *c, uint32_t node)
{
    static const struct {
        enum schemakey_name name;
        enum schemanum_bound how;
    } bounds[] = { { SCHEMAKEY_MINIMUM, SCHEMANUM_FROM },
                   { SCHEMAKEY_MAXIMUM, SCHEMANUM_TO },
                   { SCHEMAKEY_ABOVE, SCHEMANUM_ABOVE },
                   { SCHEMAKEY_BELOW, SCHEMANUM_BELOW } };
    struct schemanum r = schemanum_any(!(c->key.types & SCHEMAKEY_NUMBER));
    int some = 1;

    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        struct json v = c->key.value[bounds[i].name];
        if (v.type == JSON_NUMBER)
            some &= schemanum_bound(&r, v.p, v.n, bounds[i].how);
    }
    c->s->node[node].kind = SCHEMA_NUMBER;
    c->s->node[node].range = r;
    if (some)
        return 0;
    return err_set(c->e, ERR_USAGE,
                   "no number of %d digits, %d of them behind the point, is within "
                   "the bounds",
                   r.integer + r.fraction, r.fraction);
}

/* ---- literals ---- */

static int
by_bytes(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

static void
add_literal(struct schema *s, struct str text)
{
    *(struct str *)push(&s->literal, &s->n_literal, &s->cap_literal,
                        sizeof *s->literal) = text;
}

/* One value of an enum, where the types allow it. */
static int
add_value(struct compiler *c, struct json v, struct buf *b)
{
    if (v.type == JSON_OBJECT || v.type == JSON_ARRAY)
        return err_set(c->e, ERR_USAGE, "'enum' of objects or arrays is not supported");
    if (!schemakey_allows(&c->key, v))
        return 0;
    b->n = 0;
    if (v.type == JSON_STRING) {
        struct buf text = { 0 };
        int rc = json_unquote(v, &text, c->e);
        jout_str(b, buf_span(&text));
        buf_free(&text);
        if (rc)
            return -1;
    } else {
        buf_add(b, v.p, v.n);
    }
    add_literal(c->s, arena_str(&c->s->text, buf_span(b)));
    return 0;
}

/* Those from `first` on become the node's: sorted, each once. */
static int
close_literals(struct compiler *c, uint32_t node, uint32_t first)
{
    struct schema *s = c->s;
    size_t n = s->n_literal - first, kept = 0;
    struct str *l = s->literal + first;

    if (n == 0)
        return err_set(c->e, ERR_USAGE, "no value of 'enum' is of the type");
    qsort(l, n, sizeof *l, by_bytes);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !str_eq(l[i], l[kept - 1]))
            l[kept++] = l[i];
    s->n_literal = first + kept;
    s->node[node].kind = SCHEMA_LITERALS;
    s->node[node].first = first;
    s->node[node].n = (uint32_t)kept;
    return 0;
}

static int
make_enum(struct compiler *c, uint32_t node)
{
    struct json list = c->key.value[SCHEMAKEY_ENUM],
                one = c->key.value[SCHEMAKEY_CONST];
    uint32_t first = (uint32_t)c->s->n_literal;
    struct json_iter it;
    struct json v, none;
    struct buf b = { 0 };
    int rc = 0;

    if (one.type != JSON_NONE) {
        rc = add_value(c, one, &b);
    } else {
        it = json_begin(list);
        while (rc == 0 && json_next(&it, &none, &v))
            rc = add_value(c, v, &b);
    }
    buf_free(&b);
    return rc ? -1 : close_literals(c, node, first);
}

static int
make_words(struct compiler *c, uint32_t node)
{
    uint32_t first = (uint32_t)c->s->n_literal;

    if (c->key.types & SCHEMAKEY_BOOLEAN) {
        add_literal(c->s, STR("false"));
        add_literal(c->s, STR("true"));
    }
    if (c->key.types & SCHEMAKEY_NULL)
        add_literal(c->s, STR("null"));
    return close_literals(c, node, first);
}

/* ---- all of it ---- */

/* The node for one of a value's types: the task's own, or another one behind it. */
static uint32_t
next_node(struct compiler *c, size_t t, int *n)
{
    uint32_t node = c->task[t].node, new;

    if ((*n)++ == 0)
        return node;
    new = new_node(c->s);
    while (c->s->node[node].other)
        node = c->s->node[node].other;
    c->s->node[node].other = new;
    return new;
}

/* Types that begin with different bytes, so the first byte tells which it is. */
static int
make_types(struct compiler *c, size_t t)
{
    unsigned types = c->key.types;
    int n = 0;

    if (types & SCHEMAKEY_OBJECT && make_object(c, t, next_node(c, t, &n)))
        return -1;
    if (types & SCHEMAKEY_ARRAY && make_array(c, t, next_node(c, t, &n)))
        return -1;
    if (types & SCHEMAKEY_STRING && make_string(c, next_node(c, t, &n)))
        return -1;
    if (types & (SCHEMAKEY_NUMBER | SCHEMAKEY_INTEGER) &&
        make_number(c, next_node(c, t, &n)))
        return -1;
    if (types & (SCHEMAKEY_BOOLEAN | SCHEMAKEY_NULL))
        return make_words(c, next_node(c, t, &n));
    return 0;
}

static int
compile_task(struct compiler *c, size_t t)
{
    if (schemakey_read(&c->key, c->task[t].value, c->e))
        return -1;
    if (schemakey_is_enum(&c->key))
        return make_enum(c, c->task[t].node);
    return make_types(c, t);
}

static int
compile(struct compiler *c, struct json v)
{
    struct task *root;

    new_node(c->s);
    root = push(&c->task, &c->n_task, &c->cap_task, sizeof *c->task);
    *root = (struct task){ .value = v, .node = new_node(c->s), .depth = 1 };
    for (size_t t = 0; t < c->n_task; t++)
        if (compile_task(c, t))
            return wrap(c, t);
    if (schemaleast_find(c->s) <= SCHEMA_LEAST)
        return 0;
    return err_set(c->e, ERR_USAGE,
                   "the shortest value that fits it has more than %zu bytes",
                   SCHEMA_LEAST);
}

struct schema *
schema_parse(const char *json, size_t n, struct err *e)
{
    struct compiler c = { .e = e };
    struct json v;
    int rc;

    if (json_scan(json, n, NULL, 0, &v, e)) {
        e->code = ERR_USAGE;
        err_wrap(e, "the schema is no JSON");
        return NULL;
    }
    c.s = mem_zero(1, sizeof *c.s);
    rc = compile(&c, v);
    mem_free(c.task);
    if (rc == 0)
        return c.s;
    e->code = ERR_USAGE;
    schema_free(c.s);
    return NULL;
}

struct schema *
schema_read(const char *path, struct err *e)
{
    struct buf b = { 0 };
    struct schema *s = NULL;

    if (file_read(path, SCHEMA_FILE, &b, e) == 0 &&
        (s = schema_parse(buf_span(&b).p, b.n, e)) == NULL)
        err_wrap(e, "%s", path);
    buf_free(&b);
    return s;
}

void
schema_free(struct schema *s)
{
    if (s == NULL)
        return;
    mem_free(s->node);
    mem_free(s->member);
    mem_free(s->literal);
    arena_release(&s->text);
    mem_free(s);
}

uint32_t
schema_shortest(const struct schema *s, uint32_t node)
{
    uint32_t best = node;

    while ((node = s->node[node].other) != 0)
        if (s->node[node].least < s->node[best].least)
            best = node;
    return best;
}
