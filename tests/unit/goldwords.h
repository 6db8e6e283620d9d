/*
 * goldwords.h - the lines of tests/golden/words.jsonl of one kind, and lists of texts
 */
#ifndef TESTS_UNIT_GOLDWORDS_H
#define TESTS_UNIT_GOLDWORDS_H

#include "base/arena.h"
#include "jfloats.h"

#define GOLDWORDS "tests/golden/words.jsonl"

static inline int
goldwords_next(struct jfloats *j, const char *what)
{
    while (jfloats_next(j))
        if (json_is(jfloats_member(j, "what"), str_of(what)))
            return 1;
    return 0;
}

/* A member that is a list of texts, in the arena. */
static inline struct str *
goldwords_list(const struct jfloats *j, const char *name, struct arena *a, size_t *n)
{
    struct json array = jfloats_member(j, name), key, v;
    struct json_iter it = json_begin(array);
    struct str *list = arena_alloc(a, (array.n + 1) * sizeof *list);
    struct buf b = { 0 };
    struct err e;

    for (*n = 0; json_next(&it, &key, &v); ++*n) {
        char *p;
        b.n = 0;
        if (json_unquote(v, &b, &e))
            jfloats_die(name);
        p = arena_alloc(a, b.n + 1);
        memcpy(p, b.n ? b.p : "", b.n);
        list[*n] = (struct str){ p, b.n };
    }
    buf_free(&b);
    return list;
}

#endif
