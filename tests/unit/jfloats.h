/*
 * jfloats.h - the lines of a golden file: members that are lists of numbers, or texts
 *
 * A file that cannot be read, or a member that is not there, ends the test program.
 */
#ifndef TESTS_UNIT_JFLOATS_H
#define TESTS_UNIT_JFLOATS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "json/json.h"

struct jfloats {
    struct file file;
    const char *p, *end;
    struct json line; /* the current one */
};

/* 0: open; -1: there is no such file. */
static inline int
jfloats_open(struct jfloats *j, const char *path)
{
    struct err e;

    if (file_map(&j->file, path, &e))
        return -1;
    j->p = (const char *)j->file.p;
    j->end = j->p + j->file.n;
    return 0;
}

static inline void
jfloats_close(struct jfloats *j)
{
    file_unmap(&j->file);
}

static inline void
jfloats_die(const char *what)
{
    fprintf(stderr, "golden file: %s\n", what);
    exit(1);
}

/* 1: the next line is there. */
static inline int
jfloats_next(struct jfloats *j)
{
    const char *eol;
    struct err e;

    if (j->p == j->end)
        return 0;
    eol = memchr(j->p, '\n', (size_t)(j->end - j->p));
    if (eol == NULL || json_scan(j->p, (size_t)(eol - j->p), NULL, 0, &j->line, &e))
        jfloats_die("not JSON");
    j->p = eol + 1;
    return 1;
}

static inline struct json
jfloats_member(const struct jfloats *j, const char *name)
{
    struct json v = json_get(j->line, name);

    if (v.type == JSON_NONE)
        jfloats_die(name);
    return v;
}

/* The member's numbers, in memory that the caller frees. */
static inline float *
jfloats_list(const struct jfloats *j, const char *name, size_t *n)
{
    struct json array = jfloats_member(j, name), key, val;
    struct json_iter it = json_begin(array);
    float *v = malloc((array.n + 1) * sizeof *v); /* an element has a byte at least */
    double x;

    for (*n = 0; json_next(&it, &key, &val); v[(*n)++] = (float)x)
        if (!json_double(val, &x))
            jfloats_die(name);
    return v;
}

static inline int32_t *
jfloats_ids(const struct jfloats *j, const char *name, size_t *n)
{
    float *v = jfloats_list(j, name, n);
    int32_t *id = malloc((*n + 1) * sizeof *id);

    for (size_t i = 0; i < *n; i++)
        id[i] = (int32_t)v[i]; /* ids here are far below 2^24 */
    free(v);
    return id;
}

static inline void
jfloats_text(const struct jfloats *j, const char *name, struct buf *b)
{
    struct err e;

    b->n = 0;
    if (json_unquote(jfloats_member(j, name), b, &e))
        jfloats_die(name);
}

#endif
