/*
 * goldlearn.h - the lines of tests/golden/learn.jsonl of one kind
 *
 *     struct goldlearn g;
 *     goldlearn_open(&g);
 *     while (goldlearn_next(&g, "wilson")) ... goldlearn_number(&g, "low")
 *     goldlearn_close(&g);
 */
#ifndef TESTS_UNIT_GOLDLEARN_H
#define TESTS_UNIT_GOLDLEARN_H

#include "jfloats.h"

#define GOLDLEARN "tests/golden/learn.jsonl"

struct goldlearn {
    struct jfloats j;
};

static inline void
goldlearn_open(struct goldlearn *g)
{
    if (jfloats_open(&g->j, GOLDLEARN))
        jfloats_die(GOLDLEARN);
}

static inline void
goldlearn_close(struct goldlearn *g)
{
    jfloats_close(&g->j);
}

static inline int
goldlearn_next(struct goldlearn *g, const char *what)
{
    while (jfloats_next(&g->j))
        if (json_is(jfloats_member(&g->j, "what"), str_of(what)))
            return 1;
    return 0;
}

static inline double
goldlearn_number(const struct goldlearn *g, const char *name)
{
    struct json v = jfloats_member(&g->j, name);
    double x;

    if (v.type == JSON_TRUE || v.type == JSON_FALSE)
        return v.type == JSON_TRUE;
    if (!json_double(v, &x))
        jfloats_die(name);
    return x;
}

/* The member's numbers, in memory that the caller frees. */
static inline double *
goldlearn_list(const struct goldlearn *g, const char *name, size_t *n)
{
    struct json array = jfloats_member(&g->j, name), key, val;
    struct json_iter it = json_begin(array);
    double *v = malloc((array.n + 1) * sizeof *v);

    for (*n = 0; json_next(&it, &key, &val); ++*n)
        if (!json_double(val, &v[*n]))
            jfloats_die(name);
    return v;
}

#endif
