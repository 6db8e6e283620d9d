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

/* Up to and with the first `end`, if it comes soon; else 0. */
static size_t
up_to(struct str s, const char *end)
{
    struct str near = { s.p, s.n < MARKUP_MAX ? s.n : MARKUP_MAX };
    size_t at = str_find(near, 2, end);

    return at < near.n ? at + strlen(end) : 0;
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

    for (size_t i = n; i < s.n && i < MARKUP_CODE; i += k ? k : 1) {
        k = ticks(s, i);
        if (k == n)
            return i + k;
    }
    return 0;
}

/* <b>, </b>, <a title="x > y">: up to the first > outside of quotes, which begin behind
 * a = and may be missing */
static size_t
element(struct str s)
{
    char quote = '\0';
    size_t first = 0; /* the first > of all, where a quote is never closed */

    for (size_t i = 1; i < s.n && i < MARKUP_MAX; i++) {
        char c = s.p[i];

        if (c == '>' && quote == '\0')
            return i + 1;
        if (c == '>' && first == 0)
            first = i + 1;
        if (c == '<' && (quote == '\0' || first))
            break;
        if (quote && c == quote)
            quote = '\0';
        else if (!quote && is_in(c, "\"'") && s.p[i - 1] == '=')
            quote = c;
    }
    return first;
}

