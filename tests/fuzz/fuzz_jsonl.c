/* fuzz_jsonl.c - lines of any bytes: what is accepted can be walked and spliced */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "json/path.h"
#include "json/splice.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int ok)
{
    if (!ok)
        abort();
}

/* Every value inside lies in its parent and is itself accepted. Depth by a work list.
 */
static void
walk(struct json top)
{
    struct json todo[64], k, v;
    int n = 0;

    todo[n++] = top;
    while (n > 0) {
        struct json_iter it = json_begin(todo[--n]);
        while (json_next(&it, &k, &v)) {
            struct json again;
            struct err e;
            must(v.p >= top.p && v.n <= top.n && v.p + v.n <= top.p + top.n);
            if (v.n < 64)
                must(json_scan(v.p, v.n, NULL, 0, &again, &e) == 0 &&
                     again.type == v.type && again.n == v.n);
            if (n < 64)
                todo[n++] = v;
        }
    }
}

static void
splice_and_scan(struct str line, struct json object, struct json_watch *w,
                struct buf *out)
{
    struct splice s;
    struct json v;
    struct err e;

    splice_begin(&s, line, object);
    if (w[0].count)
        splice_replace(&s, w[0].value, STR("[1]"));
    if (w[1].count == 1 && w[1].value.type == JSON_OBJECT && !w[0].count)
        splice_append_in(&s, w[1].value, STR("\"in\":"), STR("{}"));
    splice_append(&s, STR("\"x\":"), STR("0.5"));
    splice_append(&s, STR("\"y\":"), STR("null"));
    out->n = 0;
    splice_end(&s, out);
    must(json_scan(out->p, out->n, w, 2, &v, &e) == 0 && v.type == JSON_OBJECT);
}

static void
one_line(const char *p, size_t n, const struct path *path, struct buf *out)
{
    struct json_watch w[2] = { { .name = STR("text") }, { .name = STR("o") } };
    struct json v, found;
    struct err e = { 0 };

    if (json_scan(p, n, w, 2, &v, &e)) {
        must(e.code == ERR_JSON || e.code == ERR_UTF8 || e.code == ERR_DEPTH ||
             e.code == ERR_TRAILING);
        (void)json_unfinished(p, n);
        return;
    }
    must(!json_unfinished(p, n));
    walk(v);
    must(json_get(v, "text").p == w[0].value.p || v.type != JSON_OBJECT);
    if (path_follow(path, w[1].value, &found, &e) == 0 && found.type == JSON_STRING) {
        out->n = 0;
        (void)json_unquote(found, out, &e);
    }
    if (v.type == JSON_OBJECT)
        splice_and_scan((struct str){ p, n }, v, w, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct path *path = path_parse(".o.a[1].\"b\\u0063\"");
    const char *p = (const char *)data, *end = p + size;
    struct buf out = { 0 };

    must(path != NULL);
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((nl ? nl : end) - p);
        one_line(p, n, path, &out);
        p += n + 1;
    }
    buf_free(&out);
    path_free(path);
    return 0;
}
