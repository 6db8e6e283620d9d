/* passage.c - a text taken apart into what is translated, and put together again */
#include "infer/passage.h"

#include <string.h>

#include "base/mem.h"
#include "infer/markup.h"
#include "text/sents.h"
#include "text/utf8.h"

/* Bytes of a sentence that are tokenized at once. More has no stop in it for pages, and
 * is cut before anybody needs memory for it. */
#define MOST_BYTES ((size_t)8192)

static int
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- what stays ---- */

static size_t
digits(const char *p, size_t n)
{
    size_t i = 0;

    while (i < n && p[i] >= '0' && p[i] <= '9')
        i++;
    return i;
}

/* Bytes of the mark at the beginning of a line, without the space behind it. */
static size_t
mark(const char *p, size_t n)
{
    static const char *const signs[] = {
        "-", "*", "+", "\xE2\x80\xA2", "\xE2\x80\x93", "\xE2\x80\x94"
    };
    size_t k = digits(p, n);

    if (k > 0 && k <= 3 && k < n && (p[k] == '.' || p[k] == ')'))
        return k + 1;
    for (k = 0; k < n && (p[k] == '#' || p[k] == '>');)
        k++;
    for (size_t i = 0; k == 0 && i < sizeof signs / sizeof *signs; i++)
        if (strlen(signs[i]) < n && memcmp(p, signs[i], strlen(signs[i])) == 0)
            k = strlen(signs[i]);
    return k;
}

/* Where the words begin of a sentence [at, end). */
static size_t
skip_mark(struct str text, size_t at, size_t end)
{
    size_t line = at, k;

    while (line > 0 && (text.p[line - 1] == ' ' || text.p[line - 1] == '\t'))
        line--;
    if (line > 0 && text.p[line - 1] != '\n')
        return at;
    k = mark(text.p + at, end - at);
    if (k == 0 || at + k >= end || !is_space(text.p[at + k]))
        return at;
    for (at += k; at < end && is_space(text.p[at]);)
        at++;
    return at;
}

/* Is there anything that could be a word or a number? */
static int
has_words(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
            (c >= 'a' && c <= 'z'))
            return 1;
    }
    return 0;
}

/* ---- units ---- */

static void
add_unit(struct passage *p, const struct passage_unit *u)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 64;
        p->unit =
            mem_grow(p->unit, p->n * sizeof *p->unit, mem_mul(p->cap, sizeof *p->unit));
    }
    p->unit[p->n++] = *u;
}

/* Does a word begin with token i? */
static int
begins_word(const struct unigram_work *w, size_t i)
{
    size_t at = i ? w->end[i - 1] : 0;

    return w->text.n - at >= 3 && memcmp(w->text.p + at, "\xE2\x96\x81", 3) == 0;
}

/* How many of the `left` tokens from `at` on make the next part: shares of nearly equal
 * size, but from word to word. */
static size_t
part_size(const struct passage *p, const struct unigram_work *w, size_t at, size_t left)
{
    size_t parts = (left + p->most - 1) / p->most, n = (left + parts - 1) / parts;

    if (parts == 1)
        return left;
    for (size_t k = n; k > n / 2; k--)
        if (begins_word(w, at + k))
            return k;
    return n;
}

static void
add_parts(struct passage *p, struct passage_unit u, const struct unigram_work *w)
{
    const int32_t *id = arena_copy(p->mem, w->id, w->n * sizeof *id);

    for (size_t at = 0; at < w->n; at += u.n, u.part++) {
        u.id = id + at;
        u.n = part_size(p, w, at, w->n - at);
        u.glued = u.part > 0 && !begins_word(w, at);
        add_unit(p, &u);
    }
}

/* The end of a piece of text that is tokenized at once. */
static size_t
cut_bytes(struct str text, size_t at, size_t end)
{
    size_t to;

    if (end - at <= MOST_BYTES)
        return end;
    for (to = at + MOST_BYTES; to > at + MOST_BYTES / 2; to--)
        if (text.p[to - 1] == ' ' || text.p[to - 1] == '\n')
            return to;
    for (to = at + MOST_BYTES; ((unsigned char)text.p[to] & 0xC0) == 0x80;)
        to--;
    return to;
}

