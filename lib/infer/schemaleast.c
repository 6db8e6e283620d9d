/* schemaleast.c - how short the values of a schema can be */
#include "infer/schemaleast.h"

/* Saturates far above SCHEMA_LEAST. */
static size_t
sum(size_t a, size_t b)
{
    return a > 2 * SCHEMA_LEAST || b > 2 * SCHEMA_LEAST ? 2 * SCHEMA_LEAST : a + b;
}

static size_t
least_number(const struct schemanum *r)
{
    struct schemanum_at at = { 0 };
    size_t n = 0;

    for (; !schemanum_may_end(r, &at); n++)
        schemanum_step(r, &at, schemanum_close(r, &at));
    return n;
}

static size_t
least_value(const struct schema *s, uint32_t node)
{
    return s->node[schema_shortest(s, node)].least;
}

static size_t
least_object(const struct schema *s, const struct schema_node *n)
{
    size_t least = 2, members = 0;

    for (uint32_t i = n->first; i < n->first + n->n; i++)
        if (s->member[i].required)
            least = sum(least, sum(s->member[i].key.n + (members++ > 0),
                                   least_value(s, s->member[i].node)));
    return least;
}

static size_t
least_array(const struct schema *s, const struct schema_node *n)
{
    size_t each = least_value(s, n->first) + 1;

    if (n->min == 0)
        return 2;
    return n->min > SCHEMA_LEAST / each ? 2 * SCHEMA_LEAST : 1 + n->min * each;
}

static size_t
least_literal(const struct schema *s, const struct schema_node *n)
{
    size_t least = s->literal[n->first].n;

    for (uint32_t i = 1; i < n->n; i++)
        if (s->literal[n->first + i].n < least)
            least = s->literal[n->first + i].n;
    return least;
}

static size_t
least_of(const struct schema *s, const struct schema_node *n)
{
    switch (n->kind) {
    case SCHEMA_OBJECT: return least_object(s, n);
    case SCHEMA_ARRAY: return least_array(s, n);
    case SCHEMA_STRING: return sum(2, n->min);
    case SCHEMA_NUMBER: return least_number(&n->range);
    default: return least_literal(s, n);
    }
}

/* Nodes of parts stand behind those of the whole. */
size_t
schemaleast_find(struct schema *s)
{
    for (size_t i = s->n_node; i-- > 1;)
        s->node[i].least = least_of(s, &s->node[i]);
    return least_value(s, 1);
}
