/* markup.c - what in a text is no language: it must come through unharmed */
#include "infer/markup.h"

#include <string.h>

static int
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int
is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static int
begins(struct str s, const char *what)
{
    size_t n = strlen(what);

    return s.n >= n && memcmp(s.p, what, n) == 0;
}

/* Up to and with the first `last` behind the first byte, if it comes soon, and none of
 * `never` before it; else 0. */
static size_t
up_to(struct str s, char last, const char *never)
{
    for (size_t i = 1; i < s.n && i < MARKUP_MAX; i++) {
        if (s.p[i] == last)
            return i > 1 ? i + 1 : 0;
        if (is_in(s.p[i], never))
            return 0;
    }
    return 0;
}

/* Bytes of the run of ` that begins at i */
static size_t
ticks(struct str s, size_t i)
{
    size_t n = 0;

    while (i + n < s.n && s.p[i + n] == '`')
        n++;
    return n;
}

/* `a`, ``a ` b``: up to and with the next run of as many, as CommonMark has it */
static size_t
code(struct str s)
{
    size_t n = ticks(s, 0), k;

    for (size_t i = n; i < s.n && i < MARKUP_MAX; i += k ? k : 1) {
        k = ticks(s, i);
        if (k == n)
            return i + k;
    }
    return 0;
}

/* <b>, </b>, <!-- x -->, <?x?> */
static size_t
tag(struct str s)
{
    if (s.n < 3 || !(is_letter(s.p[1]) || is_in(s.p[1], "/!?")))
        return 0;
    return up_to(s, '>', "<");
}

/* &amp; &#38; */
static size_t
entity(struct str s)
{
    size_t i = 1;

    while (i < s.n && i < 32 &&
           (is_letter(s.p[i]) || is_digit(s.p[i]) || s.p[i] == '#'))
        i++;
    return i > 1 && i < s.n && s.p[i] == ';' ? i + 1 : 0;
}

/* {x}, {{x}} */
static size_t
braces(struct str s)
{
    size_t n = up_to(s, '}', "\n");

    return n && n < s.n && s.p[1] == '{' && s.p[n] == '}' ? n + 1 : n;
}

/* %s, %-5.2f, %ld, %1$s, %(name)s; but not a part of 100 % sure */
static size_t
format(struct str s)
{
    size_t i = 1;

    if (i < s.n && s.p[i] == '(') {
        size_t n = up_to((struct str){ s.p + 1, s.n - 1 }, ')', " \n");

        if (n == 0)
            return 0;
        i += n;
    }
    while (i < s.n && i < 20 && (is_digit(s.p[i]) || is_in(s.p[i], "-+#.*$")))
        i++;
    while (i < s.n && i < 24 && is_in(s.p[i], "hlzjt"))
        i++;
    if (i >= s.n || !is_in(s.p[i], "sdiuoxXfFeEgGcp@"))
        return 0;
    return i + 1 < s.n && is_letter(s.p[i + 1]) ? 0 : i + 1;
}

/* Bytes until white space, or what ends an address in a text. */
static size_t
word(struct str s)
{
    size_t i = 0;

    while (i < s.n && i < MARKUP_MAX && (unsigned char)s.p[i] > ' ' &&
           !is_in(s.p[i], "<>\"`"))
        i++;
    while (i > 0 && is_in(s.p[i - 1], ".,;:!?)]}'"))
        i--;
    return i;
}

static size_t
address(struct str s)
{
    size_t n = word(s), i = 0;
    const char *at, *dot;

    while (i < n && is_letter(s.p[i]))
        i++;
    if (i > 1 && begins((struct str){ s.p + i, n - i }, "://"))
        return n > i + 3 ? n : 0;
    if (begins(s, "www."))
        return n > 4 ? n : 0;
    at = n ? memchr(s.p, '@', n) : NULL;
    dot = at ? memchr(at, '.', n - (size_t)(at - s.p)) : NULL;
    return at > s.p && dot > at + 1 && dot + 1 < s.p + n ? n : 0;
}

/* How long what begins here is; 0: it is text. */
static size_t
match(struct str s, int word_begins)
{
    switch (s.p[0]) {
    case '`': return code(s);
    case '<': return tag(s);
    case '&': return entity(s);
    case '{': return braces(s);
    case '%': return format(s);
    case '$': {
        struct str rest = { s.p + 1, s.n - 1 };
        size_t n = rest.n && *rest.p == '{' ? braces(rest) : 0;

        return n ? n + 1 : 0;
    }
    default: return word_begins ? address(s) : 0;
    }
}

int
markup_next(struct str text, struct markup_span *s)
{
    int begin = 1;

    for (size_t at = s->end; at < text.n; at++) {
        struct str rest = { text.p + at, text.n - at };
        size_t n = match(rest, begin);

        if (n > 0) {
            *s = (struct markup_span){ at, at + n };
            return 1;
        }
        if (text.p[at] == '`') /* a run that nothing closes is text, all of it */
            at += ticks(rest, 0) - 1;
        begin = (unsigned char)text.p[at] <= ' ' || is_in(text.p[at], "(<>[{\"'=,;:");
    }
    return 0;
}
