/* manifest.c - what a job is to do */
#include "job/manifest.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "json/jout.h"
#include "json/json.h"

#define FORMAT    1
#define MAX_INPUT 1000000
#define MAX_BYTES ((size_t)4 << 30)

static void
member(struct buf *b, const char *name, const char *text)
{
    buf_printf(b, ",\"%s\":", name);
    if (text)
        jout_str(b, str_of(text));
    else
        buf_puts(b, "null");
}

static void
number(struct buf *b, const char *name, uint64_t n)
{
    buf_printf(b, ",\"%s\":%llu", name, (unsigned long long)n);
}

static void
write_head(const struct manifest *m, struct buf *b)
{
    buf_printf(b, "{\"millrun\":%d", FORMAT);
    member(b, "version", m->version);
    member(b, "command", m->command);
    member(b, "arcat", m->arcat);
    number(b, "block", m->block);
    number(b, "stages", m->stages);
    buf_puts(b, ",\"tools\":");
    buf_str(b, m->tools);
    number(b, "shards", m->n_shard);
    buf_puts(b, ",\"inputs\":[");
    for (size_t i = 0; i < m->n_input; i++) {
        const struct manifest_input *in = &m->input[i];
        buf_puts(b, i ? ",{\"path\":" : "{\"path\":");
        jout_str(b, str_of(in->path));
        number(b, "size", in->size);
        member(b, "state", in->state);
        member(b, "sha256", in->sha256);
        buf_char(b, '}');
    }
    buf_puts(b, "]}\n");
}

void
manifest_write(struct manifest *m, struct buf *b)
{
    write_head(m, b);
    for (size_t i = 0; i < m->n_shard; i++) {
        const struct manifest_shard *s = &m->shard[i];
        buf_printf(b, "{\"input\":%u", s->input);
        number(b, "from", s->from);
        number(b, "to", s->to);
        member(b, "sha256", s->sha256);
        buf_puts(b, "}\n");
    }
    sha_hex(b->p, b->n, m->id);
}

char *
manifest_copy(struct manifest *m, const char *s)
{
    size_t n = strlen(s) + 1;

    return memcpy(arena_alloc(&m->arena, n), s, n);
}

/* A string without NUL; NULL: it is none. */
static const char *
get_text(struct manifest *m, struct json object, const char *name)
{
    struct json v = json_get(object, name);
    struct buf b = { 0 };
    struct err ignored;
    char *s = NULL;

    if (v.type == JSON_STRING && json_unquote(v, &b, &ignored) == 0 &&
        (b.n == 0 || memchr(b.p, '\0', b.n) == NULL)) {
        buf_char(&b, '\0');
        s = manifest_copy(m, b.p);
    }
    buf_free(&b);
    return s;
}

static int
get_number(struct json object, const char *name, uint64_t *n)
{
    int64_t v;

    if (!json_int(json_get(object, name), 0, INT64_MAX, &v))
        return 0;
    *n = (uint64_t)v;
    return 1;
}

static int
load_inputs(struct manifest *m, struct json list)
{
    struct json_iter it;
    struct json key, v;

    if (list.type != JSON_ARRAY)
        return 0;
    for (it = json_begin(list); json_next(&it, &key, &v);)
        m->n_input++;
    if (m->n_input > MAX_INPUT)
        return 0;
    m->input =
        arena_alloc(&m->arena, mem_mul(m->n_input ? m->n_input : 1, sizeof *m->input));
    it = json_begin(list);
    for (size_t i = 0; json_next(&it, &key, &v); i++) {
        struct manifest_input *in = &m->input[i];
        in->path = get_text(m, v, "path");
        in->state = get_text(m, v, "state");
        in->sha256 = get_text(m, v, "sha256");
        if (!in->path || !in->state || !in->sha256 || !get_number(v, "size", &in->size))
            return 0;
    }
    return 1;
}

static int
load_head(struct manifest *m, struct json v, uint64_t *n_shard)
{
    struct json tools = json_get(v, "tools");
    uint64_t format, stages;

    if (!get_number(v, "millrun", &format) || format != FORMAT ||
        tools.type != JSON_ARRAY || !get_number(v, "block", &m->block) ||
        !get_number(v, "stages", &stages) || stages > 1000 ||
        !get_number(v, "shards", n_shard))
        return 0;
    m->stages = (unsigned)stages;
    m->version = get_text(m, v, "version");
    m->command = get_text(m, v, "command");
    m->arcat = get_text(m, v, "arcat");
    m->tools = (struct str){ memcpy(arena_alloc(&m->arena, tools.n), tools.p, tools.n),
                             tools.n };
    return m->version && m->command && load_inputs(m, json_get(v, "inputs"));
}

/* A string of hexadecimal digits: nothing in it is escaped. */
static int
is_hash(struct json v)
{
    if (v.type != JSON_STRING || (v.n != 2 && v.n != SHA_HEX + 1))
        return 0;
    for (size_t i = 1; i + 1 < v.n; i++)
        if (!memchr("0123456789abcdef", v.p[i], 16))
            return 0;
    return 1;
}

static int
load_shard(struct manifest *m, struct json v, struct manifest_shard *s)
{
    struct json sha = json_get(v, "sha256");
    uint64_t input;

    *s = (struct manifest_shard){ 0 };
    if (!get_number(v, "input", &input) || input >= m->n_input ||
        !get_number(v, "from", &s->from) || !get_number(v, "to", &s->to) ||
        s->from > s->to || !is_hash(sha))
        return 0;
    s->input = (uint32_t)input;
    memcpy(s->sha256, sha.p + 1, sha.n - 2);
    return 1;
}

/* The next line, scanned; 0: there is none that is JSON. */
static int
next_line(struct str *rest, struct json *v)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    struct err ignored;
    size_t n;

    if (end == NULL)
        return 0;
    n = (size_t)(end - rest->p);
    if (json_scan(rest->p, n, NULL, 0, v, &ignored))
        return 0;
    rest->p += n + 1;
    rest->n -= n + 1;
    return 1;
}

static int
parse(struct manifest *m, struct str rest)
{
    uint64_t n;
    struct json v;

    /* A line of a shard is longer than 32 bytes: no more than fit are believed. */
    if (!next_line(&rest, &v) || !load_head(m, v, &n) || n > rest.n / 32)
        return 0;
    m->n_shard = (size_t)n;
    m->shard = arena_alloc(&m->arena, mem_mul(n ? n : 1, sizeof *m->shard));
    for (size_t i = 0; i < m->n_shard; i++)
        if (!next_line(&rest, &v) || !load_shard(m, v, &m->shard[i]))
            return 0;
    return rest.n == 0;
}

int
manifest_parse(struct manifest *m, struct str text)
{
    *m = (struct manifest){ 0 };
    sha_hex(text.p, text.n, m->id);
    if (m->id[0] && parse(m, text))
        return 1;
    manifest_release(m);
    return 0;
}

int
manifest_load(struct manifest *m, const char *path, struct err *e)
{
    struct buf b = { 0 };
    int rc;

    *m = (struct manifest){ 0 };
    rc = file_read(path, MAX_BYTES, &b, e);
    if (rc == 0 && !manifest_parse(m, buf_span(&b)))
        rc = err_set(e, ERR_INPUT, "'%s' is no manifest of this version", path);
    buf_free(&b);
    return rc;
}

void
manifest_release(struct manifest *m)
{
    arena_release(&m->arena);
    *m = (struct manifest){ 0 };
}
