/* badlines.c - what the tools say of bad records */
#include "job/badlines.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/jout.h"
#include "json/json.h"

#define RAW_MAX 4096

struct line {
    struct str text;
    struct json object;
    int64_t number; /* of the record; 0: it does not say */
};

static int
by_place(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = (x->number > y->number) - (x->number < y->number);

    return order ? order : str_order(x->text, y->text);
}

/* The lines of text, scanned. -1: one is no object. */
static int
split(struct str text, struct line **lines, size_t *n, struct err *e)
{
    size_t cap = 0;

    *lines = NULL;
    *n = 0;
    while (text.n > 0) {
        const char *end = memchr(text.p, '\n', text.n);
        struct line l = { .text = { text.p, end ? (size_t)(end - text.p) : text.n } };
        struct err why;
        if (!end || json_scan(text.p, l.text.n, NULL, 0, &l.object, &why) ||
            l.object.type != JSON_OBJECT)
            return err_set(e, ERR_INPUT, "what the tools said of bad records is torn");
        (void)json_int(json_get(l.object, "line"), 0, INT64_MAX, &l.number);
        if (*n == cap) {
            size_t more = cap ? 2 * cap : 64;
            *lines = mem_grow(*lines, cap * sizeof l, more * sizeof l);
            cap = more;
        }
        (*lines)[(*n)++] = l;
        text.p += l.text.n + 1;
        text.n -= l.text.n + 1;
    }
    return 0;
}

static void
add_place(struct buf *b, const struct manifest *m, size_t shard)
{
    const struct manifest_shard *s = &m->shard[shard];

    buf_puts(b, "\"input\":");
    jout_str(b, str_of(m->input[s->input].path));
    if (!manifest_by_arcat(m, shard))
        buf_printf(b, ",\"from\":%llu", (unsigned long long)s->from);
}

static void
add_members(struct buf *b, struct json object, const char *const *names)
{
    for (; *names; names++) {
        struct json v = json_get(object, *names);
        if (v.type == JSON_NONE)
            continue;
        buf_printf(b, ",\"%s\":", *names);
        buf_add(b, v.p, v.n);
    }
}

int
badlines_add(struct buf *b, const struct manifest *m, size_t shard, struct str text,
             int number, uint64_t before, struct err *e)
{
    static const char *const rest[] = { "tool", "code", "msg", "raw_b64", NULL };
    struct line *line;
    size_t n;
    int rc = split(text, &line, &n, e);

    if (rc == 0 && n > 1)
        qsort(line, n, sizeof *line, by_place);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        buf_char(b, '{');
        add_place(b, m, shard);
        if (number && line[i].number > 0)
            buf_printf(b, ",\"line\":%llu",
                       (unsigned long long)before + (uint64_t)line[i].number);
        add_members(b, line[i].object, rest);
        buf_puts(b, "}\n");
    }
    mem_free(line);
    return rc;
}

int
badlines_arcat(struct buf *b, const struct manifest *m, size_t shard, struct str text,
               struct err *e)
{
    static const char *const rest[] = { "member", "line", "byte",    "tool",
                                        "code",   "msg",  "raw_b64", NULL };
    struct line *line;
    size_t n;
    int rc = split(text, &line, &n, e);

    for (size_t i = 0; rc == 0 && i < n; i++) {
        buf_char(b, '{');
        add_place(b, m, shard);
        add_members(b, line[i].object, rest);
        buf_puts(b, "}\n");
    }
    mem_free(line);
    return rc;
}

void
badlines_poison(struct buf *b, const struct manifest *m, size_t shard, uint64_t line,
                const char *how, struct str raw)
{
    buf_char(b, '{');
    add_place(b, m, shard);
    buf_printf(b, ",\"line\":%llu,\"tool\":\"millrun\",\"code\":\"poison\",\"msg\":",
               (unsigned long long)line + 1);
    buf_printf(b, "\"the command ended with %s\",\"raw_b64\":\"", how);
    jout_base64(b, raw.p, raw.n < RAW_MAX ? raw.n : RAW_MAX);
    buf_puts(b, "\"}\n");
}
