/* weights.c - the tensors of a model, by name, whatever file they are in */
#include "format/weights.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/dirlist.h"
#include "base/map.h"
#include "base/mem.h"
#include "format/weights_build.h"

struct weights {
    char path[PATH_MAX];
    struct file *file;
    size_t n_file, cap_file;
    struct weight *tensor;
    size_t n_tensor, cap_tensor;
    struct map *by_name; /* name -> index into tensor */
    struct arena text;   /* names */
    struct meta *meta;   /* or NULL */
};

static const struct {
    const char *name;
    int (*open)(struct weights *w, const char *path, struct err *e);
} formats[] = {
#define FORMAT(f) { f##_name, f##_open },
#include "format/weights_list.h"
#undef FORMAT
};

#define N_FORMATS (int)(sizeof formats / sizeof *formats)

struct weights *
weights_new(const char *path)
{
    struct weights *w = mem_zero(1, sizeof *w);

    snprintf(w->path, sizeof w->path, "%s", path);
    w->by_name = map_new(256);
    return w;
}

void
weights_close(struct weights *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->n_file; i++)
        file_unmap(&w->file[i]);
    mem_free(w->file);
    mem_free(w->tensor);
    map_free(w->by_name);
    arena_release(&w->text);
    meta_free(w->meta);
    mem_free(w);
}

int
weights_map(struct weights *w, const char *path, struct file *f, struct err *e)
{
    if (file_map(f, path, e)) {
        e->code = ERR_MODEL;
        return -1;
    }
    if (w->n_file == w->cap_file) {
        w->cap_file = w->cap_file ? 2 * w->cap_file : 4;
        w->file = mem_grow(w->file, w->n_file * sizeof *w->file,
                           mem_mul(w->cap_file, sizeof *w->file));
    }
    w->file[w->n_file++] = *f;
    return 0;
}

struct str
weights_keep(struct weights *w, const char *p, size_t n)
{
    return arena_str(&w->text, (struct str){ p, n });
}

int
weights_add(struct weights *w, const struct weight *t, struct err *e)
{
    if (w->n_tensor == INT32_MAX)
        return err_set(e, ERR_MODEL, "more than %d tensors", INT32_MAX);
    if (!map_put(w->by_name, t->name, (int32_t)w->n_tensor))
        return err_set(e, ERR_MODEL, "tensor '%.*s' is there twice",
                       (int)(t->name.n < 200 ? t->name.n : 200), t->name.p);
    if (w->n_tensor == w->cap_tensor) {
        w->cap_tensor = w->cap_tensor ? 2 * w->cap_tensor : 256;
        w->tensor = mem_grow(w->tensor, w->n_tensor * sizeof *w->tensor,
                             mem_mul(w->cap_tensor, sizeof *w->tensor));
    }
    w->tensor[w->n_tensor++] = *t;
    return 0;
}

void
weights_place(struct weights *w, size_t i, const void *data)
{
    w->tensor[i].data = data;
}

void
weights_set_meta(struct weights *w, struct meta *m)
{
    w->meta = m;
}

/* Are the n files that end as this one the parts of one, and this the first? */
static int
are_parts(const char *dir, const char *file, int n)
{
    const char *name = file + strlen(dir) + 1, *number = strstr(name, "-00001-of-");
    char begin[NAME_MAX + 1], part[PATH_MAX];

    if (number == NULL)
        return 0;
    snprintf(begin, sizeof begin, "%.*s", (int)(number - name), name);
    return dirlist_find(dir, begin, number + strlen("-00001"), part, sizeof part) == n;
}

/* A format's file in a folder: 1 and its path, or 0, or -1: there are several. */
static int
look_in(const char *dir, const char *name, char *path, size_t cap, struct err *e)
{
    int n;

    if (*name == '*') {
        n = dirlist_find(dir, "", name + 1, path, cap);
        if (n < 0)
            return err_set(e, ERR_MODEL, "cannot read '%s': %s", dir, strerror(errno));
        if (n > 1 && !are_parts(dir, path, n))
            return err_set(e, ERR_MODEL, "%d files in '%s' end in %s: name one", n, dir,
                           name + 1);
        return n > 0;
    }
    n = snprintf(path, cap, "%s/%s", dir, name);
    return n > 0 && (size_t)n < cap && file_exists(path);
}

