/*
 * wordbag.h - the words of a text, and its pairs of neighbouring words
 *
 *     struct wordbag b = wordbag_split(text, &arena);
 *     for (size_t i = 0; i < wordbag_count(&b); i++)
 *         wordbag_feature(&b, i)                   "disk", "full", then "disk full"
 *     int32_t *id = wordbag_known(&b, vocabulary, &arena, &n);
 *
 * A word is a run of letters: A to Z, which are made small, and all that is not ASCII,
 * which stays as it is. It ends before a capital behind a small letter: "openFile" is
 * "open", "file". Words of one byte, or of more than WORDBAG_MAX, are left out.
 *
 * A number of three digits from 100 to 599 is a word, too, if it stands free as the
 * status codes of the web do: its class, "4xx" for 404. Beside it, behind a colon in
 * front and a comma after it, is white space, an end of the text or one of "=;|}.
 *
 * Everything else is left out, and words on both sides of it are neighbours.
 *
 * Owns: nothing; all is in the arena.  Threads: pure functions.
 * Time is linear in the text, but for a sort of what is known; memory below 16 times
 * its size.
 */
#ifndef TEXT_WORDBAG_H
#define TEXT_WORDBAG_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"

#define WORDBAG_MAX 64 /* bytes of a word */

struct wordbag {
    const struct str *word; /* [n]: one behind the other, a space between */
    size_t n;
};

/* text: UTF-8, or any bytes. */
struct wordbag wordbag_split(struct str text, struct arena *a);

/* Words and pairs, each as often as it is there. */
static inline size_t
wordbag_count(const struct wordbag *b)
{
    return b->n ? 2 * b->n - 1 : 0;
}

/* i below wordbag_count(): the words, then the pairs, two words with a space. */
static inline struct str
wordbag_feature(const struct wordbag *b, size_t i)
{
    const struct str *w = b->word + (i < b->n ? i : i - b->n);

    return i < b->n ? *w : (struct str){ w->p, w[0].n + 1 + w[1].n };
}

/* The numbers [*n] that the vocabulary has for the features: ascending, each once. */
int32_t *wordbag_known(const struct wordbag *b, const struct map *vocabulary,
                       struct arena *a, size_t *n);

#endif
