/* chunker.c - a text in pieces */
#include "infer/chunker.h"

#include <string.h>

#include "base/mem.h"
#include "text/utf8.h"

static struct chunker_piece *
push(struct chunker_piece **all, size_t *n, size_t *cap)
{
    if (*n == *cap) {
        size_t more = *cap ? 2 * *cap : 64;
        *all = mem_grow(*all, *n * sizeof **all, mem_mul(more, sizeof **all));
        *cap = more;
    }
    return &(*all)[(*n)++];
}

static void
add_unit(struct chunker_work *w, size_t at, size_t end, size_t tokens)
{
    struct chunker_piece *u = push(&w->unit, &w->n_unit, &w->cap_unit);

    *u = (struct chunker_piece){ .at = at, .end = end, .tokens = tokens };
}

/* The tokens that begin in [*t, ...) before byte `end`; *t moves behind them. */
static size_t
tokens_before(const struct tokenizer_work *t, size_t *at, size_t end)
{
    size_t from = *at;

    while (*at < t->n && t->span[*at].byte < end)
        (*at)++;
    return *at - from;
}

/* A sentence or paragraph, in parts where it has too many tokens. */
static void
add_span(const struct chunker *c, struct chunker_work *w, struct sents_span span,
         size_t *token)
{
    size_t first = *token, n, at = span.at;

    n = c->max_tokens ? tokens_before(&w->tokens, token, span.end) : 0;
    while (n > c->max_tokens) {
        size_t next = w->tokens.span[first + c->max_tokens].byte;
        size_t end = w->tokens.span[first + c->max_tokens - 1].byte_end;
        if (end > at) /* two tokens may be of one character */
            add_unit(w, at, end, c->max_tokens);
        at = next > end ? next : end;
        first += c->max_tokens;
        n -= c->max_tokens;
    }
    if (span.end > at)
        add_unit(w, at, span.end, n);
}

/* A paragraph, by sentences where it has too many tokens. */
static void
add_paragraph(const struct chunker *c, struct chunker_work *w, struct str text,
              struct sents_span whole, size_t *token)
{
    size_t look = *token;
    struct sents_span span;
    struct sents s;

    if (tokens_before(&w->tokens, &look, whole.end) <= c->max_tokens) {
        add_span(c, w, whole, token);
        return;
    }
    sents_begin(&s, (struct str){ text.p + whole.at, whole.end - whole.at }, c->lang,
                0);
    while (sents_next(&s, &span)) {
        span.at += whole.at;
        span.end += whole.at;
        add_span(c, w, span, token);
    }
}

static void
add_tokens(struct chunker_work *w)
{
    size_t end = 0;

    for (size_t i = 0; i < w->tokens.n; i++) {
        const struct tokenizer_span *s = &w->tokens.span[i];
        size_t at = s->byte > end ? s->byte : end;
        if (s->byte_end > at)
            add_unit(w, at, s->byte_end, 1);
        else if (w->n_unit > 0) /* of the same characters as the one before */
            w->unit[w->n_unit - 1].tokens++;
        end = s->byte_end > end ? s->byte_end : end;
    }
}

static void
find_units(const struct chunker *c, struct chunker_work *w, struct str text)
{
    unsigned flags = c->unit == CHUNKER_PARAGRAPHS ? SENTS_PARAGRAPHS : 0;
    struct sents_span span;
    struct sents s;
    size_t token = 0;

    w->n_unit = 0;
    if (c->unit == CHUNKER_TOKENS) {
        add_tokens(w);
    } else {
        sents_begin(&s, text, c->lang, flags);
        while (sents_next(&s, &span))
            if (c->unit == CHUNKER_PARAGRAPHS && c->max_tokens)
                add_paragraph(c, w, text, span, &token);
            else
                add_span(c, w, span, &token);
    }
    if (w->n_unit == 0)
        add_unit(w, 0, text.n, 0);
}

/* The first unit behind those that fit into one from `first` on: one always does. */
static size_t
fill(const struct chunker *c, const struct chunker_work *w, size_t first,
     size_t *tokens)
{
    size_t i = first;

    *tokens = w->unit[i++].tokens;
    if (c->max_tokens == 0)
        return i;
    while (i < w->n_unit && w->unit[i].tokens <= c->max_tokens - *tokens)
        *tokens += w->unit[i++].tokens;
    return i;
}

/* Where the next piece begins: `overlap` units back from its own first, but further on
 * than the last piece, and so that it has room for one that is new. */
static size_t
next_first(const struct chunker *c, const struct chunker_work *w, size_t first,
           size_t end)
{
    size_t i = end - first > c->overlap ? end - c->overlap : first + 1, tokens = 0;

    for (size_t k = i; k < end; k++)
        tokens += w->unit[k].tokens;
    while (c->max_tokens && i < end && tokens + w->unit[end].tokens > c->max_tokens)
        tokens -= w->unit[i++].tokens;
    return i;
}

static void
find_pieces(const struct chunker *c, struct chunker_work *w)
{
    size_t first = 0, end, tokens;

    w->n_piece = 0;
    do {
        struct chunker_piece *p = push(&w->piece, &w->n_piece, &w->cap_piece);
        end = fill(c, w, first, &tokens);
        *p = (struct chunker_piece){ .at = w->unit[first].at,
                                     .end = w->unit[end - 1].end,
                                     .tokens = tokens };
        if (end < w->n_unit)
            first = next_first(c, w, first, end);
    } while (end < w->n_unit);
}

/* Pieces begin and end further and further on, so counting goes on from the last. */
static void
count_chars(struct chunker_work *w, const char *text)
{
    size_t at = 0, at_char = 0, end = 0, end_char = 0;

    for (size_t i = 0; i < w->n_piece; i++) {
        struct chunker_piece *p = &w->piece[i];
        p->at_char = at_char += utf8_count(text + at, p->at - at);
        p->end_char = end_char += utf8_count(text + end, p->end - end);
        at = p->at;
        end = p->end;
    }
}

int
chunker_run(const struct chunker *c, struct chunker_work *w, struct str text,
            struct err *e)
{
    if (c->max_tokens &&
        tokenizer_encode(c->tokenizer, text, TOKENIZER_NO_SPECIAL | TOKENIZER_SPANS,
                         &w->tokens, e))
        return -1;
    find_units(c, w, text);
    find_pieces(c, w);
    count_chars(w, text.p);
    return 0;
}

void
chunker_work_release(struct chunker_work *w)
{
    tokenizer_work_release(&w->tokens);
    mem_free(w->unit);
    mem_free(w->piece);
    *w = (struct chunker_work){ 0 };
}