/* The format whose file is in the folder, and that file's path; N_FORMATS: none. */
static int
find_in_folder(const char *dir, char *path, size_t cap, struct err *e)
{
    for (int i = 0; i < N_FORMATS; i++) {
        int there = look_in(dir, formats[i].name, path, cap, e);
        if (there)
            return there < 0 ? -1 : i;
    }
    return N_FORMATS;
}

/* A name that ends like a format's own, from its first dot on: x.safetensors. */
static int
find_by_suffix(const char *path)
{
    for (int i = 0; i < N_FORMATS; i++)
        if (str_ends(str_of(path), strchr(formats[i].name, '.')))
            return i;
    return N_FORMATS;
}

struct weights *
weights_open(const char *path, struct err *e)
{
    char file[PATH_MAX];
    struct weights *w;
    int i = find_in_folder(path, file, sizeof file, e);

    if (i == N_FORMATS) {
        i = find_by_suffix(path);
        snprintf(file, sizeof file, "%s", path);
    }
    if (i == N_FORMATS)
        err_set(e, ERR_MODEL, "no weights in '%s': looked for '%s'", path,
                formats[0].name);
    if (i < 0 || i == N_FORMATS)
        return NULL;
    w = weights_new(file);
    if (formats[i].open(w, file, e)) {
        err_wrap(e, "%s", file);
        weights_close(w);
        return NULL;
    }
    return w;
}

const struct weight *
weights_find(const struct weights *w, const char *name)
{
    int32_t i = map_find(w->by_name, str_of(name), -1);

    return i < 0 ? NULL : &w->tensor[i];
}

/* "[30522, 384]" */
static void
shape_text(int n_dim, const size_t *dim, char *text, size_t cap)
{
    size_t n = (size_t)snprintf(text, cap, "[");

    for (int i = 0; i < n_dim && n < cap; i++)
        n += (size_t)snprintf(text + n, cap - n, "%s%zu", i ? ", " : "", dim[i]);
    if (n < cap)
        snprintf(text + n, cap - n, "]");
}

const struct weight *
weights_get(const struct weights *w, const char *name, int n_dim, const size_t *dim,
            struct err *e)
{
    const struct weight *t = weights_find(w, name);
    char is[128], want[128];

    if (t == NULL) {
        err_set(e, ERR_MODEL, "%s: no tensor '%s'", w->path, name);
        return NULL;
    }
    if (t->type == QUANT_TYPES) {
        err_set(e, ERR_MODEL,
                "%s: tensor '%s' has elements of type %.*s, not read here", w->path,
                name, (int)t->dtype.n, t->dtype.p);
        return NULL;
    }
    if (t->n_dim != n_dim || memcmp(t->dim, dim, (size_t)n_dim * sizeof *dim) != 0) {
        shape_text(t->n_dim, t->dim, is, sizeof is);
        shape_text(n_dim, dim, want, sizeof want);
        err_set(e, ERR_MODEL, "%s: tensor '%s' is %s, must be %s", w->path, name, is,
                want);
        return NULL;
    }
    return t;
}

void
weights_let_go(const struct weights *w, const struct weight *t)
{
    const unsigned char *p = t->data;

    for (size_t i = 0; i < w->n_file; i++) /* or else it is no mapped file */
        if (p >= w->file[i].p && p < w->file[i].p + w->file[i].n)
            mem_let_go(p, t->bytes);
}

size_t
weights_count(const struct weights *w)
{
    return w->n_tensor;
}

const struct weight *
weights_at(const struct weights *w, size_t i)
{
    return &w->tensor[i];
}

int
weights_sha(const struct weights *w, int compute, char hex[SHA_HEX])
{
    struct buf all = { 0 };
    size_t i;

    for (i = 0; i < w->n_file; i++) {
        if (!sha_known(&w->file[i], hex)) {
            if (!compute)
                break;
            sha_mapped(&w->file[i], hex);
            mem_let_go(w->file[i].p, w->file[i].n);
        }
        buf_add(&all, hex, SHA_HEX - 1);
    }
    if (i == w->n_file && w->n_file != 1)
        sha_hex(all.p, all.n, hex);
    buf_free(&all);
    return i == w->n_file;
}

size_t
weights_bytes(const struct weights *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n_file; i++)
        n += w->file[i].n;
    return n;
}

const struct meta *
weights_meta(const struct weights *w)
{
    return w->meta;
}

const char *
weights_path(const struct weights *w)
{
    return w->path;
}
