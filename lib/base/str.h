/*
 * str.h - a span of bytes that somebody else owns
 *
 * Not ended by NUL, may hold NUL. Passed by value.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stddef.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })

static inline struct str
str_of(const char *s)
{
    return (struct str){ s, strlen(s) };
}

static inline int
str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || (*a.p == *b.p && memcmp(a.p, b.p, a.n) == 0));
}

/* As memcmp(), a string before all that it begins: below 0, 0, above 0. */
static inline int
str_order(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;

    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static inline int
str_is(struct str a, const char *s)
{
    return str_eq(a, str_of(s));
}

static inline int
str_begins(struct str a, const char *begin)
{
    size_t n = strlen(begin);

    return a.n >= n && (n == 0 || memcmp(a.p, begin, n) == 0);
}

static inline int
str_ends(struct str a, const char *end)
{
    size_t n = strlen(end);

    return a.n >= n && (n == 0 || memcmp(a.p + a.n - n, end, n) == 0);
}

/* Where `what`, which is not empty, stands at or behind `from`; a.n: nowhere */
static inline size_t
str_find(struct str a, size_t from, const char *what)
{
    size_t n = strlen(what);

    for (const char *at; from < a.n && a.n - from >= n; from = (size_t)(at - a.p) + 1) {
        at = memchr(a.p + from, what[0], a.n - from - n + 1);
        if (at == NULL)
            break;
        if (memcmp(at, what, n) == 0)
            return (size_t)(at - a.p);
    }
    return a.n;
}

static inline int
str_holds(struct str a, const char *what)
{
    return str_find(a, 0, what) < a.n;
}

#endif
