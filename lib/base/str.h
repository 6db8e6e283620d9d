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
str_ends(struct str a, const char *end)
{
    size_t n = strlen(end);

    return a.n >= n && (n == 0 || memcmp(a.p + a.n - n, end, n) == 0);
}

#endif