/* An element, <!-- x -->, <![CDATA[x]]>, <?x?> */
static size_t
tag(struct str s)
{
    if (str_begins(s, "<!--"))
        return up_to(s, "-->");
    if (str_begins(s, "<![CDATA["))
        return up_to(s, "]]>");
    if (str_begins(s, "<?"))
        return up_to(s, "?>");
    if (s.n < 3 || !(is_letter(s.p[1]) || is_in(s.p[1], "/!")))
        return 0;
    return element(s);
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

#define BRACES 16 /* one in another, so that {{{{{ takes no time */

/* {}, {x}, {{x}}, {n, plural, one {x} other {y}}: to the brace that closes the first */
static size_t
braces(struct str s)
{
    size_t depth = 0;

    for (size_t i = 0; i < s.n && i < MARKUP_MAX && s.p[i] != '\n'; i++) {
        if (s.p[i] == '{' && ++depth > BRACES)
            return 0;
        if (s.p[i] == '}' && --depth == 0)
            return i + 1;
    }
    return 0;
}

/* ${x}, %{x}, #{x} */
static size_t
signed_braces(struct str s)
{
    size_t n = s.n > 1 && s.p[1] == '{' ? braces((struct str){ s.p + 1, s.n - 1 }) : 0;

    return n ? n + 1 : 0;
}

/* A unit may stand behind it (%dms, %dx%d), but no word (%some). */
static int
ends_format(struct str s, size_t i)
{
    size_t letters = 0;

    while (letters < 3 && i + letters < s.n && is_letter(s.p[i + letters]))
        letters++;
    return letters < 3;
}

/* The name in %(name)s; 1: none is there, 0: it never ends. */
static size_t
format_name(struct str s)
{
    if (s.n < 2 || s.p[1] != '(')
        return 1;
    for (size_t i = 2; i < s.n && i < MARKUP_MAX && !is_in(s.p[i], " \n%("); i++)
        if (s.p[i] == ')')
            return i + 1;
    return 0;
}

/* %s, %-5.2f, %ld, %1$s, %(name)s, %%; but not a part of 100 % sure */
static size_t
format(struct str s)
{
    size_t i = format_name(s), from = i;

    if (i == 0)
        return 0;
    if (str_begins(s, "%%"))
        return 2;
    while (i < s.n && i < from + 20 && (is_digit(s.p[i]) || is_in(s.p[i], "-+#.*$'")))
        i++;
    while (i < s.n && i < from + 24 && is_in(s.p[i], "hlzjt"))
        i++;
    if (i >= s.n || !is_in(s.p[i], "sdiuoxXfFeEgGcp@"))
        return 0;
    return ends_format(s, i + 1) ? i + 1 : 0;
}

/* Bytes of the character at i that ends an address though it is no ASCII: a quote, or
 * what CJK puts between sentences */
static int
is_wide_stop(struct str s, size_t i)
{
    struct str rest = { s.p + i, s.n - i };

    return str_begins(rest, "\xC2\xAB") || str_begins(rest, "\xC2\xBB") ||
           str_begins(rest, "\xE2\x80") || str_begins(rest, "\xE3\x80") ||
           str_begins(rest, "\xEF\xBC") || str_begins(rest, "\xEF\xBD");
}

/* Does the bracket behind n bytes close one in them? */
static int
closes(struct str s, size_t n)
{
    char close = s.p[n], open = close == ')' ? '(' : close == ']' ? '[' : '{';
    size_t depth = 1;

    for (size_t i = 0; i < n && depth > 0; i++)
        depth += s.p[i] == open ? (size_t)1 : s.p[i] == close ? (size_t)-1 : 0;
    return depth > 1;
}

/* Bytes until white space, or what ends an address in a text. */
static size_t
word(struct str s)
{
    size_t i = 0;

    while (i < s.n && i < MARKUP_MAX && (unsigned char)s.p[i] > ' ' &&
           !is_in(s.p[i], "<>\"`") && !is_wide_stop(s, i))
        i++;
    while (i > 0 && is_in(s.p[i - 1], ".,;:!?)]}'*")) {
        if (is_in(s.p[i - 1], ")]}") && closes(s, i - 1))
            break;
        i--;
    }
    return i;
}

/* a.b@c.example, git@c.example:d/e.git */
static size_t
mailbox(struct str s)
{
    size_t i = 0, at, dot = 0;

    while (i < s.n && i < 64 &&
           (is_letter(s.p[i]) || is_digit(s.p[i]) || is_in(s.p[i], "._%+-")))
        i++;
    if (i == 0 || i >= s.n || s.p[i] != '@')
        return 0;
    for (at = i++; i < s.n && i - at < 256; i++) {
        if (s.p[i] == '.' && i > at + 1)
            dot = i;
        else if (!is_letter(s.p[i]) && !is_digit(s.p[i]) && s.p[i] != '-')
            break;
    }
    while (i > at && is_in(s.p[i - 1], ".-"))
        i--;
    if (dot == 0 || dot >= i)
        return 0;
    return i < s.n && is_in(s.p[i], ":/?") ? word(s) : i;
}

/* mailto:a@b.example and others that have no // */
static size_t
opaque(struct str s)
{
    static const char *const scheme[] = { "mailto:", "tel:",    "sip:", "xmpp:",
                                          "urn:",    "magnet:", "data:" };

    for (size_t i = 0; i < sizeof scheme / sizeof *scheme; i++)
        if (str_begins(s, scheme[i])) {
            size_t n = word(s);

            return n > strlen(scheme[i]) ? n : 0;
        }
    return 0;
}

static size_t
address(struct str s)
{
    size_t i = 0, n;

    while (i < s.n && i < 32 &&
           (is_letter(s.p[i]) || (i > 0 && (is_digit(s.p[i]) || is_in(s.p[i], "+-.")))))
        i++;
    if (i > 1 && str_begins((struct str){ s.p + i, s.n - i }, "://")) {
        n = word(s);
        return n > i + 3 ? n : 0;
    }
    if (str_begins(s, "www.")) {
        n = word(s);
        return n > 4 ? n : 0;
    }
    return (n = mailbox(s)) ? n : opaque(s);
}

/* May an address begin behind this byte? */
static int
begins_word(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x80 ||
           is_in(c, "(<>[]{}\"'=,;:|*!?)");
}

/* How long what begins at `at` is; 0: it is text. */
static size_t
match(struct str text, size_t at, int word_begins)
{
    struct str s = { text.p + at, text.n - at };
    size_t n;

    switch (s.p[0]) {
    case '`': return code(s);
    case '<': return tag(s);
    case '&': return entity(s);
    case '{': return braces(s);
    case '$':
    case '#': return signed_braces(s);
    case '%':
        if ((n = signed_braces(s)) > 0)
            return n;
        /* 5%d is a part of a hundred */
        return at > 0 && is_digit(text.p[at - 1]) && !str_begins(s, "%%") ? 0
                                                                          : format(s);
    default: return word_begins ? address(s) : 0;
    }
}

int
markup_next(struct str text, struct markup_span *s)
{
    int begin = 1;

    for (size_t at = s->end; at < text.n; at++) {
        size_t n = match(text, at, begin);

        if (n > 0) {
            *s = (struct markup_span){ at, at + n };
            return 1;
        }
        if (text.p[at] == '`') /* a run that nothing closes is text, all of it */
            at += ticks((struct str){ text.p + at, text.n - at }, 0) - 1;
        begin = begins_word(text.p[at]);
    }
    return 0;
}
