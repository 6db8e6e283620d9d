/* labels.c - labels as a user writes them: NAME or NAME=DESCRIPTION */
#include "infer/labels.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/utf8.h"

#define FILE_MAX ((size_t)16 << 20)

static struct str
trim(struct str s)
{
    while (s.n > 0 && strchr(" \t\r", s.p[s.n - 1]) && s.p[s.n - 1] != '\0')
        s.n--;
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    return s;
}

/* Split at the first '='. */
static struct classifier_label
split(struct str spec)
{
    const char *eq = spec.n ? memchr(spec.p, '=', spec.n) : NULL;
    size_t n = eq ? (size_t)(eq - spec.p) : spec.n;
    struct classifier_label l = { .name = { spec.p, n } };

    if (eq)
        l.description = trim((struct str){ eq + 1, spec.n - n - 1 });
    l.name = trim(l.name);
    return l;
}

int
labels_add(struct labels *l, struct str spec, struct err *e)
{
    if (utf8_valid(spec.p, spec.n) < spec.n)
        return err_set(e, ERR_USAGE, "label %zu is not UTF-8", l->n + 1);
    if (l->n == CLASSIFIER_LABELS)
        return err_set(e, ERR_USAGE, "more than %d labels", CLASSIFIER_LABELS);
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 16;
        l->label = mem_grow(l->label, l->n * sizeof *l->label,
                            mem_mul(l->cap, sizeof *l->label));
    }
    l->label[l->n] = split(arena_str(&l->text, spec));
    if (l->label[l->n].name.n == 0)
        return err_set(e, ERR_USAGE, "label %zu has no name", l->n + 1);
    l->n++;
    return 0;
}

static int
add_line(struct labels *l, struct str line, struct err *e)
{
    line = trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return 0;
    return labels_add(l, line, e);
}

int
labels_read(struct labels *l, const char *path, struct err *e)
{
    struct buf b = { 0 };
    size_t number = 1, n;
    int rc = 0;

    if (file_read(path, FILE_MAX, &b, e)) {
        e->code = ERR_USAGE;
        rc = -1;
    }
    for (size_t at = 0; rc == 0 && at < b.n; at += n + 1, number++) {
        const char *eol = memchr(b.p + at, '\n', b.n - at);
        n = eol ? (size_t)(eol - b.p) - at : b.n - at;
        if (add_line(l, (struct str){ b.p + at, n }, e))
            rc = err_wrap(e, "%s:%zu", path, number);
    }
    buf_free(&b);
    return rc;
}

void
labels_release(struct labels *l)
{
    mem_free(l->label);
    arena_release(&l->text);
    *l = (struct labels){ 0 };
}