static int
add_sentence(struct passage *p, struct str text, struct passage_unit u,
             struct unigram_work *w, struct passage_info *info, struct err *e)
{
    info->sentences++;
    for (size_t at = u.at, to; at < u.end; at = to) {
        size_t before = p->n;

        to = cut_bytes(text, at, u.end);
        if (unigram_encode(p->vocab, (struct str){ text.p + at, to - at }, w, e))
            return -1;
        add_parts(p, u, w);
        if (at > u.at && p->n > before) /* did the cut fall into a word? */
            p->unit[before].glued = !is_space(text.p[at - 1]);
        u.part += (int)(p->n - before);
        info->parts += p->n - before;
        info->tokens += w->n;
    }
    return 0;
}

/* A stretch of a sentence, without the white space at its ends */
static int
add_stretch(struct passage *p, struct str text, struct passage_unit u,
            struct unigram_work *w, struct passage_info *info, struct err *e)
{
    while (u.at < u.end && is_space(text.p[u.at]))
        u.at++;
    while (u.end > u.at && is_space(text.p[u.end - 1]))
        u.end--;
    if (!has_words((struct str){ text.p + u.at, u.end - u.at }))
        return 0;
    return add_sentence(p, text, u, w, info, e);
}

/* What of a text is kept, span by span. */
struct kept {
    struct str text;
    struct markup_span span; /* the next one; at text.n: there is none */
};

static void
next_kept(struct kept *k)
{
    if (!markup_next(k->text, &k->span))
        k->span.at = k->text.n;
}

static struct kept
first_kept(const struct passage *p, struct str text)
{
    struct kept k = { text, { 0, 0 } };

    if (p->markup)
        next_kept(&k);
    else
        k.span.at = text.n;
    return k;
}

/* The text as one who looks for sentences should see it: a span that is kept is one
 * word, whatever stops and lines it has. */
static struct str
hide_kept(struct passage *p, struct str text)
{
    struct kept k = first_kept(p, text);
    char *copy;

    if (k.span.at == text.n)
        return text;
    copy = arena_copy(p->mem, text.p, text.n);
    for (; k.span.at < text.n; next_kept(&k))
        memset(copy + k.span.at, 'x', k.span.end - k.span.at);
    return (struct str){ copy, text.n };
}

/* What lies between the spans that are kept. */
static int
add_around(struct passage *p, struct kept *k, struct passage_unit u,
           struct unigram_work *w, struct passage_info *info, struct err *e)
{
    struct passage_unit part = u;

    for (; k->span.at < u.end; next_kept(k)) {
        part.end = k->span.at;
        if (add_stretch(p, k->text, part, w, info, e))
            return -1;
        part.at = k->span.end;
    }
    part.end = u.end;
    return add_stretch(p, k->text, part, w, info, e);
}

int
passage_add(struct passage *p, struct str text, size_t number, struct unigram_work *w,
            struct passage_info *info, struct err *e)
{
    struct kept k = first_kept(p, text);
    size_t before = p->n;
    struct sents_span span;
    struct sents s;

    *info = (struct passage_info){ 0 };
    sents_begin(&s, hide_kept(p, text), p->lang, 0);
    while (sents_next(&s, &span)) {
        struct passage_unit u = { .text = number, .end = span.end };

        u.at = skip_mark(text, span.at, span.end);
        if (add_around(p, &k, u, w, info, e)) {
            p->n = before;
            return -1;
        }
    }
    return 0;
}

void
passage_put(struct passage *p, struct str text, size_t number, struct buf *out)
{
    size_t at = 0;

    for (; p->next < p->n && p->unit[p->next].text == number; p->next++) {
        const struct passage_unit *u = &p->unit[p->next];

        if (u->part == 0)
            buf_add(out, text.p + at, u->at - at);
        else if (!u->glued)
            buf_char(out, ' ');
        buf_str(out, u->out);
        at = u->end;
    }
    buf_add(out, text.p + at, text.n - at);
}

void
passage_release(struct passage *p)
{
    mem_free(p->unit);
    *p = (struct passage){ 0 };
}
