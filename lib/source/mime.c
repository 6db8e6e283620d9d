/* mime.c - the pieces of mail: header fields, parameters, encoded words and bodies */
#include "source/mime.h"

#include <string.h>
#include <strings.h>

#include "source/charset.h"

#define WORDS 256 /* encoded words that may share their characters */

static int
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str
trim(struct str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

static int
same(struct str s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* ---- fields ---- */

/* The line at `at` with its end. */
static size_t
line_length(struct str s, size_t at)
{
    const char *nl = memchr(s.p + at, '\n', s.n - at);

    return nl ? (size_t)(nl - s.p) + 1 - at : s.n - at;
}

/* "Name: value": a name is printable and has no blank. */
static int
is_field(struct str line)
{
    size_t n = 0;

    while (n < line.n && line.p[n] > ' ' && line.p[n] < 127 && line.p[n] != ':')
        n++;
    while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
        n++;
    return n > 0 && n < line.n && line.p[n] == ':';
}

size_t
mime_body(struct str s)
{
    size_t at = 0;

    while (at < s.n) {
        struct str line = { s.p + at, line_length(s, at) };
        if (line.p[0] == '\n' || (line.n == 2 && memcmp(line.p, "\r\n", 2) == 0))
            return at + line.n;
        if (at == 0 ? line.n > 5 && (memcmp(line.p, "From ", 5) == 0 ||
                                     memcmp(line.p, ">From", 5) == 0)
                    : line.p[0] == ' ' || line.p[0] == '\t') {
            at += line.n;
            continue;
        }
        if (!is_field(line))
            return at; /* somebody forgot the empty line */
        at += line.n;
    }
    return s.n;
}

int
mime_next(struct str *rest, struct str *name, struct str *value)
{
    while (rest->n > 0) {
        struct str line = { rest->p, line_length(*rest, 0) };
        const char *colon;
        /* Lines that begin with white space go on. */
        while (line.n < rest->n && (line.p[line.n] == ' ' || line.p[line.n] == '\t'))
            line.n += line_length(*rest, line.n);
        rest->p += line.n;
        rest->n -= line.n;
        colon = memchr(line.p, ':', line.n);
        if (colon == NULL || colon == line.p || is_space(line.p[0]))
            continue;
        *name = trim((struct str){ line.p, (size_t)(colon - line.p) });
        *value = trim((struct str){ colon + 1, line.n - (size_t)(colon + 1 - line.p) });
        return 1;
    }
    return 0;
}

int
mime_field(struct str head, const char *name, struct str *value)
{
    struct str found;

    while (mime_next(&head, &found, value))
        if (same(found, name))
            return 1;
    *value = STR("");
    return 0;
}

int
mime_is(struct str value, const char *type)
{
    size_t n = strlen(type);
    struct str word = { value.p, 0 };

    while (word.n < value.n && value.p[word.n] != ';')
        word.n++;
    word = trim(word);
    return type[n - 1] == '/' ? word.n > n && strncasecmp(word.p, type, n) == 0
                              : same(word, type);
}

/* One parameter's value, from p on; returns where it ends. */
static const char *
param_value(const char *p, const char *end, struct buf *out)
{
    if (p < end && *p == '"') {
        for (p++; p < end && *p != '"'; p++) {
            if (*p == '\\' && p + 1 < end)
                p++;
            if (out && *p != '\r' && *p != '\n')
                buf_char(out, *p);
        }
        return p < end ? p + 1 : end;
    }
    while (p < end && *p != ';' && !is_space(*p)) {
        if (out)
            buf_char(out, *p);
        p++;
    }
    return p;
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* charset'language'text with %41 for A, of RFC 2231. */
static void
extended_value(const char *p, const char *end, struct buf *out)
{
    size_t from = out->n, to = from;
    int quotes = 0;

    param_value(p, end, out);
    for (size_t i = from; i < out->n; i++) {
        const char *c = out->p + i;
        if (quotes < 2) {
            quotes += *c == '\'';
        } else if (*c == '%' && out->n - i > 2 && hex_digit(c[1]) >= 0 &&
                   hex_digit(c[2]) >= 0) {
            out->p[to++] = (char)(hex_digit(c[1]) << 4 | hex_digit(c[2]));
            i += 2;
        } else {
            out->p[to++] = *c;
        }
    }
    out->n = to;
}

int
mime_param(struct str value, const char *name, struct buf *out)
{
    const char *end = value.p + value.n;
    const char *p = value.n ? memchr(value.p, ';', value.n) : NULL;
    size_t n = strlen(name);

    while (p && p < end) {
        struct str key;
        while (p < end && (*p == ';' || is_space(*p)))
            p++;
        key.p = p;
        while (p < end && *p != '=' && *p != ';')
            p++;
        key.n = (size_t)(p - key.p);
        if (p == end || *p == ';')
            continue;
        p++;
        while (p < end && is_space(*p))
            p++;
        key = trim(key);
        if (key.n == n + 1 && key.p[n] == '*' && strncasecmp(key.p, name, n) == 0) {
            extended_value(p, end, out);
            return 1;
        }
        if (same(key, name)) {
            param_value(p, end, out);
            return 1;
        }
        p = param_value(p, end, NULL);
    }
    return 0;
}

/* ---- bodies ---- */

/* in_word: of an encoded word, where _ is a blank and lines do not end. */
static void
decode_quoted(struct str s, int in_word, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        size_t end = i;
        if (!in_word && (c == ' ' || c == '\t' || c == '=')) {
            /* White space at a line's end was added on the way; behind "=" the line
             * goes on. */
            end += c == '=';
            while (end < s.n && (s.p[end] == ' ' || s.p[end] == '\t'))
                end++;
            end += end < s.n && s.p[end] == '\r';
            if (end == s.n || s.p[end] == '\n') {
                if (c != '=' && end < s.n)
                    end--; /* the line's end stays */
                i = end;
                continue;
            }
        }
        if (c == '=' && s.n - i > 2 && hex_digit(s.p[i + 1]) >= 0 &&
            hex_digit(s.p[i + 2]) >= 0) {
            c = (char)(hex_digit(s.p[i + 1]) << 4 | hex_digit(s.p[i + 2]));
            i += 2;
        } else if (in_word && c == '_') {
            c = ' ';
        }
        buf_char(out, c);
    }
}

static int
base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* -1 with *at: where it is no base64, or s.n when it ends too early. */
static int
decode_base64(struct str s, struct buf *out, size_t *at)
{
    unsigned bits = 0;
    int n = 0, pad = 0;

    for (size_t i = 0; i < s.n; i++) {
        int v = base64_value(s.p[i]);
        if (is_space(s.p[i]))
            continue;
        *at = i;
        pad += s.p[i] == '=';
        if (pad > 0 ? s.p[i] != '=' || n + pad > 4 || n < 2 : v < 0)
            return -1;
        if (v >= 0) {
            bits = bits << 6 | (unsigned)v;
            n++;
        }
        if (n + pad < 4)
            continue;
        for (int k = 0; k < n - 1; k++)
            buf_char(out, (char)(n == 4   ? bits >> (16 - 8 * k)
                                 : n == 3 ? bits >> (10 - 8 * k)
                                          : bits >> 4));
        /* Behind the padding another text may begin: parts that somebody joined. */
        n = pad = 0;
        bits = 0;
    }
    *at = s.n;
    return n + pad == 0 ? 0 : -1;
}

int
mime_decode(struct str body, struct str encoding, struct buf *out, struct err *e)
{
    size_t at = 0;

    encoding = trim(encoding);
    if (same(encoding, "base64"))
        return decode_base64(body, out, &at)
                   ? err_set(e, ERR_INPUT, "base64 is damaged at byte %zu of its part",
                             at)
                   : 0;
    if (same(encoding, "quoted-printable")) {
        decode_quoted(body, 0, out);
        return 0;
    }
    if (encoding.n > 0 && !same(encoding, "7bit") && !same(encoding, "8bit") &&
        !same(encoding, "binary"))
        return err_set(e, ERR_INPUT, "nobody knows the transfer encoding '%.*s'",
                       (int)(encoding.n < 40 ? encoding.n : 40), encoding.p);
    buf_str(out, body);
    return 0;
}

/* ---- encoded words ---- */

struct word {
    struct str charset, text;
    char encoding; /* 'b' or 'q' */
    const char *end;
};

/* =?charset?b?text?= at p. */
static int
parse_word(const char *p, const char *end, struct word *w)
{
    const char *q;

    if (end - p < 8 || p[0] != '=' || p[1] != '?')
        return 0;
    w->charset.p = p + 2;
    if (!(q = memchr(p + 2, '?', (size_t)(end - p - 2))) || end - q < 5 || q[2] != '?')
        return 0;
    w->charset.n = (size_t)(q - w->charset.p);
    w->encoding = (char)(q[1] | 32);
    if (w->charset.n >= CHARSET_NAME + 8 || (w->encoding != 'b' && w->encoding != 'q'))
        return 0;
    w->text.p = q + 3;
    q = w->text.p;
    while (q < end && *q != '?' && *q != ' ' && *q != '\n')
        q++;
    if (end - q < 2 || q[0] != '?' || q[1] != '=')
        return 0;
    w->text.n = (size_t)(q - w->text.p);
    w->end = q + 2;
    /* A language may follow the charset: RFC 2231. */
    if ((q = memchr(w->charset.p, '*', w->charset.n)))
        w->charset.n = (size_t)(q - w->charset.p);
    return 1;
}

/* The bytes of a word, behind those of the one before. */
static int
word_bytes(const struct word *w, struct buf *out)
{
    size_t at;

    if (w->encoding == 'b')
        return decode_base64(w->text, out, &at) == 0;
    decode_quoted(w->text, 1, out);
    return 1;
}

/* Words of one charset that stand side by side are one text: a character may be cut
 * between them. Returns where they end, or NULL: they are not to be decoded. */
static const char *
decode_words(const char *p, const char *end, struct buf *out)
{
    char name[CHARSET_NAME];
    struct buf bytes = { 0 };
    struct word first, w;
    struct err ignored;
    size_t from = out->n;
    int ok, n = 1;

    if (!parse_word(p, end, &first))
        return NULL;
    ok = charset_name(first.charset, 0, name) && word_bytes(&first, &bytes);
    p = first.end;
    while (ok && n++ < WORDS) {
        const char *next = p;
        while (next < end && is_space(*next))
            next++;
        if (!parse_word(next, end, &w) || w.charset.n != first.charset.n ||
            strncasecmp(w.charset.p, first.charset.p, w.charset.n) != 0)
            break;
        ok = word_bytes(&w, &bytes);
        p = w.end;
    }
    ok = ok &&
         charset_convert(name, buf_span(&bytes), 0, SIZE_MAX / 2, out, &ignored) == 0;
    buf_free(&bytes);
    if (!ok)
        out->n = from;
    return ok ? p : NULL;
}

/* Text that is no encoded word. */
static void
put_plain(struct str s, const char *charset, struct buf *out)
{
    struct err ignored;
    size_t from = out->n;

    if (charset && *charset &&
        charset_convert(charset, s, 0, SIZE_MAX / 2, out, &ignored) == 0)
        return;
    out->n = from;
    buf_str(out, s);
}

/* Copy [from, to) without the ends of folded lines. */
static void
put_unfolded(const char *from, const char *to, const char *charset, struct buf *out)
{
    while (from < to) {
        const char *p = from;
        while (p < to && *p != '\r' && *p != '\n')
            p++;
        put_plain((struct str){ from, (size_t)(p - from) }, charset, out);
        while (p < to && (*p == '\r' || *p == '\n'))
            p++;
        from = p;
    }
}

void
mime_words(struct str value, const char *charset, struct buf *out)
{
    const char *p = value.p, *end = p + value.n, *from = p, *after = NULL;

    while (p < end) {
        const char *word = memchr(p, '=', (size_t)(end - p)), *behind, *text = from;
        if (word == NULL)
            break;
        /* White space between two words is no text. */
        while (after && text < word && is_space(*text))
            text++;
        if (text < word)
            text = from;
        p = word + 1;
        if (p == end || *p != '?')
            continue;
        put_unfolded(text, word, charset, out);
        behind = decode_words(word, end, out);
        from = behind ? behind : word;
        p = behind ? behind : p;
        after = behind;
    }
    put_unfolded(from, end, charset, out);
}
