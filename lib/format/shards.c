/*
 * shards.c - safetensors files that an index joins to one model
 *
 * {"weight_map": {TENSOR: FILE, ...}, "metadata": ...}; the files lie beside the index.
 * Every tensor of the map must be in the file that the map names.
 */
#include <limits.h>
#include <stdio.h>

#include "base/map.h"
#include "base/mem.h"
#include "format/safet.h"
#include "format/weights_build.h"
#include "json/json.h"

#define INDEX_MAX 100000000u
#define N_SHARDS  4096

const char shards_name[] = "model.safetensors.index.json";

struct shards {
    struct weights *w;
    struct str dir;             /* with the slash, may be empty */
    struct map *files;          /* file -> its number */
    size_t first[N_SHARDS + 1]; /* its tensors in w: first[i] up to first[i + 1] */
    int32_t n;
    struct err *e;
};

/* A plain file name: it must not lead out of the folder. */
static int
is_plain(struct str s)
{
    return s.n > 0 && s.n < NAME_MAX && s.p[0] != '.' && !memchr(s.p, '/', s.n) &&
           !memchr(s.p, '\0', s.n);
}

/* A string of the index, in memory of w. */
static int
text(struct shards *s, struct json v, struct str *out)
{
    struct buf b = { 0 };
    int rc = -1;

    if (v.type != JSON_STRING || json_unquote(v, &b, s->e))
        err_set(s->e, ERR_MODEL, "weight_map must map strings to strings");
    else {
        *out = weights_keep(s->w, b.p, b.n);
        rc = 0;
    }
    buf_free(&b);
    return rc;
}

static int
open_shard(struct shards *s, struct str file)
{
    char path[PATH_MAX];

    if (!is_plain(file))
        return err_set(s->e, ERR_MODEL, "weight_map: '%.100s' is no plain file name",
                       file.p);
    if (s->n == N_SHARDS)
        return err_set(s->e, ERR_MODEL, "weight_map names more than %d files",
                       N_SHARDS);
    if (snprintf(path, sizeof path, "%.*s%s", (int)s->dir.n, s->dir.p, file.p) >=
        (int)sizeof path)
        return err_set(s->e, ERR_MODEL, "path of '%s' is too long", file.p);
    map_put(s->files, file, s->n++);
    if (safet_open(s->w, path, s->e))
        return err_wrap(s->e, "%s", file.p);
    s->first[s->n] = weights_count(s->w);
    return 0;
}

/* One pair of the map: open the file when it is new, then look for the tensor in it. */
static int
add_pair(struct shards *s, struct json key, struct json val)
{
    struct str name, file;
    const struct weight *t;
    int32_t i;
    size_t at;

    if (text(s, key, &name) || text(s, val, &file))
        return -1;
    if (map_find(s->files, file, -1) < 0 && open_shard(s, file))
        return -1;
    i = map_find(s->files, file, -1);
    t = strlen(name.p) == name.n ? weights_find(s->w, name.p) : NULL;
    at = t ? (size_t)(t - weights_at(s->w, 0)) : SIZE_MAX;
    if (t == NULL || at < s->first[i] || at >= s->first[i + 1])
        return err_set(s->e, ERR_MODEL, "tensor '%.100s' is not in '%.100s'", name.p,
                       file.p);
    return 0;
}

static int
read_index(struct shards *s, struct buf *b, const char *path)
{
    struct json_watch map = { .name = STR("weight_map") };
    struct json v, key, val;
    struct json_iter it;

    if (file_read(path, INDEX_MAX, b, s->e) ||
        json_scan(b->p, b->n, &map, 1, &v, s->e)) {
        s->e->code = ERR_MODEL;
        return -1;
    }
    if (map.count != 1 || map.value.type != JSON_OBJECT)
        return err_set(s->e, ERR_MODEL, "no object 'weight_map', or more than one");
    for (it = json_begin(map.value); json_next(&it, &key, &val);)
        if (add_pair(s, key, val))
            return -1;
    return 0;
}

int
shards_open(struct weights *w, const char *path, struct err *e)
{
    struct shards *s = mem_zero(1, sizeof *s);
    const char *slash = strrchr(path, '/');
    struct buf b = { 0 };
    int rc;

    s->w = w;
    s->dir = (struct str){ path, slash ? (size_t)(slash + 1 - path) : 0 };
    s->files = map_new(16);
    s->e = e;
    rc = read_index(s, &b, path);
    buf_free(&b);
    map_free(s->files);
    mem_free(s);
    return rc;
}
