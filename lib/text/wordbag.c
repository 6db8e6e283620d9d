/* wordbag.c - the words of a text, and its pairs of neighbouring words */
#include "text/wordbag.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CODE ((size_t)3) /* digits of a status code */

enum { OTHER, SMALL, CAPITAL, WIDE };

static int
kind(char c)
{
    unsigned char u = (unsigned char)c;

    if (u >= 0x80)
        return WIDE;
    if ((unsigned)u - 'a' < 26)
        return SMALL;
    return (unsigned)u - 'A' < 26 ? CAPITAL : OTHER;
}

/* Bytes of the word that begins at p. */
static size_t
length(const char *p, size_t n)
{
    int before = kind(p[0]), now;
    size_t i;

    for (i = 1; i < n && (now = kind(p[i])) != OTHER; i++, before = now)
        if (now == CAPITAL && before == SMALL)
            break;
    return i;
}

/* May this stand beside a number that is free? */
static int
is_edge(char c)
{
    return (unsigned char)c <= ' ' || strchr("\"=;|}", c) != NULL;
}

/* Is a status code at this place: 404 in "GET / HTTP/1.1" 404 7, and {"status":404,...?
 */
static int
is_code(struct str text, size_t at)
{
    const char *p = text.p + at;
    size_t left = text.n - at;

    if (left < CODE || p[0] < '1' || p[0] > '5' || p[1] < '0' || p[1] > '9' ||
        p[2] < '0' || p[2] > '9')
        return 0;
    left -= CODE;
    if (left > 0 && p[CODE] == ',') {
        if (left > 1 && !is_edge(p[CODE + 1]))
            return 0;
    } else if (left > 0 && !is_edge(p[CODE])) {
        return 0;
    }
    if (at > 0 && p[-1] == ':')
        return at == 1 || is_edge(p[-2]);
    return at == 0 || is_edge(p[-1]);
}

/* The next word behind *at, which is moved. */
static int
next(struct str text, size_t *at, struct str *word)
{
    for (size_t n; *at < text.n; *at += n) {
        const char *p = text.p + *at;
        n = 1;
        if (is_code(text, *at))
            n = CODE;
        else if (kind(*p) == OTHER)
            continue;
        else
            n = length(p, text.n - *at);
        if (n < 2 || n > WORDBAG_MAX)
            continue;
        *word = (struct str){ p, n };
        *at += n;
        return 1;
    }
    return 0;
}

/* Of a code, its class. */
static char *
copy_small(char *to, struct str word)
{
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        if (kind(c) == OTHER)
            *to++ = i ? 'x' : c;
        else
            *to++ = kind(c) == CAPITAL ? (char)(c + ('a' - 'A')) : c;
    }
    return to;
}

struct wordbag
wordbag_split(struct str text, struct arena *a)
{
    size_t n = 0, bytes = 0, at = 0;
    struct str *list, word;
    char *to;

    for (; next(text, &at, &word); n++)
        bytes += word.n + 1;
    list = arena_alloc(a, mem_mul(n, sizeof *list));
    to = arena_alloc(a, bytes);
    n = at = 0;
    for (; next(text, &at, &word); n++) {
        list[n] = (struct str){ to, word.n };
        to = copy_small(to, word);
        *to++ = ' ';
    }
    return (struct wordbag){ list, n };
}

static int
by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* As a rule there are some tens: not worth a call for each comparison. */
static void
sort(int32_t *id, size_t n)
{
    if (n > 64) {
        qsort(id, n, sizeof *id, by_number);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        int32_t x = id[i];
        size_t at = i;
        for (; at > 0 && id[at - 1] > x; at--)
            id[at] = id[at - 1];
        id[at] = x;
    }
}

int32_t *
wordbag_known(const struct wordbag *b, const struct map *vocabulary, struct arena *a,
              size_t *n)
{
    size_t count = wordbag_count(b), found = 0, kept = 0;
    int32_t *id = arena_alloc(a, mem_mul(count, sizeof *id));

    for (size_t i = 0; i < count; i++) {
        id[found] = map_find(vocabulary, wordbag_feature(b, i), -1);
        found += id[found] >= 0;
    }
    sort(id, found);
    for (size_t i = 0; i < found; i++)
        if (kept == 0 || id[kept - 1] != id[i])
            id[kept++] = id[i];
    *n = kept;
    return id;
}
