/*
 * sents.h - where the sentences of a text are
 *
 * The white space between two sentences belongs to neither, so that a caller can put
 * back together what it took apart: copy text[0, at), the new sentence, and so on.
 *
 *     struct sents s;
 *     struct sents_span span;
 *     sents_begin(&s, text, "de", 0);
 *     while (sents_next(&s, &span))
 *         work(text.p + span.at, span.end - span.at);
 *
 * A blank line always ends a sentence, so does the line before an item of a list. Else
 * a stop does (of any script: Unicode's STerm) with the quotes and brackets behind it.
 * In scripts that put a space between sentences there must be one: so addresses, file
 * names and 3.14 stay whole. After a full stop it depends on the words on both sides:
 * abbreviations, initials, numbers of a list, and what goes on with a small letter.
 * Thai and Lao have no stop: a sentence that has grown long ends at a space there.
 *
 * A text without any stop is one sentence, whatever its length.
 *
 * Owns:    nothing; spans are byte offsets into the caller's well-formed UTF-8.
 * Threads: a value, no sharing.  Time: linear in the text; no memory.
 * Source:  Unicode 15.0 UAX #29 (Sentence_Break=STerm); lists of words in abbrev.c.
 */
#ifndef TEXT_SENTS_H
#define TEXT_SENTS_H

#include <stddef.h>

#include "base/str.h"

enum {
    SENTS_LINES = 1,     /* every end of a line ends a sentence */
    SENTS_PARAGRAPHS = 2 /* nothing but a blank line does: spans are paragraphs */
};

struct sents_span {
    size_t at, end; /* never empty, white space at neither end */
    int paragraph;  /* the first one of a paragraph */
};

struct sents {
    const char *begin, *p, *end; /* the text, and how far it is done */
    const char *lang;
    unsigned flags;
};

/* lang: ISO 639-1 ("de", "pt-BR": the first two letters count), or NULL where it is not
 * known; it settles what languages write in different ways ("3. Oktober"). */
void sents_begin(struct sents *s, struct str text, const char *lang, unsigned flags);

/* The next sentence: 1, or 0 at the end. */
int sents_next(struct sents *s, struct sents_span *span);

#endif
